import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptFiles } from '../../src/data/journal/kept-rows.ts';
import { RunLocks } from '../../src/data/journal/run-locks.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { eventually } from '../support/eventually.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'bentham-locks-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const note = (run: string, object = 'deployment/api-gateway') => ({
  run,
  action: 'restart-deployment',
  object,
  by: 'ops1',
  at: Date.now(),
  calls: ['kubectl rollout restart deployment/api-gateway'],
});

/** Not gone, and not only waiting to be reaped. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('one action per target', () => {
  it('blocks other runs on its target until it is released, and no other target', async () => {
    const locks = new RunLocks(directory);
    const first = await locks.take(note('A'));
    if (!first.ok) throw new Error('not taken');
    expect(await locks.take(note('B'))).toMatchObject({ ok: false, by: { run: 'A', by: 'ops1' } });
    expect((await locks.take(note('C', 'deployment/executor'))).ok).toBe(true);
    await first.lock.release();
    expect((await locks.take(note('B'))).ok).toBe(true);
  });

  it('gives the target to one of many concurrent runs', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) => new RunLocks(directory).take(note(String(at)))),
    );
    expect(all.filter((one) => one.ok)).toHaveLength(1);
  });

  it('is not taken from a cockpit that was faster to replace a stale lock', async () => {
    const locks = new RunLocks(directory);
    const taken = await locks.take(note('A'));
    if (!taken.ok) throw new Error('not taken');
    // Somebody else's lock stands where ours was: nothing may be started, and it is not released.
    const [file = ''] = readdirSync(path.join(directory, 'locks'));
    const whole = path.join(directory, 'locks', file);
    writeFileSync(whole, readFileSync(whole, 'utf8').replace('"run":"A"', '"run":"B"'));
    expect(await taken.lock.started({ target: {}, memo: {}, startedAt: 1 })).toBe(false);
    await taken.lock.release();
    expect(await locks.take(note('C'))).toMatchObject({ ok: false, by: { run: 'B' } });
  });

  it('works for a run of 50,000 rows', async () => {
    const calls = [
      `UPDATE jobs SET status = 'pending' WHERE id IN (${"'01ARZ3NDEKTSV4RRFFQ69G5FAV01234567890',".repeat(50_000)})`,
    ];
    const locks = new RunLocks(directory);
    const taken = await locks.take({ ...note('A'), calls });
    if (!taken.ok) throw new Error('not taken');
    expect(await taken.lock.started({ target: {}, memo: {}, startedAt: 1 })).toBe(true);
    await taken.lock.release();
    expect((await locks.take(note('B'))).ok).toBe(true);
  });

  it('finds the run of a killed cockpit', async () => {
    const script = `
      import { RunLocks } from ${JSON.stringify(path.resolve('src/data/journal/run-locks.ts'))};
      const taken = await new RunLocks(${JSON.stringify(directory)}).take(${JSON.stringify(note('DEAD'))});
      await taken.lock.started({ target: {}, memo: {}, startedAt: 1 });
      process.stdout.write('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((held) => child.stdout.once('data', held));
    const locks = new RunLocks(directory);
    expect(await locks.take(note('B'))).toMatchObject({ ok: false, by: { run: 'DEAD' } });
    expect(await locks.sweep()).toEqual([]);
    child.kill('SIGKILL');
    await new Promise((gone) => child.once('exit', gone));
    expect(await locks.take(note('B'))).toMatchObject({ ok: true, left: { run: 'DEAD', phase: 'started' } });
    expect(readdirSync(path.join(directory, 'locks'))).toHaveLength(1);
  });
});

it('rows that a run keeps again after a rollback replace the first ones', async () => {
  const kept = keptFiles(directory);
  const run = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  await kept.write(run, { columns: ['id'], rows: [['1']] });
  await kept.write(run, { columns: ['id'], rows: [['2']] });
  expect(await kept.read(run)).toEqual({ ok: true, value: { columns: ['id'], rows: [['2']] } });
});

it('rows that could not be read back are not kept: nothing is changed without its undo', async () => {
  const kept = keptFiles(directory);
  const run = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const row = ['x'.repeat(1024 * 1024)];
  await expect(kept.write(run, { columns: ['id'], rows: Array.from({ length: 257 }, () => row) })).rejects.toThrow(
    'takes more than 256.0 MB',
  );
  expect((await kept.read(run)).ok).toBe(false);
});

describe('a command', () => {
  const means = () => {
    const said: string[] = [];
    const stop = new AbortController();
    return { said, stop, tell: (lines: readonly string[]) => void said.push(...lines), signal: stop.signal };
  };

  it('gets hostile text unchanged, and no shell reads it', async () => {
    const words = [`'; DROP TABLE x; --`, '$(touch /tmp/owned)', '`id`', 'x'.repeat(3000)];
    const m = means();
    const done = await executeCommand(
      { tool: 'command', argv: ['/usr/bin/printf', '%s\\n', ...words], within: 5000 },
      m,
    );
    expect(done.outcome).toBe('done');
    expect(m.said).toEqual(words);
  });

  it('fails with its last output, and is never retried', async () => {
    const m = means();
    const argv = ['/bin/sh', '-c', `echo once >> ${directory}/ran; echo no such surface >&2; exit 3`] as const;
    const done = await executeCommand({ tool: 'command', argv, within: 5000 }, m);
    expect(done).toMatchObject({ outcome: 'failed', says: '/bin/sh failed with exit code 3: no such surface' });
    expect(await executeCommand({ tool: 'command', argv: ['/no/such/program'], within: 1000 }, m)).toMatchObject({
      outcome: 'failed',
    });
  });

  it('is stopped with its child processes at the deadline, and its outcome is unknown', async () => {
    const m = means();
    const done = await executeCommand(
      { tool: 'command', argv: ['/bin/sh', '-c', 'sleep 60 & echo $!; wait'], within: 300 },
      m,
    );
    expect(done.outcome).toBe('unknown');
    await eventually(() => expect(isAlive(Number(m.said[0]))).toBe(false));
  });
});
