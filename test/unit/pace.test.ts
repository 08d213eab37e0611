// How fast input comes: held keys and bursts in pieces are told from fingers.
import { expect, test } from 'vitest';
import { paced, still } from '../../src/screens/shell/pace.ts';

/** Whether each of the inputs, `[key, ms since the one before]`, is hurried. */
function hurried(...inputs: readonly (readonly [string, number])[]): boolean[] {
  let pace = still;
  let at = 5000;
  return inputs.map(([input, after]) => {
    at += after;
    const next = paced(pace, input, at);
    pace = next.pace;
    return next.hurried;
  });
}

test('a key that repeats while it is held is hurried; the same key pressed again is not', () => {
  expect(hurried(['y', 0], ['y', 33], ['y', 90], ['y', 700])).toEqual([false, true, true, false]);
});

test('the fourth of the keys that come faster than fingers is hurried', () => {
  expect(hurried(['d', 0], ['b', 1], ['x', 1], ['y', 1])).toEqual([false, false, false, true]);
  expect(hurried(['d', 0], ['b', 40], ['x', 40], ['y', 40])).toEqual([false, false, false, false]);
});

test('of thousands of keys at once the first two hundred are taken, and keys again a second later', () => {
  let pace = still;
  let taken = 0;
  for (let at = 0; at < 5000; at += 1) {
    const next = paced(pace, 'down', at / 10);
    pace = next.pace;
    taken += next.flood ? 0 : 1;
  }
  expect(taken).toBe(200);
  expect(paced(pace, 'down', 2000).flood).toBe(false);
});
