import { expect, test } from 'vitest';
import { minute, second } from '../../src/core/time.ts';
import { aMinute, OwnCheck, ownLookEvery } from '../../src/data/shared-looks/own-check.ts';

const every = 15 * second;

test('hosts ask themselves within a minute, and many together at most twice as often as one', () => {
  const of = (hosts: number) => ownLookEvery(hosts, every, aMinute) / second;
  expect([1, 2, 3, 4, 5, 6, 20, 30, 100].map(of)).toEqual([15, 30, 45, 60, 60, 60, 200, 300, 300]);
  for (let hosts = 1; hosts <= 30; hosts++) expect(hosts / of(hosts), String(hosts)).toBeLessThan(2 / (every / second));
  expect(ownLookEvery(20, 3000, { within: 6000 })).toBe(6000);
});

test('a look of another host holds where the last own one was answered and says the same', () => {
  const check = new OwnCheck<{ word: string; clock: number }>(
    { ...aMinute, verdict: ({ word }) => word, here: (told, { clock }) => ({ ...told, clock }) },
    every,
  );
  const well = { word: 'ok', clock: 1 };
  expect(check.confirmed(well)).toBeUndefined();
  expect(check.isDue(3, 0)).toBe(true);
  check.saw({ word: 'ok', clock: 7 }, Date.now(), 1000);
  expect(check.confirmed(well)).toEqual({ word: 'ok', clock: 7 });
  expect(check.confirmed({ word: 'ill', clock: 1 })).toBeUndefined();
  const looks = [1, 2, 3].map((nth) => 1000 + nth * every);
  expect(looks.map((at) => check.isDue(3, at))).toEqual([false, false, true]);
  expect(looks.map((at) => Math.round(check.age(3, at) * 3))).toEqual([1, 2, 3]);
  check.saw(undefined, Date.now(), 2000);
  expect([check.isGood, check.confirmed(well), check.isDue(3, 2000)]).toEqual([false, undefined, true]);
  // An answer that came a while ago is as old as it is.
  check.saw(well, Date.now() - minute, 100 * second);
  expect(check.isDue(3, 100 * second)).toBe(true);
});
