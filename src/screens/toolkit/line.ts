// Rows of styled text. Panes and screens make lines; only ansi.ts knows colours.

import { glyph, type HealthStatus } from '../../core/health/status.ts';
import { toAscii } from '../../core/text/ascii.ts';
import { isNarrow } from '../../core/text/glyphs.ts';
import { fit, stripControl, width, wordsOf } from '../../core/text/text.ts';

/** The meaning of a piece of text; a theme maps it to a colour. Each health status is a tone of the same name. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'bold'
  | HealthStatus
  /** What the eye must find first: selected, focused, a hint. */
  | 'accent'
  /** The name of an environment that is guarded: production. */
  | 'environment'
  /** The name of any other. */
  | 'unguarded'
  /** The word DRILL. */
  | 'drill'
  /** A guarded environment that can be changed now. */
  | 'armed'
  /** A line that a difference adds, and one that it removes. */
  | 'added'
  | 'removed'
  /** One of several things told apart by colour only: a pod. */
  | Hue
  /** A match of the filter. */
  | 'match'
  /** A key that can be pressed. */
  | 'key';

/** Colours without a meaning of their own, for telling things apart; each theme has all of them. */
export const hues = ['hue1', 'hue2', 'hue3', 'hue4', 'hue5', 'hue6'] as const;
export type Hue = (typeof hues)[number];

export type Span = {
  readonly text: string;
  readonly tone: Tone;
  /** On the bar of the selected row; bold there unless it is dim. */
  readonly selected?: boolean;
  /** What a click on it means. */
  readonly spot?: Target;
};

/** What the mouse points at; the innermost that is known. */
export type Target = {
  /** The id of a pane of the cockpit. */
  readonly pane?: string;
  /** The id of a row in the list. */
  readonly row?: string;
  /** The id of an entry in the palette. */
  readonly choice?: string;
  /** A key of the footer. */
  readonly press?: string;
};

/** The same line as a place to click; what its parts mean already goes before. */
export function clickable(of: Line, spot: Target): Line {
  // Neighbours mean the same as a rule: they share one.
  let inner: Target | undefined;
  let whole = spot;
  return of.map((s) => {
    if (s.spot !== inner) {
      inner = s.spot;
      whole = { ...spot, ...inner };
    }
    return { ...s, spot: whole };
  });
}

/** One row of the screen, from left to right. */
export type Line = readonly Span[];

export const blank: Line = [];

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

export const dim = (text: string): Span => span(text, 'dim');
export const bold = (text: string): Span => span(text, 'bold');

/** `●` in the colour of its health status. */
export const mark = (verdict: HealthStatus): Span => span(glyph[verdict], verdict);

/** A line from words (plain), spans and other lines. */
export function line(...parts: readonly (string | Span | Line | undefined)[]): Line {
  // A frame has hundreds of lines: no arrays between.
  const made: Span[] = [];
  for (const part of parts) {
    if (part === undefined || part === '') continue;
    if (typeof part === 'string') made.push(span(part));
    else if ('text' in part) made.push(part);
    else for (const one of part) made.push(one);
  }
  return made;
}

/** The characters of a line, without their tones. */
export function textOf(of: Line): string {
  return of.map((s) => s.text).join('');
}

/** Terminal columns of a text. */
export function columnsOf(text: string): number {
  // Measuring exactly would take most of a frame's time.
  return isNarrow(text) ? text.length : width(text);
}

/** Terminal columns of a line. */
export function lineWidth(of: Line): number {
  return of.reduce((sum, s) => sum + columnsOf(s.text), 0);
}

/** Characters that must never reach the terminal. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** Exactly `columns` wide: cut with … or padded, to the left or the right. */
export function fitLine(of: Line, columns: number, align: 'left' | 'right' = 'left'): Line {
  if (columns <= 0) return [];
  // Most lines of a frame fit as they are: no array between.
  let fitted: Span[] | undefined;
  let room = columns;
  const last = of.findLastIndex((s) => s.text !== '');
  for (let at = 0; at < of.length; at += 1) {
    const each = of[at] as Span;
    const narrow = isNarrow(each.text);
    const s = narrow || !unsafe.test(each.text) ? each : { ...each, text: stripControl(each.text) };
    const taken = narrow ? s.text.length : columnsOf(s.text);
    if (taken > room || (taken === room && at < last)) {
      const more = taken === room ? `${s.text} ` : s.text;
      return [...(fitted ?? of.slice(0, at)), { ...s, text: fit(more, room) }];
    }
    if (s !== each) fitted ??= of.slice(0, at);
    fitted?.push(s);
    room -= taken;
  }
  const whole = fitted ?? of;
  if (room === 0) return whole;
  const padding = span(' '.repeat(room));
  return align === 'left' ? [...whole, padding] : [padding, ...whole];
}

/** `left` at the left edge, `right` at the right edge; `left` is cut where both do not fit. */
export function spread(left: Line, right: Line, columns: number): Line {
  const taken = lineWidth(right);
  if (taken >= columns) return fitLine(right, columns);
  const gap = taken > 0 && lineWidth(left) + taken >= columns ? 1 : 0;
  return [...fitLine(left, columns - taken - gap), ...(gap ? [span(' ')] : []), ...right];
}

/** The first of several lines that fits, from the longest to the shortest. The last one is cut if it must be. */
export function firstFitting(columns: number, ...variants: readonly Line[]): Line {
  return variants.find((v) => lineWidth(v) <= columns) ?? variants.at(-1) ?? blank;
}

/** Lines after another, `gap` columns between them. */
export function joined(lines: readonly Line[], gap: number): Line {
  const between = span(' '.repeat(gap));
  return line(...lines.flatMap((each, at) => (at > 0 && gap > 0 ? [between, each] : [each])));
}

/** Blocks side by side, each cut or padded to its width, `gap` columns between them, `rows` high. */
export function beside(
  blocks: readonly { lines: readonly Line[]; width: number }[],
  gap: number,
  rows: number,
): Line[] {
  return Array.from({ length: rows }, (_, row) =>
    joined(
      blocks.map(({ lines, width }) => fitLine(lines[row] ?? blank, width)),
      gap,
    ),
  );
}

/** Wraps a text at blanks into lines of at most `columns`; a longer word is broken. */
export function wrap(text: string, columns: number): string[] {
  const room = Math.max(1, columns);
  const lines: string[] = [];
  let current = '';
  for (let word of wordsOf(text, room)) {
    if (current && columnsOf(current) + 1 + columnsOf(word) <= room) {
      current += ` ${word}`;
      continue;
    }
    if (current) lines.push(current);
    while (columnsOf(word) > room) {
      const head =
        fit(word, room + 1)
          .slice(0, -1)
          .trimEnd() || [...word].slice(0, 1).join('');
      lines.push(head);
      word = word.slice(head.length);
    }
    current = word;
  }
  if (current || lines.length === 0) lines.push(current);
  return lines;
}

/** Everything dim: old values. A tick becomes a question mark: stale is never shown as ok. */
export function faded(of: Line): Line {
  return of.map((s) => ({ text: s.tone === 'ok' && s.text === glyph.ok ? glyph.unknown : s.text, tone: 'dim' }));
}

/** The whole line on the bar of the selected row, tones kept. */
export function selectedLine(of: Line): Line {
  return of.map((s) => ({ ...s, selected: true }));
}

/** The same line in printable ASCII, as wide as before. */
export function asciiLine(of: Line): Line {
  return of.map((s) => ({ ...s, text: toAscii(s.text) }));
}

/** The marker of a row: a column of its own, so that it is seen without colours. */
export const rowMarker: Span = span('▌', 'accent');

/** The marker of a pane, a field or a choice. */
export const pointer: Span = span('▸', 'accent');

/** Marks each occurrence of `needle`, whatever its case and across spans. */
export function highlight(of: Line, needle: string): Line {
  if (!needle) return of;
  const text = textOf(of).toLowerCase();
  const wanted = needle.toLowerCase();
  const hits: [number, number][] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length))
    hits.push([at, at + wanted.length]);
  return markAt(of, hits);
}

/** Highlights ranges of the line's text: start and end of each, in order. */
export function markAt(of: Line, hits: readonly (readonly [number, number])[]): Line {
  if (hits.length === 0) return of;
  const marked: Span[] = [];
  let offset = 0;
  for (const s of of) {
    let from = 0;
    for (const [start, end] of hits) {
      const a = Math.max(start - offset, from);
      const b = Math.min(end - offset, s.text.length);
      if (a >= b) continue;
      if (a > from) marked.push({ ...s, text: s.text.slice(from, a) });
      marked.push({ ...s, text: s.text.slice(a, b), tone: 'match' });
      from = b;
    }
    if (from < s.text.length) marked.push({ ...s, text: s.text.slice(from) });
    offset += s.text.length;
  }
  return marked;
}
