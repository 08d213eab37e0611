// The platform's own form: its tables, its API with one tenant for each key, an orchestrator that overwrites rows at its
// checkpoints, its health, its limit of requests and its log lines.
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { type Drill, startDrill } from '../drill.ts';
import { createRateLimit, platformHealth } from '../platform/api.ts';
import { isLate } from '../platform/convert.ts';
import { healthy, scenarioNamed, scenarios } from '../scenario.ts';

let drill: Drill | undefined;
afterEach(async () => {
  await drill?.stop();
  drill = undefined;
});

async function begin(id: string) {
  const scenario = scenarioNamed(id);
  if (!scenario) throw new Error(`no scenario ${id}`);
  drill = await startDrill({ scenario, pods: 0, jobs: 0, platform: true });
  const { environment, kubernetes, conditions } = drill;
  conditions.gateway.errorShare = 0;
  const sql = async <Row extends object>(text: string, port = environment.PGPORT): Promise<Row[]> => {
    const client = new pg.Client({
      host: environment.PGHOST ?? '',
      port: Number(port),
      user: environment.PGUSER ?? '',
      password: environment.PGPASSWORD ?? '',
      database: environment.PGDATABASE ?? '',
    });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const api = async (method: string, path: string, key = environment.ADMIN_API_KEY) => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${environment.BENTHAM_GATEWAY_URL}/v1/studies/${path}`, { method, headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const status = async (id: string) =>
    (await sql<{ status: string }>(`SELECT status FROM "Study" WHERE id = '${id}'`))[0]?.status;
  return { environment, kubernetes, sql, api, status };
}

const soon = { timeout: 30_000, interval: 200 };

test.each(scenarios.map(({ id }) => id))('%s starts with Prisma’s tables and has work in them', async (id) => {
  const { environment, sql } = await begin(id);
  // Where the primary is down, its replica has the same tables.
  const port = id === 'database-down' ? environment.BENTHAM_DATABASE_REPLICA_PORT : environment.PGPORT;
  const tables = await sql<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
    port,
  );
  const names = tables.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['Account', 'ApiKey', 'CostRecord', 'Job', 'Session', 'Study', 'Tenant']),
  );
  expect(names).not.toContain('jobs');
  const [counts] = await sql<{ jobs: number; paused: number; overdue: number; finished: number }>(
    `SELECT (SELECT count(*)::int FROM "Job") AS jobs,
       (SELECT count(*)::int FROM "Study" WHERE status = 'PAUSED') AS paused,
       (SELECT count(*)::int FROM "Study" WHERE deadline < now() AT TIME ZONE 'UTC' AND status = 'EXECUTING') AS overdue,
       (SELECT count(*)::int FROM "Job" WHERE "updatedAt" > (now() AT TIME ZONE 'UTC') - interval '1 hour' AND "updatedAt" <= now() AT TIME ZONE 'UTC') AS finished`,
    port,
  );
  expect(counts).toMatchObject({ paused: 1, overdue: isLate(scenarioNamed(id)?.conditions ?? healthy) ? 1 : 0 });
  expect(counts?.jobs).toBeGreaterThan(20_000);
  expect(counts?.finished).toBeGreaterThan(1000);
});

test('jobs run and finish, and a new study gets all its jobs', async () => {
  const { sql } = await begin('calm');
  const done = async () =>
    (await sql<{ n: number }>(`SELECT count(*)::int AS n FROM "Job" WHERE status = 'COMPLETE'`))[0]?.n ?? 0;
  const before = await done();
  await expect.poll(done, soon).toBeGreaterThan(before + 5);
});

test('the orchestrator’s memory counts: a pause by SQL alone is overwritten, a pause by the API stays', async () => {
  const { sql, api, status } = await begin('calm');
  await sql(`UPDATE "Study" SET status = 'PAUSED' WHERE id IN ('study_def456', 'study_abc123')`);
  await expect.poll(() => status('study_def456'), soon).toBe('EXECUTING');
  expect(await api('POST', 'study_abc123/pause')).toMatchObject({ status: 200, body: { data: { status: 'paused' } } });
  await expect.poll(() => status('study_abc123'), soon).toBe('PAUSED');
  expect(await api('GET', 'study_abc123')).toMatchObject({
    status: 200,
    body: { success: true, data: { studyId: 'study_abc123', status: 'paused' } },
  });
  expect(await api('POST', 'study_abc123/resume')).toMatchObject({ status: 200 });
  await expect.poll(() => status('study_abc123'), soon).toBe('EXECUTING');
  expect(await api('DELETE', 'study_abc123')).toMatchObject({ status: 200, body: { data: { status: 'cancelled' } } });
  await expect.poll(() => status('study_abc123'), soon).toBe('FAILED');
  expect(await api('DELETE', 'study_abc123')).toMatchObject({ status: 404 });
});

test('a key belongs to one tenant: to it other tenants’ studies do not exist', async () => {
  const { api } = await begin('calm');
  const missing = { status: 404, body: { success: false, error: { code: 'STUDY_NOT_FOUND' } } };
  expect(await api('GET', 'study_def456')).toMatchObject(missing);
  expect(await api('DELETE', 'study_def456')).toMatchObject(missing);
  expect(await api('GET', 'study_abc123', 'wrong')).toMatchObject({ status: 401 });
});

test('pods carry the name label in the namespace bentham; executors write plain text, the gateway no tenant', async () => {
  const { environment, kubernetes } = await begin('surface-down');
  expect(environment.BENTHAM_KUBERNETES_NAMESPACE).toBe('bentham');
  const lines = (deployment: string) =>
    kubernetes
      .podsOf(deployment)
      .flatMap((pod) => kubernetes.logs.view(pod.metadata.uid, 'current')?.from(0).lines ?? [])
      .map(({ text }) => text);
  const [pod] = kubernetes.podsOf('api-gateway');
  expect(pod?.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'api-gateway' });
  expect(pod?.metadata.labels).not.toHaveProperty('app');
  const executor = lines('executor').filter((line) => line.includes('failed (attempt'));
  expect(executor[0]).toMatch(
    /^\[Executor\] Job c[0-9a-f]{24} of study_\w+ on [a-z-]+ failed \(attempt \d\/3\): [A-Z_]+/,
  );
  const gateway = lines('api-gateway').filter((line) => line.includes('request completed'));
  expect(gateway.length).toBeGreaterThan(100);
  expect(gateway.join('\n')).not.toContain('tenant');
});

test('health: degraded comes with 200, 503 only when nothing works', () => {
  const of = (database: boolean, redis: boolean, orchestrator: boolean) =>
    platformHealth({ database, redis, orchestrator }, 5);
  expect(of(true, true, true)).toMatchObject({ status: 200, body: { status: 'healthy' } });
  expect(of(false, true, true)).toMatchObject({
    status: 200,
    body: { status: 'degraded', checks: { database: 'error', redis: 'ok' } },
  });
  expect(of(false, false, false)).toMatchObject({ status: 503, body: { status: 'unhealthy' } });
});

test('a hundred anonymous requests a minute and process; then it says how long to wait', () => {
  let at = 0;
  const limit = createRateLimit(() => at);
  for (let n = 0; n < 100; n += 1) expect(limit.take('a')).toBe(undefined);
  at = 15_000;
  expect(limit.take('a')).toBe(45);
  expect(limit.take('b')).toBe(undefined);
  at = 60_000;
  expect(limit.take('a')).toBe(undefined);
});
