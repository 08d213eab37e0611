import { cachedDataVersionTag } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isBesideOthers, saveMemory, saveWork } from '../../src/commands/cockpit/heaps.ts';
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

test('V8 compiles less while nobody touches the cockpit, and as always with the next key', () => {
  const usual = cachedDataVersionTag();
  let touch = () => {};
  const end = saveWork((touched) => {
    touch = touched;
    return () => {
      touch = () => {};
    };
  });
  vi.advanceTimersByTime(44 * second);
  touch();
  vi.advanceTimersByTime(44 * second);
  expect(cachedDataVersionTag()).toBe(usual);
  vi.advanceTimersByTime(second);
  const saving = cachedDataVersionTag();
  expect(saving).not.toBe(usual);
  touch();
  const touched = cachedDataVersionTag();
  expect(touched).not.toBe(saving);
  vi.advanceTimersByTime(45 * second);
  expect(cachedDataVersionTag()).toBe(saving);
  touch();
  end();
  vi.advanceTimersByTime(90 * second);
  expect(cachedDataVersionTag()).toBe(touched);
});

test('an older V8 gets no option that it does not know', () => {
  const usual = cachedDataVersionTag();
  vi.stubGlobal('process', { ...process, versions: { ...process.versions, v8: '12.4.254.21-node.33' } });
  const end = saveWork(() => () => {});
  vi.advanceTimersByTime(90 * second);
  end();
  vi.unstubAllGlobals();
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
