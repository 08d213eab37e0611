// Statements, waits, table use and plans of real servers: PostgreSQL 18 and, where Debian has it, 15; as a role that sees
// all, and as one that does not.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { firstPace } from '../../src/core/health/busiest.ts';
import type { StatementPlan } from '../../src/core/queries/statement-plan.ts';
import { busiestStatement, lateRest, pace, stands } from '../../src/data/postgres/busiest.ts';
import { readPlan } from '../../src/data/postgres/plan-query.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { readStatements } from '../../src/data/postgres/statements-query.ts';
import { readTableUse } from '../../src/data/postgres/table-use-query.ts';
import { readWaits } from '../../src/data/postgres/waits-query.ts';
import type { Result } from '../../src/data/source.ts';

const root = { user: 'postgres', password: 'root' };
const signal = () => AbortSignal.timeout(60_000);
const debian = '/usr/lib/postgresql/15';
const versions = [
  ['18', undefined],
  ...(existsSync(`${debian}/bin/postgres`) ? [['15', debian] as const] : []),
] as const;

let guarded: Guarded;
let packaged: Binaries;
beforeAll(async () => {
  guarded = await guardedDirectory();
  packaged = await findBinaries(guarded.directory);
});
afterAll(() => guarded?.end());

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

describe.each(versions)('PostgreSQL %s', (version, directory) => {
  let server: Server;
  let client: pg.Client;
  let data: string;
  let binaries: Binaries;
  const open: pg.Client[] = [];
  const sessions: Session[] = [];

  const as = (user: string): DatabaseServer => ({
    ...{ host: '127.0.0.1', port: server.port, database: 'postgres', sslMode: 'disable' as const },
    ...{ user, password: user === root.user ? root.password : user },
  });
  const connected = async (user = root.user): Promise<pg.Client> => {
    const made = new pg.Client({ ...as(user), ssl: false });
    made.on('error', () => {});
    open.push(made);
    await made.connect();
    return made;
  };
  const session = (user = 'monitor'): Session => {
    const made = new Session(as(user));
    sessions.push(made);
    return made;
  };
  const configure = (text: string) => appendFileSync(path.join(data, 'postgresql.auto.conf'), `${text}\n`);
  const restart = async () => {
    await client?.end().catch(() => {});
    await server?.stop('fast');
    server = await startServer(binaries, data, await freePort(), root);
    client = await connected();
  };
  /** A session that runs a statement until it is ended, once the server shows it. */
  const running = async (statement: string, user = root.user): Promise<number> => {
    const other = await connected(user);
    const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid ?? 0;
    other.query(statement).catch(() => {});
    const seen = () =>
      client.query(
        `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND state = 'active' AND query !~ 'pg_backend_pid'`,
      );
    await expect.poll(async () => (await seen()).rowCount, { timeout: 30_000 }).toBe(1);
    return pid;
  };

  beforeAll(async () => {
    binaries = directory
      ? { ...packaged, directory, environment: { ...packaged.environment, LD_LIBRARY_PATH: '' } }
      : packaged;
    data = path.join(guarded.directory, `data-${version}`);
    await initCluster(binaries, data, root);
    // Before PostgreSQL 18 there was no choice.
    if (version !== '18') {
      const file = path.join(data, 'postgresql.auto.conf');
      writeFileSync(file, readFileSync(file, 'utf8').replace('io_method = sync', ''));
    }
    configure("shared_preload_libraries = ''");
    await restart();
    await client.query(`CREATE ROLE monitor LOGIN PASSWORD 'monitor'; GRANT pg_monitor TO monitor;
      CREATE ROLE app LOGIN PASSWORD 'app'; CREATE ROLE spare; CREATE ROLE blind LOGIN PASSWORD 'blind'; GRANT CREATE ON SCHEMA public TO app; GRANT CREATE ON DATABASE postgres TO app;
      CREATE TABLE jobs (id int PRIMARY KEY, tenant text, status text);
      CREATE INDEX jobs_unused ON jobs (status);
      INSERT INTO jobs SELECT n, 'tenant-' || n % 7, 'done' FROM generate_series(1, 60000) n; ANALYZE jobs;
      GRANT SELECT ON jobs TO monitor; GRANT ALL ON jobs TO app`);
  }, 120_000);
  afterEach(async () => {
    for (const each of sessions.splice(0)) await each.close();
    for (const each of open.splice(0)) if (each !== client) await each.end().catch(() => {});
  });
  afterAll(async () => {
    await client?.end().catch(() => {});
    await server?.stop('immediate');
  });

  test('what is missing is named with the command that gives it, one after the other', async () => {
    const lacks = async (user?: string) => value(await readStatements(session(user), '', signal())).lacks;
    expect(await lacks()).toEqual([
      expect.objectContaining({
        code: 'preload',
        remedy: expect.stringContaining('ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements;') as string,
      }),
    ]);
    configure("shared_preload_libraries = 'pg_stat_statements'");
    await restart();
    expect(await lacks('blind')).toMatchObject([
      { code: 'extension', remedy: expect.stringContaining('CREATE EXTENSION pg_stat_statements;') as string },
    ]);
    await client.query('CREATE SCHEMA "Ext ensions"; GRANT USAGE ON SCHEMA "Ext ensions" TO PUBLIC');
    await client.query(`CREATE EXTENSION pg_stat_statements SCHEMA "Ext ensions" VERSION '1.4'`);
    expect((await lacks()).map(({ code }) => code)).toContain('old-extension');
    await client.query('ALTER EXTENSION pg_stat_statements UPDATE');
    expect((await lacks()).map(({ code }) => code)).toEqual([]);
    expect(await lacks('blind')).toMatchObject([{ code: 'other-roles', remedy: 'GRANT pg_read_all_stats TO blind;' }]);
    await client.query(`ALTER SYSTEM SET pg_stat_statements.track = 'none'; `);
    await client.query('SELECT pg_reload_conf()');
    await expect
      .poll(async () => (await lacks()).map(({ code }) => code), { timeout: 30_000 })
      .toEqual(['not-tracked']);
    await client.query('ALTER SYSTEM RESET pg_stat_statements.track');
    await client.query(`ALTER SYSTEM SET track_io_timing = off`);
    await client.query('SELECT pg_reload_conf()');
    await expect.poll(async () => (await lacks()).map(({ code }) => code), { timeout: 30_000 }).toEqual(['io-timing']);
    await client.query('ALTER SYSTEM RESET track_io_timing');
    await client.query('SELECT pg_reload_conf()');
  });

  test('statements are counted since the moment, without their literals, and anew after a reset', async () => {
    const mine = session();
    const of = async (moment: string) => {
      const list = value(await readStatements(mine, moment, signal()));
      return { list, row: list.rows.find(({ text }) => /FROM jobs WHERE tenant/.test(text)) };
    };
    const work = async (times: number) => {
      for (let n = 0; n < times; n += 1)
        await client.query(`SELECT count(*) FROM jobs WHERE tenant = 'tenant-${n}' AND id <> ${n}`);
    };
    await work(4);
    const first = await of('a');
    expect(first.row).toMatchObject({ user: 'postgres', whole: { calls: 4, rows: 4 }, since: { calls: 0 } });
    expect(first.list.from).toBe(first.list.at);
    await work(3);
    expect((await of('a')).row).toMatchObject({ whole: { calls: 7 }, since: { calls: 3 } });
    await of('b');
    await work(2);
    expect((await of('b')).row?.since.calls).toBe(2);
    const again = await of('a');
    expect(again.row?.since.calls).toBe(5);
    expect(JSON.stringify(again.list)).not.toContain('tenant-1');
    expect(again.row?.since.time).toBeGreaterThan(0);
    await client.query('SELECT "Ext ensions".pg_stat_statements_reset()');
    await work(1);
    const reset = await of('a');
    expect(reset.row).toMatchObject({ since: { calls: 1 }, whole: { calls: 1 } });
    expect(reset.list.reset).toBe(true);
    expect(reset.list.from).toBeGreaterThan(again.list.from);
  });

  test('the statement that takes most of the time stands out from the second count on, while it does', async () => {
    const mine = session();
    let now = 1_000_000;
    const look = async (isLate = false) => {
      const answer = await mine.read(signal(), 10_000, async (ask) => ({
        found: await busiestStatement(isLate ? () => ask('SELECT pg_sleep(60)', { within: 50 }) : ask, mine, () => now),
      }));
      return value(answer).found;
    };
    await client.query('SELECT "Ext ensions".pg_stat_statements_reset()');
    expect(await look()).toEqual({ unread: true });
    await client.query(`SELECT count(*) AS slow FROM (SELECT pg_sleep(4)) s WHERE 'h1dden-w0rd' <> ''`);
    now += firstPace - 1;
    expect(await look(), 'before the pace').toEqual({ unread: true });
    now += 1;
    const told = await look();
    const busy = told.found;
    expect(told.unread).toBeUndefined();
    expect(busy?.text).toMatch(/count\(\*\) AS slow/);
    expect(JSON.stringify(busy)).not.toContain('h1dden-w0rd');
    expect(busy?.share).toBeGreaterThan(0.5);
    expect(busy?.load).toBeGreaterThanOrEqual(4000 / firstPace);
    expect(busy?.mean).toBeGreaterThanOrEqual(4000);
    // It costs nothing until the next count, which sees nothing more of it.
    now += pace - 1;
    expect(await look()).toEqual({ found: busy });
    // A busy server is late: what was found stands for a while.
    now += 1;
    for (let waited = 0; waited + pace <= stands; waited += lateRest) {
      expect(await look(true), `late after ${waited} ms`).toEqual({ found: busy });
      now += lateRest;
    }
    expect(await look(true), 'too old to stand').toEqual({ unread: true });
    now += pace * 100;
    expect(await look(), 'no more of it').toEqual({});
  });

  test('who may not see statements is told of none, and the look goes on', async () => {
    const blind = session('blind');
    const answer = await blind.read(signal(), 10_000, async (ask) => ({ found: await busiestStatement(ask, blind) }));
    expect(value(answer).found.found).toBeUndefined();
    expect(value(await readServer(blind, 10_000, signal())).busiest).toBeUndefined();
  });

  test('a password in a statement that is not normalized is not shown', async () => {
    await client.query(`ALTER ROLE spare PASSWORD 'h1dden-w0rd'`);
    const list = value(await readStatements(session(), 'secret', signal()));
    expect(JSON.stringify(list)).not.toContain('h1dden-w0rd');
  });

  test('waits are sampled one by one, by event and by statement, and not beyond what was wanted', async () => {
    const holder = await connected();
    await holder.query('BEGIN; LOCK TABLE jobs');
    await running(`UPDATE jobs SET status = 'sampled-literal' WHERE id = 1`, 'app');
    await running('SELECT pg_sleep(600)', 'app');
    const mine = session();
    for (let n = 0; n < 3; n += 1) value(await readWaits(mine, 'a', signal(), 2));
    const seen = value(await readWaits(mine, 'a', signal(), 2));
    await holder.query('ROLLBACK');
    expect(seen.samples).toBe(2);
    expect(seen.active).toBe(4);
    expect(seen.events).toEqual(
      expect.arrayContaining([
        { type: 'Lock', event: 'relation', count: 2 },
        { type: 'Timeout', event: 'PgSleep', count: 2 },
      ]),
    );
    expect(seen.statements).toHaveLength(2);
    expect(seen.statements.map(({ text }) => text)).toContain('UPDATE jobs SET status = ? WHERE id = ?');
    expect(JSON.stringify(seen)).not.toContain('sampled-literal');
    const blind = value(await readWaits(session('blind'), 'a', signal(), 2));
    expect(blind).toMatchObject({ active: 0, lacks: [{ code: 'other-roles' }] });
    expect(blind.hidden).toBeGreaterThan(0);
  });

  test('tables and indexes are counted since the moment', async () => {
    const mine = session();
    const of = async () => {
      const list = value(await readTableUse(mine, 'public', 'a', signal()));
      return {
        list,
        table: list.tables.find(({ name }) => name === 'jobs'),
        index: list.indexes.find(({ name }) => name === 'jobs_unused'),
      };
    };
    const first = await of();
    expect(first.table?.since).toEqual({ seqScans: 0, seqRows: 0, indexScans: 0, hit: 0, read: 0 });
    expect(first.index).toMatchObject({ table: 'jobs', whole: 0, constraint: false, valid: true, columns: '(status)' });
    const other = await connected();
    await other.query(`SET enable_indexscan = off; SET enable_bitmapscan = off`);
    for (let n = 0; n < 6; n += 1) await other.query(`SELECT count(*) FROM jobs WHERE tenant = 'x'`);
    await other.end();
    await expect.poll(async () => (await of()).table?.since.seqScans, { timeout: 30_000 }).toBe(6);
    const { table, list } = await of();
    expect(table?.since.seqRows).toBe(360_000);
    expect(list.cache.since.hit).toBeGreaterThan(0);
  });

  describe('the plan of a running statement', () => {
    const plan = async (statement: string, user = 'app', by = 'monitor'): Promise<StatementPlan> =>
      value(await readPlan(session(by), await running(statement, user), signal()));

    test('is planned, not executed, and shows no literal', async () => {
      const found = await plan(`SELECT pg_sleep(600), id FROM jobs WHERE status <> 'plan-literal'`);
      expect(found.none).toBeUndefined();
      expect(found.nodes[0]).toMatchObject({ on: 'on jobs', depth: 0 });
      expect(found.nodes.map(({ type }) => type)).toContain('Seq Scan');
      expect(JSON.stringify(found)).not.toContain('plan-literal');
    });

    test('of a statement with parameters is that for any values', async () => {
      const other = await connected('app');
      const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      other.query('SELECT pg_sleep(600), id FROM jobs WHERE id = $1 AND tenant = $2', [1, 'tenant-1']).catch(() => {});
      const mine = session();
      const look = async () => value(await readPlan(mine, rows[0]?.pid ?? 0, signal()));
      await expect.poll(async () => (await look()).nodes.length, { timeout: 30_000 }).toBeGreaterThan(0);
      const found = await look();
      expect(found).toMatchObject({ generic: true });
      expect(found.none).toBeUndefined();
      expect(JSON.stringify(found.nodes)).toContain('jobs_pkey');
    });

    test('of a change needs its rights, and changes nothing', async () => {
      const statement = `UPDATE jobs SET status = 'changed' FROM (SELECT pg_sleep(600)) s WHERE id = 2`;
      expect(await plan(statement)).toMatchObject({
        none: { code: 'refused', what: expect.stringContaining('permission') as string },
      });
      await client.query('GRANT UPDATE ON jobs TO monitor');
      const found = await plan(statement);
      expect(found.nodes[0]?.type).toBe('Update');
      await client.query('REVOKE UPDATE ON jobs FROM monitor');
      expect((await client.query('SELECT status FROM jobs WHERE id = 2')).rows).toEqual([{ status: 'done' }]);
    });

    test.each([
      ['several statements', `SELECT pg_sleep(600); COMMIT; CREATE TABLE taken (a int)`],
      ['a statement that ends the transaction first', `DO $$ BEGIN PERFORM pg_sleep(600); END $$`],
    ])('is refused of %s', async (_, statement) => {
      expect(await plan(statement)).toMatchObject({ nodes: [], none: { code: 'not-plannable' } });
      expect((await client.query(`SELECT to_regclass('taken') AS found`)).rows).toEqual([{ found: null }]);
    });

    test('is refused where planning would run a function of another role', async () => {
      const app = await connected('app');
      await app.query(
        `CREATE OR REPLACE FUNCTION "Trap"() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(0); RETURN 1; END $$`,
      );
      expect(await plan(`SELECT pg_sleep(600) WHERE "Trap" () = 1`)).toMatchObject({ none: { code: 'own-functions' } });
    });

    const body = (answer: string) =>
      `RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(0); RETURN ${answer}; END $$`;
    test.each([
      ['a comment before its parenthesis', `CREATE FUNCTION trap() ${body('1')}`, `trap /* x */ ()`],
      ['a line before its parenthesis', `CREATE FUNCTION trap() ${body('1')}`, `trap${'\n'.repeat(40)}()`],
      ['another case', `CREATE FUNCTION trap() ${body('1')}`, 'TRAP()'],
      ['a name in escapes', `CREATE FUNCTION trap() ${body('1')}`, `U&"\\0074rap"()`],
      [
        'a name longer than the server keeps',
        `CREATE FUNCTION ${'t'.repeat(63)}() ${body('1')}`,
        `${'t'.repeat(80)}()`,
      ],
      ['a name with quotes and blanks', `CREATE FUNCTION "a ""trap"() ${body('1')}`, `"a ""trap"()`],
      ['a name behind many others', `CREATE FUNCTION trap() ${body('1')}`, `${'abs(0) + '.repeat(80)} trap()`],
      ['a quote before it', `CREATE FUNCTION trap() ${body('1')}`, `length('"') + trap() + length('"')`],
      [
        'a function in SQL that calls it',
        `CREATE FUNCTION trap() ${body('1')}; CREATE FUNCTION outside() RETURNS int LANGUAGE sql AS 'SELECT trap()'`,
        'outside()',
      ],
      [
        'a view',
        `CREATE FUNCTION trap() ${body('1')}; CREATE VIEW trapped AS SELECT trap() AS n; GRANT SELECT ON trapped TO monitor`,
        '(SELECT n FROM trapped)',
      ],
      [
        'an operator',
        `CREATE FUNCTION trap(a int, b int) ${body('a')}; CREATE OPERATOR @#@ (FUNCTION = trap, LEFTARG = int, RIGHTARG = int)`,
        '1 @#@ 1',
      ],
    ])('is refused where planning would run one that is reached by %s', async (_, made, expression) => {
      const app = await connected('app');
      await app.query(`CREATE SCHEMA IF NOT EXISTS trapping; GRANT USAGE ON SCHEMA trapping TO monitor`);
      await app.query(`SET search_path = trapping, public; ${made}`);
      const waiting = await connected('app');
      const { rows } = await waiting.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await waiting.query('SET search_path = trapping, public');
      waiting.query(`SELECT pg_sleep(600) WHERE (${expression}) IS NOT NULL`).catch(() => {});
      const pid = rows[0]?.pid ?? 0;
      const seen = `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND state = 'active'`;
      await expect.poll(async () => (await client.query(seen)).rowCount, { timeout: 30_000 }).toBe(1);
      try {
        expect(value(await readPlan(session(), pid, signal()))).toMatchObject({
          none: { code: 'own-functions' },
          nodes: [],
        });
      } finally {
        await client.query(`SELECT pg_terminate_backend(${pid}, 10000)`);
        await client.query('DROP SCHEMA trapping CASCADE');
      }
    });

    test('is refused to a superuser, of a hidden session, and one that has ended; an idle one has its last statement', async () => {
      expect(await plan('SELECT pg_sleep(600)', 'app', root.user)).toMatchObject({ none: { code: 'other-rights' } });
      expect(await plan('SELECT pg_sleep(600)', 'app', 'blind')).toMatchObject({ none: { code: 'hidden' } });
      const idle = await connected('app');
      const { rows } = await idle.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      expect(value(await readPlan(session(), rows[0]?.pid ?? 0, signal()))).toMatchObject({
        last: true,
        nodes: [{ type: 'Result' }],
      });
      expect(value(await readPlan(session(), 2_000_000_000, signal()))).toMatchObject({ none: { code: 'gone' } });
    });

    test('of a statement that the server has cut says so', async () => {
      const long = `SELECT pg_sleep(600), '${'x'.repeat(3000)}'`;
      expect(await plan(long)).toMatchObject({
        none: { code: 'truncated', remedy: expect.stringContaining('track_activity_query_size') as string },
      });
    });

    test('leaves no prepared statement behind, whatever happened', async () => {
      const mine = session();
      for (const statement of [
        'SELECT pg_sleep(600)',
        'SELECT pg_sleep(600); SELECT 1',
        `UPDATE jobs SET id = 1 FROM (SELECT pg_sleep(600)) s`,
      ])
        value(await readPlan(mine, await running(statement, 'app'), signal()));
      const left = await mine.read(signal(), 5000, (ask) =>
        ask<{ count: number }>('SELECT count(*)::int AS count FROM pg_prepared_statements'),
      );
      expect(value(left)).toEqual([{ count: 0 }]);
    });
  });
});
