// Transaction ids that run out on a real server: its own arithmetic, its own vacuum against it, who waits for that, and
// what the remedy does. The oldest ids are written into the catalog: to use up 1.7 thousand million takes days.
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { evaluateIdAge } from '../../src/core/health/wraparound.ts';
import { blockingTree, type DatabaseDetail } from '../../src/core/queries/database.ts';
import { queryDatabase } from '../../src/data/postgres/database-query.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { sessionsFor } from '../../src/data/postgres/sessions.ts';

const root = { user: 'postgres', password: 'root' };
const age = 1_700_000_000;
let guarded: Guarded;
let server: Server;
let port: number;

const clients: pg.Client[] = [];
async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
  client.on('error', () => {});
  await client.connect();
  clients.push(client);
  return client;
}

beforeAll(async () => {
  guarded = await guardedDirectory();
  const binaries = await findBinaries(guarded.directory);
  port = await freePort();
  const data = path.join(guarded.directory, 'wraparound');
  await initCluster(binaries, data, root);
  server = await startServer(binaries, data, port, root);
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => {})));
  await server?.stop('fast');
  await guarded?.end();
});

test('wraparound is shown with its vacuum, the sessions that wait for it, and its end', async () => {
  const sql = await connected();
  const settings = settingsSchema.parse({
    profile: 'wraparound',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1', port, database: 'postgres', sslMode: 'disable', ...root } },
    redis: { url: 'redis://127.0.0.1:1' },
  });
  const kept = sessionsFor(settings);
  const soon = () => AbortSignal.timeout(60_000);
  const look = async (): Promise<DatabaseDetail> => {
    const found = await queryDatabase(settings, 'primary', soon());
    if (!found.ok) throw new Error(JSON.stringify(found.fault));
    return found.value;
  };
  const oldest = async () => {
    const found = await readServer(kept.primary, 5000, soon());
    const ids = found.ok ? found.value.idAges?.find(({ kind }) => kind === 'transactions') : undefined;
    if (!ids) throw new Error(JSON.stringify(found));
    return ids;
  };
  expect(evaluateIdAge(await oldest()).verdict).toBe('ok');

  // The vacuum sleeps after each page, so that it is still there when it is looked for; its failsafe would not.
  await sql.query(`CREATE TABLE jobs WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
    AS SELECT i, repeat('x', 500) AS filling FROM generate_series(1, 20000) i`);
  await sql.query('ALTER SYSTEM SET vacuum_failsafe_age = 2100000000');
  await sql.query('ALTER SYSTEM SET autovacuum_naptime = 1');
  const { rows } = await sql.query(
    `SELECT (pg_current_xact_id()::text::bigint + 4294967296 - ${age})::text AS xid, pg_backend_pid() AS pid`,
  );
  const [{ xid }] = rows as [{ xid: string }];
  await sql.query('UPDATE pg_class SET relfrozenxid = $1::xid WHERE oid = $2::regclass', [xid, 'jobs']);
  await sql.query('UPDATE pg_database SET datfrozenxid = $1::xid WHERE datname = current_database()', [xid]);
  await sql.query('SELECT pg_reload_conf()');

  const ids = await oldest();
  expect(ids.database).toBe('postgres');
  expect(ids.age).toBeGreaterThanOrEqual(age);
  expect(ids.age).toBeLessThan(age + 1000);
  expect(evaluateIdAge(ids)).toMatchObject({ verdict: 'critical', says: expect.stringContaining('79 %') });
  expect((await look()).idAges).toContainEqual(ids);

  await expect
    .poll(async () => (await look()).vacuums, { timeout: 60_000, interval: 200 })
    .toMatchObject([{ table: 'jobs', database: 'postgres', auto: true, forced: true }]);

  // It does not step aside for whoever needs the table: that one stands below it.
  const waiter = await connected();
  const waits = waiter.query('ALTER TABLE jobs ADD COLUMN late int').catch(() => {});
  const tree = async () =>
    blockingTree((await look()).sessions).map(({ session, depth, blocks }) => [
      depth,
      blocks,
      session.autovacuum ? 'autovacuum' : session.query,
    ]);
  await expect.poll(tree, { timeout: 60_000, interval: 200 }).toEqual(
    expect.arrayContaining([
      [0, 1, 'autovacuum'],
      [1, 0, 'ALTER TABLE jobs ADD COLUMN late int'],
    ]),
  );

  // The remedy that the cockpit names.
  await sql.query('ALTER SYSTEM SET autovacuum = off');
  await sql.query('SELECT pg_reload_conf()');
  await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'`);
  await waits;
  await sql.query('ALTER TABLE jobs RESET (autovacuum_vacuum_cost_delay, autovacuum_vacuum_cost_limit)');
  await sql.query('VACUUM (FREEZE)');
  expect(evaluateIdAge(await oldest()).verdict).toBe('ok');
  await Promise.all([kept.primary, kept.replica, kept.studies].map((session) => session?.close()));
});
