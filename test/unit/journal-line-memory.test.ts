import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ulid } from 'ulid';
import { expect, test } from 'vitest';
import type { Entry } from '../../src/core/incident/event.ts';
import { beginning, readLine, writeLine } from '../../src/data/journal/line.ts';
import { newKey } from '../../src/data/journal/signature.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

test('the hash of a line does not keep the line in memory', () => {
  const { signer } = newKey();
  const writer = { session: ulid(), user: 'ana', name: 'Ana', host: 'bastion', key: signer.id };
  const entry: Entry = {
    id: ulid(),
    at: 1_764_000_000_000,
    writer,
    environment: 'production',
    event: { kind: 'note', text: 'x'.repeat(4000) },
  };
  const { text, hash } = writeLine(entry, { seq: 1, prev: beginning, seen: {} }, signer);
  const bytes = Buffer.from(text);
  const count = 5000;
  const before = heapUsed();
  const hashes = Array.from({ length: count }, () => readLine(bytes.toString())?.hash);
  const grown = heapUsed() - before;
  expect(new Set(hashes)).toEqual(new Set([hash]));
  // The lines take 20 MB, their hashes less than one.
  expect(grown).toBeLessThan((count * text.length) / 4);
});
