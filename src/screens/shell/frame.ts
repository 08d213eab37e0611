// The frame: header, the open screen, its overlay, footer; exactly as many lines as the terminal has rows.

import { smallestTerminal } from '../../core/text/terminal-look.ts';
import { bindingsOf } from '../../keymap.ts';
import { here, type Place, type State } from '../../store.ts';
import type { Fold } from '../overlays/fold.ts';
import { overlayFooter, overlayLines } from '../overlays/overlay.ts';
import type { Here, List, Row, Screen, Size, TableRow, View } from '../screen.ts';
import { asciiLine, bold, columnsOf, dim, fitLine, type Line, line, span, textOf, wrap } from '../toolkit/line.ts';
import { toHeight } from '../toolkit/list.ts';
import { bodyOf, screenOf } from './body.ts';
import { footer, lowerRule, rule } from './footer.ts';
import { header } from './header.ts';
import { isUnseen } from './seen.ts';
import { tourRule } from './tour.ts';

export type Frame = {
  /** Exactly `size.rows`, each exactly `size.columns` wide. */
  lines: readonly Line[];
  screen: Screen;
  list: List;
  row?: Row;
  /** The row came under the marker by itself: until a person has seen it there, no key is meant for it. */
  unseen?: true;
  /** The visible part of the overlay's text. */
  fold?: Fold;
  /** The terminal is too small to show anything: no key changes anything. */
  tooSmall?: true;
  /** The detail that is drawn beside the list. */
  beside?: Place;
  /** A table in place of the lines from `top` down to the footer's two. */
  table?: { data: readonly TableRow[]; top: number };
};

const same = (l: Line) => l;

/** Whether a terminal is too small to show anything. */
export const isTooSmall = ({ columns, rows }: Size): boolean =>
  columns < smallestTerminal.columns || rows < smallestTerminal.rows;

/** The whole screen as lines. Pure. */
export function frame(state: State, size: Size): Frame {
  const place = here(state);
  const screen = screenOf(place);
  if (isTooSmall(size))
    return {
      lines: tooSmall(state, size).map(state.ui.ascii ? asciiLine : same),
      screen,
      list: { rows: [], page: 1, selectable: true },
      tooSmall: true,
    };
  const body: Size = { columns: size.columns, rows: size.rows - 5 };
  // The table's lines are no glyphs of ours.
  const table = state.ui.ascii ? undefined : fittingTable(screen, state, size);
  const laid = bodyOf(
    screen.table && !table ? { ...screen, view: () => tableView(screen, state, size.columns) } : screen,
    state,
    place,
    body,
  );
  const unseen = isUnseen(place, laid) || undefined;
  // What is chosen in the palette is meant for the row that was marked when it was opened.
  const row = unseen && state.ui.overlay.kind === 'palette' ? undefined : laid.row;
  const at: Here = { state, place, list: laid.list, row };
  const overlay = overlayLines(at, screen, body);
  const lines = overlay ? [...toHeight(laid.lines, body.rows - overlay.lines.length), ...overlay.lines] : laid.lines;
  const keys = overlayFooter(state, size.columns) ?? footer(bindingsOf(screen, at), at, size.columns);
  const all = [
    ...header(state, size.columns),
    tourRule(state, size.columns) ?? rule(size.columns),
    ...toHeight(lines, body.rows),
    lowerRule(state, size.columns),
    place.filtering && state.ui.overlay.kind === 'none' ? filterFooter : keys,
  ];
  return {
    lines: all.map((l) => fitLine(l, size.columns)).map(state.ui.ascii ? asciiLine : same),
    screen,
    list: laid.list,
    row,
    unseen,
    fold: overlay?.fold,
    beside: laid.beside,
    table: table && !overlay ? { data: table, top: above } : undefined,
  };
}

/** A small table with its lines, if it fits: a line above, below and between, a blank at each side. */
function fittingTable(screen: Screen, state: State, { columns, rows }: Size): readonly TableRow[] | undefined {
  const data = screen.table?.(state);
  const [first] = data ?? [];
  if (!data || !first) return undefined;
  const wide = Object.keys(first).map((name) => Math.max(...[name, ...data.map((r) => r[name] ?? '')].map(columnsOf)));
  const width = wide.reduce((sum, w) => sum + w + 3, 2);
  return width <= columns && 2 * data.length + 3 <= rows - above - footerRows ? data : undefined;
}

/** The same without lines, for a small terminal: each row's first value above the others. */
function tableView(screen: Screen, state: State, columns: number): View {
  const view = screen.view?.(state, here(state), { columns, rows: 0 }) ?? { rows: [] };
  const lines = (screen.table?.(state) ?? []).flatMap((row) => {
    const [first = '', ...rest] = Object.values(row);
    const wide = 10;
    return wrap(rest.join(': '), columns - wide - 3).map((part, at) =>
      line(bold((at === 0 ? first : '').padEnd(wide)), part),
    );
  });
  return {
    ...view,
    selectable: false,
    rows: lines.map((l, at): Row => ({ id: String(at), text: textOf(l), draw: () => [l] })),
  };
}

/** The rule and the keys below the body. */
export const footerRows = 2;

/** Header and title line: what stands above a table. */
const above = 5;

const filterFooter = line(' ', span('enter', 'key'), ' apply  ', span('esc', 'key'), ' clear');

/** Too small a terminal: the environment and the health are still shown. */
function tooSmall(state: State, { columns, rows }: Size): Line[] {
  const [first = []] = header(state, columns);
  const says = [
    first,
    [],
    line(` ${columns}×${rows} is too small.`),
    line(dim(` The minimum is ${smallestTerminal.columns}×${smallestTerminal.rows};`)),
    line(dim(' 80×24 shows all panes.')),
    state.ui.overlay.kind === 'none'
      ? line(' ', span('q', 'key'), ' quit')
      : line(' ', span('esc', 'key'), ' cancel what is open'),
  ];
  const short = rows < says.length ? [first, line(` ${columns}×${rows} is too small`)] : says;
  return toHeight(rows === 1 ? [first] : short, rows).map((l) => fitLine(l, columns));
}
