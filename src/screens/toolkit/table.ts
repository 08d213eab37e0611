// Rows of aligned columns. A value that must not be cut has its widest value's width; columns that do not fit are left
// out entirely, the least important first; the remaining room goes to the columns that can grow.
import { columnsOf, dim, fitLine, joined, type Line, line, type Span } from './line.ts';

export type Column<T> = {
  /** The column's title; a function if it has several lengths. */
  title: string | ((columns: number) => string);
  /** `columns`: its current width, for values with several lengths. */
  of(row: T, columns: number): Line | Span | string;
  align?: 'left' | 'right';
  /** Its width; for texts that may be cut, the minimum. */
  width: number;
  /** Grows with the remaining room, up to this width. */
  upTo?: number;
  /** Left out first where room is short; 0 (the default) always stays. */
  spare?: number;
};

export type Table<T> = { head: Line; draw(row: T): Line };

/** Chooses the columns that fit into `columns` and gives the title line and the drawing of a row. `gap`: blanks between two. */
export function table<T>(all: readonly Column<T>[], columns: number, gap = 2): Table<T> {
  const fits = (some: readonly Column<T>[]) =>
    some.reduce((sum, c) => sum + c.width, 0) + gap * (some.length - 1) <= columns;
  let chosen = [...all];
  while (!fits(chosen)) {
    const leastTelling = Math.max(...chosen.map((c) => c.spare ?? 0));
    if (leastTelling === 0) break;
    const at = chosen.findLastIndex((c) => (c.spare ?? 0) === leastTelling);
    chosen = chosen.filter((_, i) => i !== at);
  }
  let left = columns - chosen.reduce((sum, c) => sum + c.width, 0) - gap * (chosen.length - 1);
  const widths = chosen.map((c) => c.width);
  for (let grew = true; left > 0 && grew; ) {
    grew = false;
    for (const [i, c] of chosen.entries()) {
      const now = widths[i] ?? 0;
      if (left === 0 || now >= (c.upTo ?? c.width)) continue;
      widths[i] = now + 1;
      left -= 1;
      grew = true;
    }
  }
  const put = (cells: readonly Line[]): Line =>
    joined(
      cells.map((cell, i) => fitLine(cell, widths[i] ?? 0, chosen[i]?.align)),
      gap,
    );
  return {
    head: put(chosen.map((c, i) => line(dim(typeof c.title === 'string' ? c.title : c.title(widths[i] ?? 0))))),
    draw: (row) => put(chosen.map((c, i) => line(c.of(row, widths[i] ?? 0)))),
  };
}

/** The widest of some texts, at least `least`, at most `most`: the width of a column that shows them whole. */
export function widest(texts: Iterable<string>, least: number, most: number): number {
  let wide = least;
  for (const text of texts) wide = Math.max(wide, columnsOf(text));
  return Math.min(most, wide);
}
