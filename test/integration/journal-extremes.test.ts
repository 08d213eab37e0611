// What an entry may hold at most, and what it may be made of: every reader has what its writer has.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { formatCount } from '../../src/core/text/format.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';

let root: string;
const open: Journal[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journal-extremes-'));
});
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close();
  rmSync(root, { recursive: true, force: true });
});

async function journal(name: string): Promise<Journal> {
  const made = new Journal({
    place: { directory: join(root, 'journal') },
    writer: { user: name, name, host: 'bastion' },
    environment: 'PRODUCTION',
  });
  await made.open();
  open.push(made);
  return made;
}

const text = (length: number) => 'restart "gateway" \\ '.repeat(Math.ceil(length / 20)).slice(0, length);
const bulk: Event = {
  kind: 'action',
  run: 'run-1',
  action: 'restart-deployment',
  target: 'deployment/api-gateway',
  phase: 'confirmed',
};

const cases: readonly [string, Event][] = [
  ['a note of a megabyte', { kind: 'note', text: text(1024 * 1024) }],
  ['an action of thousands of calls', { ...bulk, calls: Array.from({ length: 3000 }, (_, n) => `${n} ${text(900)}`) }],
  [
    'evidence of a hundred long lines of quotes',
    {
      kind: 'opened',
      title: 'Outage',
      severity: 1,
      why: 'x',
      evidence: Array.from({ length: 300 }, () => '"\\'.repeat(2000)),
    },
  ],
  [
    'half a surrogate, NUL, and line ends that only JavaScript knows',
    { kind: 'note', text: 'a\ud83dz \udc00 \u0000 \u2028 \u2029 \u0085 \ufeff b' },
  ],
  ['a pair of surrogates where a text is cut', { kind: 'note', text: `${'x'.repeat(3998)}😀😀😀` }],
];

test.each(cases)('%s', async (_, event) => {
  const one = await journal('one');
  const reader = await journal('reader');
  const written = await one.append(event, 'incident-1');
  await one.append({ kind: 'note', text: 'after' }, 'incident-1');
  expect(written.ok).toBe(true);
  expect(one.entries.at(0)?.event.kind).toBe(event.kind);
  await expect.poll(() => reader.entries.length, { timeout: 60_000 }).toBe(2);
  expect([...reader.entries]).toEqual([...one.entries]);
  expect(reader.state.notes).toEqual([]);
  const later = await journal('later');
  expect([...later.entries]).toEqual([...one.entries]);
  const report = await verifyJournal(join(root, 'journal'));
  expect(report.ok && report.value.files.flatMap(({ problems }) => problems)).toEqual([]);
});

test('of a list that is too long for a line its beginning is kept, and how many are missing', async () => {
  const one = await journal('one');
  const calls = Array.from({ length: 3000 }, (_, n) => `${n} ${text(900)}`);
  await one.append({ ...bulk, calls }, 'incident-1');
  const event = one.entries.at(0)?.event;
  const kept = event?.kind === 'action' ? (event.calls ?? []) : [];
  expect(kept.length).toBeGreaterThan(500);
  expect(kept.slice(0, -1)).toEqual(calls.slice(0, kept.length - 1));
  expect(kept.at(-1)).toBe(`… and ${formatCount(calls.length - kept.length + 1)} more`);
});

test('a run that wrote more than 64 MB is read by the next one', async () => {
  const one = await journal('one');
  const calls = Array.from({ length: 230 }, (_, n) => `${n} ${'x'.repeat(3900)}`);
  const count = 80;
  await Promise.all(Array.from({ length: count }, () => one.append({ ...bulk, calls }, 'incident-1')));
  const [file = ''] = readdirSync(join(root, 'journal')).filter((name) => name.endsWith('.jsonl'));
  expect(statSync(join(root, 'journal', file)).size).toBeGreaterThan(64 * 1024 * 1024);
  const later = await journal('later');
  expect(later.entries).toHaveLength(count);
  expect(later.state.notes).toEqual([]);
});

test('after a line without an end, of many reads, the next one is read', async () => {
  const one = await journal('one');
  await one.append({ kind: 'note', text: 'good' }, 'incident-1');
  await one.close();
  const [file = ''] = readdirSync(join(root, 'journal')).filter((name) => name.endsWith('.jsonl'));
  const path = join(root, 'journal', file);
  writeFileSync(path, `${'{'.repeat(5_000_000)}\n${readFileSync(path, 'utf8')}`);
  const later = await journal('later');
  expect(later.entries.map(({ event }) => event.kind)).toEqual(['note', 'journal']);
  expect(later.state.notes.join()).toMatch(/line 1 is not an entry/);
});
