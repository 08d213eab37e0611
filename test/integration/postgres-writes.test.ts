// A primary that answers and takes no writes, for each reason that a real server tells. Nothing is written to find out.
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { type TransactionsRow, transactions } from '../../src/data/postgres/queries/upkeep.ts';
import { RollbackHistory } from '../../src/data/postgres/rollbacks.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { primary } from '../../src/runbook/evidence.ts';
import { live, world } from '../support/world.ts';

const root = { user: 'postgres', password: 'root' };
let guarded: Guarded;
let server: Server;
let port: number;
let client: pg.Client;

const as = (user: string): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'bentham', sslMode: 'disable' as const },
  ...{ user, password: user === root.user ? root.password : user },
});

async function connected(user: string): Promise<pg.Client> {
  const made = new pg.Client({ ...as(user), ssl: false });
  made.on('error', () => {});
  await made.connect();
  return made;
}

/** What the look says of the primary, each time by a new session: a default holds for those that begin now. */
async function finding(user = 'monitor') {
  const session = new Session(as(user));
  const outcome = await readServer(session, 10_000, AbortSignal.timeout(60_000));
  await session.close();
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  const seen = world({ readings: { primary: live<'primary'>(outcome.value) } });
  const found = evaluate(seen).find(({ id }) => id === 'database/primary');
  return {
    verdict: found?.verdict,
    says: found?.says,
    remedy: found?.remedy,
    evidence: primary(seen).state,
    value: outcome.value,
  };
}

beforeAll(async () => {
  guarded = await guardedDirectory();
  port = await freePort();
  const data = path.join(guarded.directory, 'writes');
  const binaries = await findBinaries(guarded.directory);
  await initCluster(binaries, data, root);
  server = await startServer(binaries, data, port, root);
  const setup = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
  await setup.connect();
  await setup.query(`CREATE ROLE bentham LOGIN PASSWORD 'bentham'; CREATE ROLE guest LOGIN PASSWORD 'guest';
    CREATE ROLE analyst LOGIN PASSWORD 'analyst'; CREATE ROLE monitor LOGIN PASSWORD 'monitor'; GRANT pg_monitor TO monitor`);
  await setup.query('CREATE DATABASE bentham OWNER bentham');
  await setup.end();
  client = await connected('postgres');
  await client.query(`SET application_name = 'psql'`);
  await client.query(`CREATE TABLE studies (id text, status text); CREATE TABLE jobs (id text, status text);
    ALTER TABLE studies OWNER TO bentham; ALTER TABLE jobs OWNER TO bentham; GRANT SELECT ON studies, jobs TO analyst, guest`);
});

const undo: string[] = [];
const guests: pg.Client[] = [];

/** A session that ends with its test. */
async function guest(user: string): Promise<pg.Client> {
  const made = await connected(user);
  guests.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(guests.splice(0).map((one) => one.end()));
  for (const statement of undo.splice(0).toReversed()) await client.query(statement);
});

afterAll(async () => {
  await client?.end();
  await server?.stop('fast');
  await guarded?.end();
});

async function set(statement: string, back: string): Promise<void> {
  await client.query(statement);
  undo.push(back);
}

const reloaded = () => client.query('SELECT pg_reload_conf()');

test('a primary that accepts writes is ok, although our sessions are read-only', async () => {
  expect(await finding()).toMatchObject({
    verdict: 'ok',
    says: expect.stringContaining('answers') as string,
    evidence: 'pass',
  });
});

test('read-only by the server’s configuration is critical', async () => {
  await set('ALTER SYSTEM SET default_transaction_read_only = on', 'ALTER SYSTEM RESET default_transaction_read_only');
  await reloaded();
  await expect.poll(async () => (await finding()).says, { timeout: 30_000 }).toContain('read-only: it takes no writes');
  expect(await finding()).toMatchObject({ verdict: 'critical', evidence: 'fail' });
  for (const statement of undo.splice(0).toReversed()) await client.query(statement);
  await reloaded();
  await expect.poll(async () => (await finding()).verdict, { timeout: 30_000 }).toBe('ok');
});

test('read-only by the database is critical', async () => {
  await set(
    'ALTER DATABASE bentham SET default_transaction_read_only = on',
    'ALTER DATABASE bentham RESET default_transaction_read_only',
  );
  expect(await finding()).toMatchObject({
    verdict: 'critical',
    says: expect.stringContaining('the database is set read-only: it takes no writes') as string,
  });
});

test('a read-only role that writes here is critical; one that only reads is ok', async () => {
  const platform = await connected('bentham');
  const reader = await connected('analyst');
  await set('ALTER ROLE analyst SET default_transaction_read_only = on', 'ALTER ROLE analyst RESET ALL');
  expect(await finding()).toMatchObject({ verdict: 'ok' });
  await set('ALTER ROLE bentham SET default_transaction_read_only = true', 'ALTER ROLE bentham RESET ALL');
  expect(await finding()).toMatchObject({
    verdict: 'critical',
    says: expect.stringContaining('read-only for bentham: it takes no writes') as string,
  });
  expect(await finding('bentham')).toMatchObject({ verdict: 'critical' });
  await Promise.all([platform.end(), reader.end()]);
});

test('commits that wait for a missing standby are critical, before and while they hang', async () => {
  await set(
    `ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (away)'`,
    'ALTER SYSTEM RESET synchronous_standby_names',
  );
  await set('ALTER SYSTEM SET synchronous_commit = on', 'ALTER SYSTEM RESET synchronous_commit');
  await reloaded();
  await expect
    .poll(async () => (await finding()).says, { timeout: 30_000 })
    .toContain('commits hang: 0 of 1 synchronous standbys are connected');
  expect(await finding()).toMatchObject({ verdict: 'critical', evidence: 'fail' });
  const writer = await connected('bentham');
  const hanging = writer.query(`INSERT INTO jobs VALUES ('a', 'pending')`).catch(() => undefined);
  await expect
    .poll(async () => (await finding()).says, { timeout: 30_000 })
    .toMatch(/^commits hang: 1 session waits for a standby, the longest for \d+ s/);
  await client.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
  await hanging;
  await writer.end();
  for (const statement of undo.splice(0).toReversed()) await client.query(statement);
  await reloaded();
  await expect.poll(async () => (await finding()).verdict, { timeout: 30_000 }).toBe('ok');
});

test('a role in use without write permission is a warning; a guest’s is not', async () => {
  expect(await finding('guest')).toMatchObject({ verdict: 'ok' });
  const other = await connected('guest');
  expect(await finding('guest')).toMatchObject({
    verdict: 'warning',
    says: expect.stringContaining('guest has no permission to change studies or jobs') as string,
  });
  await other.end();
});

test.each([
  ['INSERT on jobs', 'REVOKE INSERT ON jobs FROM bentham', 'GRANT INSERT ON jobs TO bentham'],
  ['UPDATE of studies', 'REVOKE UPDATE ON studies FROM bentham', 'GRANT UPDATE ON studies TO bentham'],
])('a role in use without the right to %s is a warning, whatever else it may', async (_, revoke, grant) => {
  const platform = await connected('bentham');
  await client.query('CREATE SCHEMA old; CREATE TABLE old.jobs (id text, status text)');
  undo.push('DROP SCHEMA old CASCADE');
  expect(await finding('bentham')).toMatchObject({ verdict: 'ok' });
  await set(revoke, grant);
  expect(await finding('bentham')).toMatchObject({
    verdict: 'warning',
    says: expect.stringContaining('bentham has no permission to change studies or jobs') as string,
  });
  await platform.end();
});

test.each([
  [
    'REVOKE INSERT ON jobs FROM app',
    'GRANT INSERT ON jobs TO app',
    'may INSERT jobs: app lacks',
    'GRANT INSERT ON jobs',
  ],
  [
    'REVOKE UPDATE ON studies FROM app',
    'GRANT UPDATE ON studies TO app',
    'may UPDATE studies',
    'GRANT UPDATE ON studies',
  ],
  [
    'REVOKE ALL ON SCHEMA public FROM PUBLIC, app',
    'GRANT USAGE ON SCHEMA public TO PUBLIC',
    'may use schema public: app lost USAGE',
    'GRANT USAGE ON SCHEMA public TO app;',
  ],
  [
    'ALTER TABLE jobs ENABLE ROW LEVEL SECURITY; CREATE POLICY look ON jobs FOR SELECT USING (true)',
    'DROP POLICY look ON jobs; ALTER TABLE jobs DISABLE ROW LEVEL SECURITY',
    'row-level security lets no role that works here INSERT jobs: app',
    'CREATE POLICY',
  ],
])('another role that works here and may not write any more is a warning: %s', async (revoke, grant, says, remedy) => {
  await client.query('CREATE ROLE app LOGIN PASSWORD $$app$$; GRANT SELECT, INSERT, UPDATE ON studies, jobs TO app');
  undo.push('DROP OWNED BY app; DROP ROLE app');
  await guest('app');
  await guest('analyst');
  expect(await finding()).toMatchObject({ verdict: 'ok' });
  await set(revoke, grant);
  expect(await finding()).toMatchObject({
    verdict: 'warning',
    says: expect.stringContaining(says) as string,
    remedy: expect.stringContaining(remedy) as string,
  });
  // One that may is enough: the others are not asked for it.
  await guest('bentham');
  expect(await finding()).toMatchObject({ verdict: 'ok' });
});

test('a role that lost every right is known by what it tried last', async () => {
  await client.query('CREATE ROLE app LOGIN PASSWORD $$app$$');
  undo.push('DROP OWNED BY app; DROP ROLE app');
  const platform = await guest('app');
  expect(await finding()).toMatchObject({ verdict: 'ok' });
  await expect(platform.query(`INSERT INTO jobs VALUES ('1', 'pending')`)).rejects.toThrow('permission denied');
  expect(await finding()).toMatchObject({ verdict: 'warning', says: expect.stringContaining('app lacks') as string });
});

test('transactions that fail, whatever for, are a warning', async () => {
  const counted = async () => {
    const [row] = (await client.query<TransactionsRow>(transactions)).rows;
    if (!row) throw new Error('not counted');
    return row;
  };
  const platform = await guest('bentham');
  await set(
    `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'No space left on device'; END $$;
     CREATE TRIGGER full_disk BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION full_disk()`,
    'DROP FUNCTION full_disk CASCADE',
  );
  const before = await counted();
  for (let i = 0; i < 200; i++)
    await expect(platform.query(`INSERT INTO jobs VALUES ('1', 'pending')`)).rejects.toThrow('No space left');
  await platform.end();
  guests.splice(0);
  // The server counts what a session did when it ends at the latest.
  await expect
    .poll(async () => (await counted()).rollbacks, { timeout: 60_000 })
    .toBeGreaterThan(before.rollbacks + 199);
  const history = new RollbackHistory();
  expect(history.add({ commits: 100_000, rollbacks: 3 }, 0, 0)).toBeUndefined();
  const after = await counted();
  const failing = history.add(
    {
      commits: 100_000 + Math.min(100, after.commits - before.commits),
      rollbacks: 3 + after.rollbacks - before.rollbacks,
    },
    0,
    20_000,
  );
  expect(failing?.rollbacks).toBeGreaterThanOrEqual(200);
  const { value } = await finding();
  const writes = { ...value.writes, readOnly: [], failing };
  const seen = world({ readings: { primary: live<'primary'>({ ...value, writes }) } });
  expect(evaluate(seen).find(({ id }) => id === 'database/primary')).toMatchObject({
    verdict: 'warning',
    rule: 'primary/rollbacks',
    says: expect.stringMatching(/^2\d\d of \d+ transactions rolled back within 20/) as string,
  });
});

test('rollbacks count where many transactions fail that did not before', () => {
  const looks = (...all: readonly (readonly [at: number, commits: number, rollbacks: number])[]) => {
    const history = new RollbackHistory();
    return all.map(([at, commits, rollbacks]) => history.add({ commits, rollbacks }, 1, at * 1000)).at(-1);
  };
  // Each look of ours has one, here.
  expect(looks([0, 1000, 9], [5, 1000, 29], [10, 1100, 50])).toEqual({ rollbacks: 39, of: 139, within: 10_000 });
  expect(looks([0, 1000, 9], [10, 1200, 50])).toBeUndefined();
  expect(looks([0, 1000, 9], [5, 1000, 29])).toBeUndefined();
  expect(looks([0, 1000, 9], [10, 1000, 15])).toBeUndefined();
  expect(looks([0, 1000, 9], [10, 2000, 30])).toBeUndefined();
  // A library that ends its reads with ROLLBACK.
  expect(looks([0, 1000, 900], [10, 1010, 950])).toBeUndefined();
  // Restarted meanwhile; and over for a minute.
  expect(looks([0, 1000, 9], [10, 0, 30])).toBeUndefined();
  expect(looks([0, 1000, 9], [30, 1000, 90], [100, 1500, 91])).toBeUndefined();
});

test.each([
  [
    'ALTER DATABASE bentham CONNECTION LIMIT 0',
    'ALTER DATABASE bentham CONNECTION LIMIT -1',
    'the CONNECTION LIMIT of the database is 0',
  ],
  [
    `UPDATE pg_database SET datallowconn = false WHERE datname = 'bentham'`,
    `UPDATE pg_database SET datallowconn = true WHERE datname = 'bentham'`,
    'the database has ALLOW_CONNECTIONS false',
  ],
  [
    'ALTER DATABASE bentham OWNER TO postgres; REVOKE CONNECT ON DATABASE bentham FROM PUBLIC',
    'GRANT CONNECT ON DATABASE bentham TO PUBLIC; ALTER DATABASE bentham OWNER TO bentham',
    'it may not CONNECT to the database',
  ],
])('roles in use that no new session would let in are a warning: %s', async (close, open, why) => {
  const platform = await connected('bentham');
  const session = new Session(as('monitor'));
  const look = async () => {
    const outcome = await readServer(session, 10_000, AbortSignal.timeout(60_000));
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
    const seen = world({ readings: { primary: live<'primary'>(outcome.value) } });
    return evaluate(seen).find(({ id }) => id === 'database/primary');
  };
  expect(await look()).toMatchObject({ verdict: 'ok' });
  await set(close, open);
  expect(await look()).toMatchObject({
    verdict: 'warning',
    says: expect.stringContaining(`new sessions of bentham are refused: ${why}`) as string,
  });
  await Promise.all([session.close(), platform.end()]);
});

test('a database that lets nobody in says which statement opens it', async () => {
  await set(
    `UPDATE pg_database SET datallowconn = false WHERE datname = 'bentham'`,
    `UPDATE pg_database SET datallowconn = true WHERE datname = 'bentham'`,
  );
  await expect(finding()).rejects.toThrow('"refused"');
  await expect(finding()).rejects.toThrow('ALLOW_CONNECTIONS true;');
});

test('a missing feature of a server affects nothing else', async () => {
  // Aurora's readers refuse what they have no slots for: 0A000.
  await client.query(`CREATE SCHEMA aurora; GRANT USAGE ON SCHEMA aurora TO monitor;
    CREATE FUNCTION aurora.none() RETURNS SETOF pg_catalog.pg_replication_slots LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'Function cannot be used in Aurora' USING ERRCODE = 'feature_not_supported'; END $$;
    CREATE VIEW aurora.pg_replication_slots AS SELECT * FROM aurora.none(); GRANT SELECT ON aurora.pg_replication_slots TO monitor`);
  await set('ALTER ROLE monitor SET search_path = aurora, pg_catalog', 'ALTER ROLE monitor RESET ALL');
  const { value, verdict } = await finding();
  expect(verdict).toBe('ok');
  expect(value.slots).toBeUndefined();
  expect(value.connections?.used).toBeGreaterThan(0);
  expect(value.missing).toEqual([
    { part: 'replication slots', grant: 'not supported by the server: Function cannot be used in Aurora' },
  ]);
});

test('if writes cannot be checked, the server is not ok', async () => {
  await set('REVOKE SELECT ON pg_settings FROM PUBLIC', 'GRANT SELECT ON pg_settings TO PUBLIC');
  const { value, ...found } = await finding('guest');
  expect(found).toMatchObject({
    verdict: 'unknown',
    says: expect.stringContaining('whether it takes writes is unknown') as string,
  });
  expect(value.connections?.used).toBeGreaterThan(0);
});
