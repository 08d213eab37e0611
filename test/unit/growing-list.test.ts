// Lists that share their items, and the states that are kept of what is made of them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addedTo, GrowingList, sharedStart } from '../../src/core/growing.ts';
import { Checkpoints } from '../../src/core/incident/checkpoints.ts';

/** From the list that was made `back` steps before: its first items, and others after them. */
const steps = fc.array(fc.record({ back: fc.nat(4), first: fc.nat(12), news: fc.nat(3) }), {
  minLength: 1,
  maxLength: 30,
});

/** Lists that grow from each other and go different ways, and each as an array. */
function lists(all: readonly { back: number; first: number; news: number }[]) {
  const made = [{ list: GrowingList.of<object>([]), array: [] as readonly object[] }];
  for (const { back, first, news } of all) {
    const from = made.at(-1 - back) ?? made[0];
    if (!from) continue;
    const items = Array.from({ length: news }, () => ({}));
    made.push({ list: from.list.first(first).with(items), array: [...from.array.slice(0, first), ...items] });
  }
  return made;
}

describe('a list that grows', () => {
  test('has the items of its own way, whatever grew from it since', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -14, max: 14 }), fc.integer({ min: -14, max: 14 }), (all, from, to) => {
        for (const { list, array } of lists(all)) {
          expect([...list]).toEqual(array);
          expect([...list].every((item, at) => item === array[at])).toBe(true);
          expect(list).toHaveLength(array.length);
          expect(list.at(from)).toBe(array.at(from));
          expect(list.slice(from, to)).toEqual(array.slice(from, to));
          for (const item of array) expect(list.find((one) => one === item)).toBe(item);
          const last = array.at(to);
          const isLast = (one: object) => one === last;
          expect(list.findLastIndex(isLast)).toBe(array.findLastIndex(isLast));
          expect(list.findLast(isLast)).toBe(last);
          expect(list.map((one) => array.indexOf(one))).toEqual([...array.keys()]);
        }
      }),
    );
  });

  test('shares with another what an array shares', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const made = lists(all);
        for (const a of made)
          for (const b of made) {
            const shared = a.array.findIndex((item, at) => item !== b.array[at]);
            expect(sharedStart(a.list, b.list)).toBe(shared < 0 ? a.array.length : shared);
            expect(addedTo(a.list, b.list)).toEqual(addedTo(a.array, b.array));
          }
      }),
    );
  });

  test('copies nothing to grow', () => {
    const before = GrowingList.of(Array.from({ length: 1000 }, (_, at) => ({ at })));
    const after = before.with([{ at: 1000 }]);
    expect(before.sharedWith(after)).toBe(1000);
    expect(before.with([])).toBe(before);
    expect(GrowingList.of(after)).toBe(after);
    // Items that came while it is read are not its own.
    let seen = 0;
    for (const _ of after) {
      if (seen < 3) after.with([{ at: -1 }]);
      seen += 1;
    }
    expect(seen).toBe(1001);
    expect(after).not.toEqual(before.with([{ at: 1001 }]));
  });
});

describe('states that are kept', () => {
  /** Each state is its own count. */
  const filled = (every: number, count: number) => {
    const checkpoints = new Checkpoints<number>(every);
    for (let at = 0; at <= count; at += 1) checkpoints.add(at, at);
    return checkpoints;
  };

  test('a state is never of more items than asked for, and not of far fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(600), fc.nat(600), (every, count, late) => {
        const to = Math.max(0, count - late);
        const found = filled(every, count).backTo(to);
        expect(found?.state).toBe(found?.count);
        expect(found?.count).toBeLessThanOrEqual(to);
        expect(to - (found?.count ?? Number.NaN)).toBeLessThan(2 * every + (count - to));
      }),
    );
  });

  test('what came after the one that is gone back to is forgotten', () => {
    const checkpoints = filled(10, 100);
    expect(checkpoints.backTo(44)?.count).toBe(40);
    expect(checkpoints.backTo(100)?.count).toBe(40);
    checkpoints.add(50, -50);
    expect(checkpoints.backTo(100)).toEqual({ count: 50, state: -50 });
  });

  test('few are kept of many', () => {
    const checkpoints = filled(1, 100_000);
    const found = new Set<number>();
    for (let at = 100_000; at >= 0; at -= 1) {
      const { count = -1 } = checkpoints.backTo(at) ?? {};
      found.add(count);
    }
    expect(found.size).toBeLessThan(60);
    expect(found.has(0)).toBe(true);
  });
});
