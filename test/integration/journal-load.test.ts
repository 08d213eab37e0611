// Reading a long journal checks few signatures, and misses none that is wrong.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from '../../src/data/journal/journal.ts';
import * as signature from '../../src/data/journal/signature.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';

/** Counted, not replaced. */
vi.mock('../../src/data/journal/signature.ts', { spy: true });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function opened(reading?: (share: number) => void): Promise<Journal> {
  const writer = { user: 'ada', name: 'ada', host: 'bastion' };
  const journal = new Journal({ place: { directory }, writer, environment: 'PRODUCTION', reading });
  await journal.open();
  return journal;
}

async function written(entries: number): Promise<string> {
  const journal = await opened();
  const all = Array.from({ length: entries }, (_, n) =>
    journal.append({ kind: 'note', text: `note ${n}` }, 'incident'),
  );
  expect((await Promise.all(all)).every(({ ok }) => ok)).toBe(true);
  await journal.close();
  const [name = ''] = readdirSync(directory).filter((one) => one.endsWith('.jsonl'));
  return join(directory, name);
}

test('ten thousand entries are read with one signature checked for 64 kB, since it covers those before it', async () => {
  const file = await written(10_000);
  vi.mocked(signature.isSignedBy).mockClear();
  const shares: number[] = [];
  const later = await opened((share) => shares.push(share));
  expect(later.entries).toHaveLength(10_001);
  expect(later.entries.slice().every(({ own }) => own)).toBe(true);
  expect(vi.mocked(signature.isSignedBy)).toHaveBeenCalledTimes(Math.ceil(statSync(file).size / 2 ** 16));
  expect(shares.length).toBeGreaterThan(20);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect([shares[0] ?? 1, shares.at(-1)]).toEqual([expect.closeTo(2 ** 16 / statSync(file).size, 5), 1]);
  await later.close();
});

test('incident show reads as few, and counts what verify counts; verify names each that is wrong', async () => {
  const file = await written(3000);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const broken = lines.map((line, at) => {
    if (at === 1000) return line.replace('note 1000', 'note 1OOO');
    return at === 2000 || at === 3000 ? line.replace(/"sig":"(.)/, (_, c) => `"sig":"${c === 'A' ? 'B' : 'A'}`) : line;
  });
  writeFileSync(file, `${broken.join('\n')}\n`);
  const each = await verifyJournal(directory);
  vi.mocked(signature.isSignedBy).mockClear();
  const chains = await verifyJournal(directory, Date.now(), 'chains');
  // What stands before the changed line, and what comes after it, whose last signature is wrong.
  const checked = vi.mocked(signature.isSignedBy).mock.calls.length;
  if (!each.ok || !chains.ok) throw new Error('the journal was not read');
  expect(each.value.files[0]?.problems).toEqual([
    'line 1001 was changed after it was written',
    'line 2001 has a wrong signature',
    'line 3001 has a wrong signature',
  ]);
  expect(each.value.entries).toEqual(chains.value.entries);
  expect(chains.value.entries).toHaveLength(2998);
  expect(checked).toBeLessThan(2100);
  writeFileSync(file, `${lines.join('\n')}\n`);
  vi.mocked(signature.isSignedBy).mockClear();
  expect((await verifyJournal(directory, Date.now(), 'chains')).ok).toBe(true);
  expect(vi.mocked(signature.isSignedBy)).toHaveBeenCalledTimes(1);
});

test('if that one is wrong, each is checked, and only the wrong one has no effect', async () => {
  const file = await written(50);
  const text = readFileSync(file, 'utf8');
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  writeFileSync(
    file,
    text.replace(
      last,
      last.replace(/"sig":"./, (start) => `${start.slice(0, -1)}${start.endsWith('_') ? 'A' : '_'}`),
    ),
  );
  const later = await opened();
  expect(later.entries).toHaveLength(50);
  expect(later.state.notes).toEqual([expect.stringMatching(/: line 51 has a wrong signature, and has no effect$/)]);
  await later.close();
});
