// The frame: header, the open screen, its overlay, footer; exactly as many lines as the terminal has rows.

import { sanitize } from '../../core/text/text.ts';
import { bindingsOf } from '../../keymap.ts';
import { here, type Place, type State } from '../../store.ts';
import { screens } from '../index.ts';
import { field } from '../overlays/field.ts';
import type { Fold } from '../overlays/fold.ts';
import { overlayFooter, overlayLines } from '../overlays/overlay.ts';
import type { Drawn, Here, List, Row, Screen, Size, TableRow, View } from '../screen.ts';
import {
  bold,
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  lineWidth,
  mark,
  span,
  spread,
  textOf,
  wrap,
} from '../toolkit/line.ts';
import { layList, toHeight } from '../toolkit/list.ts';
import { footer, lowerRule, rule } from './footer.ts';
import { header } from './header.ts';
import { inWindow, markerIn } from './reducer.ts';
import { tourRule } from './tour.ts';

/** The smallest terminal that the cockpit supports. */
export const smallest: Size = { columns: 60, rows: 15 };

export type Frame = {
  /** Exactly `size.rows`, each exactly `size.columns` wide. */
  lines: readonly Line[];
  screen: Screen;
  list: List;
  row?: Row;
  /** The visible part of the overlay's text. */
  fold?: Fold;
  /** The terminal is too small to show anything: no key changes anything. */
  tooSmall?: true;
  /** A table in place of the lines from `top` down to the footer's two. */
  table?: { data: readonly TableRow[]; top: number };
};

const missing = (id: string): Screen => ({
  id,
  title: () => id,
  view: () => ({ rows: [], empty: [line(`there is no screen ${id}`)] }),
});

export function screenOf(place: Place): Screen {
  return screens.find((s) => s.id === place.screen) ?? missing(place.screen);
}

/** The whole screen as lines. Pure. */
export function frame(state: State, size: Size): Frame {
  const place = here(state);
  const screen = screenOf(place);
  if (size.columns < smallest.columns || size.rows < smallest.rows)
    return { lines: tooSmall(state, size), screen, list: { rows: [], page: 1, selectable: true }, tooSmall: true };
  const body: Size = { columns: size.columns, rows: size.rows - 5 };
  const table = fittingTable(screen, state, size);
  const laid = safely(
    screen.table && !table ? { ...screen, view: () => tableView(screen, state, size.columns) } : screen,
    state,
    place,
    body,
  );
  const at: Here = { state, place, list: laid.list, row: laid.row };
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
    lines: all.map((l) => fitLine(l, size.columns)),
    screen,
    list: laid.list,
    row: laid.row,
    fold: overlay?.fold,
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

type Body = { lines: readonly Line[]; list: List; row?: Row };

/** A screen that fails must not stop the cockpit. */
function safely(screen: Screen, state: State, place: Place, size: Size): Body {
  try {
    if (screen.draw) return drawnBody(screen.draw(state, place, size), place);
    return viewBody(screen, screen.view?.(state, place, size) ?? { rows: [] }, state, place, size);
  } catch (error) {
    const why = sanitize(error instanceof Error ? error.message : error, 200);
    return {
      lines: [
        [],
        line(' ', mark('unknown'), ` this screen failed: ${why}`),
        line(dim('   other screens still work; esc goes back')),
      ],
      list: { rows: [], page: 1, selectable: true },
    };
  }
}

function drawnBody({ body, rows, page, marks }: Drawn, place: Place): Body {
  const row = place.selected === undefined && !marks ? undefined : rows[markerIn(place, rows)];
  return { lines: body, list: { rows, page, selectable: true }, row };
}

function viewBody(screen: Screen, view: View, state: State, place: Place, { columns, rows }: Size): Body {
  const selectable = view.selectable ?? true;
  const head = (view.head ?? []).map((l) => line(' ', l));
  const foot = (view.foot ?? []).map((l) => line(' ', l));
  const height = Math.max(1, rows - 1 - head.length - foot.length);
  const marking = inWindow(view.filtersItself ? { ...place, filter: '' } : place, view.window);
  const unmarked = place.selected === undefined ? view.unmarked : undefined;
  const marks = selectable && unmarked === undefined;
  const laid = layList(view.rows, marking, { columns, height, marks, selectable });
  const shown = laid.list.rows;
  const row = selectable ? shown[laid.at] : undefined;
  const nothing =
    view.rows.length > 0
      ? [line(dim(` no row contains “${place.filter}”`)), line(dim(' esc clears the filter'))]
      : (view.empty ?? []).map((l) => line(' ', l));
  const title = titleLine(
    screen,
    view,
    state,
    place,
    { at: laid.at, from: laid.from, to: laid.to, of: shown.length },
    columns,
  );
  return {
    lines: [title, ...head, ...toHeight(shown.length > 0 ? laid.lines : nothing, height), ...foot],
    list: {
      ...laid.list,
      window: view.window,
      unmarked,
    },
    row,
  };
}

type Where = { at: number; from: number; to: number; of: number };

/** Title, what it is about; order, filter and place in the list at the right. */
function titleLine(screen: Screen, view: View, state: State, place: Place, where: Where, columns: number): Line {
  const total = view.rows.length;
  const sort = screen.sorts?.[place.sort % screen.sorts.length];
  const isCut = where.from > 0 || where.to < where.of;
  const position = view.window
    ? (view.window.says ?? '')
    : place.filter || place.filtering
      ? `${where.of} of ${total}`
      : isCut && where.of > 0
        ? `${where.at >= 0 ? where.at + 1 : where.to}/${where.of}`
        : '';
  const left = line(' ', bold(screen.title(place, state)), view.says ? line('  ', view.says) : undefined);
  const rightWith = (order: Line) =>
    line(
      view.right,
      order,
      place.filter || place.filtering
        ? line('  ', span('/', 'key'), place.filtering ? field(place.filter, false, place.behind) : place.filter)
        : undefined,
      position ? dim(`  ${position}`) : undefined,
    );
  // The order is dropped first where both do not fit.
  const right = firstFitting(
    columns - lineWidth(left) - 1,
    rightWith(sort ? line(dim(`  by ${sort}`)) : []),
    rightWith([]),
  );
  return spread(left, right, columns);
}

/** Too small a terminal: the environment and the health are still shown. */
function tooSmall(state: State, { columns, rows }: Size): Line[] {
  const [first = []] = header(state, columns);
  const says = [
    first,
    [],
    line(` ${columns}×${rows} is too small.`),
    line(dim(` The minimum is ${smallest.columns}×${smallest.rows};`)),
    line(dim(' 80×24 shows all panes.')),
    state.ui.overlay.kind === 'none'
      ? line(' ', span('q', 'key'), ' quit')
      : line(' ', span('esc', 'key'), ' cancel what is open'),
  ];
  const short = rows < says.length ? [first, line(` ${columns}×${rows} is too small`)] : says;
  return toHeight(rows === 1 ? [first] : short, rows).map((l) => fitLine(l, columns));
}
