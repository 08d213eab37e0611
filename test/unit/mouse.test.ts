// What comes from the mouse between the keys: reports are read, and nothing of them is ever a key.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Keyboard } from '../../src/commands/cockpit/keyboard.ts';
import { keysOfRest, type MouseReport, type MouseRest, mouseAmong } from '../../src/core/text/mouse.ts';

/** The pieces of input one after another, so many ms apart. */
function read(pieces: readonly string[], { on = true, apart = 10 } = {}) {
  let rest: MouseRest | undefined;
  let keys = '';
  const reports: MouseReport[] = [];
  for (const [at, piece] of pieces.entries()) {
    const heard = mouseAmong(piece, rest, at * apart, on);
    keys += heard.keys;
    reports.push(...heard.reports);
    rest = heard.rest;
  }
  return { keys: keys + (rest ? keysOfRest(rest) : ''), reports };
}

const click = '\u001b[<0;12;5M\u001b[<0;12;5m';

test('a press, a release and the wheel are reports, with the cell counted from 0', () => {
  expect(read([`j${click}k\u001b[<64;1;1M\u001b[<65;200;50M`])).toEqual({
    keys: 'jk',
    reports: [
      { kind: 'press', column: 11, row: 4 },
      { kind: 'release', column: 11, row: 4 },
      { kind: 'wheel-up', column: 0, row: 0 },
      { kind: 'wheel-down', column: 199, row: 49 },
    ],
  });
});

test('a report in two pieces, cut anywhere, is the same report and no key', () => {
  for (let cut = 1; cut < click.length; cut += 1)
    expect(read([`j${click.slice(0, cut)}`, `${click.slice(cut)}k`], { apart: 1000 })).toEqual(read([`j${click}k`]));
});

test('no report gives a letter, a digit or Enter, however it is broken and cut, mouse on or off', () => {
  const part = fc.oneof(fc.constantFrom('0', '64', '99999999', '', '-1', '5;5'), fc.nat(99999).map(String));
  const broken = fc
    .tuple(part, part, part, fc.constantFrom('M', 'm', 'Z', '~'))
    .filter(([a, b, c]) => !`${a}${b}${c}`.includes('-'))
    .map(([a, b, c, end]) => `\u001b[<${a};${b};${c}${end}`);
  fc.assert(
    fc.property(fc.array(broken, { maxLength: 5 }), fc.boolean(), (all, on) => {
      expect(read([all.join('')], { on }).keys).toBe('');
    }),
  );
});

describe('keys stay keys', () => {
  test.each(['\u001b', '\u001b[', '\u001b[A', '\u001bOP', 'M', '\u001bq', '\r', '\u001b[200~pasted\u001b[201~'])(
    '%j',
    (key) => {
      for (const on of [true, false]) expect(read([key], { on }).keys).toBe(key);
    },
  );

  test('Esc waits for nothing while the mouse is off', () => {
    expect(mouseAmong('\u001b', undefined, 0, false)).toEqual({ keys: '\u001b', reports: [] });
    expect(mouseAmong('\u001b', undefined, 0, true).rest?.text).toBe('\u001b');
  });

  test('Esc and what is typed later are two keys', () => {
    expect(read(['\u001b', 'j'], { apart: 5000 }).keys).toContain('j');
  });
});

test.each(['\u001b', '\u0003'])('a paste whose end was lost is ended by %j alone, a second later', (key) => {
  const begun = '\u001b[200~text';
  expect(read([begun, key, 'q'], { apart: 2000 }).keys).toBe(`${begun}\u001b[201~${key}q`);
  expect(read([begun, key, 'q'], { apart: 10 }).keys).not.toContain('201~');
  expect(read([begun, 'y', 'q'], { apart: 60_000 }).keys).toBe(`${begun}yq`);
});

test('a click that is pasted is none', () => {
  expect(read(['\u001b[200~', `text${click}`, '\u001b[201~'])).toEqual({
    keys: '\u001b[200~text\u001b[201~',
    reports: [],
  });
});

test('reports of terminals that know the older form only are no keys', () => {
  expect(read(['\u001b[M !!j'])).toEqual({ keys: 'j', reports: [] });
});

test('of a flood of reports only as many are taken as leave the keys alive', async () => {
  const terminal = new PassThrough();
  const keyboard = new Keyboard(terminal as unknown as ReadStream);
  let taken = 0;
  keyboard.mouse = () => {
    taken += 1;
  };
  terminal.write(`${'\u001b[<65;10;8M'.repeat(1000)}j`);
  const [keys] = await once(keyboard, 'data');
  await new Promise(setImmediate);
  expect([keys, taken]).toEqual(['j', 100]);
});
