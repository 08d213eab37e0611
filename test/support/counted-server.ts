// A PostgreSQL that counts what cockpits cost it: pg_stat_statements on the platform's tables.
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { keys, tables } from '../../simulator/postgres/schema.ts';
import { load, seed } from '../../simulator/postgres/seed.ts';
import { freePort, initCluster, startServer } from '../../simulator/postgres/server.ts';
import { guardedDirectory } from '../../simulator/reaper.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';

const superuser = { user: 'postgres', password: 'postgres' };
const user = 'bentham';

export type Counted = {
  calls: number;
  /** Planning and execution on the server. What timed out is not among it. */
  ms: number;
  /** Pages that they looked at, in memory or not. */
  blocks: number;
  /** The dearest first. */
  statements: readonly { query: string; calls: number; ms: number; blocks: number }[];
};

export type CountedServer = {
  port: number;
  /** Points a cockpit at it. */
  environment: Record<string, string>;
  /** Forgets what was counted so far. */
  reset(): Promise<void>;
  /** What the role of the cockpits ran since. */
  counted(): Promise<Counted>;
  /** CPU milliseconds of the cockpits' sessions so far, of statements that timed out as well. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
};

/** With `jobs` finished jobs more; without `indexes`, only primary keys are left. */
export async function startCountedServer({ jobs = 0, indexes = true } = {}): Promise<CountedServer> {
  const guarded = await guardedDirectory();
  const binaries = await findBinaries(guarded.directory);
  const data = path.join(guarded.directory, 'data');
  await initCluster(binaries, data, superuser);
  await appendFile(
    path.join(data, 'postgresql.auto.conf'),
    "shared_preload_libraries = 'pg_stat_statements'\nmax_wal_size = '8GB'\nshared_buffers = '256MB'\n",
  );
  const port = await freePort();
  const server = await startServer(binaries, data, port, superuser);
  const as = async (who: { user: string; password: string }, database: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, database, ...who });
    await client.connect();
    return client;
  };
  const admin = await as(superuser, 'postgres');
  await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD '${user}'; GRANT pg_monitor TO ${user}`);
  await admin.query(`CREATE DATABASE bentham OWNER ${user}`);
  await admin.query('CREATE EXTENSION pg_stat_statements');
  const owner = await as({ user, password: user }, 'bentham');
  await owner.query(tables);
  const conditions = scenarioNamed('calm')?.conditions;
  if (!conditions) throw new Error('no scenario calm');
  for (const { text, values } of [...seed(conditions), ...load(jobs)]) await owner.query(text, [...values]);
  await owner.query(keys);
  if (!indexes) {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'
       AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = indexname)`,
    );
    for (const { name } of rows) await owner.query(`DROP INDEX "${name}"`);
  }
  await owner.query('VACUUM ANALYZE');
  await owner.end();
  return {
    port,
    environment: {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: user,
      PGDATABASE: 'bentham',
      PGSSLMODE: 'disable',
    },
    async reset() {
      await admin.query('SELECT pg_stat_statements_reset()');
    },
    async counted() {
      const { rows } = await admin.query<Counted['statements'][number]>(
        `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS query, calls::int,
                total_exec_time + total_plan_time AS ms, (shared_blks_hit + shared_blks_read)::float8 AS blocks
         FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
         WHERE r.rolname = $1 ORDER BY ms DESC`,
        [user],
      );
      const sum = (of: 'calls' | 'ms' | 'blocks') => rows.reduce((all, row) => all + row[of], 0);
      return { calls: sum('calls'), ms: sum('ms'), blocks: sum('blocks'), statements: rows };
    },
    async cpu() {
      const { rows } = await admin.query<{ stat: string }>(
        `SELECT pg_read_file('/proc/' || pid || '/stat') AS stat FROM pg_stat_activity WHERE usename = $1`,
        [user],
      );
      return rows.reduce((sum, { stat }) => {
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return sum + (Number(fields[11]) + Number(fields[12])) * 10;
      }, 0);
    },
    async stop() {
      await admin.end();
      await server.stop('fast');
      await guarded.end();
    },
  };
}
