// How panes share the screen: bands from top to bottom, columns in a band, panes in a column, each by its weight.
import type { Size } from '../screen.ts';
import type { LayoutId, Pane, Share } from './pane.ts';

type Band = { rows: Share; columns: readonly Share[] };

/** A layout applies from this size on; the first that fits is used. */
export type Layout = {
  id: LayoutId;
  columns: number;
  rows: number;
  /** Blank columns between two columns of panes. */
  gap: number;
  bands: readonly Band[];
};

const upper: readonly Share[] = [{ weight: 19, least: 38 }, { weight: 21 }];
const lower: Band = { rows: { weight: 61 }, columns: [{ weight: 55, least: 49, most: 72 }, { weight: 45 }] };

export const layouts: readonly Layout[] = [
  {
    id: 'three',
    columns: 160,
    rows: 30,
    gap: 2,
    bands: [{ rows: { weight: 1 }, columns: [{ weight: 36 }, { weight: 34 }, { weight: 30 }] }],
  },
  // High enough for a second line of each backend.
  { id: 'two', columns: 80, rows: 34, gap: 1, bands: [{ rows: { weight: 0, least: 17 }, columns: upper }, lower] },
  // 80×23 is 80×24 below a status line of tmux.
  { id: 'two', columns: 80, rows: 18, gap: 1, bands: [{ rows: { weight: 39, least: 7 }, columns: upper }, lower] },
];

/** A pane keeps its title and a row, whatever its weight. */
const leastRows = 2;

/**
 * Divides `total` by the weights, within each share's bounds, and leaves the later ones their least; the last one takes
 * what is left. `gap` stands between two.
 */
export function divide(total: number, shares: readonly Share[], gap: number): readonly number[] {
  const room = Math.max(0, total - gap * (shares.length - 1));
  const sum = shares.reduce((all, { weight }) => all + weight, 0) || 1;
  let left = room;
  let kept = shares.reduce((all, { least = 0 }) => all + least, 0);
  return shares.map(({ weight, least = 0, most = room }, at) => {
    const wanted = Math.min(most, Math.max(least, Math.floor((room * weight) / sum)));
    kept -= least;
    const size = at === shares.length - 1 ? left : Math.max(0, Math.min(left - kept, wanted));
    left -= size;
    return size;
  });
}

/** A column of panes with its width and, for each pane, its rows. */
export type Column = { width: number; panes: readonly { pane: Pane; rows: number }[] };

/** The layout for a size, as bands of columns; undefined where only one pane at a time has room. */
export function layOut(panes: readonly Pane[], size: Size): { gap: number; bands: readonly PlacedBand[] } | undefined {
  const layout = layouts.find(({ columns, rows }) => size.columns >= columns && size.rows >= rows);
  if (!layout) return undefined;
  const heights = divide(
    size.rows,
    layout.bands.map(({ rows }) => rows),
    1,
  );
  const bands = layout.bands.map((band, at): PlacedBand => {
    const rows = heights[at] ?? 0;
    const widths = divide(size.columns, band.columns, layout.gap);
    const columns = band.columns.map((_, column): Column => {
      const own = panes.filter(({ spots }) => spots[layout.id].band === at && spots[layout.id].column === column);
      const shares = divide(
        rows,
        own.map(({ spots }) => ({ least: leastRows, ...spots[layout.id].rows })),
        1,
      );
      return { width: widths[column] ?? 0, panes: own.map((pane, i) => ({ pane, rows: shares[i] ?? 0 })) };
    });
    return { rows, columns };
  });
  return { gap: layout.gap, bands };
}

export type PlacedBand = { rows: number; columns: readonly Column[] };
