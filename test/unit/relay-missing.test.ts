// What a cockpit sends of its journal when a stream of the relay has dropped some of it.
import { expect, test } from 'vitest';
import { Stream } from '../../src/data/relay/carried.ts';
import type { RelayLine } from '../../src/data/relay/relay-line.ts';

const keeps = 100;
const lineOf = (n: number, isLasting = false): RelayLine => {
  const id = String(n).padStart(26, '0');
  return { id, text: `${id} text`, own: true, isLasting };
};

const shows = (stream: Stream, lines: readonly RelayLine[], full = false) => {
  for (const { text } of lines) stream.show({ lines: [text], entries: 1, last: '1-1', full });
};

/** A stream that has shown these lines, one after the other. */
function streamOf(lines: readonly RelayLine[]) {
  const stream = new Stream();
  shows(stream, lines);
  stream.whole = true;
  return stream;
}

const opening = lineOf(0, true);
const notes = Array.from({ length: 250 }, (_, n) => lineOf(n + 1));

test('of a stream that is full only what lasts is missing once it is dropped', () => {
  const all = [opening, ...notes];
  expect(streamOf(all.slice(0, 100)).missing(all.slice(0, 100), true, keeps)).toEqual([]);
  const stream = streamOf(all);
  expect(stream.missing(all, true, keeps)).toEqual([opening]);
  expect(stream.missing(all, false, keeps)).toEqual([]);
  // On its way, and read back: not a second time.
  stream.sent([opening]);
  expect(stream.missing(all, true, keeps)).toEqual([]);
  shows(stream, [opening]);
  expect(stream.missing(all, true, keeps)).toEqual([]);
});

test('the opening sent again does not bring back what was dropped before it came again', () => {
  const kept = [...notes.slice(-99), opening];
  expect(streamOf(kept).missing([opening, ...notes], true, keeps)).toEqual([]);
  const news = lineOf(300);
  expect(streamOf(kept).missing([opening, ...notes, news], true, keeps)).toEqual([news]);
});

test('what lasts is not sent again where it would fill the stream', () => {
  const many = Array.from({ length: 30 }, (_, n) => lineOf(n, true));
  const all = [...many, ...notes.slice(50)];
  expect(streamOf(all).missing(all, true, keeps)).toEqual([]);
});

test('a stream that was lost gets no more than it keeps, the newest and what lasts, in their order', () => {
  const all = [opening, ...notes].toReversed();
  const stream = new Stream();
  expect(stream.missing(all, true, keeps)).toEqual([opening, ...notes.slice(-100)]);
  // Nor while those are under way, or half of them was read back.
  stream.sent([opening, ...notes.slice(-100)]);
  expect(stream.missing(all, true, keeps)).toEqual([]);
  shows(stream, [opening, ...notes.slice(-100, -50)]);
  expect(stream.missing(all, true, keeps)).toEqual([]);
});

test('what was sent is under way for as long as not everything was read', () => {
  const stream = streamOf([opening]);
  stream.isBehind = true;
  const [first, second, third] = notes as [RelayLine, RelayLine, RelayLine];
  const all = [opening, first, second, third];
  stream.sent([first, second]);
  expect(stream.missing(all, true, keeps)).toEqual([third]);
  shows(stream, [second], true);
  expect(stream.missing(all, true, keeps)).toEqual([third]);
});

test('each line is looked at once, however often it is asked what is missing', () => {
  let looks = 0;
  const counted = notes.map(({ id, text, own }) => ({
    id,
    text,
    own,
    get isLasting() {
      looks += 1;
      return false;
    },
  }));
  const stream = streamOf(notes.slice(0, 250));
  expect(stream.missing(counted, true, 1000)).toEqual([]);
  const once = looks;
  expect(once).toBeGreaterThan(0);
  for (let n = 0; n < 10; n += 1) expect(stream.missing(counted, true, 1000)).toEqual([]);
  expect(looks).toBe(once);
  expect(stream.tooLong(counted)).toBe(0);
});
