import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answering, keysAmong } from '../../src/core/text/answers.ts';

/** Pieces of input as they come, one after another, so many ms apart. */
function typed(pieces: readonly string[], apart = 10): string {
  let answering: Answering | undefined;
  return pieces
    .map((piece, at) => {
      const heard = keysAmong(piece, answering, at * apart);
      answering = heard.answering;
      return heard.keys;
    })
    .join('');
}

const answers = [
  '\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\',
  '\u001b]11;rgb:1e1e/1e1e/1e1e\u0007',
  '\u001b]52;c;cXF5aWFx\u009c',
  '\u001bP>|tmux 3.3a\u001b\\',
  '\u001bP1+r5463=71\u001b\\',
  '\u001b_Gi=31;OK\u001b\\',
];

test.each(answers)('a terminal’s answer %j between keys is no key, whole or in two pieces', (answer) => {
  expect(typed([`j${answer}k`])).toBe('jk');
  for (let cut = 3; cut < answer.length; cut += 1)
    expect(typed([`j${answer.slice(0, cut)}`, `${answer.slice(cut)}k`])).toBe('jk');
});

test('an answer is told once it is whole, without what encloses it; one that breaks off is told never', () => {
  const [whole = ''] = answers;
  expect(keysAmong(`j${whole}k${whole}`, undefined, 0).answers).toEqual([
    '11;rgb:1e1e/1e1e/1e1e',
    '11;rgb:1e1e/1e1e/1e1e',
  ]);
  for (let cut = 3; cut < whole.length; cut += 1) {
    const first = keysAmong(whole.slice(0, cut), undefined, 0);
    expect(first.answers).toEqual([]);
    expect(keysAmong(whole.slice(cut), first.answering, 10).answers).toEqual(['11;rgb:1e1e/1e1e/1e1e']);
  }
  expect(keysAmong('\u001b]11;rgb:1e1e\r', undefined, 0).answers).toEqual([]);
  expect(keysAmong(`\u001b]52;c;${'x'.repeat(500)}\u0007`, undefined, 0).answers[0]).toHaveLength(100);
});

test.each(['\u001b', '\u001bP', '\u001bX', '\u001b[A', '\u001bOP', 'q', '\u001b[200~\u001b[201~', '\r', '\u0003'])(
  'a key stays a key: %j',
  (key) => expect(typed([key])).toBe(key),
);

test('an endless answer holds keys back only briefly, and never ctrl keys', () => {
  expect(typed(['\u001b]11;', 'j'], 1000)).toBe('j');
  expect(typed(['\u001b]11;rg', '\u0003', 'q'])).toBe('\u0003q');
  expect(typed(['\u001b]11;rg', '\u001b[A'])).toBe('\u001b[A');
  expect(typed(['\u001b]11;rg\r'])).toBe('\r');
});

test('input without an escape passes unchanged', () => {
  fc.assert(
    fc.property(fc.array(fc.string().filter((text) => !text.includes('\u001b'))), (pieces) => {
      expect(typed(pieces)).toBe(pieces.join(''));
    }),
  );
});
