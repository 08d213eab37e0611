// Every row of every look-up leads on: to a screen, or to the whole of what it stands for.
import { expect, test } from 'vitest';
import { type Ask, type LookReadings, lookKey } from '../../src/core/looks/look.ts';
import type { StudyDetail, SurfaceDetail } from '../../src/core/looks/study.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { frame, screenOf } from '../../src/screens/frame.ts';
import { lineWidth } from '../../src/screens/line.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { calm, down, empty, frameText, live, lost, now, outage, pressing, stateOf } from './worlds.ts';

const small = { columns: 80, rows: 24 };
type Answered = readonly [Ask, Reading<unknown>];
const long = `Rate limited: ${'too many requests for this window '.repeat(6)}and the last word`;

const job = {
  id: 'job_1',
  surface: 'openai-api',
  status: 'failed',
  attempts: 3,
  createdAt: now - 600_000,
  error: long,
};
const surface: SurfaceDetail = {
  errors: [
    { message: 'Rate limited: too many requests', count: 304, studies: 2 },
    { message: 'boom', count: 1, studies: 1 },
  ],
  studies: [
    { study: 'study_abc', count: 300 },
    { study: 'study_def', count: 5 },
  ],
  newest: [
    { ...job, study: 'study_def', error: 'boom' },
    { ...job, id: 'job_2', study: 'study_abc', error: 'Rate limited: too many requests' },
  ],
  exact: true,
};
const study: StudyDetail = {
  api: { url: 'https://api', problem: '404' },
  counts: [{ surface: 'openai-api', status: 'failed', count: 3 }],
  exact: true,
  errors: [{ message: 'boom', count: 1 }],
  running: [{ ...job, status: 'executing' }],
  slowest: [{ ...job, id: 'job_3', status: 'completed', endedAt: now }],
};
const session = {
  pid: 12,
  user: 'bentham',
  application: 'gateway',
  client: '10.0.0.1',
  database: 'bentham',
  state: 'active',
  query: `SELECT ${'a_column, '.repeat(30)}the_last_one`,
  blockedBy: [],
};
const table = { name: 'jobs', totalBytes: 1e6, liveRows: 10, deadRows: 5 };
const version = {
  key: 'study_abc/shot.png',
  versionId: 'v1',
  kind: 'version' as const,
  latest: true,
  bytes: 10,
  at: now - 1000,
  lock: { legalHold: true },
};
const database = {
  sessions: [session],
  sessionsExact: true,
  tables: [table],
  replicas: [],
  slots: [],
  missing: [],
  inRecovery: false,
};

const looks: readonly (readonly [screen: string, of: Record<string, string>, ...Answered])[] = [
  ['surface', { surface: 'openai-api' }, { kind: 'surface', surface: 'openai-api' }, live(surface)],
  ['study', { study: 's' }, { kind: 'study', study: 's' }, live(study)],
  [
    'jobs',
    { study: 's', status: 'failed' },
    { kind: 'jobs', study: 's', status: 'failed', search: '', rows: 200 },
    live({ rows: [job], more: false }),
  ],
  ['sessions', {}, { kind: 'database', server: 'primary' }, live(database)],
  ['tables', {}, { kind: 'database', server: 'primary' }, live(database)],
  [
    'evidence-study',
    { study: 'study_abc' },
    { kind: 'evidence-study', study: 'study_abc' },
    live({ bucket: 'b', study: 'study_abc', versions: [version], complete: true }),
  ],
  [
    'evidence',
    {},
    { kind: 'evidence' },
    live({
      bucket: 'b',
      groups: [{ study: 's', objects: 1, bytes: 1, oldest: now, newest: now }],
      objects: 1,
      bytes: 1,
      complete: true,
    }),
  ],
];
const stateAt = (
  world: typeof calm,
  screen: string,
  of: Record<string, string>,
  answers: readonly Answered[],
): State => {
  const state = stateOf(world, {
    looks: Object.fromEntries(answers.map(([ask, reading]) => [lookKey(ask), reading])) as LookReadings,
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

test('nothing of a long error or query is cut off where it is opened', () => {
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

test('a surface: errors with cause and fix, the studies it hits, and the way to the jobs', () => {
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
  '%s %j with its backend absent, from the first moment and after it answered',
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
