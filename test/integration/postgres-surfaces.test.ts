// The count of the last hour's jobs by surface: it says what a plain count says, in every form of the tables, and reads no
// more than it needs.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byStudy } from '../../src/data/postgres/queries/studies.ts';
import { type SurfaceRow, surfaces } from '../../src/data/postgres/queries/surfaces.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { tablesOf } from '../../src/data/postgres/tables.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';

let server: CountedServer;
let client: pg.Client;
const sessions: Session[] = [];
const login = { host: '127.0.0.1', user: 'bentham', password: 'bentham', database: 'bentham' };

beforeAll(async () => {
  server = await startCountedServer();
  client = new pg.Client({ ...login, port: server.port });
  await client.connect();
  await client.query(`SET TimeZone = 'UTC'; SET max_parallel_workers_per_gather = 0`);
});
afterAll(async () => {
  await Promise.all(sessions.map((each) => each.close()));
  await client?.end();
  await server?.stop();
});

function newSession(): Session {
  const session = new Session({ ...login, port: server.port, sslMode: 'disable' });
  sessions.push(session);
  return session;
}

let turn: Promise<unknown> = Promise.resolve();
/** One after the other, on the connection of this test. */
function ask<Row extends object>(text: string, { values = [] }: { values?: readonly unknown[] } = {}): Promise<Row[]> {
  const rows = turn.then(async () => (await client.query<Row>(text, [...values])).rows);
  turn = rows.catch(() => undefined);
  return rows;
}
const soon = () => AbortSignal.timeout(60_000);

const runbook = { studies: 'studies', jobs: 'jobs', study: 'study_id', surface: 'surface_id', made: 'created_at' };
const prisma = { studies: '"Study"', jobs: '"Job"', study: '"studyId"', surface: '"surfaceId"', made: '"createdAt"' };
type Shape = { names: typeof runbook; status: 'text' | 'enum'; moment: string; ended: string; index: string };
const shapes: Record<string, Shape> = {
  text: { names: runbook, status: 'text', moment: 'timestamptz', ended: 'updated_at', index: '' },
  led: { names: runbook, status: 'text', moment: 'timestamptz', ended: 'completed_at', index: 'completed_at' },
  enum: { names: runbook, status: 'enum', moment: 'timestamp(3)', ended: 'completed_at', index: 'created_at' },
  prisma: { names: prisma, status: 'enum', moment: 'timestamp(3)', ended: '"updatedAt"', index: '' },
};

/** Jobs by chance of three hours, also without surface, state, moment and message, and of states that nobody knows. */
async function makeJobs(schema: string, { names, status, moment, ended, index }: Shape): Promise<void> {
  const { studies, jobs, study, surface, made } = names;
  const error = names === prisma ? 'result jsonb' : 'error_message text';
  const says = `'Error ' || floor(random() * 5)`;
  const message = names === prisma ? `jsonb_build_object('error', jsonb_build_object('message', ${says}))` : says;
  await client.query(`
    CREATE SCHEMA ${schema}; SET search_path = ${schema}; SELECT setseed(0.42);
    ${status === 'enum' ? `CREATE TYPE state AS ENUM ('pending', 'executing', 'completed', 'failed', 'ON_HOLD')` : 'CREATE DOMAIN state AS text'};
    CREATE TABLE ${studies} (id text, status state, "tenantId" text, tenant_id text, ${made} ${moment}, progress jsonb);
    CREATE TABLE ${jobs} (id bigint, ${study} text, ${surface} text, status state, ${error}, ${made} ${moment}, ${ended} ${moment});
    INSERT INTO ${jobs} SELECT i, 'study_' || floor(random() * 300),
      CASE WHEN random() > 0.02 THEN 'surface_' || floor(random() * random() * 12) END,
      CASE WHEN random() > 0.01 THEN ('{pending,executing,completed,completed,completed,failed,ON_HOLD}'::text[])[ceil(random() * 7)]::state END,
      CASE WHEN random() > 0.3 THEN ${message} END,
      CASE WHEN random() < 0.01 THEN NULL WHEN random() < 0.01 THEN 'infinity' ELSE now() - random() * interval '3 hours' END,
      CASE WHEN random() > 0.1 THEN now() - random() * interval '2 hours' END
    FROM generate_series(1, 6000) i;
    ${index ? `CREATE INDEX ON ${jobs} (${index});` : ''} ANALYZE; RESET search_path`);
}

type Job = {
  surface: string | null;
  study: string;
  status: string | null;
  error: string | null;
  fresh: boolean;
  at: number;
};

/** The same by hand. */
async function counted(schema: string, { names, ended }: Shape): Promise<unknown[]> {
  const error = names === prisma ? `result -> 'error' ->> 'message'` : 'error_message';
  const over = `coalesce(${ended}, ${names.made})`;
  const jobs = await ask<Job>(`
    SELECT ${names.surface} AS surface, ${names.study} AS study, status::text, ${error} AS error,
           ${names === prisma ? 'true' : `coalesce(${names.made} > now() - interval '1 hour', false)`} AS fresh,
           extract(epoch FROM ${over})::float8 AS at
    FROM ${schema}.${names.jobs}
    WHERE ${over} > now() - interval '1 hour' AND (status IS NULL OR status NOT IN ('pending', 'executing'))`);
  const last = (some: readonly Job[]) => {
    const moments = some.map(({ at }) => at).filter(Number.isFinite);
    return moments.length > 0 ? Math.max(...moments) : null;
  };
  const studiesOf = (some: readonly Job[]) => new Set(some.map(({ study }) => study)).size;
  return [...new Set(jobs.map(({ surface }) => surface))].map((id) => {
    const here = jobs.filter(({ surface }) => surface === id);
    const failed = here.filter(({ status }) => status === 'failed');
    const done = here.filter(({ status }) => status === 'completed');
    const fresh = failed.filter((job) => job.fresh);
    const most = Math.max(...failed.map((one) => failed.filter(({ error: other }) => other === one.error).length));
    return {
      ...{ id, finished: failed.length + done.length, failures: failed.length, studies: studiesOf(failed) },
      unclear: here.length - failed.length - done.length,
      ...{ newest: last([...failed, ...done]), lastFailed: last(failed), lastDone: last(done) },
      ...{ createdFailures: fresh.length, createdStudies: studiesOf(fresh) },
      ...{ topCount: failed.length > 0 ? most : null, margin: 0, failuresMargin: 0, createdMargin: 0 },
      ...{ jobsMargin: 0, unclearMargin: 0 },
      seen: jobs.length,
    };
  });
}

test.each(Object.entries(shapes))('%s: surfaces are what a plain count of random jobs says', async (name, shape) => {
  const schema = `random_${name}`;
  await makeJobs(schema, shape);
  await client.query('BEGIN');
  try {
    const tables = await tablesOf(newSession(), schema, ask);
    expect(tables.jobsBy.ended).toBe(shape.index === shape.ended);
    const truly = await counted(schema, shape);
    expect(truly.length).toBeGreaterThan(10);
    // A sample of everything is no sample, wherever its parts meet.
    for (const sample of [undefined, { percent: 100 }, { percent: 100, tail: 20 }, { percent: 100, newest: 1500 }]) {
      const rows = await ask<SurfaceRow>(surfaces(tables, sample));
      expect(rows).toHaveLength(truly.length);
      expect(rows.map(({ messages, topError, topMargin, ...row }) => row)).toEqual(expect.arrayContaining(truly));
      expect(rows.map(({ failures }) => failures)).toEqual(rows.map(({ failures }) => failures).sort((a, b) => b - a));
      const told = rows.flatMap(({ messages }) => messages ?? []);
      const fresh = rows.reduce((sum, { createdFailures }) => sum + createdFailures, 0);
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(fresh);
    }
  } finally {
    await client.query('COMMIT');
  }
});

test('a sample has the newest jobs, wherever in the table they lie, and tells how many others it may have missed', async () => {
  // The newest lie first. 150 of the others ended just now as well, 50 of them by failing.
  await client.query(`
    CREATE SCHEMA newest; SET search_path = newest; CREATE TABLE studies (LIKE public.studies);
    CREATE TABLE jobs (id bigint, study_id text, surface_id text, status text, error_message text, created_at timestamptz,
                       updated_at timestamptz);
    INSERT INTO jobs SELECT i, 'study_1', 'new', CASE WHEN i % 3 = 0 THEN 'failed' ELSE 'completed' END,
      'Rate limited', now() - i * interval '5 seconds', now() - i * interval '4 seconds' FROM generate_series(1, 300) i;
    INSERT INTO jobs SELECT i, 'study_2', 'old', CASE WHEN i % 3 = 0 THEN 'failed' ELSE 'completed' END, 'Timeout',
      now() - i * interval '1 minute', now() - CASE WHEN i % 200 < 1 THEN interval '1 minute' ELSE interval '1 day' END
    FROM generate_series(100, 30099) i;
    CREATE INDEX ON jobs (created_at); CREATE INDEX ON jobs (status); ANALYZE jobs; RESET search_path`);
  const tables = await tablesOf(newSession(), 'newest', ask);
  expect(tables.jobsBy).toMatchObject({ ended: false, newest: true });
  const rows = await ask<SurfaceRow>(surfaces(tables, { percent: 30, newest: 1000 }));
  const of = (name: string) => rows.find(({ id }) => id === name);
  expect(of('new')).toMatchObject({ finished: 300, failures: 100, createdFailures: 100, createdMargin: 0 });
  expect(rows[0]?.messages).toEqual([{ error: 'Rate limited', count: 100, margin: 0 }]);
  expect(Math.abs((of('old')?.failures ?? 0) - 50)).toBeLessThanOrEqual(3 * (of('old')?.failuresMargin ?? 0));
  // Chance met none of them: it may have missed some.
  expect(of('new')?.failuresMargin).toBeGreaterThan(0);
  expect(of('new')?.margin).toBeGreaterThan(0);
  // The same at the end of the table.
  await client.query(
    'CREATE TABLE newest.turned AS SELECT * FROM newest.jobs ORDER BY id DESC; DROP TABLE newest.jobs; ALTER TABLE newest.turned RENAME TO jobs',
  );
  const [last] = await ask<{ page: number }>('SELECT max((ctid::text::point)[0])::int AS page FROM newest.jobs');
  const ends = await ask<SurfaceRow>(surfaces(tables, { percent: 30, tail: (last?.page ?? 0) - 10 }));
  expect(ends.find(({ id }) => id === 'new')).toMatchObject({ failures: 100 });
  expect(ends.find(({ id }) => id === 'new')?.margin).toBeGreaterThan(0);
});

type Plan = { 'Relation Name'?: string; 'CTE Name'?: string; Plans?: Plan[] };
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** How often a statement's plan reads the jobs, and those of the last hour. */
async function scansOf(statement: string): Promise<{ jobs: number; recent: number }> {
  const [row] = await ask<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${statement}`);
  const all = row ? nodes(row['QUERY PLAN'][0].Plan) : [];
  const scans = (key: 'Relation Name' | 'CTE Name', name: string) => all.filter((node) => node[key] === name).length;
  return { jobs: scans('Relation Name', 'jobs'), recent: scans('CTE Name', 'recent') };
}

test('where all jobs are read, each is read once, and no margins are worked out', async () => {
  const tables = await tablesOf(newSession(), 'public', ask);
  // By surface, by error and by message; the margins are the fourth.
  expect(await scansOf(surfaces(tables))).toEqual({ jobs: 1, recent: 3 });
  expect(await scansOf(surfaces(tables, { percent: 10 }))).toEqual({ jobs: 1, recent: 4 });
});

test('jobs of studies and the last hour are the same from one look at all jobs as from an index', async () => {
  await client.query(`
    CREATE SCHEMA by_study; SET search_path = by_study;
    CREATE TABLE studies AS TABLE public.studies; CREATE TABLE jobs AS TABLE public.jobs;
    UPDATE jobs SET status = 'failed' WHERE hashtext(study_id) % 3 = 0 AND id % 4 > 0;
    UPDATE jobs SET status = 'ON_HOLD' WHERE hashtext(study_id) % 5 = 0 AND id % 2 > 0;
    UPDATE studies SET status = 'failed' WHERE hashtext(id) % 7 = 0;
    INSERT INTO studies (id, tenant_id, name, status, progress, created_at, updated_at)
    VALUES ('study_without', 'tenant-lyra', 'Without jobs', 'executing', '{}', now(), now()),
           ('study_done', 'tenant-lyra', 'Without jobs', 'completed', '{}', now(), now());
    ANALYZE; RESET search_path`);
  const look = async () => {
    const answer = await readStudies(newSession(), 'by_study', 60_000, newStudiesMemory(), soon());
    if (!answer.ok) throw new Error(JSON.stringify(answer));
    const { countedAt, ...facts } = answer.value;
    return facts;
  };
  const unled = await look();
  expect(unled).toMatchObject({ lastHourExact: true, mostlyFailedLastHour: expect.toSatisfy((n: number) => n > 0) });
  expect(unled.active.filter(({ totalJobs }) => totalJobs > 0).length).toBeGreaterThan(5);
  const tables = await tablesOf(newSession(), 'by_study', ask);
  expect(tables.jobsBy.study).toBe(false);
  expect(await scansOf(byStudy(tables))).toMatchObject({ jobs: 1 });
  await client.query('CREATE INDEX ON by_study.jobs (study_id)');
  expect(await look()).toEqual(unled);
  // Where no study is active, the last hour is still told.
  await client.query(
    `DROP INDEX by_study.jobs_study_id_idx; UPDATE by_study.studies SET status = 'cancelled' WHERE status = 'executing' OR status = 'queued'`,
  );
  expect(await look()).toMatchObject({
    active: [],
    finishedLastHour: unled.finishedLastHour,
    unclearLastHour: unled.unclearLastHour,
  });
});

test('a table too long to read as a whole is sampled at once, unless an index leads to what is asked for', async () => {
  const pages = 26_000;
  // One job a page.
  await client.query(`
    CREATE SCHEMA long; SET search_path = long;
    CREATE TABLE studies (LIKE public.studies);
    CREATE UNLOGGED TABLE jobs (id bigint, study_id text, surface_id text, status text, error_message text,
      created_at timestamptz, updated_at timestamptz, filler text) WITH (fillfactor = 10);
    ALTER TABLE jobs ALTER filler SET STORAGE PLAIN;
    INSERT INTO jobs SELECT i, 'study_' || i % 50, 'chatgpt-web', CASE WHEN i % 10 = 0 THEN 'failed' WHEN i % 10 = 1 THEN 'pending' ELSE 'completed' END,
      CASE WHEN i % 10 = 0 THEN 'Rate limited' END, now() - interval '10 minutes', now() - interval '5 minutes', repeat('x', 1000)
    FROM generate_series(1, ${pages}) i; ANALYZE jobs; RESET search_path`);
  const look = async () => {
    const session = newSession();
    const facts = async () => ({
      surfaces: await readSurfaces(session, 'long', 60_000, newSurfacesMemory(), soon()),
      studies: await readStudies(session, 'long', 60_000, newStudiesMemory(), soon()),
    });
    await facts();
    await server.reset();
    const { surfaces: bySurface, studies } = await facts();
    if (!bySurface.ok || !studies.ok) throw new Error(JSON.stringify([bySurface, studies]));
    const { statements } = await server.counted();
    const count = statements.find(({ query }) => /^\s*(?:PREPARE \S+ AS\s+)?WITH (?:newest|recent) AS/.test(query));
    return { surfaces: bySurface.value, studies: studies.value, blocks: count?.blocks ?? Number.NaN };
  };
  const sampled = await look();
  expect(sampled.blocks).toBeLessThan(pages / 3);
  const [one] = sampled.surfaces.surfaces;
  expect(sampled.surfaces.estimated).toBe(true);
  expect(one?.failuresMargin).toBeGreaterThan(0);
  // Three margins: what chance does not give.
  expect(Math.abs((one?.failures ?? 0) - pages / 10)).toBeLessThan(3 * (one?.failuresMargin ?? 0));
  // Whether a job runs too long no sample can tell: the scan that tells it counts those that wait, too.
  expect(sampled.studies.queueDepth).toEqual({ value: pages / 10, exact: true, margin: undefined });

  // A sample that found none is no count that timed out.
  await client.query(`ALTER TABLE long.jobs RENAME TO now; CREATE UNLOGGED TABLE long.jobs (LIKE long.now INCLUDING STORAGE) WITH (fillfactor = 10);
    INSERT INTO long.jobs (id, status, updated_at, filler)
    SELECT i, 'completed', now() - interval '1 day', repeat('x', 1000) FROM generate_series(1, ${pages}) i`);
  expect((await look()).surfaces).toMatchObject({ surfaces: [], estimated: true, countedAt: expect.any(Number) });
  await client.query('DROP TABLE long.jobs; ALTER TABLE long.now RENAME TO jobs');

  // All were created in the same moment: none is newer than another.
  await client.query('CREATE INDEX ON long.jobs (created_at)');
  const { surfaces: byIndex, blocks } = await look();
  expect(blocks).toBeLessThan(pages);
  const [other] = byIndex.surfaces;
  expect(Math.abs((other?.failures ?? 0) - pages / 10)).toBeLessThan(3 * (other?.failuresMargin ?? 0));

  await client.query('CREATE INDEX ON long.jobs (updated_at); CREATE INDEX ON long.jobs (status)');
  const whole = await look();
  expect(whole.surfaces).toMatchObject({ estimated: false, surfaces: [{ failures: pages / 10 }] });
  expect(whole.studies.queueDepth).toEqual({ value: pages / 10, exact: true, margin: undefined });
});
