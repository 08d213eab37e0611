// What a real primary tells of trouble to come: log that is not archived, prepared transactions, sequences, roles that
// cannot come back, a session's own read-only default, parts that come too late, and consumers that are no replicas.
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import type { Database } from '../../src/core/world/facts.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { live, world } from '../support/world.ts';

const root = { user: 'postgres', password: 'root' };
const patient = { timeout: 30_000 };
let guarded: Guarded;
let server: Server;
let port: number;
let client: pg.Client;

const as = (user: string): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'postgres', sslMode: 'disable' as const },
  ...{ user, password: user === root.user ? root.password : user },
});

async function connected(user: string, more: object = {}): Promise<pg.Client> {
  const made = new pg.Client({ ...as(user), ssl: false, ...more });
  made.on('error', () => {});
  await made.connect();
  return made;
}

async function facts(user = 'monitor', timeout = 10_000): Promise<Database> {
  const session = new Session(as(user));
  const outcome = await readServer(session, timeout, AbortSignal.timeout(60_000));
  await session.close();
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

/** Verdict, rule and words of one finding about the primary. */
async function finding(id: string, user?: string) {
  const seen = world({ readings: { primary: live<'primary'>(await facts(user)) } });
  const found = evaluate(seen).find((one) => one.id === `database/primary${id}`);
  return found && { verdict: found.verdict, rule: found.rule, says: found.says };
}

beforeAll(async () => {
  guarded = await guardedDirectory();
  port = await freePort();
  const data = path.join(guarded.directory, 'upkeep');
  const binaries = await findBinaries(guarded.directory);
  await initCluster(binaries, data, root);
  appendFileSync(
    path.join(data, 'postgresql.auto.conf'),
    `wal_level = replica\narchive_mode = on\narchive_command = ''\nmax_prepared_transactions = 5\n`,
  );
  server = await startServer(binaries, data, port, root);
  client = await connected('postgres');
  await client.query(`CREATE ROLE monitor LOGIN PASSWORD 'monitor'; GRANT pg_monitor TO monitor;
    CREATE ROLE worker LOGIN PASSWORD 'worker'; CREATE TABLE jobs (id serial, status text); GRANT ALL ON jobs TO worker;
    GRANT USAGE ON SEQUENCE jobs_id_seq TO monitor`);
});

afterAll(async () => {
  await client?.end();
  await server?.stop('immediate');
  await guarded?.end();
});

test('WAL that nothing archives, or that fails to be archived, is a warning until it succeeds', async () => {
  expect(await finding('/archive')).toMatchObject({ verdict: 'warning', rule: 'archive/idle' });
  const archiveBy = async (command: string) => {
    await client.query(`ALTER SYSTEM SET archive_command = '${command}'`);
    await client.query('SELECT pg_reload_conf()');
    await client.query('CREATE TABLE IF NOT EXISTS written (); SELECT pg_switch_wal()');
  };
  await archiveBy('/bin/false');
  await expect
    .poll(() => finding('/archive'), patient)
    .toMatchObject({
      rule: 'archive/failing',
      says: expect.stringMatching(/^archiving fails \(\d+ failures?, nothing was archived\)/) as string,
    });
  await archiveBy('/bin/true');
  await expect.poll(() => finding('/archive'), patient).toBeUndefined();
});

test('a sequence near its end is a warning, then critical', async () => {
  expect(await finding('/sequence')).toBeUndefined();
  await client.query(`SELECT setval('jobs_id_seq', 1900000000)`);
  expect(await finding('/sequence')).toMatchObject({
    verdict: 'warning',
    says: expect.stringContaining('88 %') as string,
  });
  await client.query(`SELECT setval('jobs_id_seq', 2147483647)`);
  expect(await finding('/sequence')).toMatchObject({
    verdict: 'critical',
    says: 'public.jobs_id_seq has used 100 % of its values: inserts fail after the last',
  });
  await client.query(`SELECT setval('jobs_id_seq', 1)`);
});

test('a forgotten prepared transaction is a warning', async () => {
  await client.query(`BEGIN; INSERT INTO jobs (status) VALUES ('x'); PREPARE TRANSACTION 'left'`);
  const value = await facts();
  expect(value.upkeep?.prepared).toMatchObject({ id: 'left', others: 0 });
  const old = { ...value, upkeep: { prepared: { id: 'left', age: 400_000, others: 1 } } };
  const found = evaluate(world({ readings: { primary: live<'primary'>(old) } })).find(
    ({ rule }) => rule === 'prepared/old',
  );
  expect(found).toMatchObject({ verdict: 'warning', says: expect.stringContaining('left and 1 more') as string });
  await client.query(`ROLLBACK PREPARED 'left'`);
  expect((await facts()).upkeep?.prepared).toBeUndefined();
});

test('pages with a wrong checksum are critical while they are news', async () => {
  const value = await facts();
  const judged = (last: number) =>
    evaluate(
      world({ readings: { primary: live<'primary'>({ ...value, upkeep: { damage: { pages: 3, last } } }) } }),
    ).find(({ id }) => id === 'database/primary/damage');
  expect(judged(3_600_000)).toMatchObject({ verdict: 'critical', rule: 'damage/fresh' });
  expect(judged(9 * 86_400_000)).toMatchObject({ verdict: 'warning', rule: 'damage/old' });
});

test.each([
  ['NOLOGIN', 'LOGIN', 'it has no LOGIN'],
  ['CONNECTION LIMIT 0', 'CONNECTION LIMIT -1', 'its CONNECTION LIMIT is 0'],
  [`VALID UNTIL '2020-01-01'`, `VALID UNTIL 'infinity'`, 'its password has expired (VALID UNTIL)'],
])('a role that works here and cannot come back is a warning: %s', async (change, back, says) => {
  const worker = await connected('worker');
  await client.query(`ALTER ROLE worker ${change}`);
  expect(await finding('')).toMatchObject({
    verdict: 'warning',
    rule: 'primary/locked-out',
    says: expect.stringContaining(`new sessions of worker are refused: ${says}`) as string,
  });
  await client.query(`ALTER ROLE worker ${back}`);
  await worker.end();
  expect(await finding('')).toMatchObject({ rule: 'primary/ok' });
});

test('every form of true is read-only', async () => {
  const worker = await connected('worker');
  for (const form of ['on', 'ON', 't', 'tru', 'yes', '1']) {
    await client.query(`ALTER ROLE worker SET default_transaction_read_only = '${form}'`);
    expect(await finding(''), form).toMatchObject({ rule: 'primary/read-only' });
  }
  await client.query(`ALTER ROLE worker SET default_transaction_read_only = 'off'`);
  expect(await finding('')).toMatchObject({ rule: 'primary/ok' });
  await client.query('ALTER ROLE worker RESET ALL');
  await worker.end();
});

test('a part that comes too late affects nothing else', async () => {
  await client.query(`CREATE SCHEMA slow; GRANT USAGE ON SCHEMA slow TO monitor;
    CREATE FUNCTION slow.wait() RETURNS SETOF pg_catalog.pg_stat_archiver LANGUAGE sql AS
      $$ SELECT a.* FROM pg_catalog.pg_stat_archiver a, pg_catalog.pg_sleep(60) $$;
    CREATE VIEW slow.pg_stat_archiver AS SELECT * FROM slow.wait(); GRANT SELECT ON slow.pg_stat_archiver TO monitor;
    ALTER ROLE monitor SET search_path = slow, pg_catalog`);
  const session = new Session(as('monitor'));
  // Each statement gets most of the poll's time: at most one may hang.
  const outcome = await readServer(session, 3000, AbortSignal.timeout(60_000));
  await session.close();
  await client.query('ALTER ROLE monitor RESET ALL');
  expect(outcome).toMatchObject({
    ok: true,
    value: { missing: [{ part: 'archiver', grant: 'timed out; retries automatically' }] },
  });
  expect(outcome.ok && outcome.value.connections?.used).toBeGreaterThan(0);
});

test('WAL consumers that are no replicas are not counted as replicas', async () => {
  // As pg_receivewal and the second connection of pg_basebackup: they receive, and replay nothing.
  const receiver = await connected('postgres', { replication: 'true' });
  const at = (await client.query<{ at: string }>('SELECT pg_current_wal_lsn() AS at')).rows[0]?.at;
  receiver.query(`START_REPLICATION PHYSICAL ${at}`).catch(() => undefined);
  const streaming = async () =>
    (await client.query(`SELECT FROM pg_stat_replication WHERE state = 'streaming'`)).rowCount;
  await expect.poll(streaming, patient).toBe(1);
  await client.query('CREATE TABLE more AS SELECT generate_series(1, 1000)');
  expect((await facts()).lag).toBeUndefined();
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_replication');
});

test('a reader that refuses WAL functions, such as Aurora’s, shows the lag of its cluster', async () => {
  await client.query(`CREATE SCHEMA aurora; GRANT USAGE ON SCHEMA aurora TO monitor;
    CREATE FUNCTION aurora.pg_is_in_recovery() RETURNS bool LANGUAGE sql AS 'SELECT true';
    CREATE FUNCTION aurora.pg_last_wal_receive_lsn() RETURNS pg_lsn LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'pg_last_wal_receive_lsn() is not supported for Aurora' USING ERRCODE = '0A000'; END $$;
    ALTER ROLE monitor SET search_path = aurora, pg_catalog`);
  const judged = async () => {
    const value = await facts();
    const seen = world({ readings: { replica: live<'replica'>(value) } });
    return { value, found: evaluate(seen).find(({ id }) => id === 'database/replica') };
  };
  const silent = await judged();
  expect(silent.found).toMatchObject({ verdict: 'unknown', rule: 'replica/lag-unknown' });
  expect(silent.value.connections?.used).toBeGreaterThan(0);
  await client.query(`CREATE FUNCTION aurora.aurora_db_instance_identifier() RETURNS text LANGUAGE sql AS $$ SELECT 'r1' $$;
    CREATE FUNCTION aurora.aurora_replica_status() RETURNS TABLE (server_id text, replica_lag_in_msec float8) LANGUAGE sql
      AS $$ VALUES ('w', 0.0::float8), ('r1', 90000.0::float8) $$`);
  expect((await judged()).found).toMatchObject({ verdict: 'warning', rule: 'replica/behind' });
  await client.query('ALTER ROLE monitor RESET ALL');
});
