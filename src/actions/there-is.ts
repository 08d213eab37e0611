// What there is instead of a name that nobody knows: an operator who mistypes at 3 a.m. sees the right one.
import type { Planned } from '../core/actions/action.ts';
import { nearest } from '../core/text/did-you-mean.ts';
import { sanitize } from '../core/text/text.ts';
import { refuse } from './plan.ts';

/** So many names are listed, in so many characters each. */
const mostNamed = 8;
const longestName = 60;

const shown = (name: string) => sanitize(name, longestName);

/** `did you mean openai-api? There are 12: anthropic-api, …`; the nearest first. */
export function thereIs(word: string, known: readonly string[]): string {
  if (known.length === 0) return 'there are none';
  const close = nearest(word, known);
  const rest = known.filter((one) => one !== close);
  const names = [...(close === undefined ? [] : [close]), ...rest].slice(0, mostNamed).map(shown);
  const list = `${names.join(', ')}${known.length > mostNamed ? ', …' : ''}`;
  return close === undefined ? `there are: ${list}` : `did you mean ${shown(close)}? There are: ${list}`;
}

/** Refuses a name before anything is planned. `kind`: what it should be: `surface`. */
export const unknownName = (kind: string, word: string, known: readonly string[]): Extract<Planned, { ok: false }> =>
  refuse(`there is no ${kind} ${sanitize(word, 80)}`, thereIs(word, known));
