// Behind a pooler the server's connection outlives whoever uses it: nothing that an action or a look sets may stay. And
// VACUUM is verified only where it did its work.
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { copyAsReplica } from '../../simulator/postgres/replica.ts';
import { keys, tables } from '../../simulator/postgres/schema.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import type { SqlCall } from '../../src/core/actions/call.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { queryDatabase } from '../../src/data/postgres/database-query.ts';
import { executeSql } from '../../src/data/postgres/execute.ts';
import { readPlan } from '../../src/data/postgres/plan-query.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { readStatements } from '../../src/data/postgres/statements-query.ts';
import { readTableUse } from '../../src/data/postgres/table-use-query.ts';
import { readWaits } from '../../src/data/postgres/waits-query.ts';
import { type Acting, acting } from '../support/acting.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';

const root = { user: 'postgres', password: 'root' };
const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => existsSync(file));
let guarded: Guarded;
let binaries: Binaries;
let server: Server;
let cockpit: Acting;

const at = (port: number): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'bentham', user: 'bentham', password: 'bentham', sslMode: 'disable' },
});
async function client(of: DatabaseServer = at(server.port)): Promise<pg.Client> {
  const made = new pg.Client(of);
  made.on('error', () => {});
  await made.connect();
  return made;
}
async function sql<Row extends object>(text: string, of = at(server.port)): Promise<Row[]> {
  const asked = await client(of);
  try {
    return (await asked.query<Row>(text)).rows;
  } finally {
    await asked.end();
  }
}
const environmentOf = (port: number) => ({
  PATH: process.env.PATH ?? '',
  ...{ PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'bentham', PGPASSWORD: 'bentham', PGDATABASE: 'bentham' },
  PGSSLMODE: 'disable',
});
const done = async (by: Acting, action: 'vacuum-table' | 'analyze-tables', target: Record<string, string>) => {
  const run = await by.plan(action, target);
  expect(run, `${run.says} ${run.hint}`).toMatchObject({ phase: 'planned' });
  return by.confirm(run);
};

beforeAll(async () => {
  guarded = await guardedDirectory();
  binaries = await findBinaries(guarded.directory);
  const data = path.join(guarded.directory, 'server');
  await initCluster(binaries, data, root);
  appendFileSync(path.join(data, 'postgresql.auto.conf'), 'max_prepared_transactions = 5\nautovacuum = off\n');
  server = await startServer(binaries, data, await freePort(), root);
  const admin = { ...at(server.port), ...root, database: 'postgres' };
  await sql(`CREATE ROLE bentham LOGIN PASSWORD 'bentham'`, admin);
  await sql(`GRANT pg_monitor, pg_signal_backend TO bentham`, admin);
  await sql(`CREATE DATABASE bentham OWNER bentham`, admin);
  await sql(`${tables} ${keys}`);
  await sql(`INSERT INTO tenants VALUES ('t', 't'); INSERT INTO studies (id, tenant_id, name) VALUES ('s', 't', 'x')`);
  cockpit = await acting(environmentOf(server.port));
}, 120_000);

afterAll(async () => {
  await cockpit?.stop();
  await server?.stop('immediate');
  await guarded?.end();
});

// Skipped where pgbouncer is not installed: there is no other server that pools as it does.
describe.skipIf(!pgbouncer)('behind pgbouncer in transaction mode, with one connection for all', () => {
  let pool: ChildProcess;
  let port: number;
  let pooled: Acting;

  beforeAll(async () => {
    const directory = path.join(guarded.directory, 'pool');
    port = await freePort();
    mkdirSync(directory);
    const file = path.join(directory, 'pool.ini');
    writeFileSync(
      file,
      `[databases]\nbentham = host=127.0.0.1 port=${server.port} user=bentham password=bentham pool_size=1\n` +
        `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\n` +
        'pool_mode = transaction\nquery_wait_timeout = 20\n',
    );
    const { uid, gid } = binaries;
    if (uid !== undefined && gid !== undefined) for (const each of [directory, file]) await chown(each, uid, gid);
    pool = bound(spawn(pgbouncer ?? '', [file], { stdio: 'ignore', ...(uid === undefined ? {} : { uid, gid }) }));
    await eventually(() => sql('SELECT 1', at(port)));
    pooled = await acting(environmentOf(port));
  });
  afterAll(async () => {
    await pooled?.stop();
    pool?.kill('SIGKILL');
  });

  // What pgbouncer itself sets for each client. A name for pg_stat_activity is not among it: who gives none has none.
  const own = ['client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings'];
  const leftBehind = () =>
    sql<Record<string, unknown> & { pid: number; sets: string[] | null }>(
      `SELECT pg_backend_pid() AS pid,
         (SELECT array_agg(name || ' = ' || setting) FROM pg_settings
          WHERE source = 'session' AND name <> ALL('{${own.join()}}')) AS sets,
         current_user = session_user AND current_user = 'bentham' AS "ownRole",
         (SELECT setting FROM pg_settings WHERE name = 'search_path') AS path,
         current_setting('application_name') AS name,
         (SELECT count(*)::int FROM pg_class WHERE pg_is_other_temp_schema(relnamespace) OR relnamespace = pg_my_temp_schema()) AS temporary,
         (SELECT count(*)::int FROM pg_cursors WHERE is_holdable) AS cursors,
         (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks,
         (SELECT count(*)::int FROM pg_prepared_statements WHERE from_sql OR name <> '') AS statements,
         (SELECT count(*)::int FROM pg_listening_channels()) AS channels`,
      at(port),
    );
  const means = (signal = AbortSignal.timeout(60_000)): ExecutionContext => ({
    ...{
      settings: pooled.settings,
      context: {} as ExecutionContext['context'],
      signal,
      tell: () => {},
      keep: async () => {},
    },
  });
  const change = (text: string, more: Partial<SqlCall> = {}): SqlCall => ({
    ...{ tool: 'sql', server: 'primary', transaction: true, change: { text, parameters: [] } },
    ...more,
  });
  const looked = async () => {
    const session = new Session(at(port));
    for (let look = 0; look < 3; look += 1) await readServer(session, 10_000, AbortSignal.timeout(60_000));
    await session.read(AbortSignal.timeout(60_000), 5000, (ask) => ask('SELECT no_such_column'));
    await session.read(AbortSignal.timeout(60_000), 50, (ask) => ask('SELECT pg_sleep(5)'));
    await session.close();
    await queryDatabase(pooled.settings, 'primary', AbortSignal.timeout(60_000));
  };
  const planned = async () => {
    const session = new Session(at(port));
    for (const text of [
      'SELECT count(*) FROM jobs',
      'SELECT 1; COMMIT; SELECT 2',
      'SELECT * FROM no_such_table',
      'BEGIN',
    ]) {
      const other = await client();
      // An idle session keeps its last statement, also one that failed.
      await other.query(text).catch(() => {});
      const [{ pid } = { pid: 0 }] = await sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE query = '${text}' AND pid <> pg_backend_pid()`,
      );
      const found = await readPlan(session, pid, AbortSignal.timeout(60_000));
      const one = text.endsWith('FROM jobs') ? { nodes: [{ type: 'Aggregate' }, {}] } : { nodes: [], none: {} };
      expect(found).toMatchObject({ ok: true, value: { pid, ...one } });
      await other.end();
    }
    const locked = await client();
    await locked.query('BEGIN; LOCK TABLE jobs');
    const waiting = await client();
    waiting.query('SELECT id FROM jobs').catch(() => {});
    const blocked = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = 'SELECT id FROM jobs'`;
    const [{ pid } = { pid: 0 }] = await eventually(async () => {
      const rows = await sql<{ pid: number }>(blocked);
      if (rows.length === 0) throw new Error('it does not wait yet');
      return rows;
    });
    expect(await readPlan(session, pid, AbortSignal.timeout(60_000))).toMatchObject({
      value: { nodes: [], none: { code: 'refused', what: 'planning took too long, or waited for a lock' } },
    });
    await locked.end();
    await waiting.end();
    await session.close();
  };
  const used = async () => {
    const session = new Session(at(port));
    const signal = AbortSignal.timeout(60_000);
    expect(await readStatements(session, '', signal)).toMatchObject({
      ok: true,
      value: { lacks: [{ code: 'extension' }] },
    });
    expect(await readWaits(session, '', signal, 1)).toMatchObject({ ok: true, value: { samples: 1 } });
    expect(await readTableUse(session, 'public', '', signal)).toMatchObject({ ok: true, value: { lacks: [] } });
    await session.close();
  };
  const vacuum = () => done(pooled, 'vacuum-table', { table: 'jobs' });

  test.each<readonly [string, () => Promise<unknown>]>([
    ['looks, one that fails and one that takes too long among them', looked],
    ['plans, refused ones and one that takes too long among them', planned],
    ['statements, waits and the use of tables', used],
    ['a vacuum', vacuum],
    ['statistics', () => done(pooled, 'analyze-tables', { tables: 'jobs,studies' })],
    ['a change', () => executeSql(change(`UPDATE studies SET name = 'y' WHERE id = 's'`, { expectRows: 1 }), means())],
    ['a change that is rolled back', () => executeSql(change('UPDATE studies SET id = NULL'), means())],
    ['a vacuum that fails', () => executeSql(change('VACUUM no_such_table', { transaction: false }), means())],
    [
      'a vacuum that took too long',
      async () => {
        const locked = await client();
        await locked.query('BEGIN; LOCK TABLE jobs');
        const late = change('VACUUM jobs', { transaction: false, within: 300 });
        expect(await executeSql(late, means())).toMatchObject({
          outcome: 'failed',
          says: 'stopped after 0.3 s; no row was changed',
        });
        await locked.end();
      },
    ],
  ])('%s leaves no setting, lock or statement for the next client', async (_says, act) => {
    const [before] = await leftBehind();
    expect(before).toMatchObject({ sets: null, name: '', ownRole: true, temporary: 0, cursors: 0 });
    await act();
    expect(await leftBehind()).toEqual([{ ...before, pid: expect.any(Number), locks: 0, statements: 0, channels: 0 }]);
  });

  test('the cockpit has its name while it works, and gives it to no other client', async () => {
    const [other, session] = [await client(at(port)), new Session(at(port))];
    const nameOf = "SELECT current_setting('application_name') AS name";
    const own = await session.read(AbortSignal.timeout(60_000), 5000, (ask) => ask<{ name: string }>(nameOf));
    expect(own).toEqual({ ok: true, value: [{ name: 'bentham-cockpit' }] });
    expect((await other.query(nameOf)).rows).toEqual([{ name: '' }]);
    await session.close();
    await other.end();
    // A session of our own is visible between two polls, too.
    const direct = new Session(at(server.port));
    await direct.read(AbortSignal.timeout(60_000), 5000, (ask) => ask('SELECT 1'));
    const seen = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'bentham-cockpit' AND state = 'idle'`;
    expect((await sql<{ n: number }>(seen))[0]?.n).toBeGreaterThan(0);
    await direct.close();
  });

  test('a vacuum is verified, also over the pool', async () => {
    expect(await vacuum()).toMatchObject({ outcome: 'verified' });
  });
});

test('cancelling a session that runs nothing is refused: it would prove nothing', async () => {
  const idle = await client();
  await idle.query('BEGIN; LOCK TABLE results');
  const [{ pid } = { pid: 0 }] = (await idle.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  const run = await cockpit.plan('cancel-query', { pid: String(pid) });
  expect(run).toMatchObject({ outcome: 'refused', says: 'it runs no statement: it is idle in transaction' });
  await idle.end();
});

describe('a vacuum', () => {
  /** 5,000 rows of which each is dead, while `holding` looks at them. */
  const withDead = async (holding: (by: pg.Client) => Promise<unknown>): Promise<pg.Client> => {
    await sql('VACUUM jobs');
    await sql(`INSERT INTO jobs (study_id, surface_id) SELECT 's', 'x' FROM generate_series(1, 5000)`);
    const holder = await client();
    await holding(holder);
    await sql('DELETE FROM jobs');
    await sql('ANALYZE jobs');
    return holder;
  };
  const vacuumed = () => done(cockpit, 'vacuum-table', { table: 'jobs' });

  test('is verified if the dead rows are gone', async () => {
    const nobody = await withDead(async () => {});
    expect(await vacuumed()).toMatchObject({ outcome: 'verified', says: expect.stringContaining('jobs 0') });
    await nobody.end();
  });

  test('is not verified while a long transaction holds them: it is named with pid, role, age and rows, and the plan warns', async () => {
    const holder = await withDead((by) => by.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs'));
    const [{ pid } = { pid: 0 }] = (await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    const run = await vacuumed();
    expect(run).toMatchObject({ outcome: 'unverified' });
    expect(run.says).toMatch(
      new RegExp(
        `^5.000 dead rows left, held by pid ${pid} of bentham, idle in transaction, for .+; end that session$`,
      ),
    );
    expect(run.plan?.warnings?.join()).toContain(`held by pid ${pid}`);
    await holder.end();
    expect(await vacuumed()).toMatchObject({ outcome: 'verified' });
  });

  test('is not verified while a transaction that only wrote, or a prepared one, holds them', async () => {
    const writer = await withDead((by) => by.query(`BEGIN; UPDATE studies SET name = 'z'`));
    expect((await vacuumed()).says).toContain('held by pid');
    await writer.query(`PREPARE TRANSACTION 'left-by-a-worker'`);
    await writer.end();
    const run = await vacuumed();
    expect(run).toMatchObject({ outcome: 'unverified' });
    expect(run.says).toMatch(/held by prepared transaction left-by-a-worker of bentham, for .*ROLLBACK PREPARED/);
    await sql(`ROLLBACK PREPARED 'left-by-a-worker'`);
    expect(await vacuumed()).toMatchObject({ outcome: 'verified' });
  });

  test('is not verified while a replica’s long query holds them by its slot, or a slot that nobody reads', async () => {
    const admin = { ...at(server.port), ...root };
    const data = path.join(guarded.directory, 'replica');
    await sql(`SELECT pg_create_physical_replication_slot('standby')`, admin);
    const source = await client(admin);
    await copyAsReplica(source, binaries, path.join(guarded.directory, 'server'), data, {
      ...{ host: '127.0.0.1', port: server.port, ...root, slot: 'standby' },
    });
    await source.end();
    const feedback = `hot_standby_feedback = on\nwal_receiver_status_interval = '1s'\n`;
    appendFileSync(path.join(data, 'postgresql.auto.conf'), feedback);
    const replica = await startServer(binaries, data, await freePort(), root);
    const held = async () => {
      const [slot] = await sql<{ held: boolean }>(
        `SELECT xmin IS NOT NULL AS held FROM pg_replication_slots WHERE slot_name = 'standby'`,
        admin,
      );
      return slot?.held;
    };
    const reader = await client({ ...admin, port: replica.port });
    try {
      const nobody = await withDead(async () => {
        await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM jobs');
        await expect.poll(held, { timeout: 30_000 }).toBe(true);
      });
      await nobody.end();
      const run = await vacuumed();
      expect(run).toMatchObject({ outcome: 'unverified' });
      expect(run.says).toMatch(
        /held by replication slot standby, \d+ transactions? behind; end long queries on its replica/,
      );
    } finally {
      await replica.stop('immediate');
    }
    const run = await vacuumed();
    expect(run.says).toMatch(/held by replication slot standby without a consumer, .*drop the slot/);
    // A replica that keeps up is nothing to warn of.
    expect(run.plan?.warnings).toEqual([]);
    await expect
      .poll(async () => (await sql(`SELECT pg_drop_replication_slot('standby')`, admin).catch(() => [])).length)
      .toBe(1);
    expect(await vacuumed()).toMatchObject({ outcome: 'verified' });
  });

  test('that skips a locked table has failed, and names it', async () => {
    const locked = await client();
    await locked.query('BEGIN; LOCK TABLE jobs IN SHARE MODE');
    expect(await vacuumed()).toMatchObject({ outcome: 'failed', says: expect.stringContaining('jobs') });
    await locked.end();
    expect(await vacuumed()).toMatchObject({ outcome: 'verified' });
  });

  test('names the statement timeout of its role in the plan', async () => {
    await sql(`ALTER ROLE bentham SET statement_timeout = '30min'`);
    const limited = await acting(environmentOf(server.port));
    const { plan } = await limited.plan('vacuum-table', { table: 'jobs' });
    expect(plan?.warnings?.join()).toContain('1800000ms');
    await limited.stop();
    await sql('ALTER ROLE bentham RESET statement_timeout');
  });
});
