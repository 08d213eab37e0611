// Pairs of a name and a value in a line of text: logfmt, and what Go's slog, zerolog, klog, logrus and tracing append.

export type Pairs = { readonly [name: string]: string };

/** A name at the beginning of a word. A URL or a query string has none. */
const pair = /(?:^|[\s,[(])([A-Za-z_@][\w.@/-]{0,60})=(?:"((?:[^"\\]|\\.)*)"|([^\s",\])][^\s",]*)|)/g;
/** A line with more pairs is not meant for people. */
const mostPairs = 100;
/** Characters of a line that are searched. */
const longestRead = 16_384;

/** All pairs of a line; the first of a name counts. Quotes are taken off. */
export function pairsIn(text: string): Pairs {
  const found: Record<string, string> = {};
  if (!text.includes('=')) return found;
  let pairs = 0;
  for (const [, name = '', quoted, plain] of text.slice(0, longestRead).matchAll(pair)) {
    if (!Object.hasOwn(found, name)) found[name] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    pairs += 1;
    if (pairs === mostPairs) break;
  }
  return found;
}
