// A colleague on the same host, or what is left of a shared directory: nothing is followed, waited for, put right or
// believed, and each refusal names the command that puts it right.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeTime } from 'ulid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { projectAll } from '../../src/core/incident/projection.ts';
import { prepare } from '../../src/data/journal/directory.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { keptFiles } from '../../src/data/journal/kept-rows.ts';
import { fileName } from '../../src/data/journal/own-file.ts';
import { PresenceFiles } from '../../src/data/journal/presence.ts';
import { RunLocks } from '../../src/data/journal/run-locks.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';

let root: string;
let directory: string;
const open: Journal[] = [];
const asRoot = process.getuid?.() === 0;
const nobody = 65_534;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'private-'));
  directory = join(root, 'journal');
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

async function journal(observing = false): Promise<Journal> {
  const writer = { user: 'ops1', name: 'ops1', host: 'bastion' };
  const made = new Journal({ place: { directory }, writer, environment: 'PRODUCTION', observing });
  await made.open();
  open.push(made);
  return made;
}

const note = (text: string): Event => ({ kind: 'note', text });
const private700 = () => mkdirSync(directory, { mode: 0o700 });
const fifo = (path: string) => spawnSync('mkfifo', [path]);
/** A file of somebody else's that must stay as it is. */
function treasure(): string {
  const path = join(root, 'treasure');
  writeFileSync(path, 'as it was', { mode: 0o604 });
  return path;
}
function untouched(path: string): void {
  expect(readFileSync(path, 'utf8')).toBe('as it was');
  expect(statSync(path).mode & 0o777).toBe(0o604);
}

describe('the directory is refused', () => {
  const cases: readonly [string, () => void, RegExp, RegExp][] = [
    [
      'open to the world',
      () => mkdirSync(directory, { mode: 0o755 }),
      /accessible to all users/,
      /^restrict it: chmod go-rwx /,
    ],
    [
      'open to a group',
      () => mkdirSync(directory, { mode: 0o750 }),
      /accessible to a group/,
      /^restrict it: chmod go-rwx /,
    ],
    [
      'writable by a group',
      () => {
        private700();
        chmodSync(directory, 0o2770);
      },
      /is writable by a group/,
      /^restrict it: chmod go-rwx /,
    ],
    [
      'a link to a private directory',
      () => {
        mkdirSync(join(root, 'real'), { mode: 0o700 });
        symlinkSync('real', directory);
      },
      /is a symbolic link/,
      /^set journal.directory to the directory itself/,
    ],
    ['a link to nowhere', () => symlinkSync('nowhere', directory), /is a symbolic link/, /journal.directory/],
    ['a file', () => writeFileSync(directory, ''), /is not a directory/, /^move it away: mv /],
    ['a pipe', () => fifo(directory), /is not a directory/, /^move it away: mv /],
    [
      'below one that everybody can write',
      () => {
        chmodSync(root, 0o777);
        private700();
      },
      /^its parent \S+ is writable by everybody/,
      /^chmod o-w /,
    ],
  ];
  test.each(cases)('%s', async (_, make, what, hint) => {
    make();
    const before = statSync(dirname(directory)).mode;
    const one = await journal();
    const fault = { what: expect.stringMatching(what), hint: expect.stringMatching(hint), distrusted: true };
    expect(await one.append(note('x'))).toMatchObject({ ok: false, fault });
    expect(one.state.trouble).toMatchObject(fault);
    expect(statSync(dirname(directory)).mode).toBe(before);
    expect((await new RunLocks(directory).take(lockNote('A'))).ok).toBe(false);
  });

  test('for any group, and nothing is created or changed', () => {
    expect(prepare({ directory, group: 'oncall' })).toMatchObject({
      what: 'a group journal (oncall) is not supported',
      hint: 'remove journal.group, and set journal.directory to a directory of your own; others share an incident by incident.relay',
      distrusted: true,
    });
    expect(existsSync(directory)).toBe(false);
  });

  test.runIf(asRoot)('of another user, or below a directory of another user', () => {
    private700();
    chownSync(directory, nobody, nobody);
    expect(prepare({ directory })).toMatchObject({ what: 'belongs to another user' });
    chownSync(directory, 0, 0);
    chownSync(root, nobody, nobody);
    expect(prepare({ directory })?.what).toBe(`its parent ${root} belongs to another user`);
  });

  test.each(['/dev/null', '/usr'])('with no command that would harm the system: %s', (place) => {
    // Root could carry it out.
    const said = prepare({ directory: place });
    expect(said?.distrusted).toBe(true);
    expect(`${said?.what} ${said?.hint}`).not.toMatch(/\b(?:mv|chmod|rm) /);
  });

  test('but not for a link above it, nor below a directory with the sticky bit', async () => {
    const home = join(root, 'home');
    mkdirSync(join(root, 'real'), { mode: 0o1777 });
    chmodSync(join(root, 'real'), 0o1777);
    symlinkSync('real', home);
    directory = join(home, 'state', 'journal');
    expect(prepare({ directory })).toBeUndefined();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect((await (await journal()).append(note('x'))).ok).toBe(true);
  });

  test.runIf(asRoot)('for a link above it that another user made', () => {
    mkdirSync(join(root, 'real', 'journal'), { recursive: true, mode: 0o700 });
    symlinkSync('real', join(root, 'home'));
    spawnSync('chown', ['-h', String(nobody), join(root, 'home')]);
    directory = join(root, 'home', 'journal');
    expect(prepare({ directory })?.what).toBe(`its parent ${join(root, 'home')} belongs to another user`);
  });
});

describe('instead of its own file', () => {
  const cases: readonly [string, (path: string) => void, RegExp][] = [
    ['a link', (path) => symlinkSync(treasure(), path), /is a symbolic link.*rm /],
    ['another name of a file', (path) => linkSync(treasure(), path), /has a second hard link.*cp -p /],
    ['a pipe', (path) => void fifo(path), /is not a file.*mv /],
    ['a directory', (path) => mkdirSync(path), /is not a file.*mv /],
    [
      'a file that a group can write',
      (path) => {
        writeFileSync(path, '');
        chmodSync(path, 0o660);
      },
      /is writable by a group.*chmod go-rwx /,
    ],
  ];
  test.each(cases)('%s is refused, and the file is written as soon as it is gone', async (_, put, words) => {
    private700();
    const one = await journal();
    const path = join(directory, fileName(one.writer));
    put(path);
    const refused = await one.append(note('early'));
    expect(refused.ok ? '' : `${refused.fault.what}; ${refused.fault.hint}`).toMatch(words);
    if (existsSync(join(root, 'treasure'))) untouched(join(root, 'treasure'));
    rmSync(path, { recursive: true });
    expect(await one.append(note('late'))).toMatchObject({ ok: true });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/early.*late/s);
  });

  test('a link that replaces an open file is refused', async () => {
    const one = await journal();
    await one.append(note('first'));
    const path = join(directory, fileName(one.writer));
    renameSync(path, join(root, 'taken'));
    symlinkSync(treasure(), path);
    expect(await one.append(note('second'))).toMatchObject({ ok: false, fault: { what: 'is a symbolic link' } });
    untouched(join(root, 'treasure'));
    rmSync(path);
    expect(await one.flush()).toBeUndefined();
    expect(readFileSync(path, 'utf8')).toMatch(/first.*second/s);
  });
});

/** An id of that instant. */
const id = (at: number) => `${encodeTime(at, 10)}EVE1000000000000`;
/** A line as this program would have written it: its hash is right. */
function forged(event: unknown, at: number, more: object = {}): string {
  const who = { session: '01KE000000000000000000EVIL', user: 'mallory', name: 'mallory', host: 'bastion' };
  const body = { v: 1, id: id(at), at: new Date(Date.now() - 1000).toISOString(), seq: 1, ...who };
  const text = JSON.stringify({ ...body, environment: 'PRODUCTION', event, prev: '0'.repeat(64), ...more });
  return `${text.slice(0, -1)},"hash":"${createHash('sha256').update(text).digest('hex')}"}\n`;
}

describe('the file of another writer is not read if it is', () => {
  const honest = () => forged(note('honest'), Date.now() - 1000);
  const cases: readonly [string, (path: string) => void, RegExp][] = [
    [
      'through a link',
      (path) => {
        writeFileSync(join(root, 'elsewhere'), honest());
        symlinkSync(join(root, 'elsewhere'), path);
      },
      /is a symbolic link; remove the link: rm /,
    ],
    [
      'with another name',
      (path) => {
        writeFileSync(join(root, 'elsewhere'), honest());
        linkSync(join(root, 'elsewhere'), path);
      },
      /has a second hard link; replace it with a copy: cp -p /,
    ],
    [
      'that others can write',
      (path) => {
        writeFileSync(path, honest());
        chmodSync(path, 0o666);
      },
      /is accessible to all users; restrict it: chmod go-rwx /,
    ],
    ['that is a pipe', (path) => void fifo(path), /is not a file; move it away: mv /],
    ['that is a directory', (path) => mkdirSync(path), /is not a file; move it away: mv /],
    [
      'that is a link to a device',
      (path) => symlinkSync('/dev/zero', path),
      /is a symbolic link; remove the link: rm /,
    ],
  ];
  test.each(cases)('%s', async (_, put, words) => {
    private700();
    put(join(directory, 'peer.jsonl'));
    const one = await journal();
    expect(one.state.notes.join()).toMatch(words);
    expect(one.entries).toEqual([]);
    const report = await verifyJournal(directory);
    expect(report.ok && report.value.files[0]?.problems.join()).toMatch(words);
    expect(report.ok && report.value.entries).toEqual([]);
    expect(await one.append(note('mine'))).toMatchObject({ ok: true });
  });

  test.runIf(asRoot)('of another user', async () => {
    private700();
    writeFileSync(join(directory, 'peer.jsonl'), honest());
    chownSync(join(directory, 'peer.jsonl'), nobody, nobody);
    expect((await journal()).state.notes.join()).toMatch(/belongs to another user; move it away: mv /);
    expect(statSync(join(directory, 'peer.jsonl')).uid).toBe(nobody);
  });

  test('in a refused directory: nothing of it is shown', async () => {
    private700();
    writeFileSync(join(directory, 'peer.jsonl'), forged({ kind: 'opened', title: 'x', severity: 1, why: 'y' }, 1e12));
    chmodSync(directory, 0o770);
    expect((await journal()).entries).toEqual([]);
    expect(await verifyJournal(directory)).toMatchObject({ ok: false, fault: { what: 'is writable by a group' } });
  });
});

describe('an entry from the future has no effect and locks nobody out', () => {
  const opened: Event = { kind: 'opened', title: 'Outage', severity: 1, why: 'x' };
  const hour = 3_600_000;
  const cases: readonly [string, unknown, number, object][] = [
    ['by the last id that there is', note('x'), 2 ** 48 - 1, {}],
    ['by an id of next year', { kind: 'wheel', session: 'EVIL', person: 'mallory' }, Date.now() + 8760 * hour, {}],
    ['by an id of in an hour', { kind: 'wheel', session: 'EVIL', person: 'mallory' }, Date.now() + hour, {}],
    ['by its time', note('x'), Date.now() - 1000, { at: '9999-12-31T23:59:59.999Z' }],
    ['by a reminder', { kind: 'reminder', about: 'x', due: 8e15 }, Date.now() - 1000, {}],
    ['by what it arms', { kind: 'armed', until: 8e15, why: 'x' }, Date.now() - 1000, {}],
    [
      'by an alert',
      { kind: 'alert', alert: 'a', subject: 's', change: 'raised', level: 'info', says: 'x', since: 8e15 },
      Date.now() - 1000,
      {},
    ],
  ];
  test.each(cases)('%s', async (_, event, at, more) => {
    const one = await journal();
    await one.append(opened, 'incident-1');
    await one.append({ kind: 'wheel', session: one.writer.session, person: 'ops1' }, 'incident-1');
    writeFileSync(join(directory, 'future.jsonl'), forged(event, at, { incident: 'incident-1', ...more }));
    await expect.poll(() => one.state.notes.join()).toMatch(/^future.jsonl: line 1 has no effect: it /);
    const two = await journal();
    await two.append({ kind: 'wheel', session: two.writer.session, person: 'ops2' }, 'incident-1');
    await expect.poll(() => projectAll(one.entries)[0]?.control.session).toBe(two.writer.session);
    const report = await verifyJournal(directory);
    expect(report.ok && projectAll(report.value.entries)[0]?.control.session).toBe(two.writer.session);
    expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([
      expect.stringMatching(/^line 1 has no effect: it /),
    ]);
  });

  test.each(['ahead', 'behind'] as const)('of a clock that is %s it counts once its time has come', async (side) => {
    private700();
    const minutes = 10 * 60_000;
    const one = await journal();
    if (side === 'behind') one.correctClock(-minutes);
    const at = side === 'ahead' ? Date.now() + minutes : Date.now() - 1000;
    writeFileSync(join(directory, 'peer.jsonl'), forged(note('early'), at));
    await expect.poll(() => one.state.notes.join(), { timeout: 60_000 }).toMatch(/from the future/);
    expect(one.entries).toHaveLength(0);
    // As the relay's clock may tell.
    one.correctClock(side === 'ahead' ? minutes : 0);
    await expect.poll(() => one.entries.length, { timeout: 60_000 }).toBe(1);
    expect(one.state.notes).toEqual([]);
    await one.append(note('mine'));
    expect(one.entries.map(({ event }) => event.kind === 'note' && event.text)).toEqual(['early', 'mine']);
  });

  test('but clocks can differ by some minutes', async () => {
    private700();
    writeFileSync(join(directory, 'ahead.jsonl'), forged(note('ahead'), Date.now() + 120_000));
    const one = await journal();
    await one.append(note('mine'));
    expect(one.state.notes).toEqual([]);
    expect(one.entries.map(({ event }) => event.kind === 'note' && event.text)).toEqual(['ahead', 'mine']);
  });
});

const lockNote = (run: string) => ({
  run,
  action: 'restart-deployment',
  object: 'deployment/api-gateway',
  by: 'ops1',
  at: Date.now(),
  calls: ['kubectl rollout restart deployment/api-gateway'],
});

describe('other files of the journal’s directory', () => {
  const run = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const rows = { columns: ['id'], rows: [['1']] };
  const writer = { session: run, user: 'ops1', name: 'ops1', host: 'bastion' };
  const places: readonly [string, (path: string) => void][] = [
    [
      'made first, open to a group',
      (path) => {
        mkdirSync(path);
        chmodSync(path, 0o2770);
      },
    ],
    [
      'a link',
      (path) => {
        mkdirSync(join(root, 'elsewhere'), { mode: 0o700 });
        symlinkSync(join(root, 'elsewhere'), path);
      },
    ],
    ['a pipe', (path) => void fifo(path)],
    ['a file', (path) => writeFileSync(path, '')],
  ];
  const beside = ['locks', 'here', 'kept', 'keys', 'received'];
  test.each(places)('%s is refused; nothing is written through it or changed', async (_, put) => {
    private700();
    for (const name of beside) {
      put(join(directory, name));
      if (existsSync(join(root, 'elsewhere'))) renameSync(join(root, 'elsewhere'), join(root, name));
    }
    const one = await journal();
    const { notes } = one.state;
    expect(notes.map((note) => note.split(' ')[0])).toEqual(beside);
    const fault = { what: expect.stringMatching(/^keys is /), distrusted: true };
    expect(await one.append(note('x'))).toMatchObject({ ok: false, fault });
    expect(notes.join()).toMatch(/^locks (is|can) .*; (restrict it: chmod|remove the link: rm|move it away: mv) /);
    const modes = () =>
      readdirSync(directory).map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.mode);
    const before = modes();
    expect(await new RunLocks(directory).take(lockNote('A'))).toMatchObject({
      ok: false,
      fault: expect.stringMatching(
        /^journal locks: (is|can) .*; (restrict it: chmod|remove the link: rm|move it away: mv) /,
      ),
    });
    expect(await new RunLocks(directory).sweep()).toEqual([]);
    const here = new PresenceFiles({ directory }, writer);
    await here.renew({ ...writer, driving: false, observing: false });
    expect(await here.others(Date.now(), 'bastion')).toEqual([]);
    here.leave();
    await expect(keptFiles(directory).write(run, rows)).rejects.toThrow();
    expect((await keptFiles(directory).read(run)).ok).toBe(false);
    expect(modes()).toEqual(before);
    for (const name of beside) expect(existsSync(join(root, name)) ? readdirSync(join(root, name)) : []).toEqual([]);
  });

  const lockFile = () => {
    const name = createHash('sha256').update('deployment/api-gateway').digest('hex').slice(0, 40);
    return join(directory, 'locks', `${name}.json`);
  };
  const whole = { ...lockNote('B'), phase: 'started', pid: 2 ** 22, born: '1', host: 'gone' };
  const proof = { target: {}, memo: {}, startedAt: 1 };
  const evil: readonly [string, (path: string) => void][] = [
    ['a pipe', (path) => void fifo(path)],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
    ['no JSON', (path) => writeFileSync(path, '{')],
    ['a path for its run', (path) => writeFileSync(path, JSON.stringify({ ...whole, run: '../../../treasure' }))],
    ['a time that no calendar has', (path) => writeFileSync(path, JSON.stringify({ ...whole, at: 1e300 }))],
    ['calls that are none', (path) => writeFileSync(path, JSON.stringify({ ...whole, calls: [{}] }))],
    [
      'a target that is none',
      (path) => writeFileSync(path, JSON.stringify({ ...whole, proof: { ...proof, target: 5 } })),
    ],
    ['two megabytes', (path) => writeFileSync(path, JSON.stringify({ ...whole, by: 'x'.repeat(2_000_000) }))],
  ];
  test.each(evil)('a lock that is %s stays and holds its target, and the message says what to do', async (_, put) => {
    mkdirSync(join(directory, 'locks'), { recursive: true, mode: 0o700 });
    put(lockFile());
    const locks = new RunLocks(directory);
    const taken = await locks.take(lockNote('A'));
    expect(taken).toMatchObject({ ok: false, fault: expect.stringMatching(/^journal locks: .*(rm|mv) /) });
    expect(await locks.sweep()).toEqual([]);
    expect(readdirSync(join(directory, 'locks'))).toHaveLength(1);
  });

  test('a lock’s text is shown without escape sequences and secrets', async () => {
    mkdirSync(join(directory, 'locks'), { recursive: true, mode: 0o700 });
    const by = 'mallory\u001b[2J\u001b]52;c;eHg=\u0007 password=hunter2';
    writeFileSync(lockFile(), JSON.stringify({ ...whole, by, calls: ['x\u001b[2J\u202e'] }));
    const taken = await new RunLocks(directory).take(lockNote('A'));
    expect(taken).toMatchObject({ ok: false, by: { run: 'B' } });
    expect(JSON.stringify(taken)).not.toMatch(/\\u001b|\\u0007|\u202e|hunter2/);
  });

  test('a lock of another host with a heartbeat in the future has no effect', async () => {
    mkdirSync(join(directory, 'locks'), { recursive: true, mode: 0o700 });
    writeFileSync(lockFile(), JSON.stringify(whole));
    utimesSync(lockFile(), 4e9, 4e9);
    expect(await new RunLocks(directory).take(lockNote('A'))).toMatchObject({ ok: true, left: { run: 'B' } });
  });
});
