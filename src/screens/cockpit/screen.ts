// The cockpit: five panes, laid out for the size of the terminal.
import type { Place, State } from '../../store.ts';
import { healthPane } from '../health/pane.ts';
import { metricsPane } from '../metrics/pane.ts';
import { podsPane } from '../pods/pane.ts';
import type { Drawn, Row, Screen, Size } from '../screen.ts';
import { type PaneId, paneIds } from '../shell/reducer.ts';
import { studiesPane } from '../studies/pane.ts';
import { surfacesPane } from '../surfaces/pane.ts';
import { beside, dim, firstFitting, type Line, line, mark, span } from '../toolkit/line.ts';
import { layPane, type Pane } from '../toolkit/pane.ts';
import { healthOf } from '../toolkit/selectors.ts';

export const panes: Readonly<Record<PaneId, Pane>> = {
  health: healthPane,
  pods: podsPane,
  metrics: metricsPane,
  surfaces: surfacesPane,
  studies: studiesPane,
};

export const cockpit: Screen = {
  id: 'cockpit',
  title: () => 'cockpit',
  palette: 'cockpit',
  draw(state, place, size) {
    if (size.columns >= 160 && size.rows >= 30) return inThree(state, place, size);
    if (size.columns >= 80 && size.rows >= 18) return inTwo(state, place, size);
    return oneAtATime(state, place, size);
  },
  keys: [
    {
      id: 'zoom',
      keys: ['z'],
      title: 'zoom',
      about: 'show the focused pane full screen, with every row and column',
      footer: 61,
      run: ({ place }) => (place.pane ? [{ kind: 'open', screen: place.pane }] : []),
    },
  ],
};

/** Draws panes and remembers the rows of the focused one. */
function painter(state: State, place: Place) {
  const focus = { rows: [] as readonly Row[], page: 1 };
  const draw = (id: PaneId, columns: number, rows: number): readonly Line[] => {
    const isFocused = place.pane === id;
    const laid = layPane(panes[id], paneIds.indexOf(id) + 1, state, { columns, rows }, isFocused ? place : undefined);
    if (isFocused) Object.assign(focus, { rows: laid.rows, page: laid.page });
    return laid.lines;
  };
  return { draw, drawn: (body: readonly Line[]): Drawn => ({ body, rows: focus.rows, page: focus.page }) };
}

/** 80×23 (80×24 below a status line of tmux) and more: health beside pods, metrics beside surfaces above studies. */
function inTwo(state: State, place: Place, { columns, rows }: Size): Drawn {
  const { draw, drawn } = painter(state, place);
  // The first drawings' proportions: 38 and 41 of 80 above, 49 and 30 below; what is more goes to the lists.
  const left = 38 + Math.floor((columns - 80) * 0.45);
  const right = columns - left - 1;
  const lowerLeft = Math.min(49 + Math.floor((columns - 80) * 0.4), 72);
  const lowerRight = columns - lowerLeft - 1;
  // Where there is room for it, each backend has a second line.
  const upper = rows >= 34 ? 17 : Math.max(7, Math.floor((rows - 1) * 0.39));
  const lower = rows - upper - 1;
  const studies = Math.max(4, Math.floor(lower * 0.42));
  const surfaces = lower - studies - 1;
  return drawn([
    ...beside(
      [
        { lines: draw('health', left, upper), width: left },
        { lines: draw('pods', right, upper), width: right },
      ],
      1,
      upper,
    ),
    [],
    ...beside(
      [
        { lines: draw('metrics', lowerLeft, lower), width: lowerLeft },
        {
          lines: [...draw('surfaces', lowerRight, surfaces), [], ...draw('studies', lowerRight, studies)],
          width: lowerRight,
        },
      ],
      1,
      lower,
    ),
  ]);
}

/** Wide and high: pods have the middle to themselves. */
function inThree(state: State, place: Place, { columns, rows }: Size): Drawn {
  const { draw, drawn } = painter(state, place);
  const left = Math.floor((columns - 4) * 0.36);
  const middle = Math.floor((columns - 4) * 0.34);
  const right = columns - 4 - left - middle;
  const health = Math.min(18, Math.floor(rows * 0.42));
  // The lower panes begin on one line.
  const surfaces = health;
  return drawn(
    beside(
      [
        { lines: [...draw('health', left, health), [], ...draw('metrics', left, rows - health - 1)], width: left },
        { lines: draw('pods', middle, rows), width: middle },
        {
          lines: [...draw('surfaces', right, surfaces), [], ...draw('studies', right, rows - surfaces - 1)],
          width: right,
        },
      ],
      2,
      rows,
    ),
  );
}

/** Smaller terminals: the focused pane, and one line with the status of the others. */
function oneAtATime(state: State, place: Place, { columns, rows }: Size): Drawn {
  const { draw, drawn } = painter(state, place);
  const { of, findings } = healthOf(state.world);
  const worstOf: Record<PaneId, () => Line> = {
    health: () => line(mark(worstIn(['gateway', 'database', 'redis']))),
    pods: () => line(mark(worstIn(['pods']))),
    metrics: () => line(mark(worstIn(['metrics']))),
    surfaces: () => line(mark(worstIn(['surfaces']))),
    studies: () => line(mark(of('metric/studyFailures'))),
  };
  const worstIn = (areas: readonly string[]) => findings.find((f) => areas.includes(f.area))?.verdict ?? 'ok';
  const tabsWith = (gap: string) =>
    line(
      ' ',
      ...paneIds.flatMap((id, i) => [
        span(`${i + 1}${gap}`, 'key'),
        ...worstOf[id](),
        place.pane === id ? span(` ${id}`, 'accent') : dim(` ${id}`),
        i < paneIds.length - 1 ? span('  ') : span(''),
      ]),
    );
  const tabs = firstFitting(columns, tabsWith(' '), tabsWith(''));
  const focused = paneIds.find((id) => id === place.pane) ?? 'health';
  return drawn([tabs, [], ...draw(focused, columns, rows - 2)]);
}
