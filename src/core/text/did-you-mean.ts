// Suggestions for an unknown name: the most likely one, and the existing names.
import { sanitize } from './text.ts';

/** How many letters must be added, removed, replaced or swapped with their neighbour to make one word of the other. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const best = Math.min(
        (row[j - 1] ?? 0) + 1,
        (last[j] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The known word a person most likely meant: at most a third of its letters off, whatever the case. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const one of known) {
    const most = Math.max(1, Math.floor(one.length / 3));
    // As many letters are missing or too many at least: most words, and a word without end, need no closer look.
    if (Math.abs(word.length - one.length) > most) continue;
    const off = distance(word.toLowerCase(), one.toLowerCase());
    if (off >= least || off > most) continue;
    best = one;
    least = off;
  }
  return best;
}

/**
 * The option a person most likely meant by an unknown path: a slip in the path, or an option's own name in the wrong
 * place (`namespace` for `kubernetes.namespace`).
 */
export function nearestOption(path: string, known: Iterable<string>): string | undefined {
  const all = [...known];
  const close = nearest(path, all);
  if (close) return close;
  const name = lastPart(path);
  const parts = new Set(path.split('.'));
  const sharing = (one: string) => one.split('.').filter((part) => parts.has(part)).length;
  const leaf = nearest(name, all.map(lastPart));
  return all.filter((one) => lastPart(one) === leaf).sort((a, b) => sharing(b) - sharing(a))[0];
}

const lastPart = (path: string) => path.slice(path.lastIndexOf('.') + 1);

/** Listed names, and characters of each. */
const mostNamed = 8;
const longestName = 60;

/** `did you mean openai-api? There are: openai-api, anthropic-api, …`: an operator who mistypes sees the right one. */
export function thereIs(word: string, known: readonly string[]): string {
  if (known.length === 0) return 'there are none';
  const shown = (name: string) => sanitize(name, longestName);
  const close = nearest(word, known);
  const rest = known.filter((one) => one !== close);
  const names = [...(close === undefined ? [] : [close]), ...rest].slice(0, mostNamed).map(shown);
  const list = `${names.join(', ')}${known.length > mostNamed ? ', …' : ''}`;
  return close === undefined ? `there are: ${list}` : `did you mean ${shown(close)}? There are: ${list}`;
}
