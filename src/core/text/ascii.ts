// Text for a terminal that has ASCII only. Pure.
import { asciiForms } from './glyphs.ts';
import { width } from './text.ts';

/** Letters that no decomposition takes apart. */
const letters: Readonly<Record<string, string>> = {
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
  '\u00a0': ' ',
};

const ascii = /^[\x20-\x7e]*$/;

/** Made when a text needs it: it takes some ms of a start. */
let segments: Intl.Segmenter | undefined;

/**
 * The text in printable ASCII, exactly as many columns wide: glyphs by their form, letters without their marks, and `?`
 * for each column of what has no form (text from outside in another script).
 */
export function toAscii(text: string): string {
  if (ascii.test(text)) return text;
  segments ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let written = '';
  for (const { segment } of segments.segment(text)) written += ascii.test(segment) ? segment : formOf(segment);
  return written;
}

/** The same for a text of several lines; line ends and tabs stay. */
export function linesInAscii(text: string): string {
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : toAscii(part)))
    .join('');
}

function formOf(segment: string): string {
  const known = asciiForms[segment] ?? letters[segment] ?? drawing(segment);
  if (known !== undefined) return known;
  const columns = width(segment);
  const plain = segment.normalize('NFKD').replace(/\p{M}/gu, '');
  return ascii.test(plain) && plain.length === columns ? plain : '?'.repeat(columns);
}

/** Braille by how full its cell is, box drawing by its direction. */
function drawing(segment: string): string | undefined {
  const code = segment.codePointAt(0) ?? 0;
  if (code >= 0x2800 && code <= 0x28ff) {
    const dots = [...(code - 0x2800).toString(2)].filter((bit) => bit === '1').length;
    return [' ', '.', '.', ':', ':', '+', '*', '%', '#'][dots];
  }
  return code >= 0x2500 && code <= 0x257f ? '+' : undefined;
}
