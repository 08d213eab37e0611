// The order in which choices are offered.
import type { Choice } from './action.ts';

/** The heaviest first, then by name; numbers in names by their value. */
export function likelyFirst<T>(all: readonly T[], weight: (one: T) => number, name: (one: T) => string): T[] {
  return all.toSorted((a, b) => weight(b) - weight(a) || compare.compare(name(a), name(b)));
}

const compare = new Intl.Collator('en', { numeric: true });

/** Each value once, at its first place. */
export function distinct(all: readonly Choice[]): readonly Choice[] {
  const values = new Set<string>();
  return all.filter(({ value }) => !values.has(value) && values.add(value));
}
