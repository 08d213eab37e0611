// Directories of a cockpit that was killed: the next one removes them, and nothing else.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { privateDirectory } from '../../src/disk/private-directory.ts';

const before = process.env.TMPDIR;
let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-private-'));
  process.env.TMPDIR = home;
});
afterEach(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(home, { recursive: true, force: true });
});

/** A process that was there. */
const gone = (): number => spawnSync(process.execPath, ['-e', '']).pid;

test.each(['redis', 'edit', 'bench', 'package', 'pictures'] as const)(
  'what a killed cockpit left behind is removed (%s)',
  async (kind) => {
    const killed = path.join(home, `bentham-${kind}-${gone()}-aB3xYz`);
    mkdirSync(killed);
    writeFileSync(path.join(killed, 'message.txt'), 'a draft');
    const made = await privateDirectory(kind);
    expect(readdirSync(home)).toEqual([path.basename(made)]);
  },
);

test('what is in use, a link, and what others made stay', async () => {
  const target = path.join(home, 'elsewhere');
  mkdirSync(target);
  writeFileSync(path.join(target, 'kept'), '');
  const first = await privateDirectory('redis');
  const others = ['bentham-redis-aB3xYz', `bentham-other-${gone()}-aB3xYz`, `bentham-redis-${process.ppid}-aB3xYz`];
  for (const each of others) mkdirSync(path.join(home, each));
  symlinkSync(target, path.join(home, `bentham-edit-${gone()}-aB3xYz`));
  await privateDirectory('edit');
  for (const each of others) expect(existsSync(path.join(home, each))).toBe(true);
  expect(existsSync(first)).toBe(true);
  expect(existsSync(path.join(target, 'kept'))).toBe(true);
});
