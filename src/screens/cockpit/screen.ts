// The cockpit: its panes, laid out for the size of the terminal.
import { worst } from '../../core/health/status.ts';
import type { Place, State } from '../../store.ts';
import type { Drawn, Row, Screen, Size } from '../screen.ts';
import { layOut } from '../toolkit/layout.ts';
import { beside, clickable, dim, firstFitting, type Line, line, mark, span } from '../toolkit/line.ts';
import { type Block, layPane, type Pane } from '../toolkit/pane.ts';
import { healthOf } from '../toolkit/selectors.ts';
import { panes } from './panes.ts';
import { strips } from './strips.ts';

export const cockpit: Screen = {
  id: 'cockpit',
  title: () => 'cockpit',
  palette: 'cockpit',
  draw(state, place, size) {
    const laid = layOut<Block>([...panes, ...strips], size, (block) => block.needs?.(state));
    if (!laid) return oneAtATime(state, place, size);
    const { draw, drawn } = painter(state, place);
    const bands = laid.bands.map(({ rows, columns }) =>
      beside(
        columns.map(({ width, panes: own }) => ({
          lines: own.flatMap(({ pane, rows: high }, at) => [...(at > 0 ? [[]] : []), ...draw(pane, width, high)]),
          width,
        })),
        laid.gap,
        rows,
      ),
    );
    return drawn(bands.flatMap((band, at) => (at > 0 ? [[], ...band] : band)));
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
  const draw = (pane: Block, columns: number, rows: number): readonly Line[] => {
    const isFocused = place.pane === pane.id;
    const at = panes.findIndex(({ id }) => id === pane.id);
    const number = at < 0 ? undefined : at + 1;
    const laid = layPane(pane, number, state, { columns, rows }, isFocused ? place : undefined);
    if (isFocused) Object.assign(focus, { rows: laid.rows, page: laid.page });
    return laid.lines.map((each) => clickable(each, { pane: pane.id }));
  };
  return { draw, drawn: (body: readonly Line[]): Drawn => ({ body, rows: focus.rows, page: focus.page }) };
}

/** Smaller terminals: the focused pane, and one line with the status of the others. */
function oneAtATime(state: State, place: Place, { columns, rows }: Size): Drawn {
  const { draw, drawn } = painter(state, place);
  const { findings } = healthOf(state.world);
  const worstOf = (pane: Pane) => worst(findings.filter(pane.covers).map((f) => f.verdict));
  const nameOf = (pane: Pane) => (place.pane === pane.id ? span(` ${pane.id}`, 'accent') : dim(` ${pane.id}`));
  const tabsWith = (gap: string, named: (pane: Pane) => boolean) =>
    line(
      ' ',
      ...panes.flatMap((pane, i) => [
        span(`${i > 0 ? '  ' : ''}${i + 1}${gap}`, 'key'),
        mark(worstOf(pane)),
        named(pane) ? nameOf(pane) : '',
      ]),
    );
  const all = () => true;
  const focusedOnly = ({ id }: Pane) => id === place.pane;
  const tabs = firstFitting(columns, tabsWith(' ', all), tabsWith('', all), tabsWith('', focusedOnly));
  const focused = panes.find(({ id }) => id === place.pane) ?? panes[0];
  return drawn([tabs, [], ...(focused ? draw(focused, columns, rows - 2) : [])]);
}
