// Reading a long journal checks few signatures, and misses none that is wrong.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from '../../src/data/journal/journal.ts';
import * as signature from '../../src/data/journal/signature.ts';

/** Counted, not replaced. */
vi.mock('../../src/data/journal/signature.ts', { spy: true });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function opened(): Promise<Journal> {
  const writer = { user: 'ada', name: 'ada', host: 'bastion' };
  const journal = new Journal({ place: { directory }, writer, environment: 'PRODUCTION' });
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

test('ten thousand entries are read with one signature checked, since it covers those before it', async () => {
  await written(10_000);
  vi.mocked(signature.isSignedBy).mockClear();
  const later = await opened();
  expect(later.entries).toHaveLength(10_001);
  expect(later.entries.every(({ own }) => own)).toBe(true);
  expect(vi.mocked(signature.isSignedBy)).toHaveBeenCalledTimes(1);
  await later.close();
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
