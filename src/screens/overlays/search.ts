// The palette's search: what a person means first. A name that begins with what was typed goes before one that has a
// word that does, that before one with its letters in order, and that before a description with the word.
import fuzzysort from 'fuzzysort';
import { distance } from '../../core/text/did-you-mean.ts';
import type { Entry } from '../screen.ts';

type Searched = Pick<Entry, 'id' | 'title' | 'about' | 'also'>;

/** Below this a fuzzy match is an accident of letters. */
const leastAlike = 0.3;

/** How well it fits what was typed: 0 not at all. */
function fitness(item: Searched, typed: string): number {
  const whole = fitnessOf(item, typed);
  const words = typed.split(/\s+/);
  if (whole >= 4 || words.length < 2 || words.length > mostWords) return whole;
  // Each word somewhere: `gateway restart`. That is more than letters in order.
  const least = Math.min(...words.map((word) => fitnessOf(item, word)));
  return least >= 2 ? 4 + least / 20 : Math.max(whole, least / 2);
}

/** More words than that are no search: a text that was pasted. */
const mostWords = 12;

function fitnessOf({ title, about, also = '' }: Searched, typed: string): number {
  const name = title.toLowerCase();
  if (name === typed) return 9;
  if (` ${also} `.includes(` ${typed} `)) return 8;
  if (name.startsWith(typed)) return 7;
  // The shorter name says less that was not meant.
  if (beginsWord(name, typed)) return 6 + 1 / name.length;
  if (beginsWord(also, typed)) return 5;
  const alike = fuzzysort.single(typed, title)?.score ?? 0;
  // Who types letters of a name begins with its first.
  if (alike >= leastAlike) return 3 + alike * 0.7 + (name[0] === typed[0] ? 0.25 : 0);
  return beginsWord(about.toLowerCase(), typed) ? 2 : 0;
}

function beginsWord(text: string, typed: string): boolean {
  for (let at = text.indexOf(typed); at >= 0; at = text.indexOf(typed, at + 1))
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '')) return true;
  return false;
}

/**
 * What matches, best first; those that fit alike in the order of `before` (ids), then in their own. Everything when nothing was
 * typed.
 */
export function search<T extends Searched>(
  all: readonly T[],
  text: string,
  before: readonly string[] = [],
): readonly T[] {
  const typed = text.trim().toLowerCase();
  if (typed === '') return all;
  if (typed.length > longestSearch) return [];
  // Half a step: less than what tells a name from another word for it. For letters in order, hardly anything.
  const again = (id: string, fits: number) =>
    before.includes(id) ? (fits < 4 ? 0.02 : 0.5) - before.indexOf(id) / 1000 : 0;
  return all
    .map((item) => ({ item, fits: fitness(item, typed) }))
    .filter(({ fits }) => fits > 0)
    .map(({ item, fits }) => ({ item, fits: fits + again(item.id, fits) }))
    .toSorted((a, b) => b.fits - a.fits)
    .map(({ item }) => item);
}

/** No entry is longer: a text that was pasted finds nothing, and costs nothing. */
const longestSearch = 200;

/** How many are offered where nothing matches. */
const mostNear = 3;
/** A longer text is no slip of the finger. */
const longestSlip = 40;

/** The entries with the words nearest to what was typed, where nothing matches. */
export function nearestTo<T extends Searched>(all: readonly T[], text: string): readonly T[] {
  const typed = text.trim().toLowerCase();
  if (typed.length > longestSlip) return [];
  return all
    .map((item) => ({ item, off: offBy(item, typed) }))
    .toSorted((a, b) => a.off - b.off)
    .slice(0, mostNear)
    .map(({ item }) => item);
}

/** The share of letters that differ: of the whole text from a name, or on average of each word from the nearest one. */
function offBy({ title, also = '' }: Searched, typed: string): number {
  const words = `${title} ${also}`.toLowerCase().split(/[\s-]+/);
  const parts = typed.split(/[\s-]+/);
  const each = parts.reduce((sum, part) => sum + nearestOf(part, words), 0) / parts.length;
  // Of two that are as near, the shorter name says less that was not meant.
  return (
    words.length / 1000 +
    Math.min(each, nearestOf(typed, [title.toLowerCase(), ...`${title} ${also}`.toLowerCase().split(/\s+/)]))
  );
}

const nearestOf = (typed: string, words: readonly string[]): number =>
  Math.min(
    1,
    ...words
      .filter((word) => word.length > 2 && word.length < 2 * longestSlip)
      .map((word) => distance(typed, word) / Math.max(typed.length, word.length)),
  );
