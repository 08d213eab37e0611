// Lists of thousands of which few items change at a time, grouped: what did not change is not looked at again, but
// compared by identity.

/** What became of a list, by the identity of its items. */
export type ListChanges<T> = {
  removed: readonly T[];
  /** Another value of the same thing. `at`: where it stands now. */
  replaced: readonly { before: T; after: T; at: number }[];
  /** At the end. */
  added: readonly T[];
};

/**
 * The earlier list without what was removed, with what was replaced, and with what was added behind it, is the later
 * one. A list in another order is removed and added. `idOf`: what no two items of a list have in common; the same
 * function for the same lists.
 */
export function changesBetween<T>(
  before: readonly T[],
  after: readonly T[],
  idOf: (item: T) => string,
): ListChanges<T> {
  if (before === after) return { removed: [], replaced: [], added: [] };
  // Several ask for the same step, one after the other: each look at thousands of items costs more than all else.
  if (lastStep?.before === before && lastStep.after === after) return lastStep.changes as ListChanges<T>;
  const changes = lookAtEach(before, after, idOf);
  lastStep = { before, after, changes };
  return changes;
}

let lastStep: { before: unknown; after: unknown; changes: ListChanges<unknown> } | undefined;

function lookAtEach<T>(before: readonly T[], after: readonly T[], idOf: (item: T) => string): ListChanges<T> {
  const removed: T[] = [];
  const replaced: { before: T; after: T; at: number }[] = [];
  let at = 0;
  for (const old of before) {
    const now = after[at];
    if (now !== old) {
      if (now === undefined || idOf(now) !== idOf(old)) {
        removed.push(old);
        continue;
      }
      replaced.push({ before: old, after: now, at });
    }
    at += 1;
  }
  return { removed, replaced, added: after.slice(at) };
}

/** Maps lists item by item. What a list has in common with the one before it keeps its results. */
export function mapping<T, R extends object>(
  make: (item: T) => R,
  idOf: (item: T) => string,
): (list: readonly T[]) => readonly R[] {
  let last: { list: readonly T[]; results: readonly R[] } = { list: [], results: [] };
  return (list) => {
    if (list === last.list) return last.results;
    // As long as it will be: while it grows, thousands would be copied several times.
    const results = new Array<R>(list.length);
    const { list: earlier, results: made } = last;
    let done = 0;
    for (let at = 0; at < earlier.length && done < list.length; at += 1) {
      const before = earlier[at] as T;
      const now = list[done] as T;
      const kept = made[at];
      if (now === before && kept !== undefined) results[done++] = kept;
      else if (idOf(now) === idOf(before)) results[done++] = make(now);
    }
    for (; done < list.length; done += 1) results[done] = make(list[done] as T);
    last = { list, results };
    return results;
  };
}

/** Groups by their keys, each in the order of the list. The order of the groups says nothing. */
export type Groups<T> = ReadonlyMap<string, readonly T[]>;

/** More of a list than this share is grouped from the beginning. */
const mostChanged = 1 / 8;
/** To find a place among the others costs more than to leave or to be replaced. */
const mostMoved = 50;

/**
 * Groups lists by a key; what has none is in no group. A list that differs little from the one before it costs what
 * differs, and a group of which nothing changed stays the same object.
 */
export function grouping<T extends object>(
  keyOf: (item: T) => string | undefined,
  idOf: (item: T) => string,
): (list: readonly T[]) => Groups<T> {
  const known = new WeakMap<readonly T[], Groups<T>>();
  let last: { list: readonly T[]; groups: Groups<T> } | undefined;

  const anew = (list: readonly T[]): Groups<T> => {
    const groups = new Map<string, T[]>();
    for (const item of list) {
      const key = keyOf(item);
      if (key === undefined) continue;
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
    return groups;
  };

  const changed = (earlier: { list: readonly T[]; groups: Groups<T> }, list: readonly T[]): Groups<T> | undefined => {
    const { removed, replaced, added } = changesBetween(earlier.list, list, idOf);
    const moved = replaced.filter(({ before, after }) => keyOf(before) !== keyOf(after));
    const count = removed.length + replaced.length + added.length;
    if (count > list.length * mostChanged || moved.length > mostMoved) return undefined;
    const left = new Set([...removed, ...moved.map(({ before }) => before)]);
    const later = new Map(replaced.map(({ before, after }) => [before, after]));
    const opened = new Map<string, T[]>();
    const open = (key: string): T[] => {
      const group = opened.get(key);
      if (group) return group;
      const before = (earlier.groups.get(key) ?? []).filter((item) => !left.has(item));
      const made = before.map((item) => later.get(item) ?? item);
      opened.set(key, made);
      return made;
    };
    const touch = (item: T): void => {
      const key = keyOf(item);
      if (key !== undefined) open(key);
    };
    for (const item of removed) touch(item);
    for (const { before } of replaced) touch(before);
    for (const { after, at } of moved) {
      const key = keyOf(after);
      if (key !== undefined) open(key).splice(placeOf(key, list, at), 0, after);
    }
    for (const item of added) {
      const key = keyOf(item);
      if (key !== undefined) open(key).push(item);
    }
    const groups = new Map(earlier.groups);
    for (const [key, group] of opened) {
      if (group.length > 0) groups.set(key, group);
      else groups.delete(key);
    }
    return groups;

    /** Behind the nearest of its group that stands before it. */
    function placeOf(key: string, all: readonly T[], at: number): number {
      for (let i = at - 1; i >= 0; i -= 1) {
        const item = all[i];
        if (item !== undefined && keyOf(item) === key) return open(key).lastIndexOf(item) + 1;
      }
      return 0;
    }
  };

  return (list) => {
    const before = known.get(list);
    if (before) return before;
    const groups = (last && changed(last, list)) ?? anew(list);
    known.set(list, groups);
    last = { list, groups };
    return groups;
  };
}
