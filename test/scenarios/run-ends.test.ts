// How `run` ends while the platform does not answer, or its terminal takes nothing: the journal says what was done.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

let home: string;
let redis: Awaited<ReturnType<typeof started>>;
let run: TerminalUnderTest;

/** `run` unlinks keys of a Redis that holds back writes. */
beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-run-ends-'));
  redis = await started('--enable-debug-command', 'yes');
  redis.cli('debug', 'populate', '20', 'cache');
  await expect.poll(() => Number(redis.cli('object', 'idletime', 'cache:0')), { timeout: 30_000 }).toBeGreaterThan(1);
  redis.cli('client', 'pause', '600000', 'write');
  const flags = ['--prefix', 'cache:', '--idle', '1s', '--yes', '--arm', 'a test'];
  run = new TerminalUnderTest({
    args: ['run', 'evict-redis', ...flags],
    environment: {
      ...nowhere(home),
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      BENTHAM_JOURNAL_DIRECTORY: path.join(home, 'journal'),
      BENTHAM_PERSON: 'ben',
    },
  });
  await expect.poll(() => redis.cli('client', 'list'), { timeout: 30_000 }).toContain('cmd=unlink');
});
afterEach(async () => {
  await run?.close();
  await endRedis();
  rmSync(home, { recursive: true, force: true });
});

/** The phases that the journal has of the run, in their order. */
const journal = (): string[] => {
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return files.flatMap((name) =>
    [...readFileSync(path.join(home, name), 'utf8').matchAll(/"phase":"(\w+)"/g)].map(([, phase = '']) => phase),
  );
};

describe.runIf(installed)('a run whose call is not answered', () => {
  test('ends at SIGTERM, without verifying, and its outcome is recorded', async () => {
    run.signal('SIGTERM');
    await run.shows(/unknown: outcome unknown: .*\n?.*verification was\s+stopped/);
    expect((await run.ends()).code).toBe(3);
    expect(journal()).toEqual(['confirmed', 'started', 'unknown']);
  });

  test('ends when its terminal goes away, and its outcome is recorded', async () => {
    run.hangUp();
    await run.ends();
    await expect.poll(journal, { timeout: 60_000 }).toEqual(['confirmed', 'started', 'unknown']);
  });

  test('goes on while its terminal is stopped (ctrl-s), and says how it ended when that takes it', async () => {
    run.press('ctrl-s');
    redis.cli('client', 'unpause');
    await expect.poll(journal, { timeout: 60_000 }).toEqual(['confirmed', 'started', 'finished', 'verified']);
    expect(run.text).not.toContain('verified');
    run.press('ctrl-q');
    await run.shows('✓ verified');
    expect((await run.ends()).code).toBe(0);
  });
});
