// What an intent does to the screen. Pure: the old state in, the new one out. Commands to the engine and the terminal
// pass through untouched; src/app.tsx hands those on.

import { present } from '../../core/present.ts';
import {
  here,
  type Intent,
  keySpent,
  noticeStays,
  type Overlay,
  type Place,
  placeAt,
  type State,
} from '../../store.ts';
import type { List, Row, Window } from '../screen.ts';

/** Choices of the palette that are remembered. */
const mostRecent = 8;

export function reduce(state: State, intent: Intent, list: List): State {
  const place = here(state);
  switch (intent.kind) {
    case 'open':
      return open(quiet(state), placeAt(intent.screen, intent.of, intent.filter, intent.selected));
    case 'adjust':
      return inPlace(state, { ...place, of: adjusted(place.of, intent.of), seen: undefined });
    case 'back':
      return back(quiet(state), place);
    case 'home':
      return home(quiet(state), intent.pane);
    case 'move':
      return inPlace(state, list.selectable ? movedIn(place, intent.to, list) : scrolled(place, intent.to, list));
    case 'select': {
      const at = list.rows.findIndex((row) => row.id === intent.row);
      const { row } = intent;
      return inPlace(state, {
        ...place,
        selected: row,
        seen: row,
        at: Math.max(0, at) + (list.window?.offset ?? 0),
      });
    }
    case 'seen':
      return inPlace(state, { ...place, seen: intent.row });
    case 'filter':
      return inPlace(state, {
        ...place,
        filter: intent.text,
        filtering: intent.filtering,
        behind: intent.behind ?? 0,
        seen: intent.text === place.filter ? place.seen : undefined,
      });
    case 'sort':
      return inPlace(state, { ...place, sort: place.sort + 1, top: 0, at: 0, seen: undefined });
    case 'palette':
      return over(state, { kind: 'palette', text: '', at: 0 });
    case 'help':
      return over(quiet(state), { kind: 'help', top: 0 });
    case 'details':
      return over(quiet(state), { kind: 'details', title: intent.title, lines: intent.lines, top: 0 });
    case 'confirm':
      return over(quiet(state), { kind: 'confirm', ask: intent.ask, typed: [], text: '', top: 0 });
    case 'form': {
      const values = Object.fromEntries(intent.form.fields.map((field) => [field.name, field.value ?? '']));
      return over(quiet(state), { kind: 'form', form: intent.form, values, at: 0, chosen: -1 });
    }
    case 'switches':
      return over(quiet(state), { kind: 'switches', review: intent.review, items: intent.review.items(state), at: 0 });
    case 'overlay':
      return over(state, intent.overlay);
    case 'close':
      return over(state, { kind: 'none' });
    case 'notice': {
      const until = state.world.now + noticeStays;
      return withUi(state, { notice: { says: intent.says, verdict: intent.verdict ?? 'ok', until } });
    }
    case 'spent':
      return withUi(state, { spent: { key: intent.key, until: state.world.now + keySpent } });
    case 'recent': {
      const { recent = [] } = state.ui;
      return withUi(state, {
        recent: [intent.id, ...recent.filter((one) => one !== intent.id)].slice(0, mostRecent),
      });
    }
    case 'theme':
      return withUi(state, { theme: intent.theme });
    case 'glyphs':
      return withUi(state, { ascii: intent.ascii });
    case 'mouse':
      return withUi(state, { mouse: intent.on });
    case 'bell':
      return withUi(state, { bell: intent.on });
    case 'tour':
      return withUi(state, { tour: intent.step });
    case 'send':
    case 'copy':
    case 'terminal':
      return state;
  }
}

/** A notice belongs to the place where it was made. */
function quiet(state: State): State {
  if (!state.ui.notice) return state;
  const { notice: _, ...ui } = state.ui;
  return { ...state, ui };
}

/** Changed, or without what is undefined now. */
function adjusted(of: Place['of'], by: Readonly<Record<string, string | undefined>>): Place['of'] {
  return present({ ...of, ...by });
}

function withUi(state: State, ui: Partial<State['ui']>): State {
  return { ...state, ui: { ...state.ui, ...ui } };
}

function over(state: State, overlay: Overlay): State {
  return withUi(state, { overlay });
}

function inPlace(state: State, place: Place): State {
  const [first, ...rest] = state.ui.stack;
  return withUi(state, { stack: rest.length === 0 ? [place] : [first, ...rest.slice(0, -1), place] });
}

/** A screen that is already open below is returned to, not opened again. */
function open(state: State, place: Place): State {
  const { stack } = state.ui;
  const same = (p: Place) => p.screen === place.screen && JSON.stringify(p.of) === JSON.stringify(place.of);
  const at = stack.findIndex(same);
  const [first, ...rest] = stack;
  const next: State['ui']['stack'] = at >= 0 ? [first, ...rest.slice(0, at)] : [first, ...rest, place];
  return withUi(state, { stack: next, overlay: { kind: 'none' } });
}

/** A filter goes first, then the screen. The cockpit stays. */
function back(state: State, place: Place): State {
  if (place.filter || place.filtering)
    return inPlace(state, { ...place, filter: '', filtering: false, seen: undefined });
  const [first, ...rest] = state.ui.stack;
  return rest.length === 0 ? state : withUi(state, { stack: [first, ...rest.slice(0, -1)] });
}

function home(state: State, pane?: string): State {
  const [first] = state.ui.stack;
  if (pane === undefined || pane === first.pane) return withUi(state, { stack: [first] });
  const { selected, ...rest } = first;
  const kept = { ...first.kept };
  if (first.pane && selected) kept[first.pane] = selected;
  const next: Place = { ...rest, pane, kept, at: 0, top: 0, selected: kept[pane], seen: kept[pane] };
  return withUi(state, { stack: [next] });
}

type Move = Extract<Intent, { kind: 'move' }>['to'];

function step(to: Move, page: number): number {
  const half = Math.max(1, Math.floor(page / 2));
  const whole = Math.max(1, page - 1);
  const steps: Record<Move, number> = {
    next: 1,
    previous: -1,
    'half-down': half,
    'half-up': -half,
    'page-down': whole,
    'page-up': -whole,
    first: Number.NEGATIVE_INFINITY,
    last: Number.POSITIVE_INFINITY,
  };
  return steps[to];
}

/**
 * The position of the marker: on its row, or, when that no longer exists, on the row in its position. A marker that no key
 * has moved does not leave the first page with its row: what is worst comes first, and stays in view.
 */
export function markerIn(
  { selected, seen = selected, at }: Pick<Place, 'selected' | 'seen' | 'at'>,
  rows: readonly Row[],
  page = Number.POSITIVE_INFINITY,
): number {
  if (rows.length === 0) return -1;
  // Most often nothing moved since the last key.
  if (rows[at]?.id === seen) return at;
  const isFollowed = (row: Row) => row.id === seen && (selected !== undefined || !row.isDone);
  const now = seen === undefined ? -1 : rows.findIndex(isFollowed);
  return now >= 0 && (selected !== undefined || now < page) ? now : Math.min(at, rows.length - 1);
}

/** A place holds numbers of the whole list; in a window on it they are other ones. */
export function inWindow<P extends Pick<Place, 'at' | 'top'>>(place: P, window: Window | undefined): P {
  if (!window) return place;
  const { offset, stands } = window;
  return { ...place, at: Math.max(0, stands ?? place.at - offset), top: place.top - offset };
}

function movedIn(place: Place, to: Move, list: List): Place {
  const { at, top, ...rest } = moved(inWindow(place, list.window), to, list);
  const offset = list.window?.offset ?? 0;
  return { ...rest, at: at + offset, top: top + offset };
}

function moved(place: Place, to: Move, { rows, page, unmarked }: List): Place {
  if (rows.length === 0) return place;
  // A pane of the cockpit shows no marker until a key asks for it; the first one puts it on the first row.
  // So does a list in which enter would do something.
  const isUnmarked = place.selected === undefined && (place.pane !== undefined || unmarked !== undefined);
  const from = isUnmarked ? -1 : markerIn(place, rows, page);
  const at = Math.min(rows.length - 1, Math.max(0, from + step(to, page)));
  const row = rows[at];
  return {
    ...place,
    at,
    selected: row?.id ?? place.selected,
    seen: row?.id ?? place.seen,
    top: topFor(at, place.top, page, rows.length),
  };
}

function scrolled(place: Place, to: Move, { rows, page }: List): Place {
  return { ...place, top: Math.min(Math.max(0, rows.length - page), Math.max(0, place.top + step(to, page))) };
}

/** The first visible row, moved as little as keeps row `at` visible and the list without a gap at its end. */
export function topFor(at: number, top: number, page: number, rows: number): number {
  const visible = Math.max(1, page);
  const near = at < top ? at : at >= top + visible ? at - visible + 1 : top;
  return Math.max(0, Math.min(near, rows - visible));
}
