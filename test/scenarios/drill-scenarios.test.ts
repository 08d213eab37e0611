// What goes wrong in the drill's database and Redis, and that the remedy helps.
import { execFile } from 'node:child_process';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf, launcher } from '../support/drill.ts';

let drill: Drill | undefined;
afterEach(async () => {
  await drill?.stop();
  drill = undefined;
});

async function begin(scenario: string, load: { jobs?: number } = {}) {
  drill = await drillOf(scenario, load);
  const { environment, conditions } = drill;
  const sql = async <Row extends object>(text: string): Promise<Row[]> => {
    const client = new pg.Client({
      host: environment.PGHOST ?? '',
      port: Number(environment.PGPORT),
      user: environment.PGUSER ?? '',
      password: environment.PGPASSWORD ?? '',
      database: environment.PGDATABASE ?? '',
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const count = async (from: string) => Number((await sql<{ n: string }>(`SELECT count(*) AS n FROM ${from}`))[0]?.n);
  return { environment, conditions, sql, count };
}

const soon = { timeout: 30_000, interval: 200 };

test('idle sessions hold a lock that others wait for; ended ones do not come back', async () => {
  const { sql, count, conditions } = await begin('sessions-pile-up');
  const forgotten = `pg_stat_activity WHERE application_name = 'report-worker'`;
  await expect.poll(() => count(forgotten), soon).toBe(conditions.forgottenSessions);
  await expect.poll(() => count(`${forgotten} AND cardinality(pg_blocking_pids(pid)) > 0`), soon).toBe(2);
  await sql(`SELECT pg_terminate_backend(pid) FROM ${forgotten}`);
  await expect.poll(() => conditions.forgottenSessions, soon).toBe(0);
  await expect.poll(() => count(forgotten), soon).toBe(0);
});

test('a statement takes most of the time by sequential scans, until its index exists again', async () => {
  const { sql, conditions } = await begin('slow-statement');
  const top = async () => {
    const [first] = await sql<{ query: string; mean: number; user: string }>(
      `SELECT query FROM pg_stat_statements WHERE calls > 20 ORDER BY total_exec_time DESC LIMIT 1`,
    );
    return first?.query;
  };
  await expect.poll(top, soon).toMatch(/FROM request_log WHERE study_id/);
  const scans = () =>
    sql<{ n: number }>(`SELECT seq_scan::int AS n FROM pg_stat_user_tables WHERE relname = 'request_log'`);
  await expect.poll(async () => (await scans())[0]?.n, soon).toBeGreaterThan(20);
  await expect.poll(() => conditions.gateway.latency, soon).toBe(820);
  await sql('CREATE INDEX request_log_study ON request_log (study_id, at)');
  await expect.poll(() => conditions.gateway.latency, soon).toBe(120);
});

test('status, which looks once, names the statement and does not advise to scale', async () => {
  const { environment } = await begin('slow-statement');
  const printed = await new Promise<string>((resolve) =>
    execFile(process.execPath, [launcher, 'status', '--json', '--timeout', '40'], { env: environment }, (_, out) =>
      resolve(out),
    ),
  );
  const { findings }: { findings: { id: string; remedy?: string }[] } = JSON.parse(printed);
  expect(findings.find(({ id }) => id === 'metric/p95')?.remedy).toBe('Fix the slow statement first');
}, 90_000);

test('a leaked key is used until it is revoked', async () => {
  const { sql, count, conditions } = await begin('security');
  const used = `api_keys WHERE id = 'key-lyr001' AND last_used_at > now() - interval '10 seconds'`;
  await expect.poll(() => count(used), soon).toBe(1);
  await sql(`UPDATE api_keys SET revoked = true, revoked_at = now() WHERE id = 'key-lyr001'`);
  await expect.poll(() => conditions.misusedKey, soon).toBe(undefined);
});

test('the failing surface has most failures of the last hour; disabled, it gets no more jobs', async () => {
  const { count, conditions } = await begin('surface-down');
  const share = async (surface: string) => {
    const ended = `jobs WHERE surface_id = '${surface}' AND updated_at > now() - interval '1 hour'`;
    const failed = await count(`${ended} AND status = 'failed'`);
    return failed / (await count(`${ended} AND status IN ('failed', 'completed')`));
  };
  expect(await share('openai-api')).toBeGreaterThan(0.6);
  expect(await share('openai-api')).toBeLessThan(0.8);
  expect(await share('chatgpt-web')).toBeGreaterThan(0);
  expect(await share('chatgpt-web')).toBeLessThan(0.05);
  conditions.surfaces['openai-api'].disabled = true;
  await expect.poll(() => count(`jobs WHERE surface_id = 'openai-api' AND status = 'executing'`), soon).toBe(0);
});

test('a full Redis has free memory after idle keys are evicted', async () => {
  const { environment } = await begin('redis-full');
  const redis = new Redis(environment.REDIS_URL ?? '', { maxRetriesPerRequest: 1 });
  const share = async () => {
    const info = await redis.info('memory');
    const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return read('used_memory') / read('maxmemory');
  };
  expect(await share()).toBeGreaterThan(0.95);
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'MATCH', 'queue:done:*', 'COUNT', 200);
    for (const name of names) expect(await redis.object('IDLETIME', name)).toBeGreaterThan(3600);
    if (names.length > 0) await redis.unlink(...names);
    cursor = next;
  } while (cursor !== '0');
  expect(await share()).toBeLessThan(0.9);
  redis.disconnect();
});

test('--jobs adds the requested jobs, in studies of their own', async () => {
  const { count } = await begin('calm', { jobs: 1234 });
  expect(await count(`jobs WHERE study_id LIKE 'study_load%'`)).toBe(1234);
  expect(await count(`studies WHERE id LIKE 'study_load%'`)).toBe(3);
});
