// Lists that mostly grow at their end: what is new is taken alone, and only what is new is sent.

/** What reads a list needs of it. Every array is one too. */
export interface ReadonlyList<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  slice(from?: number, to?: number): readonly T[];
  find(is: (item: T) => unknown): T | undefined;
  findLast(is: (item: T) => unknown): T | undefined;
  findLastIndex(is: (item: T) => unknown): number;
  filter(is: (item: T) => unknown): readonly T[];
  map<R>(make: (item: T) => R): readonly R[];
  flatMap<R>(make: (item: T) => R | readonly R[]): readonly R[];
  some(is: (item: T) => unknown): boolean;
}

/**
 * A list that does not change. One that grows from it shares its items: to add to a hundred thousand copies none of them,
 * and what two lists begin with in common is known without a look at each.
 */
export class GrowingList<T> implements ReadonlyList<T> {
  /** Of this list and of those that share it: each has the first `length` of them. */
  readonly #all: T[];
  readonly length: number;
  /** What it begins with, where it went another way than a list that grew too. */
  readonly #origin: { all: T[]; length: number } | undefined;

  private constructor(all: T[], length: number, origin?: { all: T[]; length: number }) {
    this.#all = all;
    this.length = length;
    this.#origin = origin;
  }

  /** The list itself, if it is one of these. */
  static of<T>(items: ReadonlyList<T>): GrowingList<T> {
    return items instanceof GrowingList ? items : new GrowingList([...items], items.length);
  }

  /** With more items at its end; the same object without any. */
  with(news: ReadonlyList<T>): GrowingList<T> {
    if (news.length === 0) return this;
    const isLongest = this.#all.length === this.length;
    const all = isLongest ? this.#all : this.#all.slice(0, this.length);
    for (const item of news) all.push(item);
    return new GrowingList(all, all.length, isLongest ? this.#origin : { all: this.#all, length: this.length });
  }

  /** Its first `count` items. */
  first(count: number): GrowingList<T> {
    return count >= this.length ? this : new GrowingList(this.#all, Math.max(0, count), this.#origin);
  }

  /** So many items at least it and another begin with in common. */
  sharedWith(other: GrowingList<T>): number {
    const most = Math.min(this.length, other.length);
    if (this.#all === other.#all) return most;
    if (other.#origin?.all === this.#all) return Math.min(most, other.#origin.length);
    return this.#origin?.all === other.#all ? Math.min(most, this.#origin.length) : 0;
  }

  at(index: number): T | undefined {
    return index < this.length ? this.#all[index < 0 ? this.length + index : index] : undefined;
  }

  slice(from = 0, to = this.length): readonly T[] {
    const place = (at: number) => (at < 0 ? Math.max(0, this.length + at) : Math.min(at, this.length));
    return this.#all.slice(place(from), place(to));
  }

  *[Symbol.iterator](): Iterator<T> {
    let left = this.length;
    for (const item of this.#all) {
      if (left === 0) return;
      left -= 1;
      yield item;
    }
  }

  find(is: (item: T) => unknown): T | undefined {
    return this.#items.find(is);
  }

  findLast(is: (item: T) => unknown): T | undefined {
    return this.#items.findLast(is);
  }

  findLastIndex(is: (item: T) => unknown): number {
    return this.#items.findLastIndex(is);
  }

  filter(is: (item: T) => unknown): readonly T[] {
    return this.#items.filter(is);
  }

  map<R>(make: (item: T) => R): readonly R[] {
    return this.#items.map(make);
  }

  flatMap<R>(make: (item: T) => R | readonly R[]): readonly R[] {
    return this.#items.flatMap(make);
  }

  some(is: (item: T) => unknown): boolean {
    return this.#items.some(is);
  }

  get #items(): readonly T[] {
    return this.#all.length === this.length ? this.#all : this.#all.slice(0, this.length);
  }
}

/** How many items two lists begin with in common, by identity. */
export function sharedStart<T>(before: ReadonlyList<T>, after: ReadonlyList<T>): number {
  const most = Math.min(before.length, after.length);
  if (before === after) return most;
  let at = before instanceof GrowingList && after instanceof GrowingList ? before.sharedWith(after) : 0;
  while (at < most && Object.is(before.at(at), after.at(at))) at += 1;
  return at;
}

/** What was added at the end of a list; undefined: the list changed in another way. */
export function addedTo<T>(before: ReadonlyList<T>, after: ReadonlyList<T>): readonly T[] | undefined {
  if (before === after) return [];
  return sharedStart(before, after) === before.length ? after.slice(before.length) : undefined;
}

/** The list as it was, where the later one has the same items: what was made of it is not made again. */
export function steady<T, L extends ReadonlyList<T>>(before: L | undefined, after: L): L {
  return before && before.length === after.length && sharedStart<T>(before, after) === after.length ? before : after;
}

/** A list as its difference from an earlier one: of that one, the first `keep` items stay. */
export type ListDelta<T> = { keep: number; add: readonly T[] };

export function listDelta<T>(before: ReadonlyList<T>, after: ReadonlyList<T>): ListDelta<T> {
  const keep = sharedStart(before, after);
  return { keep, add: after.slice(keep) };
}

/** The later list. An unchanged one stays the same object. */
export function withDelta<T>(before: readonly T[], { keep, add }: ListDelta<T>): readonly T[] {
  if (keep === before.length && add.length === 0) return before;
  return [...(keep === before.length ? before : before.slice(0, keep)), ...add];
}

/**
 * Folds a list each time that it is given: what was added at its end is folded into the state that is there, a list that
 * changed in another way from the beginning. `add` may change the state that it gets.
 */
export function folding<T, S>(begin: () => S, add: (state: S, news: readonly T[]) => S): (all: ReadonlyList<T>) => S {
  let seen: ReadonlyList<T> = [];
  let state = begin();
  return (all) => {
    if (all === seen) return state;
    const news = addedTo(seen, all);
    state = news ? add(state, news) : add(begin(), all.slice());
    seen = all;
    return state;
  };
}

/**
 * Makes something of each item of a list, each time that it is given: what was made of an item stays as long as the item
 * does, and so does the list of it.
 */
export function mapping<T extends object, R>(make: (item: T) => R): (all: ReadonlyList<T>) => readonly R[] {
  let seen: ReadonlyList<T> = [];
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
