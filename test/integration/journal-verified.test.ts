// `incident verify`: who signed what, in the journal and in an export of it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exported, found } from '../../src/commands/incident/run.ts';
import { verified, verifiedExport } from '../../src/commands/incident/verified.ts';
import { glyph } from '../../src/core/health/status.ts';
import { incidentIdOf } from '../../src/core/incident/authority.ts';
import { type Event, fingerprint } from '../../src/core/incident/event.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import type { SignedLine } from '../../src/data/journal/own-file.ts';
import { type JournalReport, verifyJournal } from '../../src/data/journal/verify.ts';

let root: string;
const open: Journal[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'verified-'));
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

async function journal(name: string): Promise<Journal & { sent: SignedLine[] }> {
  const made = new Journal({
    place: { directory: join(root, name) },
    writer: { user: name, name, host: 'bastion' },
    environment: 'PRODUCTION',
    shares: true,
  });
  await made.open();
  open.push(made);
  const sent: SignedLine[] = [];
  made.onWritten((lines) => sent.push(...lines));
  return Object.assign(made, { sent });
}

const note = (text: string): Event => ({ kind: 'note', text });
const keyOf = (one: Journal): string => one.writer.key ?? '';
const textOf = (lines: readonly SignedLine[]) => lines.map(({ text }) => text);

async function report(name = 'alice'): Promise<JournalReport> {
  const outcome = await verifyJournal(join(root, name));
  if (!outcome.ok) throw new Error(outcome.fault.what);
  return outcome.value;
}

/** Alice opens an incident; Bob, who is admitted, and Carol, who is not, write notes. */
async function shared() {
  const [alice, bob, carol] = await Promise.all([journal('alice'), journal('bob'), journal('carol')]);
  const id = incidentIdOf(ulid(), keyOf(alice));
  await alice.append({ kind: 'opened', title: 'Outage', severity: 2, why: '5xx' }, id);
  await alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
  await alice.append(note('not about the incident'));
  for (const one of [bob, carol]) {
    await one.receive(textOf(alice.sent));
    for (const text of ['first', 'second', 'third']) await one.append(note(`${text} of ${one.writer.name}`), id);
    await alice.receive(textOf(one.sent));
  }
  return { alice, bob, carol, id };
}

async function exportOf(name = 'alice'): Promise<string> {
  const all = await report(name);
  const incident = found(all, undefined);
  if ('text' in incident) throw new Error(incident.text);
  const file = join(root, `${name}.json`);
  writeFileSync(file, exported(incident, all, 'json', { now: Date.now() }).text);
  return file;
}

const fileOf = (folder: string) => {
  const [name = ''] = readdirSync(folder).filter((one) => one.endsWith('.jsonl'));
  return join(folder, name);
};
const change = (file: string, edit: (rows: string[]) => string[]) =>
  writeFileSync(file, `${edit(readFileSync(file, 'utf8').trimEnd().split('\n')).join('\n')}\n`);
const without = (word: string) => (rows: string[]) => rows.filter((row) => !row.includes(word));

describe('the journal', () => {
  test('is told line by line: by a key of yours, by a known one, by a new one', async () => {
    const { alice, bob, carol } = await shared();
    const { text, code } = await verified(await report(), false);
    expect(code).toBe(0);
    expect(text).toContain(`${glyph.ok} alice (alice@bastion)  your key ${fingerprint(keyOf(alice))}: lines 1-3`);
    expect(text).toContain(`${glyph.ok} bob (bob@bastion)  known key ${fingerprint(keyOf(bob))}: lines 1-3`);
    expect(text).toContain(`${glyph.unknown} carol (carol@bastion)  new key ${fingerprint(keyOf(carol))}: lines 4-6`);
    const { files } = JSON.parse((await verified(await report(), true)).text) as JournalReport;
    expect(
      files.flatMap(({ signers }) => signers.map(({ person, signing, lines }) => [person, signing, lines])),
    ).toEqual([
      ['alice', 'own', [1, 2, 3]],
      ['bob', 'known', [1, 2, 3]],
      ['carol', 'new', [4, 5, 6]],
    ]);
  });

  test.each([
    [
      'a received line that was changed',
      (rows: string[]) => rows.map((row) => row.replace('second of bob', 'nothing')),
      'line 2 was changed after it was written',
    ],
    ['a received line that is missing', without('second of bob'), 'line 2: 1 entry is missing before it'],
    [
      'a received line that is there twice',
      (rows: string[]) => [...rows, rows[0] ?? ''],
      'line 7 is repeated or out of order',
    ],
    [
      'a signature of another line',
      (rows: string[]) =>
        rows.map((row, at) => (at === 0 ? row.replace(/"sig":".*/, /"sig":".*/.exec(rows[1] ?? '')?.[0] ?? '') : row)),
      'line 1 has a wrong signature',
    ],
  ])('names %s', async (_, edit, problem) => {
    await shared();
    change(fileOf(join(root, 'alice', 'received')), edit);
    const { text, code } = await verified(await report(), false);
    expect(text).toContain(problem);
    expect(code).toBe(1);
  });

  test('with received lines in another order is whole', async () => {
    await shared();
    change(fileOf(join(root, 'alice', 'received')), (rows) => rows.toReversed());
    expect((await verified(await report(), false)).code).toBe(0);
  });

  test('whose own lines another key signed again says so', async () => {
    const { alice, carol, id } = await shared();
    await alice.close();
    open.splice(open.indexOf(alice), 1);
    const file = fileOf(join(root, 'alice'));
    change(file, (rows) => [...rows.slice(0, 2), carol.sent[0]?.text ?? '']);
    const { files } = await report();
    expect(files.flatMap(({ problems }) => problems).join()).toMatch(/line 3 is from another writer/);
    expect(files[0]?.signers.map(({ person, signing }) => [person, signing])).toEqual([
      ['alice', 'own'],
      ['carol', 'new'],
    ]);
    expect(id).toHaveLength(26);
  });
});

describe('an export', () => {
  test('has all that is needed to check it where nothing is known, and no private key', async () => {
    const { alice, bob, carol } = await shared();
    const file = await exportOf();
    const { text, code } = await verifiedExport(file, { directory: '', files: [], entries: [], lines: [] }, false);
    for (const { writer } of [alice, bob, carol])
      expect(text).toContain(`${writer.name} (${writer.name}@bastion)  new key ${fingerprint(writer.key ?? '')}`);
    expect(code).toBe(0);
    expect(text).toContain('8 entries: no changed or missing entries found');
    const whole = readFileSync(file, 'utf8');
    expect(whole).not.toMatch(/PRIVATE|not about the incident/);
    const keys = readdirSync(join(root, 'alice', 'keys')).map((name) =>
      readFileSync(join(root, 'alice', 'keys', name), 'utf8'),
    );
    for (const key of keys) expect(whole).not.toContain(/KEY-----\\n([^\\]+)/.exec(key)?.[1]);
    expect((await verifiedExport(file, await report(), false)).text).toContain('your key');
  });

  test.each([
    [
      'a changed entry',
      (text: string) => text.replaceAll('second of bob', 'nothing'),
      'was changed after it was written',
    ],
    [
      'an entry that is told otherwise than it was signed',
      (text: string) => text.replace('"second of bob"', '"nothing"'),
      'its entries are not those of its lines',
    ],
    [
      'an entry that is told and was not signed',
      (text: string) =>
        text.replace('"withoutEffect"', '"x": 1, "withoutEffect"').replace('"entries": [', '"entries": [{},'),
      'its entries are not those of its lines',
    ],
    ['another incident', (text: string) => text.replace(/"id": "(.)/, '"id": "7'), 'is of another incident'],
  ])('with %s is told from a whole one', async (_, edit, problem) => {
    await shared();
    const file = await exportOf();
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
    const { text, code } = await verifiedExport(file, await report(), false);
    expect(text).toContain(problem);
    expect(code).toBe(1);
  });

  test('with a line less names the gap', async () => {
    await shared();
    const file = await exportOf();
    const json = JSON.parse(readFileSync(file, 'utf8')) as { lines: string[]; entries: { event: { text?: string } }[] };
    json.lines = without('second of bob')(json.lines);
    json.entries = json.entries.filter(({ event }) => event.text !== 'second of bob');
    writeFileSync(file, JSON.stringify(json));
    const { text } = await verifiedExport(file, await report(), false);
    expect(text).toContain('1 entry is missing before it');
  });

  test.each([
    ['no file', undefined, /x\.json: does not exist; give a file of incident export/],
    ['no JSON', 'hello', /x\.json: is not JSON, or only a part of it; give a file of incident export/],
    ['no export', '{"a":1}', /is not a signed export; make one with incident export --format json/],
  ])('that is %s is refused', async (_, text, says) => {
    const file = join(root, 'x.json');
    if (text !== undefined) writeFileSync(file, text);
    const outcome = await verifiedExport(file, { directory: '', files: [], entries: [], lines: [] }, false);
    expect(outcome.text).toMatch(says);
    expect(outcome.code).toBe(2);
  });
});

describe('compared with an earlier export', () => {
  test('nothing changed, and what was added since is counted', async () => {
    const { alice, id } = await shared();
    const file = await exportOf();
    expect(await verified(await report(), false, file)).toMatchObject({ code: 0 });
    await alice.append(note('later'), id);
    const { text, code } = await verified(await report(), false, file);
    expect(code).toBe(0);
    expect(text).toContain('1 entry added since the export');
  });

  test('a missing entry is named, also where a whole file was signed again', async () => {
    const { alice } = await shared();
    const file = await exportOf();
    const lost = alice.entries.find(({ event }) => event.kind === 'note' && event.text === 'third of bob');
    change(fileOf(join(root, 'alice', 'received')), without('third of bob'));
    expect((await verified(await report(), false)).code).toBe(0);
    const { text, code } = await verified(await report(), false, file);
    expect(text).toMatch(new RegExp(`entry ${lost?.id} of .* by bob is missing`));
    expect(code).toBe(1);
    const { against } = JSON.parse((await verified(await report(), true, file)).text) as { against: object };
    expect(against).toMatchObject({ problems: [expect.stringContaining('is missing')], notes: [] });
  });

  test('an entry with a time before the export that came after it is named', async () => {
    const { alice, bob, id } = await shared();
    const file = await exportOf();
    await bob.append(note('backdated'), id, { at: Date.now() - 60_000 });
    await alice.receive(textOf(bob.sent));
    const { text } = await verified(await report(), false, file);
    expect(text).toMatch(/by bob was added since, with a time before the export/);
  });
});
