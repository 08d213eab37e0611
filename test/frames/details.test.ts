import { expect, test } from 'vitest';
import type { ApiKey } from '../../src/core/queries/api-key.ts';
import type { DatabaseDetail } from '../../src/core/queries/database.ts';
import { type Query, type QueryReadings, queryKey } from '../../src/core/queries/query.ts';
import type { StudyDetail, StudyRow, SurfaceDetail } from '../../src/core/queries/study.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { screenOf } from '../../src/screens/shell/body.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { lineWidth, textOf } from '../../src/screens/toolkit/line.ts';
import { placeAt, type State } from '../../src/store.ts';
import { calm, frameText, live, lost, now, pressing, stateOf, surface } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const large = { columns: 200, rows: 50 };
const hostile = 'x\u001b[2J\u202e\u200b\n日本語';

type Answered = readonly [Query, Reading<unknown>];
const at = (screen: string, of: Record<string, string>, answers: readonly Answered[], filter = ''): State => {
  const state = stateOf(calm, {
    queries: Object.fromEntries(answers.map(([ask, r]) => [queryKey(ask), r])) as QueryReadings,
  });
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of, filter)] } };
};

const studyRow = (id: string, more: Partial<StudyRow> = {}): StudyRow => ({
  id,
  tenant: 'tenant-kyanos',
  status: 'completed',
  completion: 100,
  createdAt: now - 3_600_000,
  progressedAt: now - 60_000,
  ...more,
});

const detail: StudyDetail = {
  row: studyRow('study_old', { status: 'executing', completion: 45 }),
  api: { url: 'https://api.bentham.io/v1/studies/study_old', answer: { status: 'completed', completion: 100 } },
  counts: [
    { surface: 'openai-api', status: 'failed', count: 309 },
    { surface: 'google-search', status: 'failed', count: 3 },
    { surface: 'openai-api', status: 'completed', count: 88 },
  ],
  exact: true,
  errors: [{ message: 'Rate limited: too many requests', count: 304 }],
  running: [{ id: 'job_1', surface: 'openai-api', status: 'executing', attempts: 1, createdAt: now - 3_000_000 }],
  slowest: [],
};
const askStudy: Query<'study'> = { kind: 'study', study: 'study_old' };

test('a study shows database and API side by side, jobs, failures with cause and fix, stuck jobs', () => {
  const text = frameText(at('study', { study: 'study_old' }, [[askStudy, live(detail)]]), small);
  expect(text).toContain('study_old');
  expect(text).toMatch(/API says +▲ completed, 100 % {2}differs: status, completion/);
  expect(text).toMatch(/failed +312 jobs {2}openai-api 309, google-search 3/);
  expect(text).toMatch(/304× {2}Rate limited: too many requests/);
  expect(text).toContain('Too many requests: Reduce concurrency');
  expect(text).toMatch(/▲ stuck +50 m 0 s {2}openai-api/);
});

test('a study lists its slowest jobs below the running ones, each once', () => {
  const done = { id: 'job_9', surface: 'chatgpt-web', status: 'completed', attempts: 1 } as const;
  const slowest = [{ ...done, createdAt: now - 900_000, endedAt: now - 60_000 }, ...detail.running];
  const state = at('study', { study: 'study_old' }, [[askStudy, live({ ...detail, slowest })]]);
  const text = frameText(state, { columns: 80, rows: 40 });
  expect(text).toMatch(/stuck +50 m 0 s[\s\S]*\n.*slowest +14 m 0 s {2}chatgpt-web {2}job job_9/);
  expect(text.match(/job_1\b/g)).toHaveLength(1);
});

test('a study shows its row while it loads, that it does not exist, or that the database is unreachable', () => {
  expect(frameText(at('study', { study: 'study_abc123' }, []), small)).toContain('loading …');
  const nobody = {
    ...detail,
    api: { url: 'u', problem: '404: the API has no such study' },
    counts: [],
    errors: [],
    running: [],
  };
  const { row: _, ...without } = nobody;
  expect(frameText(at('study', { study: 'study_old' }, [[askStudy, live(without)]]), small)).toContain(
    'not in the database',
  );
  const away = frameText(at('study', { study: 'study_old' }, [[askStudy, lost(detail)]]), small);
  expect(away).toContain('timed out after 2 s');
  expect(away).toContain('Rate limited');
});

const askStudies = (rows: number, search = ''): Query<'studies'> => ({ kind: 'studies', search, rows });
const many = (count: number) => Array.from({ length: count }, (_, i) => studyRow(`study_${i}`));

test('the list of all studies loads more near its end, and keeps its rows meanwhile', () => {
  const first: Answered = [askStudies(200), live({ rows: many(200), more: true })];
  const start = at('all-studies', {}, [first]);
  const asks = (state: State) => {
    const place = state.ui.stack.at(-1) ?? state.ui.stack[0];
    return screenOf(place).queries?.(place, state);
  };
  expect(asks(start)).toEqual([askStudies(200)]);
  const end = pressing(start, small, 'G');
  expect(asks(end)).toEqual([askStudies(1000)]);
  expect(frameText(end, small)).toContain('study_199');
  const searching = at('all-studies', {}, [first, [askStudies(200, 'lyra'), live({ rows: [], more: false })]], 'Lyra');
  expect(asks(searching)).toEqual([askStudies(200, 'lyra')]);
  expect(frameText(searching, small)).toContain('no study matches “Lyra”');
});

const key = (id: string, more: Partial<ApiKey> = {}): ApiKey => ({
  id,
  tenant: 'tenant-kyanos',
  name: 'Production Key',
  permissions: ['studies:write'],
  rateLimit: 600,
  lastUsedAt: now - 60_000,
  createdAt: now - 9_000_000_000,
  revoked: false,
  ...more,
});

test('API keys that need attention are marked', () => {
  const rows = [key('key-1'), key('key-2', { permissions: ['*'], name: 'Old' }), key('key-3', { revoked: true })];
  const text = frameText(at('api-keys', {}, [[{ kind: 'api-keys' }, live({ rows, more: false })]]), small);
  expect(text).toMatch(/▲ +tenant-kyanos +Old .*full access/);
  expect(text).toContain('1 needs attention');
  expect(text).toContain('revoked');
});

const database: DatabaseDetail = {
  where: 'db:5432',
  inRecovery: false,
  sessionsExact: true,
  sessions: [
    {
      pid: 11,
      user: 'bentham',
      application: 'api',
      client: '10.0.0.1',
      database: 'bentham',
      state: 'active',
      wait: 'Lock: relation',
      transactionAge: 4000,
      stateAge: 4000,
      blockedBy: [22],
      query: 'SELECT 1 FROM jobs',
    },
    {
      pid: 22,
      user: 'ops',
      application: 'psql',
      client: '10.0.0.2',
      database: 'bentham',
      state: 'idle in transaction',
      transactionAge: 700_000,
      stateAge: 600_000,
      blockedBy: [],
      query: 'LOCK TABLE jobs',
    },
  ],
  tables: [
    {
      name: 'jobs',
      totalBytes: 5e9,
      liveRows: 1_000_000,
      deadRows: 900_000,
      lastAnalyze: now - 9 * 86_400_000,
      changed: 1,
    },
    {
      name: 'studies',
      totalBytes: 5e6,
      liveRows: 1000,
      deadRows: 0,
      lastVacuum: now - 1000,
      lastAnalyze: now - 1000,
      changed: 0,
    },
  ],
  idAges: [],
  vacuums: [],
  replicas: [{ name: 'replica', client: '10.0.0.3', state: 'streaming', bytes: 2048 }],
  slots: [{ name: 'gone', kind: 'physical', active: false, bytes: 3e9, state: 'extended' }],
  missing: [],
};
const askDatabase: Query<'database'> = { kind: 'database', server: 'primary' };

test('sessions show the blocker above those it blocks, and replication above both', () => {
  const text = frameText(at('sessions', {}, [[askDatabase, live(database)]]), small);
  expect(text.indexOf('● 22')).toBeLessThan(text.indexOf('└ ▲ 11'));
  expect(text).toContain('1 blocked');
  expect(text).toMatch(/✓ replica replica {2}streaming {2}2\.0 kB behind/);
  expect(text).toMatch(/▲ slot gone {2}no consumer {2}retains 2\.8 GB/);
});

test('a session that waits for several says how many; a blocking autovacuum and the progress of a vacuum are shown', () => {
  const [waiter, holder] = database.sessions;
  if (!waiter || !holder) throw new Error('two sessions');
  const worker = {
    ...holder,
    pid: 33,
    user: 'server',
    application: 'autovacuum',
    client: '',
    state: 'active',
    autovacuum: true as const,
    query: 'autovacuum: VACUUM public.jobs (to prevent wraparound)',
  };
  const state = at('sessions', {}, [
    [
      askDatabase,
      live({
        ...database,
        sessions: [{ ...waiter, blockedBy: [22, 33] }, holder, worker],
        vacuums: [{ pid: 33, database: 'bentham', table: 'jobs', share: 0.42, phase: 'scanning heap', forced: true }],
      }),
    ],
  ]);
  const text = frameText(state, small);
  expect(text).toContain('1 blocked  1 vacuum running');
  expect(text).toMatch(/└ ▲ 11 .*by 2 sessions/);
  expect(text).toMatch(/● 33 +server/);
  expect(text).toContain('idle in tx');
  expect(frameText(state, { columns: 119, rows: 50 })).toMatch(/idle in tx .*LOCK TABLE/);
  const shown = frameText(pressing(state, small, 'G', 'enter'), small);
  expect(shown).toContain('PostgreSQL’s own autovacuum');
  expect(shown).toMatch(/vacuums +jobs, against wraparound, 42 %, scanning heap/);
  expect(shown).toMatch(/blocks +1 session/);
  // It is nobody's session: nothing offers to end it.
  expect(frame(pressing(state, small, 'G'), small).row?.target).toBeUndefined();
});

test('of many replicas and slots the unhealthy ones come first, and the rest is counted', () => {
  const slot = { kind: 'physical', active: true, bytes: 0, state: 'reserved' };
  const text = frameText(
    at('sessions', {}, [
      [
        askDatabase,
        live({
          ...database,
          replicas: Array.from({ length: 6 }, (_, i) => ({ name: `r${i}`, client: '', state: 'streaming', bytes: 0 })),
          slots: [
            { ...slot, name: 'fine' },
            { ...slot, name: 'torn', active: false, state: 'lost' },
            { ...slot, name: 'tearing', active: false, bytes: 9e9, state: 'unreserved' },
            { ...slot, name: 'idle', active: false },
          ],
          missing: [{ part: 'replication', grant: 'GRANT pg_monitor TO bentham;' }],
        }),
      ],
    ]),
    small,
  );
  expect(text).toContain('▲ slot torn  has lost its WAL: recreate its consumer');
  expect(text).toMatch(/▲ slot tearing {2}is about to lose its WAL, no consumer {2}retains 8\.4 GB/);
  expect(text).toMatch(/▲ slot idle {2}no consumer/);
  expect(text).toContain('? replication not visible  GRANT pg_monitor');
  expect(text).toContain('✓ and 7 more, all healthy');
});

test('tables show dead rows, bloat in words, and the last run of the weekly tasks', () => {
  const text = frameText(at('tables', {}, [[askDatabase, live(database)]]), small);
  expect(text).toMatch(/jobs +4\.7 GB/);
  expect(text).toMatch(/900 000 +47 %/);
  expect(text).toMatch(/jobs +4\.7 GB.* never +9 d ago /);
  expect(text).toMatch(/▲ ANALYZE jobs +last run 9 d 0 h ago {2}due/);
  expect(text).toMatch(/\? ANALYZE results +table not visible/);
  expect(text).toMatch(/▲ VACUUM ANALYZE jobs +never run {2}due/);
  const tidy = { ...database, tables: database.tables.map((one) => ({ ...one, deadRows: 0 })) };
  expect(frameText(at('tables', {}, [[askDatabase, live(tidy)]]), small)).toMatch(
    /✓ VACUUM ANALYZE jobs +never run, not needed yet/,
  );
  expect(frameText(at('tables', {}, [[askDatabase, live(database)]]), large)).toContain('many dead rows: vacuum');
});

test('tables show wraparound, running vacuums, and which parts are hidden', () => {
  const shown = (more: Partial<DatabaseDetail>) =>
    frameText(at('tables', {}, [[askDatabase, live({ ...database, ...more })]]), small);
  const vacuum = { pid: 77, database: 'bentham', table: 'jobs', phase: 'scanning heap', share: 0.42, auto: true };
  const text = shown({
    idAges: [{ database: 'bentham', kind: 'transactions', age: 1_700_000_000, freezeAt: 200_000_000 }],
    vacuums: [
      { ...vacuum, age: 3 * 3_600_000, forced: true },
      { pid: 78, database: 'other' },
    ],
    missing: [{ part: 'running vacuums', grant: 'GRANT pg_read_all_stats TO bentham;' }],
  });
  expect(text).toContain('● 79 % of transaction ids of bentham used, writes stop in 444 M more');
  expect(text).toMatch(/▲ autovacuum of jobs for 3 h 0 m +pid 77, against wraparound, 42 %/);
  expect(text).toContain('? vacuum of a table of other start time not visible');
  expect(text).toContain('running vacuums not visible');
  expect(shown({ vacuums: [{ ...vacuum, age: 60_000 }] })).toContain('✓ autovacuum of jobs for 1 m 0 s');
});

test('jobs are searched on the server, and the screen says in which columns', () => {
  const job = { id: 'job-1', surface: 'openai-api', status: 'failed', attempts: 3, createdAt: now, error: 'Captcha' };
  const ask = (search: string) => ({ kind: 'jobs', study: 's', status: 'failed', search, rows: 200 }) as const;
  const all = at('jobs', { study: 's', status: 'failed' }, [
    [ask(''), live({ rows: Array.from({ length: 200 }, (_, i) => ({ ...job, id: `job-${i}` })), more: true })],
    [ask('captcha open'), live({ rows: [job], more: false })],
    [ask('nothing'), live({ rows: [], more: false })],
  ]);
  expect(frameText(all, small)).toContain('200 and more failed jobs, newest first');
  const found = pressing(all, small, '/', ...'Captcha open', 'enter');
  const text = frameText(found, small);
  expect(text).toContain('1 failed job, newest first');
  expect(text).toContain('job-1');
  expect(text).toContain('the filter searches all jobs of the study: id, surface, status and error');
  const none = frameText(pressing(all, small, '/', ...'nothing', 'enter'), small);
  expect(none).toContain('no failed job matches “nothing”');
});

test('with any data, each line is as wide as the screen and has no control characters', () => {
  const nasty = {
    ...detail,
    row: studyRow(hostile, { tenant: hostile, status: hostile }),
    errors: [{ message: hostile.repeat(30), count: 1 }],
  };
  const sessions = database.sessions.map((session) => ({ ...session, user: hostile, query: hostile.repeat(50) }));
  const states = [
    at('study', { study: 'study_old' }, [[askStudy, live(nasty)]]),
    at('all-studies', {}, [[askStudies(200), live({ rows: [studyRow(hostile)], more: true })]]),
    at('jobs', { study: 's', status: '' }, [
      [
        { kind: 'jobs', study: 's', status: '', search: '', rows: 2000 },
        live({
          rows: [{ id: hostile, surface: hostile, status: hostile, attempts: 1, createdAt: now, error: hostile }],
          more: false,
        }),
      ],
    ]),
    at('api-keys', {}, [
      [
        { kind: 'api-keys' },
        live({ rows: [key(hostile, { name: hostile, tenant: hostile, permissions: [hostile] })], more: false }),
      ],
    ]),
    at('sessions', {}, [[askDatabase, live({ ...database, sessions })]]),
    at('tables', {}, [[askDatabase, lost()]]),
    ...['study', 'all-studies', 'jobs', 'api-keys', 'sessions', 'tables'].map((screen) => at(screen, {}, [])),
  ];
  for (const state of states)
    for (const size of [small, large])
      for (const line of frame(state, size).lines) {
        expect(lineWidth(line)).toBe(size.columns);
        expect(textOf(line)).not.toMatch(/\p{Cc}/u);
        expect(textOf(line)).not.toContain('this screen failed');
      }
});

test('of a hundred thousand rows only the visible ones are drawn', () => {
  const rows = many(100_000);
  const state = at('all-studies', {}, [[askStudies(20_000), live({ rows, more: true })]]);
  expect(frameText(pressing(state, small, 'G'), small)).toContain('study_99999');
});

test('the primary says in HEALTH what keeps its users from writing', () => {
  const { primary } = calm.readings;
  if (primary.state !== 'live') throw new Error('the calm world has a primary');
  const failing = { rollbacks: 114, of: 254, within: 24_000 };
  const value = { ...primary.value, writes: { ...primary.value.writes, readOnly: [], failing } };
  const state = stateOf({ ...calm, readings: { ...calm.readings, primary: live(value) } });
  const text = frameText(pressing(state, small, '1', 'z'), small);
  expect(text).toContain('▲ 114 of 254 transactions rolled back within 24 s');
  expect(text).toMatch(/▲ primary +warning/);
});

test('errors that were counted in part, or in a sample, say so', () => {
  const study = at('study', { study: 'study_old' }, [[askStudy, live({ ...detail, exact: false })]]);
  expect(frameText(study, small)).toMatch(/≥304× {2}Rate limited/);
  const ask: Query<'surface'> = { kind: 'surface', surface: 'openai-api' };
  const answer: SurfaceDetail = {
    errors: [{ message: 'Rate limited', count: 304, studies: 2 }],
    studies: [{ study: 'study_abc', count: 300 }],
    newest: [],
    exact: false,
  };
  const part = frameText(at('surface', { surface: 'openai-api' }, [[ask, live(answer)]]), small);
  expect(part).toMatch(/≥304× {2}Rate limited {2}≥2 studies/);
  expect(part).toMatch(/study_abc +≥300 failed/);
  const sampled = surface('openai-api', 312, 440, { topError: 'Rate limited', topErrorCount: 304, topErrorMargin: 40 });
  const world = { ...calm, readings: { ...calm.readings, surfaces: live({ surfaces: [sampled], estimated: true }) } };
  expect(frameText({ ...at('surface', { surface: 'openai-api' }, []), world }, small)).toMatch(
    /~300 ±40× {2}Rate limited/,
  );
});

test('what a sample told of surfaces has its margin wherever there is room for it', () => {
  const more = {
    topError: 'Rate limited',
    topErrorCount: 304,
    topErrorMargin: 40,
    margin: 8,
    failuresMargin: 61,
    jobsMargin: 75,
  };
  const sampled = surface('openai-api', 312, 440, more);
  const world = { ...calm, readings: { ...calm.readings, surfaces: live({ surfaces: [sampled], estimated: true }) } };
  const shown = (screen: string, size: typeof small) => frameText({ ...at(screen, {}, []), world }, size);
  expect(shown('cockpit', large)).toMatch(/openai-api .* ~71 % ±8\.0 % /);
  expect(shown('cockpit', small)).toMatch(/openai-api +~71 % /);
  const list = /openai-api +critical +~71 % ±8\.0 % +~310 ±61 of ~440 ±75 +≥\d+ +~300 ±40× Rate limited/;
  expect(shown('surfaces', large)).toMatch(list);
  const detail = frameText({ ...at('surface', { surface: 'openai-api' }, []), world }, large);
  expect(detail).toMatch(/failed +~71 % ±8\.0 %, sampled: ~310 ±61 of ~440 ±75 jobs in the last hour/);
  expect(detail).toMatch(/affected studies +≥\d/);
});
