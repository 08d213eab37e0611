// Where the value after a name ends, in any notation. One pass over the characters: no text, however odd,
// takes longer than its length.

/** The mark in a secret's place. */
export const mark = '•••';

/** A part of a text, from its first character to before its end. */
export type Range = { from: number; to: number };

/** What stands around a value in text that was escaped for a URL or for HTML. */
const encodedQuotes = ['%22', '%27', '&quot;', '&apos;', '&#34;', '&#39;', '&#x27;'];

/** Prefixes of literals: Python's b'…', SQL's E'…'. */
const prefix = /[bruefn]{0,2}&?/iy;
const opening = /(\\*)(["'`])/y;

/** The end of the line at a place, or of the text. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/**
 * The inside of a text in quotes that begins here: to the quote that closes it, also within JSON within JSON, else to
 * the end of the line, since a quote without a second one is a line that was cut. Undefined where no quote is.
 */
export function quoted(text: string, at: number): Range | undefined {
  const encoded = encodedQuotes.find((one) => text.startsWith(one, at));
  if (encoded) {
    const from = at + encoded.length;
    const end = lineEnd(text, from);
    const close = text.slice(from, end).indexOf(encoded);
    return { from, to: close < 0 ? end : from + close };
  }
  prefix.lastIndex = at;
  opening.lastIndex = at + (prefix.exec(text)?.[0].length ?? 0);
  const open = opening.exec(text);
  if (!open) return undefined;
  const [, slashes = '', quote = ''] = open;
  return { from: opening.lastIndex, to: closing(text, opening.lastIndex, quote, slashes.length) };
}

/** Each level of JSON doubles the backslashes before a quote: how many there are says which level it closes. */
function closing(text: string, from: number, quote: string, depth: number): number {
  let slashes = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') return at;
    if (char === '\\') {
      slashes += 1;
      continue;
    }
    if (char === quote) {
      if (slashes < depth) return at - slashes;
      const closes = slashes % (2 * (depth + 1)) === depth;
      // SQL and YAML write a quote within quotes twice.
      const doubled = closes && quote === "'" && text[at + 1] === "'";
      if (closes && !doubled) return at - depth;
      if (doubled) at += 1;
    }
    slashes = 0;
  }
  return text.length;
}

const blank = /\s/;
const endsWord = /[\s\\"'`<>{}&]/;

/** A value without quotes: to the next blank, bracket or quote; a comma or semicolon ends it only before one. */
export function bare(text: string, from: number): Range {
  let at = from;
  for (; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (endsWord.test(char)) break;
    if (char !== ',' && char !== ';') continue;
    const next = text[at + 1];
    if (next === undefined || /[\s"'}]/.test(next)) break;
  }
  return { from, to: at };
}

/** A word of a command line: to the next blank. */
export function word(text: string, from: number): Range {
  let at = from;
  while (at < text.length && !blank.test(text[at] ?? '')) at += 1;
  return { from, to: at };
}

/** The text with a mark in the place of each range. They are in order and do not overlap. */
export function marked(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let safe = '';
  let at = 0;
  for (const { from, to } of ranges) {
    safe += text.slice(at, from) + mark;
    at = to;
  }
  return safe + text.slice(at);
}
