import { expect, test } from 'vitest';
import { rests } from '../../src/engine/rests.ts';

/** Keeps the thread busy. */
function work(ms: number): void {
  const begun = performance.now();
  while (performance.now() - begun < ms);
}

test('rests after work, and goes on then', async () => {
  const hasTime = rests(new AbortController().signal, () => 1);
  work(60);
  const rest = hasTime();
  expect(rest).toBeInstanceOf(Promise);
  // Who asks meanwhile waits for the same.
  expect(hasTime()).toBe(rest);
  await rest;
  // A thread that does nothing has time.
  await expect.poll(() => hasTime(), { timeout: 30_000, interval: 50 }).toBeUndefined();
});

test('does not rest once it is over', async () => {
  const over = new AbortController();
  const hasTime = rests(over.signal, () => 1);
  work(60);
  const rest = hasTime();
  expect(rest).toBeInstanceOf(Promise);
  over.abort();
  await rest;
  work(60);
  expect(hasTime()).toBeUndefined();
});
