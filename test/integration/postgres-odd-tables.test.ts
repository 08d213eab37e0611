// Tables as nobody would have drawn them: ids of two types, days for moments, tables that inherit, parts of other tables,
// views that are too slow. What cannot be told of them is unknown.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { type PagesRow, pagesOf } from '../../src/data/postgres/queries/sample.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { sampleOf, tablesOf } from '../../src/data/postgres/tables.ts';
import type { Result } from '../../src/data/source.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';
import { live, world } from '../support/world.ts';

let server: CountedServer;
let client: pg.Client;
const sessions: Session[] = [];
const login = { host: '127.0.0.1', user: 'bentham', password: 'bentham', database: 'bentham' };

beforeAll(async () => {
  server = await startCountedServer();
  client = new pg.Client({ ...login, port: server.port });
  await client.connect();
});
afterEach(() => Promise.all(sessions.splice(0).map((each) => each.close())));
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

function newSession(): Session {
  const session = new Session({ ...login, port: server.port, sslMode: 'disable' });
  sessions.push(session);
  return session;
}
const soon = () => AbortSignal.timeout(60_000);
const studiesOf = (schema: string) => readStudies(newSession(), schema, 20_000, newStudiesMemory(), soon());
const surfacesOf = (schema: string, within = 20_000) =>
  readSurfaces(newSession(), schema, within, newSurfacesMemory(), soon());

function good<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

/** A schema with three studies and forty jobs, a quarter of them failed. */
async function make(
  schema: string,
  { study = 'text', id = 'text', moment = 'timestamptz', updated = 'timestamptz', attempts = 'int' } = {},
): Promise<void> {
  await client.query(`
    CREATE SCHEMA ${schema}; SET search_path = ${schema};
    CREATE TABLE studies (id ${id}, tenant_id text, status text, progress jsonb, created_at ${moment}, updated_at timestamptz);
    CREATE TABLE jobs (id bigint, study_id ${study}, surface_id text, status text, error_message text, attempt_count ${attempts},
                       created_at ${moment}, updated_at ${updated});
    INSERT INTO studies SELECT i, 't', 'executing', '{}', now(), now() FROM generate_series(1, 3) i;
    INSERT INTO jobs (id, study_id, surface_id, status, created_at)
    SELECT i, 1 + i % 3, 'openai', ('{pending,executing,completed,failed}'::text[])[1 + i % 4], now() FROM generate_series(1, 40) i`);
}

test.each([
  ['int', 'text'],
  ['bigint', 'varchar(40)'],
])('jobs find their study though its id is %s, and theirs %s', async (id, study) => {
  const schema = `ids_${id}`;
  await make(schema, { id, study });
  const { active } = good(await studiesOf(schema));
  expect(active.map(({ totalJobs }) => totalJobs).sort()).toEqual([13, 13, 14]);
  // The same from an index.
  await client.query(`CREATE INDEX ON ${schema}.jobs (study_id)`);
  expect(good(await studiesOf(schema)).active).toEqual(active);
});

test('where rows say only on which day they were made, nothing is told of the last hour', async () => {
  await make('days', { moment: 'date', updated: 'date' });
  const fault = { kind: 'unconfigured', what: 'studies.created_at is a date without a time' };
  expect(await studiesOf('days')).toMatchObject({ ok: false, fault });
  expect(await surfacesOf('days')).toMatchObject({ ok: false, fault });
  await make('numbers', { moment: 'text', updated: 'text' });
  expect(await surfacesOf('numbers')).toMatchObject({ ok: false, fault: { kind: 'unconfigured', code: '42883' } });
});

test('a column that a table may lack is not read where its type says something else', async () => {
  await make('others', { updated: 'date', attempts: 'text' });
  await client.query(`UPDATE others.jobs SET updated_at = 'yesterday', attempt_count = 'first'`);
  expect(good(await surfacesOf('others')).surfaces).toMatchObject([{ finished: 20, failures: 10 }]);
  const session = newSession();
  const tables = await session.read(soon(), 5000, (ask) => tablesOf(session, 'others', ask));
  expect(good(tables).job).toMatchObject({ saysEnd: false, attempts: 'NULL::float8' });
});

test('a domain of a domain is what both are of', async () => {
  await client.query('CREATE DOMAIN public.word AS text; CREATE DOMAIN public.key AS public.word');
  await make('domains', { study: 'public.key', id: 'public.key' });
  const session = newSession();
  const tables = await session.read(soon(), 5000, (ask) => tablesOf(session, 'domains', ask));
  expect(good(tables).types).toMatchObject({ studyId: 'text', jobStudyId: 'text' });
  expect(good(await studiesOf('domains')).active).toHaveLength(3);
});

test('a table is as long as the tables that inherit from it, and no longer for being a part of another', async () => {
  await make('heirs');
  await make('parts');
  const fill = `SELECT i, 1, 'openai', 'pending', 'e', 1, now(), now() FROM generate_series(1, 20000) i`;
  await client.query(`
    CREATE TABLE heirs.jobs_2026 () INHERITS (heirs.jobs); CREATE TABLE heirs.jobs_may () INHERITS (heirs.jobs_2026);
    INSERT INTO heirs.jobs_may ${fill};
    DROP TABLE parts.jobs; CREATE TABLE parts.everything (LIKE heirs.jobs) PARTITION BY LIST (surface_id);
    CREATE TABLE parts.jobs PARTITION OF parts.everything DEFAULT; INSERT INTO parts.jobs ${fill}`);
  const size = async (...tables: string[]) => {
    const { rows } = await client.query<{ pages: number }>(
      `SELECT sum(pg_relation_size(t::regclass))::float8 / 8192 AS pages FROM unnest($1::text[]) t`,
      [tables],
    );
    return rows[0]?.pages;
  };
  const pages = async (table: string) => (await client.query<PagesRow>(pagesOf(table))).rows[0]?.pages;
  expect(await pages('heirs.jobs')).toBe(await size('heirs.jobs', 'heirs.jobs_may'));
  expect(await pages('parts.jobs')).toBe(await size('parts.jobs'));
  // Each heir has pages of its own: no one range of them is the table's end.
  for (const [schema, ways] of [
    ['heirs', { percent: 100 }],
    ['parts', { percent: 100, tail: 0 }],
  ] as const) {
    const session = newSession();
    const sample = await session.read(soon(), 5000, async (ask) => sampleOf(ask, await tablesOf(session, schema, ask)));
    expect(good(sample)).toEqual(ways);
  }
});

test('a view whose jobs cannot be counted in time is unknown, not quiet', async () => {
  await make('slow');
  await client.query(`SET search_path = slow; ALTER TABLE jobs RENAME TO kept;
    CREATE VIEW jobs AS SELECT k.* FROM kept k, LATERAL (SELECT pg_sleep(60 + k.id)) s`);
  const surfaces = good(await surfacesOf('slow', 3000));
  expect(surfaces).toMatchObject({ surfaces: [], estimated: true });
  const seen = world({ readings: { surfaces: live<'surfaces'>(surfaces) } });
  expect(evaluate(seen).filter(({ area }) => area === 'surfaces')).toMatchObject([
    { id: 'surfaces', verdict: 'unknown', says: 'the count of the last hour’s jobs timed out' },
  ]);
});
