// Lists that mostly grow at their end: what is new is taken alone, and only what is new is sent.

/** How many items two lists begin with in common, by identity. */
export function sharedStart<T>(before: readonly T[], after: readonly T[]): number {
  const most = Math.min(before.length, after.length);
  let at = 0;
  while (at < most && Object.is(before[at], after[at])) at += 1;
  return at;
}

/** What was added at the end of a list; undefined: the list changed in another way. */
export function addedTo<T>(before: readonly T[], after: readonly T[]): readonly T[] | undefined {
  if (before === after) return [];
  return sharedStart(before, after) === before.length ? after.slice(before.length) : undefined;
}

/** The list as it was, where the later one has the same items: what was made of it is not made again. */
export function steady<T>(before: readonly T[] | undefined, after: readonly T[]): readonly T[] {
  return before && before.length === after.length && sharedStart(before, after) === after.length ? before : after;
}

/** A list as its difference from an earlier one: of that one, the first `keep` items stay. */
export type ListDelta<T> = { keep: number; add: readonly T[] };

export function listDelta<T>(before: readonly T[], after: readonly T[]): ListDelta<T> {
  const keep = before === after ? before.length : sharedStart(before, after);
  return { keep, add: after.slice(keep) };
}

/** The later list. An unchanged one stays the same object. */
export function withDelta<T>(before: readonly T[], { keep, add }: ListDelta<T>): readonly T[] {
  if (keep === before.length && add.length === 0) return before;
  return keep === before.length ? [...before, ...add] : [...before.slice(0, keep), ...add];
}

/**
 * Folds a list each time that it is given: what was added at its end is folded into the state that is there, a list that
 * changed in another way from the beginning. `add` may change the state that it gets.
 */
export function folding<T, S>(begin: () => S, add: (state: S, news: readonly T[]) => S): (all: readonly T[]) => S {
  let seen: readonly T[] = [];
  let state = begin();
  return (all) => {
    if (all === seen) return state;
    const news = addedTo(seen, all);
    state = news ? add(state, news) : add(begin(), all);
    seen = all;
    return state;
  };
}

/**
 * Makes something of each item of a list, each time that it is given: what was made of an item stays as long as the item
 * does, and so does the list of it.
 */
export function mapping<T extends object, R>(make: (item: T) => R): (all: readonly T[]) => readonly R[] {
  let seen: readonly T[] = [];
  let made: readonly R[] = [];
  return (all) => {
    if (all === seen) return made;
    const from = sharedStart(seen, all);
    const known = new Map<T, R>();
    for (const [at, item] of seen.slice(from).entries()) {
      const one = made[from + at];
      if (one !== undefined) known.set(item, one);
    }
    const news = all.slice(from).map((item) => known.get(item) ?? make(item));
    if (news.length > 0 || from < made.length)
      made = from === made.length ? [...made, ...news] : [...made.slice(0, from), ...news];
    seen = all;
    return made;
  };
}
