// A person's key: made once, readable by nobody else, and never used when it might be somebody else's too.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { readLine } from '../../src/data/journal/line.ts';

let root: string;
let directory: string;
const open: Journal[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keys-'));
  directory = join(root, 'journal');
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

async function journal(name = 'ada', observing = false): Promise<Journal> {
  const writer = { user: 'ops1', name, host: 'bastion' };
  const made = new Journal({ place: { directory }, writer, environment: 'PRODUCTION', observing });
  await made.open();
  open.push(made);
  return made;
}

const note = (text: string): Event => ({ kind: 'note', text });
const keys = () => readdirSync(join(directory, 'keys')).map((name) => join(directory, 'keys', name));
const key = () => keys()[0] ?? '';
const lines = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'));

/** Somebody who wrote once. */
async function known(): Promise<string | undefined> {
  const one = await journal();
  await one.append(note('x'));
  await one.close();
  open.splice(0);
  return one.writer.key;
}

test('a key is made with the first entry, in a closed directory, and is in no line', async () => {
  const one = await journal('Ada Byron / ../x');
  expect(existsSync(directory) && readdirSync(directory)).toEqual([]);
  await one.append(note('x'));
  expect(statSync(join(directory, 'keys')).mode & 0o7777).toBe(0o700);
  expect(statSync(key()).mode & 0o7777).toBe(0o600);
  expect(key()).toMatch(/\/keys\/Ada_Byron_.._x-[0-9a-f]{8}-[0-9A-Z]{16}\.json$/);
  const secret = /KEY-----\\n([^\\]+)/.exec(readFileSync(key(), 'utf8'))?.[1] ?? '';
  expect(secret).toHaveLength(64);
  expect(lines().join()).not.toContain(secret);
});

test('an observer makes no key, and reads what keys signed', async () => {
  const id = await known();
  const one = await journal('grace', true);
  expect(one.entries.map(({ own, writer }) => [own, writer.key])).toEqual([
    [true, id],
    [true, id],
  ]);
  expect(one.writer.key).toBeUndefined();
  expect(keys()).toHaveLength(1);
});

describe('a key is refused, with the command that puts it right, and nothing is signed or recorded while it is', () => {
  test.each<[string, () => void, RegExp, RegExp, () => void]>([
    [
      'readable by a group',
      () => chmodSync(key(), 0o640),
      /accessible to a group/,
      /^restrict it: chmod go-rwx /,
      () => chmodSync(key(), 0o600),
    ],
    [
      'readable by all',
      () => chmodSync(key(), 0o604),
      /accessible to all users/,
      /^restrict it: chmod go-rwx /,
      () => chmodSync(key(), 0o600),
    ],
    [
      'with a second name',
      () => linkSync(key(), join(root, 'second')),
      /second hard link/,
      /^replace it with a copy: /,
      () => rmSync(join(root, 'second')),
    ],
  ])('%s', async (_, spoil, what, hint, mend) => {
    await known();
    spoil();
    const before = lines();
    const one = await journal();
    const fault = { what: expect.stringMatching(what), hint: expect.stringMatching(hint), distrusted: true };
    expect(await one.append(note('y'))).toMatchObject({ ok: false, fault });
    expect(one.state).toMatchObject({ unwritten: 1, trouble: fault });
    expect(one.state.notes.join()).toMatch(what);
    expect(lines()).toEqual(before);
    mend();
    expect(await one.flush()).toBeUndefined();
    expect(lines().length).toBeGreaterThan(before.length);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['a link', (path) => symlinkSync(join(root, 'real'), path), /is a symbolic link/],
    ['a pipe', (path) => spawnSync('mkfifo', [path]), /is not a file/],
    ['a directory', (path) => mkdirSync(path), /is not a file/],
    ['garbage', (path) => writeFileSync(path, 'hello', { mode: 0o600 }), /is not a key/],
    [
      'a key of another kind',
      (path) =>
        writeFileSync(path, readFileSync(join(root, 'real'), 'utf8').replace('MC4CAQAwBQYDK2Vw', 'MC4CAQAwBQYDK2Vu'), {
          mode: 0o600,
        }),
      /is not a key/,
    ],
    ['megabytes', (path) => writeFileSync(path, 'x'.repeat(1_000_000), { mode: 0o600 }), /is too large/],
  ])('%s in its place', async (_, put, what) => {
    await known();
    const path = key();
    renameSync(path, join(root, 'real'));
    put(path);
    const one = await journal();
    const fault = { what: expect.stringMatching(what), distrusted: true };
    expect(await one.append(note('y'))).toMatchObject({ ok: false, fault });
    rmSync(path, { recursive: true });
    expect(await one.flush()).toBeUndefined();
  });

  test('a directory of keys that others can read', async () => {
    await known();
    chmodSync(join(directory, 'keys'), 0o755);
    const one = await journal();
    expect(await one.append(note('y'))).toMatchObject({ ok: false, fault: { distrusted: true } });
    chmodSync(join(directory, 'keys'), 0o700);
    expect(await one.flush()).toBeUndefined();
  });
});

test('a bad key of somebody else is named and holds up nobody', async () => {
  const one = await journal();
  await one.append(note('x'));
  writeFileSync(join(directory, 'keys', 'grace-00000000-x.json'), 'hello', { mode: 0o600 });
  const two = await journal();
  expect((await two.append(note('y'))).ok).toBe(true);
  expect(two.state.notes).toEqual([
    expect.stringMatching(/^keys\/grace-00000000-x.json is not a key; move it away: mv /),
  ]);
});

test('a lost key: the next start makes another, and what the lost one signed stays readable, as of a new key', async () => {
  const lost = await known();
  rmSync(key());
  const one = await journal();
  await one.append(note('y'));
  expect(one.writer.key).not.toBe(lost);
  expect(one.entries.map(({ own, writer }) => [own, writer.key === lost])).toEqual([
    [undefined, true],
    [undefined, true],
    [true, false],
  ]);
});

test('while the disk is full at the first entry, nothing is signed with a key that is kept nowhere', () => {
  // A process whose files may not grow at all.
  const script = fileURLToPath(new URL('../support/full-disk.ts', import.meta.url));
  const done = spawnSync(
    'bash',
    ['-c', `trap '' XFSZ; ulimit -f 0; exec "$0" "$1" "$2"`, process.execPath, script, directory],
    {
      encoding: 'utf8',
    },
  );
  const { told, unwritten } = JSON.parse(done.stdout || done.stderr) as { told: string[]; unwritten: number };
  expect(new Set(told)).toEqual(new Set(['file size limit reached']));
  expect(unwritten).toBe(told.length);
  expect(lines()).toEqual([]);
  expect(keys()).toEqual([]);
});

test('two cockpits that start at once on a new account both write, each readable as one’s own', async () => {
  const [one, two] = await Promise.all([journal(), journal()]);
  await Promise.all([one.append(note('a')), two.append(note('b'))]);
  const three = await journal();
  expect(three.entries.map(({ own }) => own)).toEqual([true, true]);
  expect(lines().every((text) => readLine(text)?.signed)).toBe(true);
  expect(keys().some((path) => path.includes(three.writer.key?.slice(0, 16) ?? '-'))).toBe(true);
});
