// Lines of a stream are the same however its bytes come.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/data/kubernetes/logs/line-splitter.ts';

const longest = 12;

/** What each line is, taken by itself. */
function linesOf(bytes: Buffer): readonly [string, boolean][] {
  const lines: [string, boolean][] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n', start);
    const line = bytes.subarray(start, end < 0 ? bytes.length : end);
    const text = line.subarray(0, longest).toString('utf8');
    lines.push([text.endsWith('\r') ? text.slice(0, -1) : text, line.length > longest]);
    start += line.length + 1;
  }
  return lines;
}

const part = fc.oneof(fc.constantFrom('\n', '\r\n', '\r', 'ä', '€', '💥', '0123456789ab'), fc.string({ maxLength: 5 }));
const invalid = fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes));
const bytesOf = fc
  .array(fc.oneof({ weight: 9, arbitrary: part.map((text) => Buffer.from(text)) }, { weight: 1, arbitrary: invalid }))
  .map((parts) => Buffer.concat(parts));

test('a line is whole, or cut where it is too long, in however many pieces it comes', () => {
  fc.assert(
    fc.property(bytesOf, fc.array(fc.integer({ min: 1, max: 40 })), (bytes, sizes) => {
      const lines: [string, boolean][] = [];
      const splitter = new LineSplitter(longest);
      const line = (text: string, cut: boolean) => lines.push([text, cut]);
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        splitter.push(bytes.subarray(at, at + size), line);
        at += size;
      }
      splitter.flush(line);
      expect(lines).toEqual(linesOf(bytes));
    }),
    { numRuns: 3000 },
  );
});
