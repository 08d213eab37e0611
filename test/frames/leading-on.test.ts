// Every row of every look-up leads on: to a screen, or to the whole of what it stands for.
import { expect, test } from 'vitest';
import { type QueryReadings, queryKey } from '../../src/core/queries/query.ts';
import { screens } from '../../src/screens/index.ts';
import { screenOf } from '../../src/screens/shell/body.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { lineWidth } from '../../src/screens/toolkit/line.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { type Answered, looks, showing, surface } from '../support/every-screen.ts';
import { calm, down, empty, frameText, live, lost, now, outage, pressing, stateOf } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const stateAt = (
  world: typeof calm,
  screen: string,
  of: Record<string, string>,
  answers: readonly Answered[],
): State => {
  const state = stateOf(world, {
    // Pages are asked for only where a token is configured.
    incidentContext: showing(screen).incidentContext,
    queries: Object.fromEntries(answers.map(([ask, reading]) => [queryKey(ask), reading])) as QueryReadings,
  });
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of)] } };
};

test.each(looks)('every row of %s %j opens something', (screen, of, ask, reading) => {
  const state = stateAt(outage, screen, of, [[ask, reading]]);
  const place = here(state);
  const { rows } = screenOf(place).view?.(state, place, { columns: 80, rows: 19 }) ?? { rows: [] };
  expect(rows.length).toBeGreaterThan(0);
  for (const [at, row] of rows.entries()) {
    expect(row.opens, `${screen}: ${row.id}`).toBeDefined();
    const opened = pressing(state, small, ...Array.from({ length: at }, () => 'j'), 'enter');
    expect(opened.ui.overlay.kind === 'details' || opened.ui.stack.length > state.ui.stack.length, row.id).toBe(true);
    expect(frameText(opened, small)).not.toContain('this screen failed');
    // And back, to the same row; a filter that came along ends before the screen does.
    const filtered = opened.ui.overlay.kind === 'none' && here(opened).filter !== '';
    const back = pressing(opened, small, ...(filtered ? ['esc', 'esc'] : ['esc']));
    expect(frame(back, small).row?.id, `${screen}: back on ${row.id}`).toBe(row.id);
  }
});

/** What is read rather than chosen from, and a node, which has its rows in describe.test.ts. */
const withoutRows = [
  'war-room',
  'severities',
  'channels',
  'locations',
  'ports',
  'backend',
  'metric',
  'run',
  'node',
  'report',
];

/** Their filter is a question to the engine or the server: its answers are in the tests of these screens. */
const searchedElsewhere = ['logs', 'jobs', 'all-studies'];

/** Back by esc, also through a filter that came along. */
function backFrom(opened: State): State {
  const filtered = opened.ui.overlay.kind === 'none' && here(opened).filter !== '';
  return pressing(opened, small, ...(filtered ? ['esc', 'esc'] : ['esc']));
}

test.each(screens.map(({ id }) => id).filter((id) => !withoutRows.includes(id)))(
  'on %s, filtered or not, each row opens something or says why not, and esc returns to the same row and filter',
  (id) => {
    const shown = frame(showing(id), small).list.rows;
    expect(shown.length).toBeGreaterThan(0);
    for (const { id: row, text } of shown) {
      const letter = /[a-z]/i.exec(text)?.[0].toLowerCase() ?? '';
      const filters = !searchedElsewhere.includes(id) && here(pressing(showing(id), small, '/')).filtering;
      for (const keys of filters ? [['g'], ['/', letter, 'enter', 'g']] : [['g']]) {
        let start = pressing(showing(id), small, ...keys);
        for (let at = 0; frame(start, small).row?.id !== row; at += 1) {
          if (at > 200) throw new Error(`${row} is not reached by j`);
          start = pressing(start, small, 'j');
        }
        const opened = pressing(start, small, 'enter');
        const leads =
          opened.ui.overlay.kind !== 'none' ||
          opened.ui.stack.length > start.ui.stack.length ||
          here(opened).selected !== here(start).selected;
        // That nothing is known is no reason: it is what this test is against.
        const why = opened.ui.notice?.says ?? '';
        expect(leads || (why !== '' && !why.includes('nothing more is known')), `${row} leads nowhere`).toBe(true);
        expect(frameText(opened, small)).not.toContain('this screen failed');
        if (opened.ui.overlay.kind === 'none' && opened.ui.stack.length === start.ui.stack.length) continue;
        const back = backFrom(opened);
        expect(frame(back, small).row?.id, `back from ${row}`).toBe(row);
        expect(here(back)).toMatchObject({ screen: here(start).screen, filter: here(start).filter });
      }
    }
  },
);

test.each(looks)('a query of %s %j that takes longer than a second shows its duration', (screen, of, ask) => {
  const asked = (ago: number) =>
    frameText(stateAt(calm, screen, of, [[ask, { state: 'pending', since: now - ago }]]), small);
  expect(asked(400)).toMatch(/loading …(?! \d)/);
  expect(asked(5000)).toContain('loading … 5 s');
  // It can be left meanwhile.
  expect(
    here(pressing(stateAt(calm, screen, of, [[ask, { state: 'pending', since: now }]]), small, 'esc')).screen,
  ).toBe('cockpit');
});

test('an opened error or query is shown in full', () => {
  const [, , jobs, sessions] = looks;
  for (const [entry, last] of [
    [jobs, 'and the last word'],
    [sessions, 'the_last_one'],
  ] as const) {
    if (!entry) throw new Error('no such entry');
    const [screen, of, ask, reading] = entry;
    const opened = pressing(stateAt(calm, screen, of, [[ask, reading]]), small, 'enter');
    expect(frameText(opened, small).replace(/\s+/g, ' ')).toContain(last);
  }
});

test('a surface shows errors with cause and fix, affected studies, and opens their jobs', () => {
  const state = stateAt(outage, 'surface', { surface: 'openai-api' }, [
    [{ kind: 'surface', surface: 'openai-api' }, live(surface)],
  ]);
  const text = frameText(state, small);
  expect(text).toMatch(/✗ error +304× {2}Rate limited: too many requests {2}2 studies/);
  expect(text).toContain('Too many requests: Reduce concurrency');
  expect(text).toMatch(/study {2}study_abc +300 failed/);
  // To the jobs of a study that has this very error, and only those of this surface.
  expect(here(pressing(state, small, 'j', 'enter'))).toMatchObject({
    screen: 'jobs',
    of: { study: 'study_def', status: 'failed' },
    filter: 'openai-api',
  });
  // The log of the jobs is one key away.
  expect(here(pressing(state, small, 'l'))).toMatchObject({
    screen: 'logs',
    of: { deployment: 'executor' },
    filter: 'study=study_abc surface=openai-api',
  });
});

test.each(looks)(
  '%s %j names its unreachable backend, at the start and after an answer',
  (screen, of, ask, reading) => {
    for (const world of [down, empty, outage])
      for (const answers of [
        [],
        [[ask, lost()]],
        [[ask, lost(reading.state === 'live' ? reading.value : undefined)]],
      ] as Answered[][])
        for (const size of [small, { columns: 200, rows: 50 }]) {
          const drawn = frame(stateAt(world, screen, of, answers), size);
          expect(drawn.lines).toHaveLength(size.rows);
          expect(drawn.lines.every((l) => lineWidth(l) === size.columns)).toBe(true);
          const text = frameText(stateAt(world, screen, of, answers), size);
          expect(text).not.toContain('this screen failed');
          if (answers.length > 0 && world === outage) expect(text).toContain('timed out after 2 s');
        }
  },
);
