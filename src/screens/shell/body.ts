// The body of a frame: the open screen, and from 120 columns on what its selected row opens beside it.
import { sanitize } from '../../core/text/text.ts';
import { type Intent, type Place, placeAt, type State } from '../../store.ts';
import { screens } from '../index.ts';
import { field } from '../overlays/field.ts';
import type { Drawn, List, Row, Screen, Size, View } from '../screen.ts';
import { beside, bold, dim, firstFitting, type Line, line, lineWidth, mark, span, spread } from '../toolkit/line.ts';
import { layList, toHeight } from '../toolkit/list.ts';
import { inWindow, markerIn } from './reducer.ts';

const missing = (id: string): Screen => ({
  id,
  title: () => id,
  view: () => ({ rows: [], empty: [line(`there is no screen ${id}`)] }),
});

export function screenOf(place: Place): Screen {
  return screens.find((s) => s.id === place.screen) ?? missing(place.screen);
}

/** `beside`: the detail that is drawn beside the list, as the place where it would open. */
export type Body = { lines: readonly Line[]; list: List; row?: Row; beside?: Place };

/** A screen that fails must not stop the cockpit. */
export function bodyOf(screen: Screen, state: State, place: Place, size: Size): Body {
  try {
    if (screen.draw) return drawnBody(screen.draw(state, place, size), place);
    return splitBody(screen, state, place, size) ?? alone(screen, state, place, size);
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

function alone(screen: Screen, state: State, place: Place, size: Size, marks = true): Body {
  return viewBody(screen, screen.view?.(state, place, size) ?? { rows: [] }, state, place, size, marks);
}

/** From this width on, two columns stand beside each other (issue 16). */
const splitsFrom = 120;
const gap = 2;

/** The screen at the left; at the right its own side column, or what its selected row opens. Undefined: it has neither. */
function splitBody(screen: Screen, state: State, place: Place, size: Size): Body | undefined {
  if (size.columns < splitsFrom || screen.fullWidth || !screen.view) return undefined;
  const wide = screen.aside?.columns(size.columns) ?? Math.floor((size.columns - gap) * detailShare);
  const left = { columns: size.columns - gap - wide, rows: size.rows };
  const right = { columns: wide, rows: size.rows };
  const own = screen.aside?.draw(state, place, right);
  if (screen.aside && !own) return undefined;
  const view = screen.view(state, place, left);
  if (!own && (view.selectable === false || !view.rows.some(({ opens }) => isDetail(opens)))) return undefined;
  const body = viewBody(screen, view, state, place, left);
  const detail = own ? { lines: own } : detailOf(body.row?.opens, state, right);
  const columns = [
    { lines: body.lines, width: left.columns },
    { lines: detail.lines, width: right.columns },
  ];
  return { ...body, lines: beside(columns, gap, size.rows), beside: detail.beside };
}

/** The share of the detail: at 120 columns the list keeps the 60 that every screen is made for. */
const detailShare = 0.49;

type Opens = Row['opens'];

function isDetail(opens: Opens): boolean {
  if (opens?.kind === 'details') return true;
  if (opens?.kind !== 'open') return false;
  const { view, fullWidth } = screenOf(placeAt(opens.screen));
  return view !== undefined && fullWidth !== true;
}

/** What `enter` would open, without a marker. */
function detailOf(opens: Opens, state: State, size: Size): Pick<Body, 'lines' | 'beside'> {
  if (!opens || !isDetail(opens)) return { lines: [] };
  if (opens.kind === 'details') return { lines: detailLines(opens, state, size.columns) };
  if (opens.kind !== 'open') return { lines: [] };
  const place = placeAt(opens.screen, opens.of, opens.filter, opens.selected);
  return { lines: alone(screenOf(place), state, place, size, false).lines, beside: place };
}

function detailLines({ title, lines }: Extract<Intent, { kind: 'details' }>, state: State, columns: number): Line[] {
  return [line(' ', bold(title)), [], ...lines(state, columns)];
}

function drawnBody({ body, rows, page, marks }: Drawn, place: Place): Body {
  const row = place.selected === undefined && !marks ? undefined : rows[markerIn(place, rows)];
  return { lines: body, list: { rows, page, selectable: true }, row };
}

function viewBody(
  screen: Screen,
  view: View,
  state: State,
  place: Place,
  { columns, rows }: Size,
  isMarked = true,
): Body {
  const selectable = view.selectable ?? true;
  const head = (view.head ?? []).map((l) => line(' ', l));
  const foot = (view.foot ?? []).map((l) => line(' ', l));
  const height = Math.max(1, rows - 1 - head.length - foot.length);
  const marking = inWindow(view.filtersItself ? { ...place, filter: '' } : place, view.window);
  const unmarked = place.selected === undefined ? view.unmarked : undefined;
  const marks = isMarked && selectable && unmarked === undefined;
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
