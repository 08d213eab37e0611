// A pane of the cockpit: one value with a title line and the rows for its size.
import type { Finding } from '../../core/health/finding.ts';
import type { State } from '../../store.ts';
import type { Row, Screen, Size, View } from '../screen.ts';
import { bold, dim, firstFitting, fitLine, type Line, line, lineWidth, pointer, span, spread } from './line.ts';
import { layList, type Marking, toHeight } from './list.ts';

/** Two or three columns of panes, `tall` with room for more in two (toolkit/layout.ts). */
export type LayoutId = 'three' | 'tall' | 'two';

/** A share of the available columns or rows. */
export type Share = {
  weight: number;
  least?: number;
  most?: number;
};

/** Where a pane stands in a layout, and its share of the column's rows. */
export type Spot = { band: number; column: number; rows: Share };

/** A part of the cockpit: a title and rows. */
export type Block = {
  /** Its name in the palette and the key table. */
  id: string;
  /** Its name in the title line: HEALTH. */
  title: string | ((state: State) => string);
  /** Its place in each layout that has one for it. */
  spots: Readonly<Partial<Record<LayoutId, Spot>>>;
  /**
   * How many rows show all of it, with its title; what it does not need goes to the blocks below. Undefined while that is
   * not known.
   */
  needs?(state: State): number | undefined;
  /** Pure. `size` is the room of the rows, without the title line and the marker's column. */
  view(state: State, size: Size): View;
  /** Instead of rows below each other, where the size allows it; undefined where it does not. */
  draw?(state: State, size: Size, marked: string | undefined): DrawnBlock | undefined;
};

/** What a block draws below its title, and its rows for moving. */
export type DrawnBlock = { says: Line; right?: Line; lines: readonly Line[]; rows: readonly Row[] };

/** A block that can have the focus: it has a digit, and a tab on small terminals. */
export type Pane = Block & {
  title: string;
  spots: Readonly<Partial<Record<LayoutId, Spot>> & Record<'two' | 'three', Spot>>;
  /** The findings whose worst status its tab shows. */
  covers(finding: Finding): boolean;
};

/** A block of exactly `size`, with its digit if it is a pane; `focus` is where the marker is when it has the focus. */
export function layPane(
  pane: Block,
  number: number | undefined,
  state: State,
  size: Size,
  focus: Marking | undefined,
): { lines: readonly Line[]; rows: readonly Row[]; page: number } {
  const inner = { columns: Math.max(0, size.columns - 1), rows: Math.max(0, size.rows - 1) };
  const called = typeof pane.title === 'string' ? pane.title : pane.title(state);
  const name = focus ? span(called, 'accent') : bold(called);
  const key = number === undefined ? undefined : span(`${number} `, focus ? 'accent' : 'key');
  const drawn = pane.draw?.(state, inner, focus?.selected);
  if (drawn) {
    const { says, right = [], lines, rows } = drawn;
    const first = spread(line(key, name, '  ', says), right, inner.columns);
    const title = line(focus ? pointer : ' ', first);
    return { lines: toHeight([title, ...lines], size.rows), rows, page: rows.length };
  }
  const view = pane.view(state, inner);
  const foot = (view.foot ?? []).slice(0, Math.max(0, inner.rows - highOf(view.rows)));
  const height = inner.rows - foot.length;
  const marked = focus?.selected !== undefined;
  const laid = layList(view.rows, focus ?? { at: 0, top: 0, filter: '' }, {
    columns: size.columns,
    height,
    marks: marked,
  });
  const more = view.rows.length - laid.to;
  const count =
    more > 0 && view.right === undefined ? line(dim(`${laid.to - laid.from} of ${view.rows.length}`)) : undefined;
  const right = view.right ?? count ?? [];
  const named = line(key, name);
  const left = firstFitting(inner.columns - lineWidth(right) - 1, line(named, '  ', view.says ?? []), named);
  const title = line(focus ? pointer : ' ', spread(left, right, inner.columns));
  const body = view.rows.length === 0 ? indent(view.empty ?? [], size.columns) : [...laid.lines];
  // A count replaces the rows that do not fit.
  if (more > 0 && !marked && !count && !view.isCounted && body.length >= height && height > 1)
    body.splice(height - 1, 1, line(span(`   ${more + 1} more`, 'dim')));
  return {
    lines: toHeight(
      [title, ...toHeight(body, Math.min(body.length, height)), ...indent(foot, size.columns)],
      size.rows,
    ),
    rows: view.rows,
    page: height,
  };
}

function highOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + (row.height ?? 1), 0);
}

function indent(lines: readonly Line[], columns: number): Line[] {
  return lines.map((l) => fitLine(line(' ', l), columns));
}

/** The pane alone, with the rows for a whole screen. */
export function paneScreen({ id, title, view }: Pane): Screen {
  return { id, title: () => title, palette: id, view: (state, _, size) => view(state, size) };
}

/** An item in its full form or, where room is short, in a shorter one. */
export type Stretch = {
  id: string;
  /** All items in full, if all of them fit; without their blank lines, if only those do not. */
  most?: readonly Line[];
  long: readonly Line[];
  short: readonly Line[];
} & Pick<Row, 'opens' | 'copies'>;

/** Rows in full as far as `room` lines allow; the last ones are shortened first. */
export function squeeze(items: readonly Stretch[], room: number): Row[] {
  const high = (lines: (i: Stretch) => readonly Line[]) => items.reduce((sum, i) => sum + lines(i).length, 0);
  if (high((i) => i.most ?? i.long) <= room)
    return items.map(({ id, most, long, short: _, ...rest }) => rowOf(id, most ?? long, rest));
  const dense = ({ most, long }: Stretch) => (most ?? long).filter((each) => each.length > 0);
  if (high(dense) <= room)
    return items.map(({ id, most, long, short, ...rest }) => rowOf(id, dense({ id, most, long, short }), rest));
  let over = high((i) => i.long) - room;
  return items
    .toReversed()
    .map(({ id, most: _, long, short, ...rest }): Row => {
      const saved = long.length - short.length;
      const lines = over > 0 && saved > 0 ? short : long;
      if (lines === short) over -= saved;
      return rowOf(id, lines, rest);
    })
    .toReversed();
}

function rowOf(id: string, lines: readonly Line[], more: Pick<Row, 'opens' | 'copies'>): Row {
  return { id, text: id, height: lines.length, draw: () => lines, ...more };
}
