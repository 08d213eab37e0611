import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { saveMemory } from '../../src/commands/cockpit/heaps.ts';
import { second } from '../../src/core/time.ts';

// The tag stands for V8's options: another one means that one was set.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const option of ['--no-optimize-for-size', '--no-flush-baseline-code', '--bytecode-old-age=6'])
    setFlagsFromString(option);
});

test('V8 keeps its options while the start needs compiled code, and saves memory afterwards', () => {
  const first = cachedDataVersionTag();
  saveMemory();
  vi.advanceTimersByTime(44 * second);
  expect(cachedDataVersionTag()).toBe(first);
  vi.advanceTimersByTime(second);
  expect(cachedDataVersionTag()).not.toBe(first);
});

test('a screen that was closed before sets no option', () => {
  const first = cachedDataVersionTag();
  saveMemory()();
  vi.advanceTimersByTime(60 * second);
  expect(cachedDataVersionTag()).toBe(first);
});
