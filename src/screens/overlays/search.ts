// The palette's search: what a person means first. A name that begins with what was typed goes before one that has a
// word that does, that before one with its letters in order, and that before a description with the word.
import fuzzysort from 'fuzzysort';
import { distance } from '../../core/text/did-you-mean.ts';
import type { Entry } from '../screen.ts';

type Searched = Pick<Entry, 'title' | 'about' | 'also'>;

/** Below this a fuzzy match is an accident of letters. */
const leastAlike = 0.3;

/** How well it fits what was typed: 0 not at all. */
function fitness(item: Searched, typed: string): number {
  const whole = fitnessOf(item, typed);
  const words = typed.split(/\s+/);
  if (whole > 0 || words.length < 2) return whole;
  // Each word somewhere: `gateway restart`.
  return Math.min(...words.map((word) => fitnessOf(item, word))) / 2;
}

function fitnessOf({ title, about, also = '' }: Searched, typed: string): number {
  const name = title.toLowerCase();
  if (name === typed) return 9;
  if (` ${also} `.includes(` ${typed} `)) return 8;
  if (name.startsWith(typed)) return 7;
  // The shorter name says less that was not meant.
  if (beginsWord(name, typed)) return 6 + 1 / name.length;
  if (beginsWord(also, typed)) return 5;
  const alike = fuzzysort.single(typed, title)?.score ?? 0;
  if (alike >= leastAlike) return 3 + alike;
  return beginsWord(about.toLowerCase(), typed) ? 2 : 0;
}

function beginsWord(text: string, typed: string): boolean {
  for (let at = text.indexOf(typed); at >= 0; at = text.indexOf(typed, at + 1))
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '')) return true;
  return false;
}

/** What matches, best first, in their own order where they fit alike; everything when nothing was typed. */
export function search<T extends Searched>(all: readonly T[], text: string): readonly T[] {
  const typed = text.trim().toLowerCase();
  if (typed === '') return all;
  return all
    .map((item) => ({ item, fits: fitness(item, typed) }))
    .filter(({ fits }) => fits > 0)
    .toSorted((a, b) => b.fits - a.fits)
    .map(({ item }) => item);
}

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

/** The share of letters that differ between the text and the nearest word of an entry. */
function offBy({ title, also = '' }: Searched, typed: string): number {
  const words = [title, ...`${title} ${also}`.split(/\s+/)].filter(
    (word) => word.length > 2 && word.length < 2 * longestSlip,
  );
  return Math.min(1, ...words.map((word) => distance(typed, word.toLowerCase()) / Math.max(typed.length, word.length)));
}
