import { cachedDataVersionTag } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isBesideOthers, saveMemory } from '../../src/commands/cockpit/heaps.ts';
import { second } from '../../src/core/time.ts';
import { contextOf } from '../support/story.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('V8 keeps its options during the start, saves memory while others are here, and gets them back', () => {
  // The tag stands for V8's options.
  const usual = cachedDataVersionTag();
  let others = true;
  const end = saveMemory(() => others);
  vi.advanceTimersByTime(44 * second);
  expect(cachedDataVersionTag()).toBe(usual);
  vi.advanceTimersByTime(second);
  expect(cachedDataVersionTag()).not.toBe(usual);
  others = false;
  vi.advanceTimersByTime(45 * second);
  expect(cachedDataVersionTag()).toBe(usual);
  others = true;
  end();
  vi.advanceTimersByTime(90 * second);
  expect(cachedDataVersionTag()).toBe(usual);
});

test('cockpits of this host count, but not this one and those of others', () => {
  const { self } = contextOf('ana');
  const cockpit = (more: Partial<typeof self>) => ({ ...self, at: 0, driving: false, observing: false, ...more });
  const beside = (...here: ReturnType<typeof cockpit>[]) =>
    isBesideOthers({ incidentContext: contextOf('ana', { here: [cockpit({}), ...here] }) });
  expect(isBesideOthers({})).toBe(false);
  expect(beside()).toBe(false);
  expect(beside(cockpit({ session: 'another', host: 'elsewhere' }))).toBe(false);
  expect(beside(cockpit({ session: 'another' }))).toBe(true);
});
