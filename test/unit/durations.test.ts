// The percentiles of counted durations, beside those of a sorted list.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Durations } from '../../src/data/gateway/durations.ts';

const most = 10 * 60_000;
/** Short ones, and some of each size. */
const duration = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 1, max: most }),
  fc.integer({ min: 0, max: 19 }).chain((power) => fc.integer({ min: 2 ** power - 1, max: 2 ** power + 1 })),
);
const counted = fc.array(fc.tuple(duration, fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 200 });

function durationsOf(all: readonly (readonly [ms: number, times: number])[]): Durations {
  const durations = new Durations();
  for (const [ms, times] of all) durations.count(ms, times);
  return durations;
}

test('a percentile is that of the sorted list, to three significant digits, and is not below it', () => {
  fc.assert(
    fc.property(counted, fc.integer({ min: 1, max: 100 }), (all, percent) => {
      const sorted = all.flatMap(([ms, times]) => new Array<number>(times).fill(ms)).sort((a, b) => a - b);
      const durations = durationsOf(all);
      expect(durations.total).toBe(sorted.length);
      const exact = sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? Number.NaN;
      const found = durations.within(percent / 100);
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact < 2048 ? exact : exact * 1.001);
    }),
  );
});

test('what several counted is counted together, and stays with each of them', () => {
  fc.assert(
    fc.property(counted, counted, (one, other) => {
      const [both, added, left] = [durationsOf([...one, ...other]), durationsOf(one), durationsOf(other)];
      const before = left.within(0.5);
      added.add(left);
      expect(added.total).toBe(both.total);
      for (const share of [0.01, 0.5, 0.95, 1]) expect(added.within(share)).toBe(both.within(share));
      expect(left.within(0.5)).toBe(before);
    }),
  );
});

test('of nothing there is no duration', () => {
  expect([new Durations().total, new Durations().within(0.95)]).toEqual([0, 0]);
});
