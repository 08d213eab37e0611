import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ApiKey, oddities } from '../../src/core/queries/api-key.ts';
import {
  bloatOf,
  blockingTree,
  type DatabaseSession,
  type TableState,
  weeklyTasks,
} from '../../src/core/queries/database.ts';
import { disagreements, type StudyRow } from '../../src/core/queries/study.ts';
import { day } from '../../src/core/time.ts';
import { parseApiStudy } from '../../src/data/gateway/study-api.ts';
import { permissionsFrom } from '../../src/data/postgres/keys-query.ts';
import { tablesFrom } from '../../src/data/postgres/queries/columns.ts';
import { studyPage } from '../../src/data/postgres/queries/details.ts';

const now = Date.UTC(2026, 0, 17, 3, 14, 7);

const session = (pid: number, blockedBy: number[] = [], transactionAge?: number): DatabaseSession => ({
  pid,
  user: 'bentham',
  application: '',
  client: '',
  database: 'bentham',
  state: 'active',
  blockedBy,
  query: '',
  ...(transactionAge === undefined ? {} : { transactionAge }),
});
const shape = (sessions: readonly DatabaseSession[]) =>
  blockingTree(sessions).map(({ session: { pid }, depth }) => `${' '.repeat(depth)}${pid}`);

test('blocked sessions form a tree: blockers first, then the oldest transaction', () => {
  expect(shape([session(1), session(2, [3], 10), session(3, [], 60), session(4, [2]), session(5, [], 99)])).toEqual([
    '3',
    ' 2',
    '  4',
    '5',
    '1',
  ]);
});

test('a circle is cut, a missing blocker is ignored, and each session is listed once', () => {
  expect(shape([session(1, [2]), session(2, [1])])).toEqual(['1', ' 2']);
  expect(shape([session(1, [99])])).toEqual(['1']);
  // Whoever waits stands below its blocker, also where that one waits for somebody who is not in the list or in a circle.
  expect(shape([session(1, [2]), session(2, [99])])).toEqual(['2', ' 1']);
  expect(shape([session(4, [3]), session(1, [2]), session(2, [1]), session(3, [])])).toEqual(['3', ' 4', '1', ' 2']);
  expect(shape([session(1, [1]), session(2, [])])).toEqual(['1', '2']);
  const pids = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(pids, fc.array(pids, { maxLength: 4 })), { maxLength: 12 }), (edges) => {
      const sessions = [...new Map(edges).entries()].map(([pid, by]) => session(pid, by));
      expect(
        blockingTree(sessions)
          .map((one) => one.session.pid)
          .sort(),
      ).toEqual(sessions.map(({ pid }) => pid).sort());
    }),
  );
});

test('a session that waits for several counts for each of them', () => {
  const blocks = (sessions: readonly DatabaseSession[]) =>
    Object.fromEntries(blockingTree(sessions).map((one) => [one.session.pid, one.blocks]));
  const several = [session(1, [2, 3]), session(2, [], 9), session(3, [], 99), session(4, [3])];
  expect(blocks(several)).toEqual({ 1: 0, 2: 1, 3: 2, 4: 0 });
  // Both blockers stand above those who are idle, the older one first.
  expect(shape([...several, session(5, [], 1000)])).toEqual(['3', ' 4', '2', ' 1', '5']);
});

const key = (more: Partial<ApiKey>): ApiKey => ({
  id: 'key-1',
  tenant: 'tenant-a',
  name: 'x',
  permissions: ['studies:read'],
  rateLimit: 60,
  lastUsedAt: now - day,
  createdAt: now - 200 * day,
  revoked: false,
  ...more,
});

test('unused keys and keys with every permission stand out; revoked ones do not', () => {
  expect(oddities(key({}), now)).toEqual([]);
  expect(oddities(key({ permissions: ['*'], lastUsedAt: now - 91 * day }), now)).toEqual(['full access', 'unused']);
  expect(oddities(key({ lastUsedAt: undefined }), now)).toEqual(['never used']);
  expect(oddities(key({ lastUsedAt: undefined, createdAt: now - day }), now)).toEqual([]);
  expect(oddities(key({ permissions: ['*'], revoked: true }), now)).toEqual([]);
});

test('permissions are read in every notation', () => {
  expect(permissionsFrom(['a', 'b'])).toEqual(['a', 'b']);
  expect(permissionsFrom('a, b')).toEqual(['a', 'b']);
  expect(permissionsFrom('["*"]')).toEqual(['*']);
  expect(permissionsFrom({ read: true, write: false })).toEqual(['read']);
  expect(permissionsFrom(null)).toEqual([]);
});

const row: StudyRow = {
  id: 'study_1',
  tenant: 'tenant-a',
  status: 'executing',
  completion: 45,
  createdAt: now,
  progressedAt: now,
};

test('the database and the API are compared', () => {
  const api = (answer: { status?: string; tenant?: string; completion?: number }) => ({ url: 'u', answer });
  expect(disagreements({ row, api: api({ status: 'Executing', tenant: 'tenant-a', completion: 46 }) })).toEqual([]);
  expect(disagreements({ row, api: api({ status: 'completed', completion: 100 }) })).toEqual(['status', 'completion']);
  expect(disagreements({ api: api({ status: 'completed' }) })).toEqual(['known to the API, not to the database']);
  expect(disagreements({ row, api: { url: 'u', problem: '404' } })).toEqual([]);
});

test('a study is read from each form of the API’s JSON', () => {
  expect(parseApiStudy('{"id":"s","status":"failed","tenantId":"t","progress":{"completionPercentage":12.5}}')).toEqual(
    {
      status: 'failed',
      tenant: 't',
      completion: 12.5,
    },
  );
  expect(parseApiStudy('{"data":{"status":"queued","tenant_id":"t"}}')).toEqual({ status: 'queued', tenant: 't' });
  expect(parseApiStudy('<html>')).toBeUndefined();
  expect(parseApiStudy('[]')).toBeUndefined();
  expect(parseApiStudy('{"error":"no"}')).toBeUndefined();
});

test('the search of studies uses only parameters', () => {
  const statement = studyPage(tablesFrom('public', []), { after: true, undated: false, words: 2, limit: 10 });
  expect(statement).toContain('id::text ILIKE $3');
  expect(statement).toContain('status::text ILIKE $4');
  expect(statement).not.toContain('$5');
});

const table = (more: Partial<TableState>): TableState => ({
  name: 'jobs',
  totalBytes: 0,
  liveRows: 100_000,
  deadRows: 0,
  lastVacuum: 1,
  changed: 0,
  ...more,
});

test('bloat and due weekly tasks are described', () => {
  expect(bloatOf(table({}))).toEqual({ says: 'low', verdict: 'ok' });
  expect(bloatOf(table({ deadRows: 60_000 })).verdict).toBe('warning');
  expect(bloatOf(table({ liveRows: 10, deadRows: 90 })).verdict).toBe('ok');
  const tables = [
    table({ lastAnalyze: now - day }),
    table({ name: 'studies', lastAnalyze: now - 9 * day }),
    table({ name: 'results', changed: 5 }),
  ];
  expect(weeklyTasks(tables, now).map(({ task, overdue }) => [task, overdue])).toEqual([
    ['ANALYZE jobs', false],
    ['ANALYZE studies', true],
    ['ANALYZE results', true],
    ['VACUUM ANALYZE jobs', false],
  ]);
  expect(weeklyTasks([table({ deadRows: 60_000 })], now).slice(1)).toEqual([
    { task: 'ANALYZE studies', overdue: false, unseen: true },
    { task: 'ANALYZE results', overdue: false, unseen: true },
    { task: 'VACUUM ANALYZE jobs', lastAt: 1, overdue: true },
  ]);
});
