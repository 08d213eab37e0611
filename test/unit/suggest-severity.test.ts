import { expect, test } from 'vitest';
import type { Deployment, Facts, Gateway, Surface } from '../../src/core/world/facts.ts';
import { factIds } from '../../src/core/world/facts.ts';
import type { Readings } from '../../src/core/world/world.ts';
import { recommendRestart } from '../../src/runbook/restart-advice.ts';
import { suggestSeverity } from '../../src/runbook/suggest-severity.ts';
import { live, lost, now, world } from '../support/world.ts';

const endpoint = (healthy: boolean, database = healthy): Gateway['health'] => ({
  url: 'https://api.bentham.io/health',
  at: now,
  statusCode: healthy ? 200 : 503,
  latency: 12,
  status: healthy ? 'healthy' : 'unhealthy',
  services: [{ name: 'database', healthy: database, word: database ? 'healthy' : 'unhealthy' }],
  healthy,
});
const gateway = (healthy: boolean, database = healthy) =>
  live<'gateway'>({ health: endpoint(healthy, database), detailed: endpoint(healthy, database) });
const deployment = (name: string, ready: number, desired: number): Deployment => ({
  name,
  namespace: 'bentham-prod',
  desired,
  updated: desired,
  ready,
  available: ready,
  replicas: desired,
  revision: 3,
  images: [],
  rollout: { state: ready < desired ? 'stuck' : 'complete' },
  createdAt: 0,
});
const deployments = (gatewayReady = 3) =>
  live<'deployments'>([
    deployment('api-gateway', gatewayReady, 3),
    deployment('orchestrator', 2, 2),
    deployment('executor', 6, 6),
  ]);
const readyPods = (replicas: Record<string, number>): Facts['pods'] =>
  Object.entries(replicas).flatMap(([app, count]) =>
    Array.from({ length: count }, (_, i) => ({
      uid: `${app}-${i}`,
      name: `${app}-${i}`,
      namespace: 'bentham-prod',
      app,
      node: 'n1',
      status: 'Running',
      phase: 'Running' as const,
      ready: true,
      containers: { ready: 1, total: 1 },
      restarts: 0,
      image: '',
      createdAt: 0,
      terminating: false,
    })),
  );
const database = (inRecovery: boolean): Facts['primary'] => ({
  where: 'db:5432',
  database: 'bentham',
  version: '15',
  latency: 3,
  inRecovery,
  connections: { used: 41, active: 3, idle: 38, idleInTransaction: 0, limit: 97 },
  lag: { ms: 400, streaming: true },
  missing: [],
});
const studies = (more: Partial<Facts['studies']> = {}) =>
  live<'studies'>({
    queueDepth: { value: 100, exact: true },
    active: [],
    activeCount: { value: 3, exact: true },
    finishedLastHour: 40,
    failedLastHour: 1,
    mostlyFailedLastHour: 0,
    newLastTenMinutes: 12,
    newestCreatedAt: now - 20_000,
    ...more,
  });
const traffic = (errorRate: number, p95 = 120) =>
  live<'traffic'>({ p95, errorRate, samples: 400, sampling: 1, window: 300_000, source: 'gateway logs' });
const surface = (id: string, failures: number): Surface => ({
  id,
  failures,
  finished: 100,
  affectedStudies: 3,
  topError: 'Rate limited: x',
});
const surfaces = (...failures: number[]) =>
  live<'surfaces'>({ surfaces: failures.map((f, i) => surface(`surface-${i}`, f)), estimated: false });

const calm: Partial<Readings> = {
  gateway: gateway(true),
  deployments: deployments(),
  pods: live<'pods'>(readyPods({ 'api-gateway': 3, orchestrator: 2, executor: 6 })),
  cluster: live<'cluster'>({ context: 'prod', server: 's', version: '1', latency: 2 }),
  primary: live<'primary'>(database(false)),
  replica: live<'replica'>(database(true)),
  redis: live<'redis'>({
    where: 'r',
    version: '7',
    latency: 1,
    role: 'master',
    usedBytes: 10,
    maxBytes: 100,
    evictedKeys: 0,
    clients: 4,
    policy: 'noeviction',
  }),
  studies: studies(),
  surfaces: surfaces(1, 0, 2),
  traffic: traffic(0.001),
};
const told = (readings: Partial<Readings>) => suggestSeverity(world({ readings: { ...calm, ...readings } }));

test('a pending fact suggests nothing; a hanging one and a proven one do', () => {
  const asked = (ago: number): Partial<Readings> => ({ gateway: { state: 'pending', since: now - ago } });
  expect(told(asked(2000))).toMatchObject({ because: 'waiting for the gateway', unsure: true });
  expect(told(asked(2000)).severity).toBeUndefined();
  const dark = { ...asked(60_000), traffic: lost('timeout') };
  expect(told(dark)).toMatchObject({ severity: 1, unsure: true });
});

test('without a problem nothing is suggested', () => {
  expect(told({})).toMatchObject({ because: 'no problem detected', unsure: false });
  expect(told({}).severity).toBeUndefined();
});

test('SEV1: all requests fail', () => {
  expect(told({ traffic: traffic(0.97) })).toMatchObject({ severity: 1, because: '97 % of 400 requests fail' });
});

test('SEV1: health failing and no new studies; the database down', () => {
  expect(told({ gateway: gateway(false), studies: studies({ newLastTenMinutes: 0 }) }).severity).toBe(1);
  expect(told({ gateway: gateway(false), primary: lost('refused') }).severity).toBe(1);
  expect(told({ gateway: gateway(false), deployments: deployments(0) }).severity).toBe(1);
});

test('in doubt the higher severity is suggested, and says so', () => {
  expect(told({ gateway: gateway(false), traffic: lost('timeout') })).toMatchObject({ severity: 1, unsure: true });
  expect(told({ gateway: lost('timeout'), traffic: lost('timeout') })).toMatchObject({ severity: 1, unsure: true });
  const dark = Object.fromEntries(factIds.map((id) => [id, lost('timeout')]));
  expect(told(dark)).toMatchObject({ severity: 1, unsure: true });
  expect(suggestSeverity(world())).toMatchObject({ because: 'no answer yet', unsure: true });
});

test('SEV2: more than half fail, several surfaces, health failing while requests go through', () => {
  expect(told({ studies: studies({ mostlyFailedLastHour: 5, failedLastHour: 24 }) }).severity).toBe(2);
  expect(told({ surfaces: surfaces(90, 85, 2) }).severity).toBe(2);
  expect(told({ gateway: gateway(false) }).severity).toBe(2);
  expect(told({ traffic: traffic(0.2) }).severity).toBe(2);
});

test('SEV3: one surface fails while others work', () => {
  expect(told({ surfaces: surfaces(71, 1, 2) })).toMatchObject({ severity: 3 });
  expect(told({ surfaces: surfaces(71, 1, 2) }).because).toContain('surface-0');
});

test('SEV4: slow, and nothing else', () => {
  expect(told({ traffic: traffic(0.001, 800) })).toMatchObject({ severity: 4 });
});

test('every symptom of the runbook has a line of evidence', () => {
  const { signs } = told({ traffic: traffic(0.97), gateway: gateway(false) });
  expect(signs.filter((s) => s.severity === 1).map((s) => [s.say, s.check.state])).toEqual([
    ['Health check failing', 'fail'],
    ['All API requests returning 5xx', 'fail'],
    ['No new studies being created', 'pass'],
  ]);
});

test('without the database what is counted in it is unknown, not a symptom', () => {
  const away = { primary: lost('refused'), studies: lost('refused'), surfaces: lost('refused') };
  const { signs } = told({ ...away, gateway: gateway(false) });
  const counted = signs.filter(({ severity }) => severity === 2 || severity === 3);
  expect(counted.map(({ check }) => check.state)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  for (const { check } of counted) expect(check.because).not.toContain('0 fail');
});

test('a restart is recommended if the gateway fails and its dependencies work', () => {
  const restart = (readings: Partial<Readings>) => recommendRestart(world({ readings: { ...calm, ...readings } }));
  expect(restart({}).answer).toBe('no');
  expect(restart({ deployments: deployments(1), gateway: gateway(false) }).answer).toBe('yes');
  expect(restart({ deployments: deployments(1), primary: lost('refused') }).answer).toBe('no');
  expect(restart({ deployments: deployments(1), primary: lost('timeout') }).answer).toBe('unsure');
  expect(restart({ deployments: lost('timeout'), gateway: gateway(false) }).answer).toBe('unsure');
});
