// The PostgreSQL sources against real servers: what they measure, what they may not, and what can happen to them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { type Cluster, startCluster } from '../../simulator/postgres/cluster.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import { type DatabaseServer, settingsSchema } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import type { Database } from '../../src/core/world/facts.ts';
import { queryDatabase } from '../../src/data/postgres/database-query.ts';
import { listApiKeys } from '../../src/data/postgres/keys-query.ts';
import { errorsOfSurface, newestOfSurface, studiesOfSurface } from '../../src/data/postgres/queries/details.ts';
import { type UnclearRow, unclearEstimated } from '../../src/data/postgres/queries/states.ts';
import { type EstimateRow, pendingEstimated } from '../../src/data/postgres/queries/studies.ts';
import { type SurfaceRow, surfaces as surfacesOf } from '../../src/data/postgres/queries/surfaces.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { sessionsFor } from '../../src/data/postgres/sessions.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { listJobs, listStudies, queryStudy, querySurface } from '../../src/data/postgres/study-query.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { tablesOf } from '../../src/data/postgres/tables.ts';
import type { Result } from '../../src/data/source.ts';
import { newStudies } from '../../src/runbook/evidence.ts';
import { live, world } from '../support/world.ts';

const root = { user: 'postgres', password: 'root' };
let guarded: Guarded;
let binaries: Binaries;
let data: string;
let server: Server;
let port: number;

const as = (user: string, more: Partial<DatabaseServer> = {}): DatabaseServer => ({
  host: '127.0.0.1',
  port,
  database: 'bentham',
  user,
  password: user,
  sslMode: 'disable',
  ...more,
});

async function sql(text: string, database = 'bentham'): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, database, ...root });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

const sessions: Session[] = [];
const session = (of: DatabaseServer) => {
  const made = new Session(of);
  sessions.push(made);
  return made;
};
const soon = () => AbortSignal.timeout(60_000);
const facts = async (of: Session, timeout = 5000): Promise<Database> => good(await readServer(of, timeout, soon()));
const studies = (of: Session, schema = 'public', within = 8000) =>
  readStudies(of, schema, within, newStudiesMemory(), soon());
const surfaces = (of: Session, within = 8000) => readSurfaces(of, 'public', within, newSurfacesMemory(), soon());

function good<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

beforeAll(async () => {
  guarded = await guardedDirectory();
  binaries = await findBinaries(guarded.directory);
  port = await freePort();
  data = path.join(guarded.directory, 'alone');
  await initCluster(binaries, data, root);
  server = await startServer(binaries, data, port, root);
  await sql(
    `CREATE ROLE bentham LOGIN PASSWORD 'bentham'; CREATE ROLE guest LOGIN PASSWORD 'guest';
     CREATE ROLE monitor LOGIN PASSWORD 'monitor'; GRANT pg_monitor TO monitor`,
    'postgres',
  );
  await sql('CREATE DATABASE bentham OWNER bentham', 'postgres');
  // Only what the runbook names.
  await sql(`
    CREATE TABLE studies (id text PRIMARY KEY, tenant_id text, status text, progress jsonb,
      created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE TABLE jobs (id bigserial PRIMARY KEY, study_id text, surface_id text, status text, error_message text,
      attempt_count int DEFAULT 0, created_at timestamptz DEFAULT now());
    ALTER TABLE studies OWNER TO bentham; ALTER TABLE jobs OWNER TO bentham;
    INSERT INTO studies (id, tenant_id, status, progress, created_at, updated_at) VALUES
      ('study_run', 'tenant-a', 'executing', '{"completionPercentage": 45}', now() - interval '2 hours', now()),
      ('study_wait', 'tenant-b', 'queued', '{}', now() - interval '1 minute', now() - interval '1 minute'),
      ('study_good', 'tenant-a', 'completed', '{}', now() - interval '3 hours', now() - interval '5 minutes'),
      ('study_mostly', 'tenant-a', 'completed', '{}', now() - interval '3 hours', now() - interval '6 minutes'),
      ('study_failed', 'tenant-b', 'failed', '{}', now() - interval '3 hours', now() - interval '7 minutes'),
      ('study_old', 'tenant-b', 'failed', '{}', now() - interval '9 hours', now() - interval '8 hours');
    INSERT INTO jobs (study_id, surface_id, status, error_message, created_at) VALUES
      ('study_run', 'openai-api', 'failed', E'Rate limited\\u001b[31m: too many', now()),
      ('study_run', 'openai-api', 'failed', E'Rate limited\\u001b[31m: too many', now()),
      ('study_run', 'openai-api', 'failed', 'Captcha detected', now()),
      ('study_run', 'openai-api', 'completed', NULL, now()),
      ('study_run', 'anthropic-api', 'completed', NULL, now()),
      ('study_run', 'anthropic-api', 'pending', NULL, now()),
      ('study_wait', 'anthropic-api', 'pending', NULL, now()),
      ('study_mostly', 'openai-api', 'failed', 'x', now() - interval '2 hours'),
      ('study_mostly', 'openai-api', 'failed', 'x', now() - interval '2 hours'),
      ('study_mostly', 'openai-api', 'completed', NULL, now() - interval '2 hours');`);
});

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((each) => each?.close()));
});

afterAll(async () => {
  await server?.stop('fast');
  await guarded?.end();
});

test('a server shows its version, its connections and blocked sessions', async () => {
  const holder = new pg.Client({ ...as('bentham'), ssl: false });
  const waiter = new pg.Client({ ...as('bentham'), ssl: false });
  await holder.connect();
  await waiter.connect();
  await holder.query('BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE');
  const waiting = waiter.query(`SELECT 'password=hunter2', count(*) FROM jobs`);
  const monitor = session(as('monitor'));
  await expect.poll(async () => (await facts(monitor)).blocked?.length, { timeout: 30_000 }).toBe(1);
  const value = await facts(monitor);
  expect(value).toMatchObject({ database: 'bentham', inRecovery: false, missing: [] });
  expect(value.version).toMatch(/^\d+/);
  const [setting] = await sql(`SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) AS limit`);
  expect(value.connections).toMatchObject({ used: 3, active: 2, idleInTransaction: 1, limit: setting?.limit });
  expect(value.longestTransaction).toMatchObject({ user: 'bentham' });
  expect(value.idAges).toMatchObject([{ kind: 'transactions' }, { kind: 'multixacts' }]);
  const [oldest] = await sql('SELECT max(age(datfrozenxid))::int AS age FROM pg_database');
  expect(value.idAges?.[0]).toMatchObject({ age: oldest?.age, freezeAt: 200_000_000 });
  expect(value.blocked?.[0]?.query).toContain('password=•••');
  expect(value.blocked?.[0]?.blockedBy).toHaveLength(1);

  // A read of ours waits no longer for the lock than it may.
  const blocked = await studies(session(as('bentham')), 'public', 2000);
  expect(blocked).toMatchObject({
    ok: false,
    fault: {
      kind: 'timeout',
      what: expect.stringMatching(/^waiting for jobs: pid \d+ \(bentham\) holds its lock, for/),
    },
  });
  await holder.query('COMMIT');
  await waiting;
  await Promise.all([holder.end(), waiter.end()]);
});

test('the connection limit of a role or database is shown, the fullest one', async () => {
  await sql(`ALTER ROLE monitor CONNECTION LIMIT 2; ALTER DATABASE bentham CONNECTION LIMIT 50`);
  const nearest = async () => (await facts(session(as('monitor')))).connections?.nearest;
  expect(await nearest()).toEqual({ whose: 'role monitor', used: 1, limit: 2 });
  await sql(`ALTER ROLE monitor CONNECTION LIMIT -1`);
  expect(await nearest()).toMatchObject({ whose: 'database bentham', limit: 50 });
  await sql(`ALTER DATABASE bentham CONNECTION LIMIT -1`);
  expect(await nearest()).toBeUndefined();
});

test('without privileges the rest is shown, and the grant is named', async () => {
  const other = new pg.Client({ ...as('bentham'), ssl: false });
  await other.connect();
  const value = await facts(session(as('guest')));
  expect(value.connections?.used).toBe(2);
  expect(value.missing).toEqual([
    { part: 'states, transactions and queries of other roles', grant: expect.stringContaining('TO guest') },
  ]);
  await sql('REVOKE EXECUTE ON FUNCTION pg_stat_get_activity(integer) FROM PUBLIC');
  const less = await facts(session(as('guest')));
  await sql('GRANT EXECUTE ON FUNCTION pg_stat_get_activity(integer) TO PUBLIC');
  expect(less.connections).toBeUndefined();
  expect(less.missing.map(({ part: what }) => what)).toContain('connections');
  await sql('REVOKE SELECT ON pg_database FROM PUBLIC', 'postgres');
  await sql('REVOKE SELECT ON pg_database FROM PUBLIC');
  const without = await facts(session(as('guest')));
  await sql('GRANT SELECT ON pg_database TO PUBLIC');
  expect(without.idAges).toBeUndefined();
  expect(without.missing.map(({ part: what }) => what)).toContain('age of ids');
  await other.end();
});

test('queue, active studies, failures of the last hour and surfaces are read', async () => {
  const bentham = session(as('bentham'));
  expect(good(await studies(bentham))).toMatchObject({
    queueDepth: { value: 2, exact: true },
    activeCount: { value: 2, exact: true },
    active: [
      { id: 'study_wait', tenant: 'tenant-b', status: 'queued', failedJobs: 0, totalJobs: 1 },
      { id: 'study_run', status: 'executing', completion: 45, failedJobs: 3, totalJobs: 6 },
    ],
    finishedLastHour: 3,
    failedLastHour: 2,
    mostlyFailedLastHour: 1,
    newLastTenMinutes: 1,
  });
  expect(good(await surfaces(bentham))).toMatchObject({
    estimated: false,
    surfaces: [
      {
        id: 'openai-api',
        failures: 3,
        created: { failures: 3, studies: 1 },
        finished: 4,
        affectedStudies: 1,
        topError: 'Rate limited: too many',
        topErrorCount: 2,
      },
      { id: 'anthropic-api', failures: 0, finished: 1, affectedStudies: 0 },
    ],
  });
});

test('other tables are read: enums and UUIDs, fewer columns, progress as text, views, partitions', async () => {
  const one = '00000000-0000-0000-0000-000000000001';
  await sql(`
    CREATE SCHEMA typed; SET search_path = typed;
    CREATE TYPE study_status AS ENUM ('executing', 'completed');
    CREATE TYPE job_status AS ENUM ('running', 'completed', 'failed');
    CREATE TABLE studies (id uuid, tenant_id uuid, status study_status, progress jsonb, created_at timestamp, updated_at timestamp);
    CREATE TABLE jobs (id uuid DEFAULT gen_random_uuid(), study_id uuid, surface_id text, status job_status,
      error_message text, attempt_count smallint, created_at timestamp, completed_at timestamp);
    INSERT INTO studies VALUES ('${one}', NULL, 'executing', '"half"', now() AT TIME ZONE 'UTC', NULL), (NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO jobs (study_id, surface_id, status, created_at) VALUES ('${one}', NULL, 'failed', now() AT TIME ZONE 'UTC');

    CREATE SCHEMA bare; SET search_path = bare;
    CREATE TABLE studies (id text, tenant_id text, status text, created_at timestamptz);
    CREATE TABLE jobs (id int, study_id text, surface_id text, status text, created_at timestamptz);
    INSERT INTO studies VALUES ('a', 't', 'executing', now()); INSERT INTO jobs VALUES (1, 'a', 's', 'failed', now());

    CREATE SCHEMA told; SET search_path = told;
    CREATE TABLE studies (id text, tenant_id text, status text, progress text, created_at timestamptz, updated_at timestamptz);
    INSERT INTO studies VALUES ('a', 't', 'executing', '{"completionPercentage": 42}', now(), now());
    CREATE TABLE jobs (id bigint, study_id text, surface_id text, status text, error_message text, attempt_count int,
      created_at timestamptz, updated_at timestamptz) PARTITION BY RANGE (id);
    CREATE TABLE jobs_1 PARTITION OF jobs FOR VALUES FROM (0) TO (1000000);
    INSERT INTO jobs SELECT n, 'a', 's', CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'completed' END, NULL, 0, now(), now()
      FROM generate_series(1, 20000) n;

    CREATE SCHEMA seen; SET search_path = seen;
    CREATE VIEW studies AS SELECT * FROM told.studies; CREATE VIEW jobs AS SELECT j.* FROM told.jobs j, pg_sleep(0.4);
    GRANT USAGE ON SCHEMA typed, bare, told, seen TO bentham;
    GRANT SELECT ON ALL TABLES IN SCHEMA typed, bare, told, seen TO bentham;`);
  const of = async (schema: string, within = 8000) => {
    const each = session(as('bentham'));
    const found = {
      studies: good(await studies(each, schema, within)),
      surfaces: good(await readSurfaces(each, schema, within, newSurfacesMemory(), soon())),
    };
    await each.close();
    return found;
  };
  const typed = await of('typed');
  expect(typed.studies.active).toMatchObject([{ id: one, totalJobs: 1, failedJobs: 1 }]);
  // No job can wait by that enum: nobody knows how many do.
  expect(typed.studies.doubts?.queueDepth).toMatchObject({ why: 'lacks', meaning: 'waiting' });
  expect(typed.studies.unclear).toMatchObject([{ of: 'study', label: null, count: 1 }]);
  expect(typed.surfaces.surfaces).toMatchObject([{ id: 'no surface', failures: 1 }]);
  const bare = await of('bare');
  expect(bare.studies.active).toMatchObject([{ id: 'a', failedJobs: 1 }]);
  expect(bare.studies.active[0]?.completion).toBeUndefined();
  expect(bare.surfaces.surfaces).toMatchObject([{ id: 's', failures: 1, topError: 'no message' }]);
  const told = await of('told');
  expect(told.studies.active).toMatchObject([{ id: 'a', completion: 42 }]);
  expect(told.studies.queueDepth).toEqual({ value: 2000, exact: true });
  // A view that takes its time has no pages to sample: nothing is made up, and the studies still show.
  const seen = await of('seen', 1000);
  expect(seen.studies.queueDepth).toBeUndefined();
  expect(seen.studies.active).toMatchObject([{ id: 'a', jobsUncounted: true }]);
  expect(seen.surfaces).toEqual({ surfaces: [], estimated: true });

  const settings = settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: as('bentham'), schema: 'typed' },
    redis: { url: 'redis://127.0.0.1:1' },
  });
  const look = async (id: string) => good(await queryStudy(settings, id, soon()));
  expect(await look(one)).toMatchObject({
    counts: [{ status: 'failed', count: 1 }],
    errors: [{ message: 'no message' }],
  });
  expect((await look('study_abc123')).row).toBeUndefined();
  // What took longest is told where the table says when a job ended: the longest first, and what has not ended not.
  const two = '00000000-0000-0000-0000-000000000002';
  await sql(`INSERT INTO typed.studies (id, status) VALUES ('${two}', 'completed');
    INSERT INTO typed.jobs (study_id, surface_id, status, created_at, completed_at)
    SELECT '${two}', 'took-' || n, 'completed', '2026-01-01'::timestamp,
      CASE WHEN n < 13 THEN '2026-01-01'::timestamp + (n * 7 % 13) * interval '1 minute' END
    FROM generate_series(1, 13) n`);
  const { slowest } = await look(two);
  expect(slowest.map(({ createdAt, endedAt }) => ((endedAt ?? 0) - createdAt) / 60_000)).toEqual([
    12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
  ]);
  await sessionsFor(settings).studies.close();
});

test('failures of a surface are found through its index, for any type of id', async () => {
  const one = '00000000-0000-0000-0000-000000000001';
  await sql(`CREATE SCHEMA coded; SET search_path = coded;
    CREATE TABLE studies (id uuid, tenant_id uuid, status text, progress jsonb, created_at timestamptz);
    CREATE TABLE jobs (id uuid DEFAULT gen_random_uuid(), study_id uuid, surface_id uuid, status text,
      error_message text, attempt_count int, created_at timestamptz DEFAULT now());
    INSERT INTO jobs (study_id, surface_id, status, error_message) VALUES ('${one}', '${one}', 'failed', 'Captcha');
    CREATE INDEX jobs_surface ON jobs (surface_id);
    GRANT USAGE ON SCHEMA coded TO bentham; GRANT SELECT ON ALL TABLES IN SCHEMA coded TO bentham`);
  const settings = settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: as('bentham'), schema: 'coded' },
    redis: { url: 'redis://127.0.0.1:1' },
  });
  const own = sessionsFor(settings).studies;
  sessions.push(own);
  const found = good(await querySurface(settings, one, soon()));
  expect(found).toMatchObject({ errors: [{ message: 'Captcha', count: 1 }], studies: [{ study: one, count: 1 }] });
  expect(found.newest).toHaveLength(1);
  // What is no id here is the id of no surface.
  expect(good(await querySurface(settings, 'openai-api', soon()))).toMatchObject({ errors: [], newest: [] });

  const client = new pg.Client({ ...as('bentham'), ssl: false });
  await client.connect();
  const ask = async <R>(text: string, { values = [] }: { values?: readonly unknown[] } = {}) =>
    (await client.query(text, [...values])).rows as R[];
  const tables = await tablesOf(own, 'coded', ask);
  await client.query('SET enable_seqscan = off');
  for (const statement of [errorsOfSurface, studiesOfSurface, newestOfSurface])
    expect(JSON.stringify(await ask(`EXPLAIN ${statement(tables)}`, { values: [one] }))).toContain('jobs_surface');
  await client.end();
});

test('rows hidden by row level security do not count as zero', async () => {
  await sql(`
    CREATE SCHEMA hidden; SET search_path = hidden;
    CREATE TABLE studies AS SELECT * FROM public.studies; CREATE TABLE jobs AS SELECT * FROM public.jobs;
    ALTER TABLE studies ENABLE ROW LEVEL SECURITY; ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
    GRANT USAGE ON SCHEMA hidden TO bentham; GRANT SELECT ON ALL TABLES IN SCHEMA hidden TO bentham;`);
  const look = async () => good(await studies(session(as('bentham')), 'hidden'));
  expect(await look()).toMatchObject({
    partial: ['studies', 'jobs'],
    queueDepth: { exact: false },
    lastHourExact: false,
    doubts: { queueDepth: { why: 'hidden', of: 'job' }, lastHour: { why: 'hidden', of: 'study' } },
  });
  const judged = async () => {
    const seen = world({ readings: { studies: live<'studies'>(await look()) } });
    const verdictOf = (id: string) => evaluate(seen).find((one) => one.id === id)?.verdict;
    return [verdictOf('metric/queueDepth'), verdictOf('metric/studyFailures'), newStudies(seen).state];
  };
  expect(await judged()).toEqual(['unknown', 'unknown', 'unknown']);
  await sql(
    `CREATE POLICY all_of_it ON hidden.studies USING (true); CREATE POLICY look ON hidden.jobs FOR SELECT TO bentham USING (true)`,
  );
  expect((await look()).partial).toBeUndefined();
  expect((await judged())[0]).not.toBe('unknown');
  await sql(`CREATE POLICY but ON hidden.jobs AS RESTRICTIVE USING (status <> 'pending')`);
  expect(await look()).toMatchObject({ partial: ['jobs'] });
});

test('each refusal has its fault: password, table, schema, database, no free connection', async () => {
  const faultOf = async (of: DatabaseServer, schema = 'public') => {
    const outcome = await studies(session(of), schema);
    if (outcome.ok) throw new Error('it answered');
    return outcome.fault;
  };
  expect(await faultOf(as('bentham', { password: 'wrong' }))).toMatchObject({
    kind: 'forbidden',
    hint: expect.stringContaining('PGPASSWORD'),
  });
  expect(await faultOf(as('bentham', { password: undefined }))).toMatchObject({ kind: 'forbidden' });
  expect(await faultOf(as('guest'))).toMatchObject({
    kind: 'forbidden',
    what: expect.stringContaining('studies'),
    hint: expect.stringContaining('GRANT SELECT ON public.studies TO guest'),
  });
  expect(await faultOf(as('bentham'), 'elsewhere')).toMatchObject({
    kind: 'unconfigured',
    what: expect.stringContaining('elsewhere.studies'),
  });
  expect(await faultOf(as('bentham', { database: 'nothing' }))).toMatchObject({ kind: 'unconfigured' });
  expect(await faultOf(as('bentham', { sslMode: 'require' }))).toMatchObject({
    kind: 'forbidden',
    what: expect.stringContaining('offers no TLS'),
  });
  expect(good(await studies(session(as('bentham', { sslMode: 'prefer' })))).activeCount.value).toBe(2);
  await sql('ALTER ROLE bentham CONNECTION LIMIT 0');
  const full = await faultOf(as('bentham'));
  await sql('ALTER ROLE bentham CONNECTION LIMIT -1');
  expect(full).toMatchObject({ kind: 'refused', what: expect.stringContaining('too many connections') });
});

test('a source cannot write, whatever its statement', async () => {
  const outcome = await session(as('bentham')).read(soon(), 2000, (ask) => ask(`DELETE FROM jobs`));
  expect(outcome).toMatchObject({ ok: false, fault: { what: expect.stringContaining('accepts no writes') } });
  expect(await sql('SELECT count(*)::int AS jobs FROM jobs')).toEqual([{ jobs: 10 }]);
});

test('an ended session is replaced without a fault', async () => {
  const monitor = session(as('monitor'));
  await facts(monitor);
  const [ended] = await sql(
    `SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity WHERE usename = 'monitor'`,
  );
  expect(ended).toEqual({ n: 1 });
  expect((await facts(monitor)).database).toBe('bentham');
});

test('a hanging session is closed, and the next read has a new one', async () => {
  const monitor = session(as('monitor'));
  await facts(monitor);
  const [backend] = await sql(`SELECT pid FROM pg_stat_activity WHERE usename = 'monitor'`);
  const pid = Number(backend?.pid);
  process.kill(pid, 'SIGSTOP');
  try {
    const outcome = await readServer(monitor, 500, AbortSignal.timeout(500));
    expect(outcome.ok).toBe(false);
    expect((await facts(monitor)).database).toBe('bentham');
    const left = await sql(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'monitor'`);
    expect(left).toEqual([{ n: 2 }]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('the source recovers from a server that is frozen, stopped and restarted', async () => {
  const postmaster = Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(postmaster, 'SIGSTOP');
  const frozen = await readServer(session(as('monitor')), 400, AbortSignal.timeout(400));
  process.kill(postmaster, 'SIGCONT');
  expect(frozen.ok).toBe(false);

  const monitor = session(as('monitor'));
  await facts(monitor);
  await server.stop('fast');
  expect(await readServer(monitor, 2000, soon())).toMatchObject({ ok: false, fault: { kind: 'refused' } });
  server = await startServer(binaries, data, port, root);
  expect((await facts(monitor)).database).toBe('bentham');
});

test('queries return pages of lists, one study, jobs, keys, sessions and tables', async () => {
  const settings = settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1', adminApiKey: 'sesame' },
    database: { primary: as('bentham') },
    redis: { url: 'redis://127.0.0.1:1' },
  });
  await sql(`INSERT INTO studies (id, tenant_id, status, progress, created_at)
      SELECT 'many_' || i, 'tenant-many', 'cancelled', '{}', '2020-01-01'::timestamptz + (i / 7) * interval '1 minute'
      FROM generate_series(1, 2500) i;
    CREATE TABLE api_keys (id text, tenant_id text, name text, permissions text[], rate_limit int, key_hash text,
      last_used_at timestamptz, created_at timestamptz DEFAULT now(), revoked boolean, revoked_at timestamptz);
    ALTER TABLE api_keys OWNER TO bentham;
    INSERT INTO api_keys (id, tenant_id, name, permissions, key_hash) VALUES ('k1', 'tenant-a', 'n', '{*}', 'never shown')`);
  const { primary, replica, studies: own } = sessionsFor(settings);
  sessions.push(...[primary, replica, own].filter((one) => one !== undefined));

  const list = good(await listStudies(settings, { search: 'TENANT-many canc', rows: 2400 }, soon()));
  expect(list.more).toBe(true);
  expect(new Set(list.rows.map(({ id }) => id)).size).toBe(2400);
  expect(list.rows.every((row, i) => i === 0 || row.createdAt <= (list.rows[i - 1]?.createdAt ?? 0))).toBe(true);
  expect(good(await listStudies(settings, { search: '%', rows: 10 }, soon())).rows).toEqual([]);

  const study = good(await queryStudy(settings, 'study_run', soon()));
  expect(study.row).toMatchObject({ tenant: 'tenant-a', completion: 45 });
  expect(study.api.problem).toBe('connection refused');
  expect(study.counts).toContainEqual({ surface: 'openai-api', status: 'failed', count: 3 });
  expect(study.errors[0]).toEqual({ message: 'Rate limited: too many', count: 2, final: 0 });
  expect(good(await queryStudy(settings, `'; DROP TABLE jobs`, soon())).row).toBeUndefined();
  expect(
    good(await listJobs(settings, { study: 'study_run', status: 'failed', search: '', rows: 2 }, soon())),
  ).toMatchObject({
    more: true,
    rows: [{ status: 'failed' }, { status: 'failed' }],
  });

  // Pages begin where the last one ended, also where many jobs were made at the same time.
  await sql(`INSERT INTO jobs (study_id, surface_id, status, error_message, created_at)
    SELECT 'study_paged', 'bulk-api', CASE WHEN i % 3 = 0 THEN 'failed' ELSE 'completed' END,
      CASE WHEN i % 300 = 0 THEN '100% Captcha_' || i END, '2020-01-01'::timestamptz + (i / 700) * interval '1 minute'
    FROM generate_series(1, 3300) i`);
  const jobs = async (status: string, search: string, rows: number) =>
    good(await listJobs(settings, { study: 'study_paged', status, search, rows }, soon()));
  const all = await jobs('', '', 3200);
  expect(all.more).toBe(true);
  expect(new Set(all.rows.map(({ id }) => id)).size).toBe(3200);
  expect(all.rows.every((row, i) => i === 0 || row.createdAt <= (all.rows[i - 1]?.createdAt ?? 0))).toBe(true);
  expect(await jobs('failed', '', 5000)).toMatchObject({ more: false, rows: { length: 1100 } });
  // The search is the server's: it finds what is further down than what was read.
  expect((await jobs('', 'captcha bulk', 5)).rows.map(({ error }) => error)).toContain('100% Captcha_3300');
  expect(await jobs('failed', 'CAPTCHA', 200)).toMatchObject({ more: false, rows: { length: 11 } });
  expect((await jobs('', '0% captcha_', 200)).rows).toHaveLength(11);
  expect((await jobs('', '%x', 200)).rows).toEqual([]);
  // Jobs that do not say when they were made come last, and do not end the list early.
  await sql(`ALTER TABLE jobs ALTER created_at DROP NOT NULL;
    UPDATE jobs SET created_at = NULL WHERE study_id = 'study_paged' AND error_message IS NOT NULL`);
  const undated = await jobs('', '', 5000);
  expect(undated).toMatchObject({ more: false, rows: { length: 3300 } });
  expect(new Set(undated.rows.map(({ id }) => id)).size).toBe(3300);
  expect(undated.rows.slice(-11).map(({ createdAt }) => createdAt)).toEqual(Array(11).fill(0));
  expect(await jobs('', '', 3295)).toMatchObject({ more: true, rows: { length: 3295 } });
  expect((await jobs('', 'captcha', 200)).rows).toHaveLength(11);
  await sql(`UPDATE jobs SET created_at = '2020-01-01' WHERE created_at IS NULL;
    ALTER TABLE jobs ALTER created_at SET NOT NULL`);
  await sql(`DELETE FROM jobs WHERE study_id = 'study_paged'`);

  const surface = good(await querySurface(settings, 'openai-api', soon()));
  expect(surface.errors[0]).toEqual({ message: 'Rate limited: too many', count: 2, studies: 1 });
  expect(surface.studies).toContainEqual({ study: 'study_run', count: 3 });
  expect(surface.newest).toHaveLength(surface.errors.reduce((sum, { count }) => sum + count, 0));
  expect(surface.newest.every(({ status, surface: of }) => status === 'failed' && of === 'openai-api')).toBe(true);
  expect(good(await querySurface(settings, `'; DROP TABLE jobs`, soon()))).toMatchObject({ errors: [], exact: true });

  const keys = await listApiKeys(settings, soon());
  expect(good(keys).rows).toMatchObject([{ id: 'k1', permissions: ['*'], revoked: false }]);
  expect(JSON.stringify(keys)).not.toContain('never shown');

  const other = new pg.Client({ ...as('bentham'), ssl: false });
  await other.connect();
  await other.query(`SELECT 'password=hunter2'`);
  const database = good(await queryDatabase(settings, 'primary', soon()));
  expect(database.sessions.map(({ query }) => query)).toContain(`SELECT 'password=•••'`);
  expect(database.tables.map(({ name }) => name)).toContain('jobs');
  expect(await queryDatabase(settings, 'replica', soon())).toMatchObject({
    ok: false,
    fault: { kind: 'unconfigured' },
  });
  await other.end();
});

test('a running vacuum is shown with its progress, or as unknown if hidden', async () => {
  const vacuum = new pg.Client({ ...root, host: '127.0.0.1', port, database: 'bentham' });
  vacuum.on('error', () => {});
  await vacuum.connect();
  // It sleeps after each page, so that it is still there when it is looked for.
  await vacuum.query('SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1');
  const [{ pid } = {}] = (await vacuum.query('SELECT pg_backend_pid() AS pid')).rows;
  const runs = vacuum.query('VACUUM (DISABLE_PAGE_SKIPPING) jobs').catch(() => {});
  const looked = async (user: string) => {
    const settings = settingsSchema.parse({
      profile: user,
      environment: { name: 'TEST', guarded: false },
      kubernetes: { namespace: 'x' },
      gateway: { url: 'http://127.0.0.1:1' },
      database: { primary: as(user) },
      redis: { url: 'redis://127.0.0.1:1' },
    });
    const { primary, replica, studies: own } = sessionsFor(settings);
    sessions.push(...[primary, replica, own].filter((one) => one !== undefined));
    return good(await queryDatabase(settings, 'primary', soon()));
  };
  await expect
    .poll(async () => (await looked('monitor')).vacuums, { timeout: 30_000 })
    .toMatchObject([
      { pid, table: 'jobs', database: 'bentham', auto: false, age: expect.any(Number), phase: expect.any(String) },
    ]);
  const [hidden] = (await looked('guest')).vacuums;
  expect(hidden).toEqual({ pid, database: 'bentham' });
  await sql(`SELECT pg_terminate_backend(${pid})`);
  await runs;
  await vacuum.end().catch(() => {});
});

test('a million jobs without an index are read quickly, with an estimate at the deadline', async () => {
  await sql(`INSERT INTO jobs (study_id, surface_id, status, created_at)
    SELECT 'study_' || i % 2000, 'bulk-api', CASE WHEN i % 200 = 0 THEN 'pending' ELSE 'completed' END,
      now() - i * interval '1 second' FROM generate_series(1, 1000000) i; ANALYZE jobs`);
  const bentham = session(as('bentham'));
  expect(good(await studies(bentham, 'public', 30_000)).queueDepth).toEqual({ value: 5002, exact: true });
  expect(good(await surfaces(bentham, 30_000)).surfaces.find(({ id }) => id === 'bulk-api')?.finished).toBeGreaterThan(
    3000,
  );

  // On a busy machine even a sample takes longer than that.
  let answer = await studies(bentham, 'public', 300);
  for (let within = 600; !answer.ok && within < 10_000; within *= 2) answer = await studies(bentham, 'public', within);
  const hurried = good(answer);
  expect(hurried.queueDepth?.exact).toBe(false);
  expect(hurried.queueDepth?.value).toBeGreaterThan(2000);
  expect(hurried.queueDepth?.value).toBeLessThan(10_000);
  // Twice the standard error; five times of it are met by one sample in two million.
  const { value = 0, margin = 0 } = hurried.queueDepth ?? {};
  expect(margin).toBeGreaterThan(0);
  expect(Math.abs(value - 5002)).toBeLessThan(2.5 * margin);
  // Counted in time, or said not to be: never zero.
  expect(hurried.active.every(({ jobsUncounted, totalJobs }) => jobsUncounted || totalJobs > 0)).toBe(true);
});

test('most samples are off by less than their margin, also where jobs of a kind lie side by side', async () => {
  await sql(`CREATE SCHEMA margins; SET search_path = margins;
    CREATE TABLE studies AS SELECT * FROM public.studies LIMIT 1;
    CREATE TABLE jobs (LIKE public.jobs INCLUDING DEFAULTS);
    INSERT INTO jobs (study_id, surface_id, status, created_at, error_message)
      SELECT 'study_1', 'blocks', CASE (i / 500) % 5 WHEN 0 THEN 'failed' WHEN 1 THEN 'pending' ELSE 'completed' END,
        now(), CASE WHEN i % 3 = 0 THEN 'Rate limited' ELSE 'Session expired' END FROM generate_series(0, 199999) i;
    INSERT INTO jobs (study_id, surface_id, status, created_at)
      SELECT 'study_1', 'fine', 'completed', now() FROM generate_series(1, 2000) i;
    INSERT INTO jobs (study_id, surface_id, status, created_at)
      SELECT 'study_1', 'odd', 'ON_HOLD', now() FROM generate_series(1, 20000) i; ANALYZE jobs`);
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'bentham', ...root });
  await client.connect();
  const ask = async <R>(text: string, { values = [] }: { values?: readonly unknown[] } = {}) =>
    (await client.query(text, [...values])).rows as R[];
  const tables = await tablesOf(session(as('postgres', { password: 'root' })), 'margins', ask);
  const off: Record<'count' | 'share' | 'failures' | 'jobs' | 'topError' | 'message' | 'unclear' | 'odd', number[]> = {
    ...{ count: [], share: [], failures: [], jobs: [], topError: [], message: [], unclear: [], odd: [] },
  };
  const beyond = (count = 0, truly = 0, margin: number | null = 0) => Math.abs(count - truly) / (margin ?? 0);
  for (let i = 0; i < 40; i += 1) {
    const [of] = await ask<EstimateRow>(pendingEstimated(tables, { percent: 10 }));
    if (of) off.count.push(Math.abs(of.count - 40_000) / of.margin);
    const rows = await ask<SurfaceRow>(surfacesOf(tables, { percent: 10 }));
    const blocks = rows.find(({ id }) => id === 'blocks');
    if (blocks) off.share.push(Math.abs((blocks.failures / blocks.finished) * 100 - 25) / (blocks.margin ?? 0));
    off.failures.push(beyond(blocks?.failures, 40_000, blocks?.failuresMargin));
    off.jobs.push(beyond(blocks?.finished, 160_000, blocks?.jobsMargin));
    off.topError.push(beyond(blocks?.topCount ?? 0, 26_667, blocks?.topMargin));
    const [message] = rows[0]?.messages ?? [];
    off.message.push(beyond(message?.count, 26_667, message?.margin));
    const [unclear] = await ask<UnclearRow>(unclearEstimated(tables, { percent: 10 }));
    expect(unclear?.label).toBe('ON_HOLD');
    off.unclear.push(beyond(unclear?.count, 20_000, unclear?.margin));
    const odd = rows.find(({ id }) => id === 'odd');
    off.odd.push(beyond(odd?.unclear, 20_000, odd?.unclearMargin));
    // None of those that were read failed: a few others may have.
    for (const { margin, failuresMargin } of rows.filter(({ id }) => id === 'fine')) {
      expect(margin).toBeGreaterThan(0);
      expect(failuresMargin).toBe(30);
    }
  }
  // 38 of 40 are expected.
  for (const each of Object.values(off)) expect(each.filter((margins) => margins <= 1).length).toBeGreaterThan(30);
  // And the margin is no wider than it has to be.
  for (const each of Object.values(off)) expect(Math.max(...each)).toBeGreaterThan(0.5);
  const [whole] = await ask<SurfaceRow>(surfacesOf(tables));
  expect(whole).toMatchObject({ id: 'blocks', margin: 0, failuresMargin: 0, jobsMargin: 0, topMargin: 0 });
  await client.end();
});

test('replication lag is read on both sides, also without streaming and after a promotion', async () => {
  const scenario = scenarioNamed('calm');
  if (!scenario) throw new Error('no calm');
  const other = await guardedDirectory();
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster(other.directory, { jobs: 0, conditions: scenario.conditions });
    const { host, user, password, database, primaryPort, replicaPort } = cluster;
    const at = (which: number): DatabaseServer => ({ host, user, password, database, port: which, sslMode: 'disable' });
    const primary = session(at(primaryPort));
    const replica = session(at(replicaPort));
    await expect
      .poll(async () => (await facts(replica)).lag, { timeout: 30_000 })
      .toEqual({ bytes: 0, ms: 0, streaming: true });
    await expect.poll(async () => (await facts(primary)).lag, { timeout: 30_000 }).toMatchObject({ streaming: true });
    expect(await facts(replica)).toMatchObject({ inRecovery: true, missing: [] });

    await cluster.stopPrimary();
    await expect.poll(async () => (await facts(replica)).lag, { timeout: 30_000 }).toMatchObject({ streaming: false });
    await cluster.promote();
    expect(await facts(replica)).toMatchObject({ inRecovery: false });
  } finally {
    await Promise.all(sessions.splice(0).map((each) => each?.close()));
    await cluster?.stop();
    await other.end();
  }
});
