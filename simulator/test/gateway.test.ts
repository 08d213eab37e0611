import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { fareOf, type GatewayOptions, startGateway } from '../gateway.ts';
import { type Kubernetes, startKubernetes } from '../kubernetes/kubernetes.ts';
import { jobLines } from '../log-generator.ts';
import { type Conditions, scenarioNamed } from '../scenario.ts';
import { accessLines, drawLatency, drawRequest } from '../traffic.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const conditionsOf = (scenario: string) => structuredClone(scenarioNamed(scenario)?.conditions) as Conditions;

async function begin(scenario: string, more: Partial<GatewayOptions> = {}) {
  const conditions = conditionsOf(scenario);
  const directory = await mkdtemp(join(tmpdir(), 'drill-gateway-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const kubernetes = await startKubernetes({ directory, conditions: conditions.deployments });
  stops.push(kubernetes.stop);
  const gateway = await startGateway({
    kubernetes,
    conditions,
    admits: (token) => token === 'admin',
    study: async (id) => (id === 'study_abc123' ? { id, status: 'executing' } : undefined),
    ...more,
  });
  stops.push(gateway.stop);
  return { conditions, kubernetes, gateway };
}

type Line = {
  level: number;
  msg: string;
  time: number;
  responseTime?: number;
  res?: { statusCode: number };
  reqId?: string;
  req?: { url: string };
};

/** What the gateway's pods have logged as JSON, in the order of each pod. */
function logged(kubernetes: Kubernetes): Line[][] {
  return kubernetes.podsOf('api-gateway').map(({ metadata }) => {
    const lines = kubernetes.logs.view(metadata.uid, 'current')?.from(0).lines ?? [];
    return lines.filter((line) => line.text.startsWith('{')).map((line) => JSON.parse(line.text) as Line);
  });
}

test('health is reported in the runbook’s words', async () => {
  const { gateway, conditions } = await begin('calm');
  const well = await fetch(`${gateway.url}/v1/health`);
  expect([well.status, await well.json()]).toMatchObject([
    200,
    { status: 'healthy', services: { database: 'healthy', redis: 'healthy', orchestrator: 'healthy' } },
  ]);
  conditions.gateway.services.database = false;
  const ill = await fetch(`${gateway.url}/health`);
  expect([ill.status, await ill.json()]).toMatchObject([503, { services: { database: 'unhealthy' } }]);
});

test('some versions say ok, or degraded with checks', async () => {
  const { gateway, conditions } = await begin('calm', { form: 'checks' });
  expect(await (await fetch(`${gateway.url}/health`)).json()).toEqual({ status: 'ok' });
  conditions.gateway.services.redis = false;
  expect(await (await fetch(`${gateway.url}/v1/health`)).json()).toEqual({
    status: 'degraded',
    checks: { database: 'ok', redis: 'error', orchestrator: 'ok' },
  });
});

test('a study needs a key, and is found or not', async () => {
  const { gateway, conditions } = await begin('calm');
  conditions.gateway.errorShare = 0;
  const ask = (id: string, key?: string) =>
    fetch(`${gateway.url}/v1/studies/${id}`, key ? { headers: { authorization: `Bearer ${key}` } } : {});
  expect((await ask('study_abc123')).status).toBe(401);
  expect((await ask('study_abc123', 'wrong')).status).toBe(401);
  expect((await ask('study_none', 'admin')).status).toBe(404);
  expect(await (await ask('study_abc123', 'admin')).json()).toEqual({ id: 'study_abc123', status: 'executing' });
});

test('five minutes of access log exist at the start, in order, with nothing from the future', async () => {
  const { kubernetes } = await begin('calm');
  const pods = logged(kubernetes);
  const completed = pods.flat().filter((line) => line.msg === 'request completed');
  expect(completed.length).toBeGreaterThan(2000);
  expect(Math.min(...completed.map((line) => line.time))).toBeLessThan(Date.now() - 280_000);
  for (const lines of pods) {
    const times = lines.filter((line) => line.reqId).map((line) => line.time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now());
  }
  const slow = completed.map((line) => line.responseTime ?? 0).sort((a, b) => a - b);
  expect(slow[Math.floor(slow.length * 0.95)]).toBeLessThan(500);
});

test('our own requests are logged, too', async () => {
  const { kubernetes, gateway } = await begin('calm', { requestsPerSecond: 0.001 });
  await fetch(`${gateway.url}/v1/studies/study_mine`);
  await vi.waitFor(() => {
    const all = logged(kubernetes).flat();
    const mine = all.find((line) => line.req?.url === '/v1/studies/study_mine');
    expect(mine).toBeDefined();
    expect(all.find((line) => line.reqId === mine?.reqId && line.res)?.res?.statusCode).toBe(401);
  }, 30_000);
});

test('without a running pod the load balancer answers with a page that is not JSON', async () => {
  const { kubernetes, gateway } = await begin('calm');
  for (const { metadata } of kubernetes.podsOf('api-gateway')) {
    kubernetes.store.remove('pods', metadata.namespace, metadata.name);
  }
  const answer = await fetch(`${gateway.url}/health`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/html']);
});

test('an outage fails nearly every request, and says why', () => {
  const fare = fareOf(conditionsOf('api-outage'), 1);
  const drawn = Array.from({ length: 500 }, () => drawRequest(fare, { study: 's', tenant: 't' }));
  const failed = drawn.filter((one) => one.statusCode >= 500);
  expect(failed.length).toBeGreaterThan(440);
  expect(failed[0]?.error).toContain('orchestrator');
});

test('more nodes than usual make a slow API faster, fewer do not make it slower', () => {
  const slow = conditionsOf('slow-api');
  const p95 = (ready: number) => {
    const drawn = Array.from({ length: 4000 }, () => drawLatency(fareOf(slow, ready).latency)).sort((a, b) => a - b);
    return drawn[3800] ?? 0;
  };
  expect(p95(3)).toBeGreaterThan(500);
  expect(p95(3)).toBeLessThan(2000 * 1.2);
  expect(p95(6)).toBeLessThan(500);
  expect(fareOf(slow, 1).latency).toBe(fareOf(slow, 3).latency);
});

test('a failed request leaves an error line with its stack between incoming and completed', () => {
  const lines = accessLines('api-gateway-x', 1000, {
    method: 'GET',
    url: '/v1/studies/a',
    statusCode: 500,
    responseTime: 12.5,
    subject: { study: 'a', tenant: 't' },
    error: 'DatabaseError: connect ECONNREFUSED',
  }).map((line) => JSON.parse(line.text) as Line & { err?: { stack: string }; studyId: string });
  expect(lines.map((line) => [line.level, line.msg])).toEqual([
    [30, 'incoming request'],
    [50, 'DatabaseError: connect ECONNREFUSED'],
    [30, 'request completed'],
  ]);
  expect(lines[1]?.err?.stack).toContain('\n    at ');
  expect(lines.every((line) => line.studyId === 'a')).toBe(true);
});

test('executors name the surface as the runbook greps for it', () => {
  const conditions = conditionsOf('surface-down');
  conditions.surfaces['openai-api'].failureShare = 1;
  const [line = ''] = jobLines('executor-x', 1000, 'openai-api', { study: 'a', tenant: 't' }, conditions);
  expect(line).toContain('"surface_id":"openai-api"');
  expect(JSON.parse(line)).toMatchObject({ level: 50, msg: expect.stringContaining('Rate limited') });
});
