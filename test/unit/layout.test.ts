// Panes share the screen by weights.
import { expect, test } from 'vitest';
import { panes } from '../../src/screens/cockpit/panes.ts';
import { screens } from '../../src/screens/index.ts';
import { divide, layOut } from '../../src/screens/toolkit/layout.ts';
import { type Pane, paneScreen } from '../../src/screens/toolkit/pane.ts';
import { outage, stateOf } from '../support/worlds.ts';

const more = (id: string, weight = 1): Pane => ({
  id,
  title: id.toUpperCase(),
  spots: { three: { band: 0, column: 2, rows: { weight } }, two: { band: 1, column: 1, rows: { weight } } },
  covers: () => false,
  view: () => ({ rows: [], empty: [] }),
});

test.each([
  ['by weight', 100, [{ weight: 3 }, { weight: 1 }], [75, 25]],
  ['at most', 100, [{ weight: 3, most: 20 }, { weight: 1 }], [20, 80]],
  ['at least', 20, [{ weight: 1, least: 8 }, { weight: 9 }], [8, 12]],
  ['with room for the least of the later ones', 10, [{ weight: 99 }, { weight: 1, least: 4 }], [6, 4]],
  ['nothing where there is nothing', 0, [{ weight: 1 }, { weight: 1, least: 2 }], [0, 0]],
])('divides %s', (_, total, shares, sizes) => expect(divide(total, shares, 0)).toEqual(sizes));

test('a pane keeps a title and a row at 80×24 beside much heavier ones', () => {
  const laid = layOut([more('one', 99), more('two', 1), more('three', 99)], { columns: 80, rows: 20 });
  expect(laid?.bands[1]?.columns[1]?.panes.map(({ rows }) => rows)).toEqual([4, 2, 4]);
});

test('a pane is its own screen: it shows the rows of the pane', () => {
  const pane = { ...more('one'), view: () => ({ rows: [{ id: 'a', text: 'a', draw: () => [] }] }) };
  const place = { screen: 'one', of: {}, at: 0, top: 0, filter: '', filtering: false, sort: 0 };
  const view = paneScreen(pane).view?.(stateOf(outage), place, { columns: 80, rows: 20 });
  expect(view?.rows.map(({ id }) => id)).toEqual(['a']);
});

test('every pane has the screen that z opens', () => {
  expect(screens.map(({ id }) => id)).toEqual(expect.arrayContaining(panes.map(({ id }) => id)));
});
