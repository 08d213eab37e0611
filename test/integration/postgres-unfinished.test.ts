// Jobs that have not ended are told alike with and without an index on their state; without one, by one scan.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';

let server: CountedServer;
let there: DatabaseServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startCountedServer({ indexes: false });
  const login = { user: 'bentham', password: 'bentham', database: 'bentham' };
  there = { host: '127.0.0.1', port: server.port, sslMode: 'disable', ...login };
  client = new pg.Client({ ...there, ssl: false });
  await client.connect();
  await client.query('DELETE FROM jobs; ALTER TABLE jobs ALTER status DROP NOT NULL');
}, 120_000);
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

/** Jobs in this state, begun so many minutes ago. */
const jobs = (state: string | null, count: number, minutes = 1) =>
  client.query(
    `INSERT INTO jobs (study_id, surface_id, status, created_at, updated_at)
     SELECT (SELECT min(id) FROM studies), 'chatgpt-web', $1, now(), now() - $3::int * interval '1 minute' - i * interval '1 second'
     FROM generate_series(1, $2::int) i`,
    [state, count, minutes],
  );

async function look() {
  const session = new Session(there);
  const soon = AbortSignal.timeout(60_000);
  try {
    await server.reset();
    const seen = await readStudies(session, 'public', 60_000, newStudiesMemory(), soon);
    if (!seen.ok) throw new Error(JSON.stringify(seen.fault));
    const { queueDepth, stuckJobs, stuckUncounted, unclear, doubts } = seen.value;
    return { facts: { queueDepth, stuckJobs, stuckUncounted, unclear, doubts }, counted: await server.counted() };
  } finally {
    await session.close();
  }
}

/** The same with the index that leads from a state to its jobs. */
async function lookWithIndex() {
  await client.query('CREATE INDEX by_status ON jobs (status)');
  try {
    return (await look()).facts;
  } finally {
    await client.query('DROP INDEX by_status');
  }
}

test('of a table with ended jobs only there are none', async () => {
  await jobs('completed', 30_000);
  await jobs('failed', 2000);
  await client.query('ANALYZE jobs');
  const { facts } = await look();
  expect(facts).toMatchObject({
    queueDepth: { value: 0, exact: true },
    stuckJobs: { count: { value: 0, exact: true } },
  });
  expect(facts.unclear).toBe(undefined);
  expect(facts).toEqual(await lookWithIndex());
});

test('all are counted in one scan, the jobs by study in another', async () => {
  const [size] = (await client.query(`SELECT pg_relation_size('jobs') / 8192 AS pages`)).rows as { pages: string }[];
  const { counted } = await look();
  const count = counted.statements.find(({ query }) => query.includes('AS label, count(*)'));
  expect(count?.blocks).toBeGreaterThanOrEqual(2 * Number(size?.pages));
  expect(count?.blocks).toBeLessThan(3 * Number(size?.pages));
});

test.each([
  ['that wait', () => jobs('pending', 70)],
  ['that run', () => jobs('executing', 9)],
  ['that run too long', () => jobs('executing', 3, 47)],
  ['in capitals', () => jobs('QUEUED', 5)],
  ['in mixed case', () => jobs('PeNdInG', 4)],
  ['in an unknown state', () => jobs('ON_HOLD', 8, 90)],
  ['without a state', () => jobs(null, 2, 90)],
  ['that ended in another word', () => jobs('succeeded', 6, 90)],
] as const)('jobs %s are told as with the index', async (_, insert) => {
  await insert();
  const { facts } = await look();
  expect(facts).toEqual(await lookWithIndex());
  expect(facts.stuckUncounted).toBe(undefined);
});

test('what was inserted is what is told', async () => {
  const { facts } = await look();
  expect(facts.queueDepth?.value).toBeGreaterThanOrEqual(75);
  expect(facts.stuckJobs).toMatchObject({ count: { value: 3, exact: true }, oldest: { surface: 'chatgpt-web' } });
  expect(facts.unclear?.map(({ label, count }) => [label, count])).toContainEqual(['ON_HOLD', 8]);
  expect(facts.unclear?.map(({ label, count }) => [label, count])).toContainEqual([null, 2]);
});

test('a table whose first rows have not ended is counted by each kind', async () => {
  await client.query('DELETE FROM jobs');
  await client.query('VACUUM jobs');
  await jobs('pending', 2500);
  await jobs('completed', 100);
  const { facts } = await look();
  expect(facts.queueDepth).toEqual({ value: 2500, exact: true });
  expect(facts).toEqual(await lookWithIndex());
});
