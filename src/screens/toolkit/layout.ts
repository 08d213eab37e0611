// How panes share the screen: bands from top to bottom, columns in a band, panes in a column, each by its weight.
import type { Size } from '../screen.ts';
import type { Block, LayoutId, Share } from './pane.ts';

type Band = { rows: Share; columns: readonly Share[] };

/** A layout applies from this size on; the first that fits is used. */
export type Layout = {
  id: LayoutId;
  /** A block without a spot in this layout stands where that one puts it. */
  like?: LayoutId;
  columns: number;
  rows: number;
  /** Each block keeps its rows, whatever it needs: in little room nothing moves. */
  steady?: true;
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
    rows: 25,
    gap: 2,
    bands: [
      { rows: { weight: 80 }, columns: [{ weight: 28, least: 45 }, { weight: 44 }, { weight: 28, least: 44 }] },
      { rows: { weight: 20, least: 5 }, columns: [{ weight: 1 }] },
    ],
  },
  // High enough for a second line of each backend.
  {
    id: 'tall',
    like: 'two',
    columns: 80,
    rows: 34,
    gap: 1,
    bands: [{ rows: { weight: 0, least: 17 }, columns: upper }, lower],
  },
  // 80×23 is 80×24 below a status line of tmux.
  {
    id: 'two',
    columns: 80,
    rows: 18,
    steady: true,
    gap: 1,
    bands: [{ rows: { weight: 39, least: 7 }, columns: upper }, lower],
  },
];

/** A pane keeps its title and a row, whatever its weight. */
const leastRows = 2;

/** A block whose least is 0 is left out where it would have fewer rows than these. */
const optionalRows = 4;

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

/** A column of blocks with its width and, for each block, its rows. */
export type Column<B> = { width: number; panes: readonly { pane: B; rows: number }[] };

/**
 * The layout for a size, as bands of columns; undefined where only one pane at a time has room. `needs`: how many rows
 * are enough for a block; undefined where more is better.
 */
export function layOut<B extends Block>(
  panes: readonly B[],
  size: Size,
  needs: (block: B) => number | undefined = () => undefined,
): { gap: number; bands: readonly PlacedBand<B>[] } | undefined {
  const layout = layouts.find(({ columns, rows }) => size.columns >= columns && size.rows >= rows);
  if (!layout) return undefined;
  const heights = divide(
    size.rows,
    layout.bands.map(({ rows }) => rows),
    1,
  );
  const spotOf = ({ spots }: B) => spots[layout.id] ?? (layout.like && spots[layout.like]);
  const bands = layout.bands.map((band, at): PlacedBand<B> => {
    const rows = heights[at] ?? 0;
    const widths = divide(size.columns, band.columns, layout.gap);
    const columns = band.columns.map((_, column): Column<B> => {
      const own = panes.flatMap((pane) => {
        const spot = spotOf(pane);
        return spot?.band === at && spot.column === column ? [{ pane, spot }] : [];
      });
      const shares = (some: typeof own) =>
        divide(
          rows,
          some.map(({ pane, spot }) => shareOf(spot.rows, layout.steady ? undefined : needs(pane))),
          1,
        );
      const all = shares(own);
      // What may be left out is left out rather than cut; the one above has its rows.
      const shown = own.filter(({ spot }, i) => spot.rows.least !== 0 || (all[i] ?? 0) >= optionalRows);
      const high = shown.length < own.length ? shares(shown) : all;
      return { width: widths[column] ?? 0, panes: shown.map(({ pane }, i) => ({ pane, rows: high[i] ?? 0 })) };
    });
    return { rows, columns };
  });
  return { gap: layout.gap, bands };
}

/** A block takes no more rows than it needs. */
function shareOf(rows: Share, enough: number | undefined): Share {
  const { least = leastRows, most } = rows;
  if (enough !== undefined)
    return { weight: rows.weight, least, most: Math.max(least, Math.min(most ?? enough, enough)) };
  return { ...rows, least };
}

export type PlacedBand<B> = { rows: number; columns: readonly Column<B>[] };
