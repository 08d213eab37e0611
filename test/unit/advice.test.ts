// Advice fits the cause: a table over facts → what the metric's step recommends and what its finding asks for.
import { expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { nothingKnown } from '../../src/core/incident/checklist.ts';
import type { Pod, Redis } from '../../src/core/world/facts.ts';
import { type Fault, pending, type Reading } from '../../src/core/world/reading.ts';
import type { Readings } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { live, now, world } from '../support/world.ts';
import { calm } from '../support/worlds.ts';

const fault = (code: string, kind: Fault['kind'] = 'refused'): Fault => ({
  ...{ kind, where: 'redis:6379', what: 'connection refused', hint: 'look', code },
});
const lost = (code: string, kind?: Fault['kind']) => ({ state: 'lost', at: now, fault: fault(code, kind) }) as const;

const slow = live<'traffic'>({
  ...{ p95: 9000, errorRate: 0.4, samples: 400, sampling: 1, window: 300_000, source: 'gateway logs' },
});
const queued = live<'studies'>({
  ...{ active: [], activeCount: { value: 0, exact: true }, queueDepth: { value: 9000, exact: true } },
  ...{ finishedLastHour: 0, failedLastHour: 0, mostlyFailedLastHour: 0, newLastTenMinutes: 0 },
});
const redis = (more: Partial<Redis> = {}) =>
  live<'redis'>({
    ...{ where: 'redis:6379', version: '7.2', latency: 1, role: 'master', usedBytes: 10, maxBytes: 100 },
    ...more,
  });
const pod = (app: string, more: Partial<Pod> = {}): Pod => ({
  status: 'Running',
  ...{ uid: `${app}-1`, name: `${app}-1`, namespace: 'bentham', app, node: 'n1', phase: 'Running', ready: true },
  ...{ containers: { ready: 1, total: 1 }, restarts: 0, image: 'x', createdAt: now - 3_600_000, terminating: false },
  ...more,
});
const pods = (...all: readonly Pod[]) => live<'pods'>(all);
const crash = { ready: false, reason: 'CrashLoopBackOff', restarts: 7 } as const;

function told<T>(reading: Reading<T>): T {
  if (reading.state !== 'live') throw new Error('it is calm');
  return reading.value;
}
const { primary, gateway, surfaces } = calm.readings;
/** Slow and full, and all that either advice rests on is well. */
const well: Partial<Readings> = {
  ...{ traffic: slow, studies: queued, redis: redis(), pods: pods(pod('api-gateway'), pod('executor')) },
  ...{ primary: live<'primary'>(told(primary)), gateway: live<'gateway'>(told(gateway)) },
  surfaces: live<'surfaces'>(told(surfaces)),
};

type Row = [name: string, readings: Partial<Readings>, p95: string, queueDepth: string];

const table: readonly Row[] = [
  ['everything it needs is there', {}, 'Scale API nodes', 'Scale executors'],
  ['the database is away', { primary: lost('ECONNREFUSED') }, 'Fix the database first', 'Fix the database first'],
  ['Redis is away', { redis: lost('ECONNREFUSED') }, 'Fix Redis first', 'Fix Redis first'],
  ['Redis times out in connecting', { redis: lost('ETIMEDOUT', 'timeout') }, 'Fix Redis first', 'Fix Redis first'],
  ['Redis refuses our password', { redis: lost('WRONGPASS', 'forbidden') }, 'Scale API nodes', 'Scale executors'],
  ['Redis refuses writes', { redis: redis({ refusals: [{ why: 'memory' }] }) }, 'Fix Redis first', 'Fix Redis first'],
  ['gateway pods crash', { pods: pods(pod('api-gateway', crash)) }, 'Fix api-gateway first', 'Scale executors'],
  ['executor pods crash', { pods: pods(pod('executor', crash)) }, 'Scale API nodes', 'Fix executor first'],
  [
    'executor pods have no image',
    { pods: pods(pod('executor'), pod('executor', { ready: false, reason: 'ImagePullBackOff' })) },
    'Scale API nodes',
    'Fix executor first',
  ],
  // Its end is wanted, and a young pod is no failure.
  [
    'a crashing pod ends, another one starts',
    { pods: pods(pod('executor', { ...crash, terminating: true }), pod('executor', { ready: false })) },
    'Scale API nodes',
    'Scale executors',
  ],
  ['the database has not answered yet', { primary: pending }, 'Check the database first', 'Check the database first'],
  ['Redis has not answered yet', { redis: pending }, 'Check Redis first', 'Check Redis first'],
  ['the pods are not read yet', { pods: pending }, 'Check the pods first', 'Check the pods first'],
  ['the gateway has not answered yet', { gateway: pending }, 'Check the gateway first', 'Scale executors'],
  ['the surfaces are not counted yet', { surfaces: pending }, 'Scale API nodes', 'Check the surfaces first'],
  [
    'what is broken outweighs what is unread',
    { primary: pending, redis: lost('ECONNREFUSED') },
    ...(['Fix Redis first', 'Fix Redis first'] as const),
  ],
  [
    'statements were counted once',
    { primary: live<'primary'>({ ...told(primary), busiestUnread: true }) },
    ...(['Check the SQL statements first', 'Scale executors'] as const),
  ],
  ['the pods are unknown', { pods: lost('ECONNREFUSED') }, 'Scale API nodes', 'Scale executors'],
];

test.each(table)('%s', (_, readings, ...asked) => {
  const seen = world({ readings: { ...well, ...readings } });
  const found = evaluate(seen);
  const remedies = ['metric/p95', 'metric/queueDepth'].map((id) => found.find((one) => one.id === id)?.remedy);
  expect(remedies).toEqual(asked);
  const answers = ['sev4/p95', 'sev4/queueDepth'].map(
    (id) => findStep(id)?.step.decision?.recommend(seen, nothingKnown).answer,
  );
  const wanted = { Scale: 'yes', Fix: 'no', Check: 'unsure' };
  expect(answers).toEqual(asked.map((says) => Object.entries(wanted).find(([word]) => says.startsWith(word))?.[1]));
});
