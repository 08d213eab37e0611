// The only place where tones become escape sequences.
import { type Line, type Span, textOf } from './line.ts';
import type { Theme } from './theme-parts.ts';

/** One row with escape sequences. Adjacent spans of the same style share them. */
export function toAnsi(line: Line, theme: Theme): string {
  let painted = '';
  let look = '';
  // Nearly all lines of a frame are drawn as they are.
  const hasBadge = line.some(({ tone }) => tone === badge && hasGround(theme.styles[tone]));
  for (const s of hasBadge ? line.flatMap(withinBlanks) : line) {
    const next = styleOf(s, theme);
    // Blanks look the same in every colour that has no background.
    if (next !== look && !(s.text.trim() === '' && !hasGround(next) && !hasGround(look))) {
      if (look) painted += '\u001b[0m';
      if (next) painted += `\u001b[${next}m`;
      look = next;
    }
    painted += s.text;
  }
  return look ? `${painted}\u001b[0m` : painted;
}

/** Paints the rows of a screen; of one that looks as it did before the last text is given again. */
export function painter(): (lines: readonly Line[], theme: Theme) => readonly string[] {
  let painted: { lines: readonly Line[]; theme: Theme; rows: readonly string[] } | undefined;
  return (lines, theme) => {
    const before = painted?.theme === theme ? painted : undefined;
    const kept = lines.map((each, row) => {
      const last = before?.lines[row];
      return last && looksLike(each, last) ? last : each;
    });
    const rows = kept.map((each, row) => (each === before?.lines[row] && before.rows[row]) || toAnsi(each, theme));
    painted = { lines: kept, theme, rows };
    return rows;
  };
}

const looksLike = (one: Line, other: Line): boolean =>
  one === other ||
  (one.length === other.length &&
    one.every(({ text, tone, selected }, at) => {
      const s = other[at];
      return s !== undefined && text === s.text && tone === s.tone && selected === s.selected;
    }));

const badge: Span['tone'] = 'critical';

/** Words on a ground without the blanks around them, which are the layout's; a badge's are its own. */
function withinBlanks(span: Span): readonly Span[] {
  if (span.tone !== badge) return [span];
  const words = span.text.trim();
  const from = span.text.length - span.text.trimStart().length;
  const blank = (text: string): Span => ({ ...span, text, tone: 'plain' });
  return [
    blank(span.text.slice(0, from)),
    { ...span, text: words },
    blank(span.text.slice(from + words.length)),
  ].filter(({ text }) => text !== '');
}

const reverse = '7';

/** Bars, charts, large letters, and a glyph by itself. */
const drawing = /^[\s\u00b7\u25cf\u25b2\u2580-\u2588\u2800-\u28ff]+$/;

/** The parameters of SGR for a span. */
export function styleOf({ text, tone, selected }: Span, { styles, bar, onBar, drawn }: Theme): string {
  const instead = drawn?.[tone];
  const own = instead !== undefined && drawing.test(text) ? instead : styles[tone];
  if (!selected) return own;
  // Reversed, each colour would be a ground of its own: the row is one bar, and its glyphs say the rest.
  if (bar === reverse) return tone === 'match' ? '1;4;7' : tone === 'dim' ? reverse : '1;7';
  const there = onBar?.[tone] ?? own;
  if (hasGround(there)) return there;
  const weight = tone === 'dim' || there.startsWith('1') ? '' : '1';
  return [weight, there, bar].filter(Boolean).join(';');
}

/** Whether blanks show the style: a ground, reverse, or an underline. */
function hasGround(look: string): boolean {
  return /(^|;)(7|4|4\d|10\d)(;|$)/.test(look.replace(/38;5;\d+/g, ''));
}

/** A frame without colours, for tests and for copying. */
export function plainText(lines: readonly Line[]): string {
  return lines.map((l) => textOf(l).trimEnd()).join('\n');
}
