// Objects as the API sends them: client-node's types with dates as text and nothing promised to be there.
import { memoizeText } from '../../core/memoize-each.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';

export type ApiObject<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? readonly ApiObject<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: ApiObject<T[K]> | null }
      : T;

/** A list of them. */
export type ApiList<T> = ApiObject<{ items: T[] }>;

/** An array, whatever was sent. */
export function items<T>(value: readonly T[] | null | undefined): readonly NonNullable<T>[] {
  if (!Array.isArray(value)) return [];
  return value.every((one) => isItem(one)) ? value : value.filter((one) => isItem(one));
}

const isItem = <T>(item: T): item is NonNullable<T> => item !== null && typeof item === 'object';

/** A number of things: 0 where nothing or nonsense was sent. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** An instant from RFC 3339 text; undefined where none was sent. */
export function instant(value: unknown): Instant | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** Neutralised text; undefined where none, or nothing, was sent. */
export function words(value: unknown, max = 300): string | undefined {
  return typeof value === 'string' && value !== '' ? sanitize(value, max) : undefined;
}

const short = memoizeText((text) => sanitize(text, 300));

/** The same for what many objects have in common, as a node or an image: one text for all of them. */
export function sharedWords(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 200 ? short(value) : words(value);
}

/** A message of the API server as a part of a sentence of ours: without its full stop. */
export const clause = (message: unknown): string | undefined => words(message)?.replace(/\.$/, '');
