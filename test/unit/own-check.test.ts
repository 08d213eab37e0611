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

test('a host asks itself where nothing proved its way for so long, and else at its own pace', () => {
  let proven = 0;
  const way = { within: 6 * second, provenAt: () => proven };
  const check = new OwnCheck<string>({ verdict: (word) => word, within: minute, way }, 3 * second);
  check.saw('ok', Date.now(), 0);
  const due = (at: number) => check.isDue(20, at * second);
  expect([1, 3, 4].map(due)).toEqual([false, false, true]);
  proven = 10 * second;
  expect([11, 13, 14].map(due)).toEqual([false, false, true]);
  // However well it is proven: a login that is refused is found, too.
  proven = 57 * second;
  expect([57, 58].map(due)).toEqual([false, true]);
  // With its way proven it waits for its turn, however few they are.
  expect(check.isDue(2, 57 * second)).toBe(false);
  expect(ownLookEvery(100, 3 * second, { within: minute })).toBe(minute);
});

test('a host that is told tries now and then whether it reaches the server, and else asks itself', async () => {
  let reached = true;
  let tries = 0;
  const reach = {
    every: () => 30 * second,
    try: async () => {
      tries += 1;
      return reached;
    },
  };
  const check = new OwnCheck<string>({ ...aMinute, verdict: (word) => word, reach }, every);
  check.saw('ok', Date.now(), 0);
  const at = (now: number) => check.isReached(3, now * second);
  expect([await at(15), await at(30), await at(45), await at(60), tries]).toEqual([true, true, true, true, 2]);
  reached = false;
  expect([await at(90), tries]).toEqual([false, 3]);
  // It answers all the same: tries tell nothing here.
  check.saw('ok', Date.now(), 91 * second);
  expect([await at(200), await at(390), tries]).toEqual([true, true, 3]);
  expect([await at(430), tries]).toEqual([false, 4]);
  check.saw(undefined, Date.now(), 431 * second);
  reached = true;
  check.saw('ok', Date.now(), 440 * second);
  expect([await at(475), tries]).toEqual([true, 5]);
});
