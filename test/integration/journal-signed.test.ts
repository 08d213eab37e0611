// Who wrote an entry is proven by a signature, and decides whether it has effect.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { incidentIdOf } from '../../src/core/incident/authority.ts';
import { countingEntries } from '../../src/core/incident/counting.ts';
import type { Entry, Event } from '../../src/core/incident/event.ts';
import { type Incident, projectIncident } from '../../src/core/incident/incident.ts';
import { surfaceActs } from '../../src/core/incident/surface-record.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { beginning, isAuthentic, readLine } from '../../src/data/journal/line.ts';
import type { SignedLine } from '../../src/data/journal/own-file.ts';
import { newKey, signerFrom } from '../../src/data/journal/signature.ts';
import { eventually } from '../support/eventually.ts';
import { lineOf } from '../support/lines.ts';

let root: string;
const open: Journal[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'signed-'));
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

/** A cockpit of a person; each OS account has a directory of its own. */
async function journal(name: string, account = name): Promise<Journal & { sent: SignedLine[] }> {
  const made = new Journal({
    place: { directory: join(root, account) },
    writer: { user: account, name, host: `host-of-${account}` },
    environment: 'PRODUCTION',
    shares: true,
  });
  await made.open();
  open.push(made);
  const sent: SignedLine[] = [];
  made.onWritten((lines) => sent.push(...lines));
  return Object.assign(made, { sent });
}

const keyOf = (one: Journal): string => one.writer.key ?? '';
const note = (text: string): Event => ({ kind: 'note', text });
const opened: Event = { kind: 'opened', title: 'Outage', severity: 2, why: '5xx' };
const files = (account: string) =>
  readdirSync(join(root, account))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(root, account, name));
const rows = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

async function opens(one: Journal): Promise<string> {
  const id = incidentIdOf(ulid(), keyOf(one));
  await one.append(opened, id);
  return id;
}

function seen(one: Journal, id: string): Incident {
  const incident = projectIncident(id, one.entries);
  if (!incident) throw new Error('no incident');
  return incident;
}

const whys = (one: Journal, id: string) => seen(one, id).refused.map(({ why }) => why);

/** The same line, with a right hash, after a change; its signature stays as it was. */
function changed(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  const body = `${text.slice(0, text.lastIndexOf(',"hash":')).replace(from, to)}}`;
  const hash = createHash('sha256').update(body).digest('hex');
  return `${body.slice(0, -1)},"hash":"${hash}","sig":"${/"sig":"([^"]+)"/.exec(text)?.[1]}"}`;
}

describe('a line', () => {
  test('names key, person, OS user and host, and can be checked alone', async () => {
    const one = await journal('alice');
    await one.append(note('first'));
    const line = readLine(one.sent[0]?.text ?? '');
    expect(line?.entry.writer).toEqual(one.writer);
    expect(line?.entry.writer).toMatchObject({ name: 'alice', user: 'alice', host: 'host-of-alice' });
    expect(keyOf(one)).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(line && isAuthentic(line)).toBe(true);
    expect(rows(files('alice')[0] ?? '')).toEqual([one.sent[0]?.text]);
  });

  test('whose text, hash, key or signature is another one is not authentic', async () => {
    const one = await journal('alice');
    await one.append(note('first'));
    const text = one.sent[0]?.text ?? '';
    const other = newKey().signer.publicKey;
    const publicKey = /"key":"([^"]+)"/.exec(text)?.[1] ?? '';
    for (const forged of [
      text.replace('"first"', '"fir5t"'),
      changed(text, '"first"', '"fir5t"'),
      changed(text, publicKey, other),
      text.replace(/"sig":"./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`),
    ])
      expect(isAuthentic(readLine(forged) as NonNullable<ReturnType<typeof readLine>>)).toBe(false);
  });

  test('whose signature was taken away, or that claims to need none, is no entry or not signed', async () => {
    const one = await journal('alice');
    await one.append(note('first'));
    const text = one.sent[0]?.text ?? '';
    expect(readLine(text.replace(/,"sig":"[^"]+"/, ''))).toBeUndefined();
    expect(readLine(changed(text, '"v":2', '"v":1'))).toBeUndefined();
  });
});

describe('a person', () => {
  test('keeps one key from run to run; another name of the account has its own', async () => {
    const first = await journal('alice', 'oncall');
    await first.append(note('x'));
    const again = await journal('alice', 'oncall');
    const bob = await journal('bob', 'oncall');
    await bob.append(note('y'));
    expect(again.writer.key).toBe(first.writer.key);
    expect(bob.writer.key).not.toBe(first.writer.key);
    expect(readdirSync(join(root, 'oncall', 'keys'))).toHaveLength(2);
  });

  test('has no key before the first entry', async () => {
    const one = await journal('alice');
    await one.close();
    expect(readdirSync(join(root, 'alice'))).toEqual([]);
  });

  test('may be named until something is written, and not after', async () => {
    const one = await journal('oncall');
    const before = one.writer.key;
    expect(await one.rename('Alice')).toBe(true);
    expect(one.writer).toMatchObject({ name: 'Alice', user: 'oncall' });
    expect(one.writer.key).not.toBe(before);
    await one.append(note('x'));
    expect(await one.rename('Bob')).toBe(false);
    expect(one.entries.map(({ writer }) => writer.name)).toEqual(['Alice']);
  });
});

describe('what another account signed', () => {
  test('is shown, and has no effect until who is in control admits its key', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append({ kind: 'role', role: 'scribe', change: 'taken', person: 'bob' }, id);
    expect((await alice.receive(bob.sent.map(({ text }) => text))).map(({ outcome }) => outcome)).toEqual(['new']);
    for (const one of [alice, bob]) {
      expect(seen(one, id).roles.scribe).toEqual([]);
      expect(seen(one, id).entries).toHaveLength(1);
      expect(whys(one, id)).toEqual(['new-key']);
      expect(seen(one, id).keys.map(({ person, state }) => [person, state])).toEqual([
        ['alice', 'opener'],
        ['bob', 'new'],
      ]);
    }
    // Nobody admits himself.
    await bob.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
    expect(seen(bob, id).keys[1]?.state).toBe('new');
    await alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append({ kind: 'role', role: 'scribe', change: 'taken', person: 'bob' }, id);
    await alice.receive(bob.sent.map(({ text }) => text));
    for (const one of [alice, bob]) expect(seen(one, id).roles.scribe).toEqual(['bob']);
    expect(whys(alice, id)).toEqual(whys(bob, id));
  });

  test('has no effect after its key was removed, and cannot decide what needs control', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    const decide = (change: 'admitted' | 'removed') =>
      alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change }, id);
    await decide('admitted');
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append({ kind: 'severity', severity: 1, why: 'I say so' }, id);
    await alice.receive(bob.sent.map(({ text }) => text));
    expect(seen(alice, id).severity).toBe(2);
    expect(whys(alice, id)).toEqual(['not-in-control']);
    await decide('removed');
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append(note('still here'), id);
    await alice.receive(bob.sent.map(({ text }) => text));
    for (const one of [alice, bob]) {
      expect(seen(one, id).notes).toBe(0);
      expect(whys(one, id)).toEqual(['not-in-control', 'removed-key']);
    }
  });

  test('counts for alerts and surfaces only where it has effect', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await bob.receive(alice.sent.map(({ text }) => text));
    const disabled = { kind: 'action', run: 'r', action: 'disable-surface', phase: 'verified' } as const;
    await bob.append({ ...disabled, target: 'surface/openai' }, id);
    await bob.append({ kind: 'acknowledged', alert: 'metric/p95' });
    await bob.append({ kind: 'snoozed', alert: 'metric/p95', level: 'critical', until: Date.now() + 60_000 }, id);
    await alice.receive(bob.sent.map(({ text }) => text));
    expect(countingEntries(alice.entries).map(({ writer }) => writer.name)).toEqual(['alice']);
    expect(surfaceActs(alice.entries, { environment: 'PRODUCTION' })).toEqual([]);
    await alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append({ ...disabled, run: 's', target: 'surface/openai' }, id);
    await alice.receive(bob.sent.map(({ text }) => text));
    expect(surfaceActs(alice.entries, { environment: 'PRODUCTION' })).toMatchObject([{ by: 'bob', surface: 'openai' }]);
  });

  test('is kept as received: a later run has it, and a line received again is not doubled', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await alice.append(note('look at redis'), id);
    const texts = alice.sent.map(({ text }) => text);
    const outcomes = async (one: Journal) => (await one.receive(texts)).map(({ outcome }) => outcome);
    expect(await outcomes(bob)).toEqual(['new', 'new']);
    expect(await outcomes(bob)).toEqual(['known', 'known']);
    const kept = join(root, 'bob', 'received');
    expect(readdirSync(kept).flatMap((name) => rows(join(kept, name)))).toEqual(texts);
    const later = await journal('bob');
    expect(later.entries).toEqual(bob.entries);
    expect(await outcomes(later)).toEqual(['known', 'known']);
    expect(readdirSync(kept)).toHaveLength(1);
  });

  test('may come in any order, and a missing line shows in the numbers', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await alice.append(note('not about an incident'));
    for (const text of ['a', 'b', 'c']) await alice.append(note(text), id);
    const texts = alice.sent.filter(({ incident }) => incident === id).map(({ text }) => text);
    const receipts = await bob.receive(texts.toSpliced(1, 1).toReversed());
    expect(receipts.map((one) => (one.outcome === 'new' ? one.part?.[0] : undefined))).toEqual([4, 3, 1]);
    const sent = [...seen(alice, id).entries].toSpliced(1, 1);
    expect([...seen(bob, id).entries]).toEqual(sent.map(({ own: _, ...one }) => one));
  });

  test.each([
    ['a text', () => 'hello', 'not-an-entry'],
    ['two lines in one', (text: string) => `${text}\n${text}`, 'not-an-entry'],
    ['a megabyte', (text: string) => text.replace('"first"', `"${'x'.repeat(1_000_000)}"`), 'too-long'],
    ['a changed text', (text: string) => text.replace('"first"', '"last"'), 'wrong-signature'],
    ['a changed text with a right hash', (text: string) => changed(text, '"first"', '"last"'), 'wrong-signature'],
    [
      'an entry of in an hour',
      () => lineOf(note('x'), 'i', newKey().signer, { at: Date.now() + 3_600_000 }),
      'implausible',
    ],
    [
      'an id of in an hour',
      () => lineOf(note('x'), 'i', newKey().signer, { id: ulid(Date.now() + 3_600_000) }),
      'implausible',
    ],
  ])('%s is refused', async (_, forge: (text: string) => string, why) => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    await alice.append(note('first'), 'i');
    expect(await bob.receive([forge(alice.sent[0]?.text ?? '')])).toMatchObject([{ outcome: 'refused', why }]);
    expect(bob.entries).toEqual([]);
    expect(readdirSync(join(root, 'bob'))).toEqual([]);
  });

  test('cannot take the place of an entry by its id, nor replace one of its own', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await alice.append(note('mine'), id);
    const entry = alice.entries.at(1) as Entry;
    const mallory = newKey().signer;
    const first = lineOf(note('forged'), id, mallory, { id: entry.id });
    expect(await bob.receive([first])).toMatchObject([{ outcome: 'new' }]);
    expect(await bob.receive([lineOf(note('again'), id, mallory, { id: entry.id })])).toMatchObject([
      { outcome: 'refused', why: 'taken' },
    ]);
    await bob.receive(alice.sent.map(({ text }) => text));
    expect(seen(bob, id).notes).toBe(1);
    expect(seen(bob, id).refused).toMatchObject([{ why: 'new-key', entry: { writer: { key: mallory.id } } }]);
  });

  test('cannot claim to have opened an incident of somebody else', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    const earlier = { at: Date.now() - 60_000, id: ulid(Date.now() - 60_000) };
    const forged = lineOf({ ...opened, title: 'Mine' } as Event, id, newKey().signer, earlier);
    await bob.receive([forged]);
    expect(projectIncident(id, bob.entries)).toBeUndefined();
    await bob.receive(alice.sent.map(({ text }) => text));
    expect(seen(bob, id)).toMatchObject({ title: 'Outage', openedBy: 'alice' });
  });

  test('cannot take control with the session of somebody else', async () => {
    const alice = await journal('alice');
    const bob = await journal('bob');
    const id = await opens(alice);
    await alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
    await bob.receive(alice.sent.map(({ text }) => text));
    await bob.append({ kind: 'wheel', session: alice.writer.session, person: 'alice' }, id);
    expect(seen(bob, id).control).toMatchObject({ session: alice.writer.session, key: keyOf(alice) });
    expect(whys(bob, id)).toEqual(['not-in-control']);
  });
});

test('of two who took control while apart, the higher fencing number counts, whoever was later', async () => {
  const alice = await journal('alice');
  const bob = await journal('bob');
  const id = await opens(alice);
  await alice.append({ kind: 'key', key: keyOf(bob), person: 'bob', change: 'admitted' }, id);
  await bob.receive(alice.sent.map(({ text }) => text));
  const takes = (one: Journal, fence: number) =>
    one.append({ kind: 'wheel', session: one.writer.session, person: one.writer.name, fence }, id);
  await takes(bob, 8);
  await takes(alice, 7);
  await bob.receive(alice.sent.map(({ text }) => text));
  await alice.receive(bob.sent.map(({ text }) => text));
  for (const one of [alice, bob]) expect(seen(one, id).control).toMatchObject({ person: 'bob', fence: 8 });
});

describe('a file in the journal’s own directory', () => {
  test('that a stranger signed, or nobody, has no effect in a signed incident', async () => {
    const alice = await journal('alice');
    const id = await opens(alice);
    writeFileSync(join(root, 'alice', 'stranger.jsonl'), `${lineOf(note('x'), id, newKey().signer)}\n`);
    const body = JSON.stringify({
      v: 1,
      id: ulid(),
      at: new Date().toISOString(),
      seq: 1,
      session: 'S',
      incident: id,
      event: { kind: 'resolved', why: 'x' },
      prev: beginning,
    });
    const hash = createHash('sha256').update(body).digest('hex');
    writeFileSync(join(root, 'alice', 'nobody.jsonl'), `${body.slice(0, -1)},"hash":"${hash}"}\n`);
    await eventually(() => expect(alice.entries).toHaveLength(3));
    expect(seen(alice, id).notes).toBe(0);
    expect(seen(alice, id).resolvedAt).toBeUndefined();
    expect(whys(alice, id).toSorted()).toEqual(['new-key', 'not-signed']);
  });

  test('with a forged line in a row of good ones: the others are read, and the line is named', async () => {
    const alice = await journal('alice');
    const id = await opens(alice);
    for (const text of ['a', 'b', 'c']) await alice.append(note(text), id);
    const path = files('alice')[0] ?? '';
    await alice.close();
    open.splice(0);
    writeFileSync(
      path,
      `${rows(path)
        .map((row) => (row.includes('"b"') ? changed(row, '"b"', '"B"') : row))
        .join('\n')}\n`,
    );
    const later = await journal('alice');
    expect(later.entries.flatMap(({ event }) => (event.kind === 'note' ? [event.text] : []))).toEqual(['a', 'c']);
    expect(later.state.notes.join()).toMatch(/line 3 has a wrong signature, and has no effect|line 4 does not follow/);
  });
});

test('an incident from before entries were signed can be continued', async () => {
  const line = (n: number, event: Event, prev: string) => {
    const at = Date.now() - 60_000;
    const who = { session: '01KE000000000000000000SESS', user: 'alice', name: 'alice', host: 'h' };
    const body = JSON.stringify({
      v: 1,
      id: ulid(at + n),
      at: new Date(at).toISOString(),
      seq: n,
      ...who,
      environment: 'PRODUCTION',
      incident: '01KE0000000000000000000INC',
      event,
      prev,
    });
    const hash = createHash('sha256').update(body).digest('hex');
    return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
  };
  const one = line(1, opened, beginning);
  const two = line(2, { kind: 'severity', severity: 1, why: 'worse' }, one.hash);
  mkdirSync(join(root, 'alice'), { mode: 0o700 });
  writeFileSync(join(root, 'alice', 'old.jsonl'), one.text + two.text);
  const alice = await journal('alice');
  const id = '01KE0000000000000000000INC';
  expect(alice.state.notes).toEqual([]);
  expect(seen(alice, id)).toMatchObject({ severity: 1, refused: [], keys: [] });
  await alice.append({ kind: 'wheel', session: alice.writer.session, person: 'alice' }, id);
  await alice.append({ kind: 'resolved', why: 'fixed' }, id);
  expect(seen(alice, id)).toMatchObject({ refused: [], control: { key: keyOf(alice) } });
  expect(seen(alice, id).resolvedAt).toBeDefined();
});

test('a key of another kind signs nothing', () => {
  expect(
    signerFrom('-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIA==\n-----END PRIVATE KEY-----'),
  ).toBeUndefined();
  expect(signerFrom('hello')).toBeUndefined();
  const { pem, signer } = newKey();
  expect(signerFrom(pem)?.id).toBe(signer.id);
});
