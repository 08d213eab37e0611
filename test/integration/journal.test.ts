import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { projectAll } from '../../src/core/incident/projection.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { readLine } from '../../src/data/journal/line.ts';
import type { JournalOptions } from '../../src/data/journal/options.ts';
import { PresenceFiles } from '../../src/data/journal/presence.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import { markdownReport } from '../../src/runbook/report.ts';
import { eventually } from '../support/eventually.ts';
import { fileRequestsOf } from '../support/file-requests.ts';

let root: string;
let directory: string;
const open: Journal[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journal-'));
  directory = join(root, 'journal');
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

async function journal(user = 'ops1', more: Partial<JournalOptions> = {}): Promise<Journal> {
  const made = new Journal({
    place: { directory },
    writer: { user, name: user, host: 'bastion' },
    environment: 'PRODUCTION',
    ...more,
  });
  await made.open();
  open.push(made);
  return made;
}

const note = (text: string): Event => ({ kind: 'note', text });
const files = () =>
  readdirSync(directory)
    .filter((f) => f.endsWith('.jsonl'))
    .map((f) => join(directory, f));
const file = () => files()[0] ?? '';
const rows = (path = file()) => readFileSync(path, 'utf8').trimEnd().split('\n');
async function report() {
  const outcome = await verifyJournal(directory);
  if (!outcome.ok) throw new Error(outcome.fault.what);
  return outcome.value;
}
const problems = async () => (await report()).files.flatMap((f) => f.problems);

describe('writing', () => {
  test('an entry is on disk when it is reported as written, with its place in the chain', async () => {
    const one = await journal('ops1', { drill: 'api-outage' });
    const first = await one.append(note('first'), 'incident-1');
    await one.append(note('second'), 'incident-1');
    expect(first).toMatchObject({
      ok: true,
      value: { incident: 'incident-1', environment: 'PRODUCTION', drill: 'api-outage' },
    });
    const lines = rows().map((row) => readLine(row));
    expect(lines.map((line) => line?.seq)).toEqual([1, 2]);
    expect(lines[1]?.prev).toBe(lines[0]?.hash);
    expect(lines[0]?.entry.writer).toEqual({ ...one.writer });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  test('a cockpit that records nothing creates no file', async () => {
    const one = await journal();
    await one.close();
    expect(files()).toEqual([]);
  });

  test('control characters and secrets are not written', async () => {
    const one = await journal();
    await one.append(note('\u001b[2Jpassword=hunter2 postgres://u:s3cret@db \u202e'));
    const text = readFileSync(file(), 'utf8');
    expect(text).not.toMatch(/hunter2|s3cret|\\u001b|\u202e/);
  });

  test('a clock that jumps back is reported, and the order stays', async () => {
    let now = Date.UTC(2026, 0, 17, 3);
    const one = await journal('ops1', { now: () => now });
    await one.append(note('before'));
    now -= 3_600_000;
    await one.append(note('after'));
    expect(one.entries.map((e) => e.event)).toMatchObject([
      { text: 'before' },
      { what: 'clock-back', says: 'the clock jumped back by 3600 s' },
      { text: 'after' },
    ]);
    const ids = one.entries.map((e) => e.id);
    expect(ids.toSorted()).toEqual(ids);
    expect(await problems()).toEqual([]);
  });
});

describe('a directory that cannot be used', () => {
  test('keeps entries while it is refused, and writes them as soon as possible', async () => {
    mkdirSync(directory);
    chmodSync(directory, 0o755);
    const one = await journal();
    expect(await one.append(note('early'))).toMatchObject({ ok: false, fault: { what: 'is accessible to all users' } });
    expect(one.state).toMatchObject({ unwritten: 1, trouble: { kind: 'forbidden' } });
    expect(files()).toEqual([]);
    chmodSync(directory, 0o700);
    expect(await one.append(note('late'))).toMatchObject({ ok: true });
    expect(one.state.unwritten).toBe(0);
    expect(rows().map((row) => readLine(row)?.entry.event)).toMatchObject([
      { text: 'early' },
      { text: 'late' },
      { what: 'written-late' },
    ]);
    expect(await problems()).toEqual([]);
  });

  test('loses nothing if it disappears and comes back', async () => {
    const one = await journal();
    await one.append(note('before'));
    renameSync(directory, `${directory}-away`);
    writeFileSync(directory, 'in the way');
    expect(await one.append(note('meanwhile'))).toMatchObject({ ok: false });
    rmSync(directory);
    expect(await one.append(note('after'))).toMatchObject({ ok: true });
    // The fifth says what happened to the file.
    expect(rows().map((row) => readLine(row)?.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await problems()).toEqual([]);
  });

  test('leaves no torn line on a full disk: a partial line is removed', () => {
    // A process whose files may not grow beyond 4 kB: writes are cut short in the middle of a line, then fail.
    const script = fileURLToPath(new URL('../support/full-disk.ts', import.meta.url));
    const done = spawnSync(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 4; exec "$0" "$1" "$2"`, process.execPath, script, directory],
      { encoding: 'utf8' },
    );
    const { told, unwritten } = JSON.parse(done.stdout || done.stderr) as { told: string[]; unwritten: number };
    expect(told[0]).toBe('written');
    expect(told.at(-1)).toBe('file size limit reached');
    expect(unwritten).toBe(told.filter((t) => t !== 'written').length);
    expect(readFileSync(file(), 'utf8').endsWith('\n')).toBe(true);
    expect(rows()).toHaveLength(told.filter((t) => t === 'written').length);
    expect(rows().every((row) => readLine(row)?.intact)).toBe(true);
  });
});

describe('several writers', () => {
  test('each sees the entries of the others at once', async () => {
    const one = await journal('ops1');
    const two = await journal('ops2');
    await one.append({ kind: 'opened', title: 'x', severity: 1, why: 'y' }, 'incident-1');
    await eventually(() => expect(two.entries).toHaveLength(1));
    await two.append(note('hello'), 'incident-1');
    await eventually(() => expect(one.entries).toHaveLength(2));
    expect(projectAll(one.entries)).toEqual(projectAll(two.entries));
    expect(files()).toHaveLength(2);
  });

  test('an entry written after another was read comes after it, whatever the clocks say', async () => {
    const three = Date.UTC(2026, 0, 17, 3);
    const one = await journal('ops1', { now: () => three });
    await one.append({ kind: 'opened', title: 'x', severity: 1, why: 'y' }, 'incident-1');
    await one.append({ kind: 'wheel', session: one.writer.session, person: 'ops1' }, 'incident-1');
    const two = await journal('ops2', { now: () => three - 3_600_000 });
    await two.append({ kind: 'wheel', session: two.writer.session, person: 'ops2' }, 'incident-1');
    expect(two.entries.map((e) => e.event.kind)).toEqual(['opened', 'wheel', 'journal', 'wheel']);
    expect(two.entries.at(2)?.event).toMatchObject({ what: 'clock-back', says: 'the clock jumped back by 3600 s' });
    await eventually(() => expect(projectAll(one.entries)[0]?.control.person).toBe('ops2'));
    expect(await problems()).toEqual([]);
  });

  test('a file that is cut, emptied, removed or changed while its writer runs is restored and reported', async () => {
    const one = await journal('ops1');
    for (const text of ['first', 'second', 'third']) await one.append(note(text));
    const path = file();
    const whole = readFileSync(path);
    const said = () => one.entries.flatMap(({ event }) => (event.kind === 'journal' ? [event.says] : []));
    const notes = () => rows(path).flatMap((row) => /"text":"(\w+)"/.exec(row)?.[1] ?? []);

    truncateSync(path, rows(path)[0]?.length ?? 0);
    expect(await one.flush()).toBeUndefined();
    expect(readFileSync(path).subarray(0, whole.length)).toEqual(whole);
    expect(said()).toEqual(['another process truncated the journal file: 3 entries rewritten']);
    expect(rows(path)).toHaveLength(4);

    truncateSync(path, 0);
    await one.append(note('fourth'));
    rmSync(path);
    await one.append(note('fifth'));
    expect(said().slice(1)).toEqual([
      'another process removed or emptied the journal file: 4 entries rewritten',
      'another process removed or emptied the journal file: 6 entries rewritten',
    ]);
    expect(notes()).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);

    writeFileSync(path, 'nothing of this is true\n');
    await one.flush();
    expect(said().at(-1)).toMatch(
      /^another process changed the journal file: saved it as .*\.changed-\d+ and rewrote the journal$/,
    );
    const aside = readdirSync(directory).find((name) => name.includes('.changed-')) ?? '';
    expect(readFileSync(join(directory, aside), 'utf8')).toBe('nothing of this is true\n');
    expect(notes()).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    await one.close();
    expect(await problems()).toEqual([]);
  });

  test('a removed file of another writer is named', async () => {
    const one = await journal('ops1');
    await one.append(note('hello'));
    const two = await journal('ops2');
    rmSync(file());
    await eventually(() =>
      expect(two.state.notes).toEqual([expect.stringMatching(/ops1@bastion.jsonl: no longer exists/)]),
    );
    expect(two.entries.map((e) => e.event)).toMatchObject([{ text: 'hello' }]);
  });

  test('a writer that starts later reads what was there', async () => {
    const one = await journal('ops1');
    await one.append(note('hello'));
    const two = await journal('ops2');
    expect(two.entries).toEqual(one.entries);
  });

  test('an entry that another writer has not finished is read when it is complete', async () => {
    const one = await journal('ops1');
    await one.append(note('näh'));
    await one.append(note('second'));
    const text = readFileSync(file());
    const copy = join(directory, 'copy.jsonl');
    const cut = text.indexOf('\n') - 12;
    const two = await journal('ops2');
    writeFileSync(copy, text.subarray(0, cut));
    await eventually(() => expect(readdirSync(directory)).toContain('copy.jsonl'));
    appendFileSync(copy, text.subarray(cut));
    await eventually(() => expect(two.state.notes).toEqual([]));
    expect(two.entries.map((e) => e.event)).toMatchObject([{ text: 'näh' }, { text: 'second' }]);
  });
});

test('presence lists a cockpit until it leaves or stops renewing', async () => {
  const place = { directory };
  const one = await journal('ops1');
  const two = await journal('ops2');
  const here = [one, two].map(({ writer }) => new PresenceFiles(place, writer));
  for (const [at, { writer }] of [one, two].entries())
    await here[at]?.renew({ ...writer, driving: at === 0, observing: false });
  expect(statSync(join(directory, 'here')).mode & 0o7777).toBe(0o700);
  expect(await here[1]?.others(Date.now(), 'bastion')).toMatchObject([{ name: 'ops1', driving: true }]);
  expect(await here[1]?.others(Date.now() + 11_000, 'bastion')).toEqual([]);
  here[0]?.leave();
  expect(await here[1]?.others(Date.now(), 'bastion')).toEqual([]);
});

test('a cockpit that has no news renews its presence with one call, and writes it anew where it was changed', async () => {
  const [one, two] = [await journal('ops1'), await journal('ops2')];
  const [mine, other] = [one, two].map(({ writer }) => new PresenceFiles({ directory }, writer));
  const renew = (driving: boolean) =>
    fileRequestsOf(async () => mine?.renew({ ...one.writer, driving, observing: false }));
  const own = join(directory, 'here', `${one.writer.session}.json`);
  await renew(false);
  utimesSync(own, 1, 1);
  expect(await renew(false)).toBe(1);
  expect(Date.now() - statSync(own).mtimeMs).toBeLessThan(60_000);
  const seen = () => other?.others(Date.now(), 'bastion');
  expect(await seen()).toMatchObject([{ name: 'ops1', driving: false }]);
  expect(await fileRequestsOf(async () => seen())).toBe(0);
  await renew(true);
  expect(await seen()).toMatchObject([{ name: 'ops1', driving: true }]);
  writeFileSync(own, 'spoiled');
  expect(await seen()).toEqual([]);
  await renew(true);
  expect(await seen()).toMatchObject([{ name: 'ops1', driving: true }]);
  chmodSync(own, 0o666);
  expect(await seen()).toEqual([]);
  await renew(true);
  expect(await seen()).toMatchObject([{ name: 'ops1', driving: true }]);
});

describe('what others write into the directory', () => {
  const session = '01KE000000000000000000EVIL';
  const id = (n: number) => `01KE00000000000000000000${String(n).padStart(2, '0')}`;
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  /** A line as this program would have written it, whatever it says: its hash is right. */
  function forged(event: unknown, n: number, more: object = {}): string {
    const at = new Date().toISOString();
    const who = { session, user: 'mallory', name: 'mallory', host: 'bastion' };
    const body = { v: 1, id: id(n), at, seq: n, ...who, environment: 'PRODUCTION', incident: 'incident-1', event };
    const text = JSON.stringify({ ...body, prev: '0'.repeat(64), ...more }).replace('"DEEP"', deep);
    const hash = createHash('sha256').update(text).digest('hex');
    return `${text.slice(0, -1)},"hash":"${hash}"}\n`;
  }
  const evil: readonly [string, unknown, object?][] = [
    ['a role that is none', { kind: 'role', role: 'constructor', change: 'left', person: 'x' }],
    ['a severity that is none', { kind: 'severity', severity: 99, why: 'x' }],
    ['texts that are none', { kind: 'opened', title: { a: 1 }, severity: 1, why: ['x'] }],
    ['calls that are none', { kind: 'action', run: 'r', action: 'x', target: 't', phase: 'started', calls: 5 }],
    [
      'an action with Markdown in its name',
      { kind: 'action', run: 'r', action: '[x](//y)', target: 't', phase: 'failed' },
    ],
    ['a phase that is none', { kind: 'action', run: 'r', action: 'x', target: 't', phase: '__proto__' }],
    ['an instant that no calendar has', { kind: 'reminder', about: 'x', due: 1e300 }],
    ['a sample of nothing', { kind: 'sample' }],
    ['an event that is none', null],
    ['a name that is none', { kind: 'note', text: 'x' }, { name: { toString: 1 } }],
    ['witness that is none', { kind: 'note', text: 'x' }, { seen: { a: 5 } }],
    ['an id that is none', { kind: 'note', text: 'x' }, { id: 'zzz' }],
  ];

  test.each(evil)('%s is no entry, and the lines after it are read', async (_, event, more) => {
    const one = await journal();
    await one.append({ kind: 'opened', title: 'Outage', severity: 1, why: 'x' }, 'incident-1');
    writeFileSync(join(directory, 'evil.jsonl'), forged(event, 1, more) + forged({ kind: 'note', text: 'honest' }, 2));
    await expect.poll(() => one.entries.map(({ event: { kind } }) => kind)).toEqual(['note', 'opened']);
    expect(one.state.notes.join()).toContain('evil.jsonl');
    const [incident] = projectAll(one.entries);
    expect(incident && markdownReport(incident, { now: Date.now() })).toContain('honest');
    expect(await problems()).toContain('line 1 is not an entry');
  });

  test('an entry of an unknown kind keeps only its kind', async () => {
    const one = await journal();
    writeFileSync(join(directory, 'newer.jsonl'), forged({ kind: 'prophecy', more: 'DEEP', text: 'x' }, 1));
    await expect.poll(() => one.entries.map(({ event }) => event)).toEqual([{ kind: 'prophecy' }]);
  });

  test('an invalid presence file is ignored: a pipe, other texts', async () => {
    const here = join(directory, 'here');
    mkdirSync(here, { recursive: true, mode: 0o700 });
    spawnSync('mkfifo', [join(here, 'pipe.json')]);
    const file = (name: string, more: object) => writeFileSync(join(here, name), JSON.stringify(more));
    file('a.json', { session: 'a', name: { x: 1 }, host: 'elsewhere' });
    file('b.json', { session: 'b', name: 'b\u001b[2J', host: 'elsewhere', incident: 5 });
    file('c.json', { session: 'c', name: 'c\u001b[2J', host: 'elsewhere' });
    const one = await journal();
    const found = await new PresenceFiles({ directory }, one.writer).others(Date.now(), 'bastion');
    expect(found.map(({ name }) => name)).toEqual(['c']);
  });

  test('a pipe and a file of gigabytes are not read, and named', async () => {
    mkdirSync(directory, { mode: 0o700 });
    spawnSync('mkfifo', [join(directory, 'pipe.jsonl')]);
    writeFileSync(join(directory, 'huge.jsonl'), '');
    truncateSync(join(directory, 'huge.jsonl'), 8 * 1024 ** 3);
    const one = await journal();
    expect(one.state.notes).toEqual([
      expect.stringMatching(/^huge.jsonl: is too large to be a journal; move it away: mv /),
      expect.stringMatching(/^pipe.jsonl: is not a file; move it away: mv /),
    ]);
    expect((await one.append(note('x'))).ok).toBe(true);
    expect((await problems()).toSorted()).toEqual([
      expect.stringMatching(/^cannot be read: is not a file; move it away: mv /),
      expect.stringMatching(/^cannot be read: is too large; move it away: mv /),
    ]);
  });
});

describe('verify', () => {
  async function written(): Promise<void> {
    const one = await journal();
    for (const text of ['a', 'b', 'c', 'd']) await one.append(note(text));
    await one.close();
    open.splice(0);
  }
  const rewrite = (change: (lines: string[]) => string[]) => writeFileSync(file(), `${change(rows()).join('\n')}\n`);

  test('a whole file has no problem and ends with its closing line', async () => {
    await written();
    expect((await report()).files).toMatchObject([{ entries: 5, problems: [], notes: [] }]);
  });

  test('a changed word', async () => {
    await written();
    rewrite((lines) => lines.map((line) => line.replace('"text":"b"', '"text":"B"')));
    expect(await problems()).toEqual(['line 2 was changed after it was written']);
  });

  test('a changed last line', async () => {
    await written();
    rewrite((lines) => lines.map((line) => line.replace('the cockpit was quit', 'nothing')));
    expect(await problems()).toEqual(['line 5 was changed after it was written']);
  });

  test('a missing line, two swapped, one repeated', async () => {
    await written();
    const before = rows();
    rewrite((lines) => lines.toSpliced(1, 1));
    expect(await problems()).toEqual(['line 2: 1 entry is missing before it']);
    writeFileSync(file(), `${[before[0], before[2], before[1], before[3], before[4]].join('\n')}\n`);
    expect(await problems()).not.toEqual([]);
    writeFileSync(file(), `${[...before.slice(0, 2), before[1], ...before.slice(2)].join('\n')}\n`);
    expect(await problems()).toContain('line 3 is repeated or out of order');
  });

  test('a torn last line is tolerated and named', async () => {
    await written();
    truncateSync(file(), readFileSync(file()).length - 30);
    const [one] = (await report()).files;
    expect(one).toMatchObject({ entries: 4, problems: [] });
    expect(one?.notes.join()).toMatch(/the last line is incomplete .*has no closing line/s);
  });

  test('a cut at the end is found if another file recorded the length', async () => {
    await written();
    const cut = file();
    const two = await journal('ops2');
    await two.append(note('I saw it'));
    writeFileSync(cut, `${rows(cut).slice(0, 3).join('\n')}\n`);
    expect((await problems()).join()).toMatch(/is truncated: .* read 5 lines, 3 remain/);
    rmSync(cut);
    expect((await problems()).join()).toMatch(/a file of session .* is missing/);
  });

  test('a cut at the end that no other file recorded is reported as possible', async () => {
    await written();
    rewrite((lines) => lines.slice(0, 3));
    const [one] = (await report()).files;
    expect(one?.problems).toEqual([]);
    expect(one?.notes.join()).toContain('has no closing line');
  });

  test('a file that is no journal is named', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'x.jsonl'), 'hello\n{"v":1}\n');
    expect(await problems()).toEqual(['line 1 is not an entry', 'line 2 is not an entry']);
    expect(await verifyJournal(join(root, 'nowhere'))).toMatchObject({
      ok: false,
      fault: { what: 'no journal yet' },
    });
  });
});
