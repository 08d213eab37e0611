// Literal worlds, and frames of them as text.

import { settingsSchema } from '../../src/config/settings.ts';
import { hour, minute } from '../../src/core/time.ts';
import type { Deployment, Pod, Study, Surface } from '../../src/core/world/facts.ts';
import type { Fault, Reading } from '../../src/core/world/reading.ts';
import type { History, Readings, Scope, World } from '../../src/core/world/world.ts';
import { emptyWorld } from '../../src/core/world/world.ts';
import type { Size } from '../../src/screens/screen.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { plainText } from '../../src/screens/toolkit/ansi.ts';
import { initialState, type State } from '../../src/store.ts';

/** 2026-01-17 03:14:07Z. */
export const now = Date.UTC(2026, 0, 17, 3, 14, 7);

export const scope: Scope = {
  environment: 'production',
  guarded: true,
  namespace: 'bentham-prod',
  deployments: { gateway: 'api-gateway', orchestrator: 'orchestrator', executor: 'executor' },
  hasReplica: true,
  thresholds: settingsSchema.shape.thresholds.parse(undefined),
};

export function live<T>(value: T, age = 1000, staleAfter = 15_000): Reading<T> {
  return { state: 'live', value, at: now - age, staleAfter, from: 'a test' };
}

export const fault: Fault = {
  kind: 'timeout',
  where: 'db-primary.bentham.io:5432',
  what: 'timed out after 2 s',
  hint: 'check the VPN',
};

export function lost<T>(last?: T, kind: Fault['kind'] = 'timeout'): Reading<T> {
  return {
    state: 'lost',
    fault: { ...fault, kind, ...(kind === 'refused' ? { what: 'refused the connection' } : {}) },
    at: now - 190_000,
    retryAt: now + 4000,
    ...(last === undefined ? {} : { last: { value: last, at: now - 190_000, from: 'a test' } }),
  };
}

export function pod(app: string, tail: string, more: Partial<Pod> = {}): Pod {
  const word = more.reason ?? (more.phase === 'Succeeded' ? 'Completed' : (more.phase ?? 'Running'));
  return {
    status: more.terminating ? 'Terminating' : word,
    uid: `${app}-${tail}`,
    name: `${app}-7d9f8b6c5-${tail}`,
    namespace: 'bentham-prod',
    app,
    node: 'ip-10-0-1-17',
    phase: 'Running',
    ready: true,
    containers: { ready: 1, total: 1 },
    restarts: 0,
    image: `registry.bentham.io/${app}:2.41.0`,
    createdAt: now - 3 * 86_400_000,
    terminating: false,
    ...more,
  };
}

export function deployment(name: string, ready: number, desired: number, more: Partial<Deployment> = {}): Deployment {
  return {
    name,
    namespace: 'bentham-prod',
    desired,
    updated: desired,
    ready,
    available: ready,
    replicas: desired,
    revision: 17,
    images: [`registry.bentham.io/${name}:2.41.0`],
    rollout: { state: 'complete' },
    createdAt: now - 90 * 86_400_000,
    ...more,
  };
}

export function study(id: string, more: Partial<Study> = {}): Study {
  return {
    id,
    tenant: 'tenant-kyanos',
    status: 'executing',
    completion: 45,
    failedJobs: 0,
    totalJobs: 400,
    createdAt: now - 7_200_000,
    progressedAt: now - 20_000,
    ...more,
  };
}

export function surface(id: string, failures: number, finished: number, more: Partial<Surface> = {}): Surface {
  return { id, failures, finished, affectedStudies: failures > 0 ? 2 : 0, ...more };
}

/** Fifteen minutes of samples, from one value to another. */
export function trendOf(from: number, to: number): { at: number; value: number }[] {
  return Array.from({ length: 90 }, (_, i) => ({
    at: now - 900_000 + i * 10_000,
    value: from + (to - from) * Math.max(0, (i - 45) / 44),
  }));
}

const database = {
  where: 'db-primary.bentham.io:5432',
  database: 'bentham',
  version: '16.3',
  latency: 3,
  inRecovery: false,
  connections: { used: 41, active: 6, idle: 34, idleInTransaction: 1, limit: 97 },
  missing: [],
};

const calmPods = [
  ...['4xk2p', '8qk5p', 'blpwf'].map((t) => pod('api-gateway', t)),
  ...['t5c9d', 'zz8fk'].map((t) => pod('orchestrator', t)),
  ...['29dkq', '5lqp7', '7hk2w', 'b8s4t', 'm2n6x', 'x9v3r'].map((t) => pod('executor', t)),
];

const endpoint = (url: string) => ({
  url,
  at: now,
  statusCode: 200,
  latency: 12,
  status: 'healthy',
  healthy: true,
  services: ['database', 'redis', 'orchestrator'].map((name) => ({ name, healthy: true, word: 'healthy' })),
});

const calmReadings: Readings = {
  cluster: live({ context: 'prod-eu-1', server: 'https://k8s.bentham.io:6443', version: 'v1.32.3', latency: 4 }),
  pods: live(calmPods),
  deployments: live([
    deployment('api-gateway', 3, 3, { revision: 42 }),
    deployment('orchestrator', 2, 2, { revision: 9 }),
    deployment('executor', 6, 6),
  ]),
  workloads: live({ all: [], unseen: [], refusals: [] }),
  gateway: live({
    health: endpoint('https://api.bentham.io/health'),
    detailed: endpoint('https://api.bentham.io/v1/health'),
  }),
  primary: live(database),
  replica: live({
    ...database,
    where: 'db-replica.bentham.io:5432',
    inRecovery: true,
    latency: 2,
    lag: { bytes: 12_000, ms: 400, streaming: true },
  }),
  redis: live({
    where: 'redis.bentham.io:6379',
    version: '7.2.4',
    latency: 1,
    role: 'master',
    usedBytes: 0.61 * 2 * 1024 ** 3,
    maxBytes: 2 * 1024 ** 3,
    evictedKeys: 0,
    clients: 24,
    policy: 'allkeys-lru',
  }),
  studies: live({
    queueDepth: { value: 132, exact: true },
    active: [
      study('study_abc123'),
      study('study_def456', { completion: 12, tenant: 'tenant-lyra' }),
      study('study_ghi789', { status: 'queued', completion: 0, tenant: 'tenant-lyra' }),
    ],
    activeCount: { value: 3, exact: true },
    finishedLastHour: 47,
    failedLastHour: 1,
    mostlyFailedLastHour: 0,
    newLastTenMinutes: 4,
    newestCreatedAt: now - 120_000,
  }),
  surfaces: live({
    surfaces: [
      surface('openai-api', 12, 3120, { topError: 'Rate limited: too many requests', topErrorCount: 9 }),
      surface('anthropic-api', 2, 498, { topError: 'Connection timeout', topErrorCount: 2 }),
      surface('google-search', 0, 812),
    ],
    estimated: false,
  }),
  traffic: live({
    p95: 184,
    errorRate: 0.001,
    samples: 5210,
    sampling: 1,
    window: 300_000,
    source: 'gateway logs',
    pods: { followed: 3, expected: 3 },
  }),
  backups: live({
    snapshots: {
      ok: true,
      value: [
        { id: 'bentham-prod-hourly-03', at: now - 14 * minute, kind: 'hourly', status: 'available' },
        { id: 'bentham-prod-daily-17', at: now - 3 * hour, kind: 'daily', status: 'available' },
      ],
    },
    redis: { ok: true, value: { newest: now - 3 * hour, objects: 7 } },
    evidence: { ok: true, value: { versioning: true, objectLock: true, mode: 'GOVERNANCE', days: 30 } },
  }),
};

const calmHistory: History = {
  p95: trendOf(170, 184),
  errorRate: trendOf(0.1, 0.1),
  connections: trendOf(42, 42),
  redisMemory: trendOf(61, 61),
  queueDepth: trendOf(120, 132),
  studyFailures: trendOf(2, 2.1),
};

export const calm: World = { now, scope, readings: calmReadings, history: calmHistory };

const sick = {
  ...endpoint('https://api.bentham.io/v1/health'),
  statusCode: 503,
  status: 'unhealthy',
  healthy: false,
  latency: 2100,
};
const sickServices = sick.services.map((s) =>
  s.name === 'orchestrator' ? { ...s, healthy: false, word: 'error' } : s,
);

/** The runbook's SEV1, as drawn first. */
export const outage: World = {
  ...calm,
  readings: {
    ...calmReadings,
    gateway: live({ health: { ...sick, services: [] }, detailed: { ...sick, services: sickServices } }),
    pods: live([
      pod('api-gateway', '4xk2p'),
      pod('api-gateway', '8qk5p', { ready: false, restarts: 14, reason: 'CrashLoopBackOff' }),
      pod('api-gateway', 'blpwf', { ready: false, restarts: 14, reason: 'OOMKilled', exitCode: 137 }),
      ...calmPods.slice(3),
    ]),
    deployments: live([
      deployment('api-gateway', 1, 3, { revision: 42, rollout: { state: 'stuck', why: 'ProgressDeadlineExceeded' } }),
      deployment('orchestrator', 2, 2, { revision: 9 }),
      deployment('executor', 6, 6),
    ]),
    traffic: live({ p95: 4210, errorRate: 0.382, samples: 1310, sampling: 1, window: 300_000, source: 'gateway logs' }),
    studies: live({
      queueDepth: { value: 1320, exact: true },
      active: [
        study('study_abc123'),
        study('study_def456', { completion: 12 }),
        study('study_ghi789', { status: 'queued', completion: 0 }),
        ...Array.from({ length: 9 }, (_, i) => study(`study_zzz00${i}`, { status: 'queued', completion: 0 })),
      ],
      activeCount: { value: 12, exact: true },
      finishedLastHour: 47,
      failedLastHour: 1,
      mostlyFailedLastHour: 0,
      newLastTenMinutes: 0,
    }),
    surfaces: live({
      surfaces: [
        surface('openai-api', 312, 440, {
          topError: 'Rate limited: too many requests from this key',
          topErrorCount: 304,
        }),
        surface('anthropic-api', 2, 498, { topError: 'Connection timeout', topErrorCount: 2 }),
        surface('google-search', 0, 812),
      ],
      estimated: false,
    }),
  },
  history: { ...calmHistory, p95: trendOf(180, 4210), errorRate: trendOf(0.1, 38), queueDepth: trendOf(800, 1320) },
};

function everyReading(make: <T>(last: Reading<T>) => Reading<T>): Readings {
  const r = calmReadings;
  return {
    cluster: make(r.cluster),
    pods: make(r.pods),
    deployments: make(r.deployments),
    workloads: make(r.workloads),
    gateway: make(r.gateway),
    primary: make(r.primary),
    replica: make(r.replica),
    redis: make(r.redis),
    studies: make(r.studies),
    surfaces: make(r.surfaces),
    traffic: make(r.traffic),
    backups: make(r.backups),
  };
}

function liveValue<T>(reading: Reading<T>): T {
  if (reading.state !== 'live') throw new Error('the calm world is live');
  return reading.value;
}

/** Every backend timed out after it had answered. */
export const away: World = { ...calm, readings: everyReading((r) => lost(liveValue(r))) };

/** Nothing ever answered, and nothing listens. */
export const down: World = {
  ...emptyWorld(scope, now),
  readings: everyReading(<T>(): Reading<T> => lost<T>(undefined, 'refused')),
};

/** Everything was last heard a minute ago. */
export const stale: World = { ...calm, readings: everyReading((r) => live(liveValue(r), 61_000)) };

/** Everything answers, and there is nothing. */
export const empty: World = {
  now,
  scope,
  history: {},
  readings: {
    ...calmReadings,
    pods: live([]),
    deployments: live([]),
    studies: live({
      queueDepth: { value: 0, exact: true },
      active: [],
      activeCount: { value: 0, exact: true },
      finishedLastHour: 0,
      failedLastHour: 0,
      mostlyFailedLastHour: 0,
      newLastTenMinutes: 0,
      newestCreatedAt: now - 7_200_000,
    }),
    surfaces: live({ surfaces: [], lastFinished: { at: now - 7_200_000, study: 'study_abc123' }, estimated: false }),
    traffic: live({ samples: 0, sampling: 1, window: 300_000, source: 'gateway logs' }),
  },
};

/** A large outage. */
export function crowd(pods: number): World {
  const many = Array.from({ length: pods }, (_, i) =>
    pod('executor', `p${i.toString(36).padStart(5, '0')}`, {
      ready: i % 7 !== 0,
      restarts: i % 7 === 0 ? i % 40 : 0,
      node: `ip-10-0-${i % 250}-${i % 11}`,
      ...(i % 7 === 0 ? { reason: 'CrashLoopBackOff' } : {}),
    }),
  );
  return {
    ...calm,
    readings: { ...calmReadings, pods: live(many), deployments: live([deployment('executor', 1, pods)]) },
  };
}

export const starting: World = emptyWorld(scope, now);

export function stateOf(world: World, more: Partial<State> = {}): State {
  return { ...initialState(world.scope, world.now), world, ...more };
}

export function frameText(state: State, size: Size): string {
  return plainText(frame(state, size).lines);
}

/** The state after some keys, as the app would have it; words to engine and terminal are left out. */
export function pressing(state: State, size: Size, ...keys: readonly string[]): State {
  let next = state;
  for (const key of keys) {
    for (const intent of dispatchKey(next, frame(next, size), key)) next = reduce(next, intent, frame(next, size).list);
  }
  return next;
}
