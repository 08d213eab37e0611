// `status` and the looks are one script, of which what has run is kept compiled.
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { lookCommands } from '../../src/commands/look/command.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
const run = promisify(execFile);

/** A directory for temporary files, and what the launcher keeps in it. */
function place() {
  const made = mkdtempSync(path.join(tmpdir(), 'bentham-kept-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  const cache = path.join(made, 'node-compile-cache');
  const kept = () => readdirSync(cache).filter((name) => name.startsWith('bentham-cockpit-'));
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...rest } = process.env;
  const env = { ...rest, TMPDIR: made, HOME: made, BENTHAM_CONFIG: '/dev/null' };
  const look = (...words: readonly string[]) =>
    run(process.execPath, [launcher, ...words], { env }).catch((error: { code: number; stdout: string }) => error);
  const file = (of = 'status') =>
    path.join(cache, kept().find((name) => name.startsWith(`bentham-cockpit-${of}-v`)) ?? '');
  return { made, cache, kept, look, file };
}

test('what ran is kept for this user alone, and read by the next run', async () => {
  const { kept, file, look } = place();
  const first = await look('status', '--help');
  expect(kept()).toHaveLength(1);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  const before = statSync(file());
  expect((await look('status', '--help')).stdout).toBe(first.stdout);
  expect(statSync(file())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
});

test.runIf(availableParallelism() > 1)('what its thread ran is kept apart, and read by the next one', async () => {
  const { file, kept, look } = place();
  await look('status', '--line', '--timeout', '30');
  expect(kept()).toHaveLength(2);
  expect(statSync(file('status-thread')).size).toBeGreaterThan(500_000);
  // A thread that starts late, on a busy machine, may meet another flag of V8, and keeps its code once more.
  const isRead = async () => {
    const before = statSync(file('status-thread'));
    await look('status', '--line', '--timeout', '30');
    const after = statSync(file('status-thread'));
    return after.ino === before.ino && after.mtimeMs === before.mtimeMs;
  };
  await expect.poll(isRead, { timeout: 60_000 }).toBe(true);
});

test('a run that comes further adds to what is kept, once it is older than an hour', async () => {
  const { file, look } = place();
  await look('status', '--help');
  const { size } = statSync(file());
  const ago = Date.now() / 1000 - 7200;
  utimesSync(file(), ago, ago);
  expect(await look('status', '--line', '--timeout', '30')).toMatchObject({ stdout: expect.stringMatching(/\S/) });
  const after = statSync(file());
  expect(after.size).toBeGreaterThan(size * 1.1);
  utimesSync(file(), ago, ago);
  await look('status', '--help');
  // One that did not takes nothing away, and the file is left for another hour.
  expect(statSync(file()).size).toBeGreaterThanOrEqual(after.size);
  expect(statSync(file()).mtimeMs).toBeGreaterThan(ago * 1000 + 3_600_000);
});

test.each<[string, (bytes: Buffer) => Uint8Array]>([
  ['garbled', (bytes) => bytes.map((byte, at) => (at > 1000 && at % 97 === 0 ? byte ^ 0x55 : byte))],
  ['torn', (bytes) => bytes.subarray(0, bytes.length / 2)],
  ['empty', () => Buffer.alloc(0)],
])('what is %s on the disk is not run, and made again', async (_, spoil) => {
  const { file, look } = place();
  const first = await look('status', '--help');
  const good = readFileSync(file());
  writeFileSync(file(), spoil(good));
  expect((await look('status', '--help')).stdout).toBe(first.stdout);
  expect(Math.abs(statSync(file()).size - good.length)).toBeLessThan(good.length / 10);
});

test('a directory that is a link is neither read nor written', async () => {
  const { made, cache, look } = place();
  mkdirSync(path.join(made, 'elsewhere'));
  symlinkSync('elsewhere', cache);
  expect((await look('status', '--help')).stdout).toContain('Usage: bentham-cockpit status');
  expect(readdirSync(path.join(made, 'elsewhere'))).toEqual([]);
});

test('what a build before kept is removed when nobody used it for a week', async () => {
  const { cache, kept, look } = place();
  mkdirSync(cache, { mode: 0o700 });
  const [old, recent, other] = ['status-v1-x64-0', 'status-v2-x64-0', 'pods-v1-x64-0'].map(
    (name) => `bentham-cockpit-${name}`,
  );
  for (const name of [old, recent, other]) {
    const file = path.join(cache, String(name));
    writeFileSync(file, '');
    const days = name === recent ? 6 : 8;
    utimesSync(file, Date.now() / 1000 - days * 86_400, Date.now() / 1000 - days * 86_400);
  }
  await look('status', '--help');
  expect(kept()).toHaveLength(3);
  expect(kept()).toEqual(expect.arrayContaining([recent, other]));
});

test('each command that looks once is run from the script', async () => {
  const { kept, look } = place();
  const words = ['status', ...lookCommands().map((command) => command.name())];
  for (const word of words) expect((await look(word, '--help')).stdout).toContain(`Usage: bentham-cockpit ${word}`);
  expect(
    kept()
      .map((name) => /^bentham-cockpit-(\w+)-v/.exec(name)?.[1])
      .sort(),
  ).toEqual(words.toSorted());
});
