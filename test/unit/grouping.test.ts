// What changed of a list of thousands is grouped, mapped and judged as if all of it were.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, grouping, mapping } from '../../src/core/grouping.ts';

type Item = { id: string; key: string | undefined };

const idOf = ({ id }: Item) => id;
const keyOf = ({ key }: Item) => key;
const key = fc.constantFrom('a', 'b', 'c', undefined);

/** As a watch sees a collection: changes in place, members that go, new ones at the end; and sometimes another order. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('change' as const), at: fc.nat(), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rotate' as const), at: fc.nat() }) },
);
/** Batches: of a long list few items change, of a short one many. */
const story = fc.record({
  length: fc.constantFrom(0, 3, 100),
  batches: fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 12 }),
});

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

let made = 0;
const item = (of: Item['key']): Item => {
  made += 1;
  return { id: `item-${made}`, key: of };
};

function after(list: readonly Item[], one: Event): readonly Item[] {
  const at = 'at' in one && list.length > 0 ? one.at % list.length : 0;
  const there = list[at];
  if (one.kind === 'add') return [...list, item(one.key)];
  if (one.kind === 'insert') return list.toSpliced(at, 0, item(one.key));
  if (one.kind === 'rotate') return [...list.slice(at), ...list.slice(0, at)];
  if (!there) return list;
  return one.kind === 'remove' ? list.toSpliced(at, 1) : list.with(at, { ...there, key: one.key });
}

function lists({ length, batches }: { length: number; batches: Event[][] }): (readonly Item[])[] {
  const first = Array.from({ length }, (_, at) => item(['a', 'b', 'c', undefined][at % 4]));
  const all: (readonly Item[])[] = [first];
  for (const batch of batches) all.push(batch.reduce(after, all.at(-1) ?? []));
  return all;
}

describe('of lists that change', () => {
  it('the groups are those of each list by itself, in its order', () => {
    fc.assert(
      fc.property(story, (told) => {
        const group = grouping(keyOf, idOf);
        for (const list of lists(told)) {
          const alone = Map.groupBy(list, keyOf);
          alone.delete(undefined);
          expect(new Map(group(list))).toEqual(alone);
          for (const [name = '', members] of alone)
            expect(
              group(list)
                .get(name)
                ?.every((one, at) => one === members[at]),
            ).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a group of which nothing changed stays the same, whatever happens to the others', () => {
    const group = grouping(keyOf, idOf);
    const list = Array.from({ length: 40 }, (_, at) => item(['a', 'b'][at % 2]));
    const [first, second] = list;
    if (!first || !second) throw new Error('no list');
    const before = group(list);
    const later = group([{ ...first }, ...list.slice(1), item('a')]);
    expect(later.get('a')).not.toBe(before.get('a'));
    expect(later.get('b')).toBe(before.get('b'));
    expect(before.get('a')).toHaveLength(20);
  });

  it('a list with its changes is the later list', () => {
    fc.assert(
      fc.property(story, (told) => {
        let before: readonly Item[] = [];
        for (const list of lists(told)) {
          const { removed, replaced, added } = changesBetween(before, list, idOf);
          const later = new Map(replaced.map((one) => [one.before, one.after]));
          const kept = before.filter((one) => !removed.includes(one)).map((one) => later.get(one) ?? one);
          expect([...kept, ...added].every((one, at) => one === list[at])).toBe(true);
          expect(kept.length + added.length).toBe(list.length);
          for (const { at, after: now } of replaced) expect(list[at]).toBe(now);
          before = list;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('each item is mapped, and once for as long as it stays where it is', () => {
    fc.assert(
      fc.property(story, (told) => {
        let calls = 0;
        const map = mapping((one: Item) => {
          calls += 1;
          return { of: one };
        }, idOf);
        let before: readonly Item[] = [];
        for (const list of lists(told)) {
          calls = 0;
          expect(map(list).map(({ of }) => of)).toEqual(list);
          expect(map(list).every(({ of }, at) => of === list[at])).toBe(true);
          const { replaced, added } = changesBetween(before, list, idOf);
          expect(calls).toBe(replaced.length + added.length);
          before = list;
        }
      }),
      { numRuns: 300 },
    );
  });
});
