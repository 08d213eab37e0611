// Lays out a list: filter, marker, scroll. Only visible rows are drawn.
import type { Place } from '../../store.ts';
import type { List, Row } from '../screen.ts';
import { markerIn, topFor } from '../shell/reducer.ts';
import { blank, clickable, fitLine, highlight, type Line, line, rowMarker, selectedLine } from './line.ts';
import { memoize } from './memoize.ts';

/** Rows that contain the filter's words, all of them, in any order. */
export const matching = memoize((rows: readonly Row[], filter: string): readonly Row[] => {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = row.text.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}, 8);

/** Asked for at every frame, of ten thousand rows too. */
const areEven = memoize((rows: readonly Row[]) => rows.every(({ height = 1 }) => height === 1), 8);

/** How many rows the first page has. */
function pageOf(rows: readonly Row[], height: number, even: boolean): number {
  if (even) return height;
  let left = height;
  const over = rows.findIndex((row) => {
    left -= row.height ?? 1;
    return left < 0;
  });
  return over < 0 ? rows.length : Math.max(1, over);
}

export type Laid = {
  lines: readonly Line[];
  list: List;
  /** Index of the marked row among the filtered ones, or -1. */
  at: number;
  /** Index of the first visible row and the one after the last. */
  from: number;
  to: number;
};

export type Marking = Pick<Place, 'selected' | 'seen' | 'at' | 'top' | 'filter'>;

/**
 * Draws the rows that fit into `height` lines of `columns`, the first column being the marker's.
 * `marks` false: nothing is marked (a pane that is not focused, a text to read).
 */
export function layList(
  rows: readonly Row[],
  marking: Marking,
  {
    columns,
    height,
    marks,
    selectable = true,
  }: { columns: number; height: number; marks: boolean; selectable?: boolean },
): Laid {
  const shown = matching(rows, marking.filter);
  const even = areEven(shown);
  const at = marks ? markerIn(marking, shown, pageOf(shown, height, even)) : -1;
  const from = even
    ? topFor(at < 0 ? marking.top : at, marking.top, height, shown.length)
    : unevenTop(shown, at, marking.top, height);
  const lines: Line[] = [];
  let to = from;
  for (; to < shown.length; to += 1) {
    const row = shown[to];
    if (!row || lines.length + (to === from ? 1 : (row.height ?? 1)) > height) break;
    const marked = to === at;
    const drawn = row.draw(Math.max(0, columns - 1), marked).slice(0, height - lines.length);
    for (const [i, each] of drawn.entries()) {
      const whole = gutter(withFilter(each, marking.filter), marked, i, columns);
      lines.push(selectable ? clickable(whole, { row: row.id }) : whole);
    }
  }
  return { lines, list: { rows: shown, page: Math.max(1, even ? height : to - from), selectable }, at, from, to };
}

function withFilter(of: Line, filter: string): Line {
  return filter
    .split(/\s+/)
    .filter(Boolean)
    .reduce((marked, word) => highlight(marked, word), of);
}

/** The marker's column, and the row beside it; the first line of the selected row is a bar across all columns. */
export function gutter(of: Line, marked: boolean, lineOfRow: number, columns: number): Line {
  if (!marked || lineOfRow > 0) return fitLine(line(' ', of), columns);
  return selectedLine(fitLine(line(rowMarker, of), columns));
}

/** As `topFor`, for rows of different heights. */
function unevenTop(rows: readonly Row[], at: number, top: number, height: number): number {
  const tall = (i: number) => rows[i]?.height ?? 1;
  let last = rows.length;
  // The furthest start that leaves no gap at the end.
  for (let room = height; last > 0 && room - tall(last - 1) >= 0; last -= 1) room -= tall(last - 1);
  let from = Math.min(Math.max(0, top), last);
  if (at < 0) return from;
  if (at < from) return at;
  let below = 0;
  for (let i = from; i <= at; i += 1) below += tall(i);
  for (; below > height && from < at; from += 1) below -= tall(from);
  return from;
}

/** Fills up to `rows` lines, or cuts. */
export function toHeight(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: Math.max(0, rows) }, (_, i) => lines[i] ?? blank);
}
