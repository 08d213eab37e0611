import stringWidth from 'string-width';
import { isNarrow } from './glyphs.ts';
import { redact } from './redact.ts';
import { tracesIn, unprintable } from './secrets/traces.ts';

// C0 and C1 controls, line and paragraph separators, zero-width and bidi marks, soft hyphen, word joiner,
// interlinear annotations, tags and variation selectors (VS16 makes widths disagree between terminals).
const hostile = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu;

// CSI, OSC (also unterminated), DCS/SOS/PM/APC, and two-character escapes.
const escapes =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u001b\u009c]*(?:\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;

/** More than two combining marks on one letter can reach into other lines. */
const stacked = /(\p{M}{2})\p{M}+/gu;

/** Skin tones: beside the face they belong to, one terminal counts two columns for both, another four. */
const skinTones = /\p{Emoji_Modifier}/gu;

/** Halves of flags: a pair is two columns everywhere, one by itself one or two. As letters they are what they are. */
const flagLetters = /\p{Regional_Indicator}/gu;
const letterOf = (half: string) => String.fromCharCode((half.codePointAt(0) ?? 0) - 0x1f1e6 + 65);

/** Most text has nothing to sanitize. */
const harmless = /^[\x20-\x7e]*$/;

/**
 * Makes text from outside safe for the terminal, the clipboard, the journal and an export.
 * Escape sequences vanish; tabs and line ends become a blank; other controls, bidi and zero-width characters vanish.
 * Cut to `max` characters (ink and terminals choke on 100 kB lines).
 */
export function stripControl(outside: unknown, max = 2000): string {
  const text = typeof outside === 'string' ? outside : outside === undefined || outside === null ? '' : String(outside);
  if (text.length <= max && harmless.test(text)) return text;
  const cut = text.length > max * 4 ? text.slice(0, max * 4) : text;
  const safe = cut
    .replace(escapes, '')
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(hostile, '')
    .replace(skinTones, '')
    .replace(flagLetters, letterOf)
    .replace(stacked, '$1')
    .toWellFormed()
    .normalize('NFC');
  return safe.length > max ? `${safe.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : safe;
}

/** A line of a log without its colours; nothing else of it changes. */
export function withoutColours(text: string): string {
  return text.includes('\u001b') || text.includes('\u009b') ? text.replace(escapes, '') : text;
}

/** The same for a text of several lines: its line ends stay. */
export function cleanLines(outside: string, max = 2000): string {
  if (outside.length <= max && harmless.test(outside)) return outside;
  return outside
    .split(/\r\n|[\r\n]/)
    .map((line) => stripControl(line, max))
    .join('\n');
}

export { redact };

/** Text of several lines, or columns apart by tabs, as it may go to a terminal: only these stay, nothing is cut. */
export function printable(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : stripControl(part, part.length * 4 + 4)))
    .join('');
}

/**
 * `stripControl` and `redact` in one, for every string from a backend. Controls go first, as they can split a secret; the
 * cut comes last, as half a secret would not be recognized.
 */
export function sanitize(outside: unknown, max = 2000): string {
  if (typeof outside === 'string' && outside.length <= max) {
    const traces = tracesIn(outside);
    if (traces === 0) return outside;
    const safe = traces < unprintable ? redact(outside, traces) : undefined;
    if (safe !== undefined && safe.length <= max) return safe;
  }
  const text = stripControl(outside, max * 4);
  const safe = redact(text);
  if (safe.length > max) return stripControl(safe, max);
  // Marks are shorter than secrets: where the place of the cut comes into sight, its last word may be half a secret.
  const length = typeof outside === 'string' ? outside.length : 0;
  const cut = length > max * 16 || (length > max * 4 && text.endsWith('…'));
  return cut && !/•••["'…]{0,3}$/.test(safe) ? `${safe.slice(0, Math.max(0, safe.lastIndexOf(' ')))}…` : safe;
}

/** Terminal columns. */
export function width(text: string): number {
  return stringWidth(text);
}

/** Exactly `columns` wide: cut with … or padded; numbers go to the right. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  if (columns <= 0) return '';
  let fitted = text;
  const narrow = isNarrow(text);
  let taken = narrow ? text.length : width(text);
  if (taken > columns && narrow) {
    fitted = `${text.slice(0, columns - 1)}…`;
    taken = columns;
  } else if (taken > columns) {
    fitted = '';
    taken = 0;
    for (const { segment } of segmentsOf(text)) {
      const next = width(segment);
      if (taken + next > columns - 1) break;
      fitted += segment;
      taken += next;
    }
    fitted += '…';
    taken += 1;
  }
  const padding = ' '.repeat(Math.max(0, columns - taken));
  return align === 'left' ? fitted + padding : padding + fitted;
}

/**
 * At most `columns` wide: cut in the middle with …, as names differ at their ends. `alike`: the number of characters that
 * all names beside it begin with; what follows them is kept where it fits.
 */
export function fitMiddle(text: string, columns: number, alike = 0): string {
  if (width(text) <= columns) return text;
  if (columns <= 1) return columns === 1 ? '…' : '';
  const room = columns - 1;
  const differing = width(text.slice(alike));
  const end = Math.min(room, Math.max(Math.ceil(room * 0.6), Math.min(differing, room - 1)));
  const all = [...segmentsOf(text)].map(({ segment }) => segment);
  const take = (from: readonly string[], most: number): string[] => {
    let taken = 0;
    const past = from.findIndex((segment) => {
      taken += width(segment);
      return taken > most;
    });
    return from.slice(0, past < 0 ? from.length : past);
  };
  const tail = take(all.toReversed(), end).toReversed().join('');
  return `${take(all, room - width(tail)).join('')}…${tail}`;
}

/** At most `columns` wide: as many whole words as there is room for, then …; a longer first word is cut in its middle. */
export function fitWords(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const words = text.split(' ');
  let said = '';
  for (const word of words) {
    const next = said === '' ? word : `${said} ${word}`;
    if (width(next) >= columns) break;
    said = next;
  }
  return said === '' ? fitMiddle(words[0] ?? '', columns) : `${said}…`;
}

/** A title within a sentence: its first word without a capital, unless it is written in capitals. Names stay. */
export const uncapitalized = (text: string): string =>
  text.replace(/^\p{Lu}(?!\p{Lu})/u, (first) => first.toLowerCase());

/** The least width of a name that is cut in its middle: enough to recognize it by both ends. */
const cutName = 16;

/** A title with a name in it, at most `columns` wide: the name is cut in its middle, else the title after a word. */
export function fitTitle(text: string, columns: number): string {
  const over = width(text) - columns;
  if (over <= 0) return text;
  const words = text.split(' ');
  const name = words.reduce((longest, word) => (width(word) > width(longest) ? word : longest), '');
  const room = width(name) - over;
  if (room < cutName) return fitWords(text, columns);
  return words.with(words.indexOf(name), fitMiddle(name, room)).join(' ');
}

/**
 * A text and what is left of it without its last clauses: from the whole to the first, which says what it is about. A
 * quotation or a parenthesis stays whole or goes.
 */
export function shortenings(text: string): readonly string[] {
  const ends = [...text.matchAll(/ {2}\(| \(|; |, |: | → | {2}/g)].map(({ index }) => index).filter((at) => at > 0);
  const starts = ends.map((at) => text.slice(0, at).trimEnd()).filter((part) => !isOpenEnded(part));
  return [text, ...starts.reverse()];
}

const isOpenEnded = (text: string): boolean =>
  text.lastIndexOf('“') > text.lastIndexOf('”') || text.lastIndexOf('(') > text.lastIndexOf(')');

/** Made when a text is cut: it takes some 10 ms, and most commands cut none. */
let segmenter: Intl.Segmenter | undefined;

function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** A blank, but none within a number such as `9 600`. */
const betweenWords = / (?!(?<=\d )\d{3}(?!\d))/;

/** The words of a text; a number keeps the blanks between its thousands, where it fits into `columns`. */
export const wordsOf = (text: string, columns: number): string[] =>
  text.split(betweenWords).flatMap((word) => (word.length > columns ? word.split(' ') : [word]));

/** In lines of at most `columns`, broken at blanks; a longer word is cut. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of wordsOf(text, columns)) {
    const last = lines.at(-1);
    if (last === undefined || width(last) + 1 + width(word) > columns)
      lines.push(width(word) > columns ? fit(word, columns) : word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
