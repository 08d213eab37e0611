// What a cockpit sends of its journal when a stream of the relay has dropped some of it.
import { expect, test } from 'vitest';
import { begunStream, missingFrom } from '../../src/data/relay/carried.ts';
import { digestOf, type RelayLine } from '../../src/data/relay/relay-line.ts';

const keeps = 100;
const lineOf = (n: number, isLasting = false): RelayLine => {
  const id = String(n).padStart(26, '0');
  return { id, text: `${id} text`, own: true, isLasting };
};

/** A stream that has shown these lines, one after the other. */
function streamOf(shown: readonly RelayLine[]) {
  const stream = begunStream();
  for (const line of shown) {
    stream.length += 1;
    stream.lines.set(digestOf(line), stream.length);
  }
  return stream;
}

const opening = lineOf(0, true);
const notes = Array.from({ length: 250 }, (_, n) => lineOf(n + 1));

test('of a stream that is full only what lasts is missing once it is dropped', () => {
  const all = [opening, ...notes];
  expect(missingFrom(streamOf(all.slice(0, 100)), all.slice(0, 100), true, keeps)).toEqual([]);
  const stream = streamOf(all);
  expect(missingFrom(stream, all, true, keeps)).toEqual([opening]);
  expect(missingFrom(stream, all, false, keeps)).toEqual([]);
  // On its way, and read back: not a second time.
  stream.sent.set(digestOf(opening), performance.now());
  expect(missingFrom(stream, all, true, keeps)).toEqual([]);
  stream.sent.clear();
  stream.length += 1;
  stream.lines.set(digestOf(opening), stream.length);
  expect(missingFrom(stream, all, true, keeps)).toEqual([]);
});

test('the opening sent again does not bring back what was dropped before it came again', () => {
  const kept = [...notes.slice(-99), opening];
  expect(missingFrom(streamOf(kept), [opening, ...notes], true, keeps)).toEqual([]);
  const news = lineOf(300);
  expect(missingFrom(streamOf(kept), [opening, ...notes, news], true, keeps)).toEqual([news]);
});

test('what lasts is not sent again where it would fill the stream', () => {
  const many = Array.from({ length: 30 }, (_, n) => lineOf(n, true));
  const all = [...many, ...notes.slice(50)];
  expect(missingFrom(streamOf(all), all, true, keeps)).toEqual([]);
});
