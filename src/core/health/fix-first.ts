// What stands in the way of a metric's own action: more nodes or executors do not help while what they need is away, or
// while the pods that there are fail.

import { formatCount, formatCounted } from '../text/format.ts';
import type { FactId } from '../world/facts.ts';
import { known, provesAway } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { busiestSays } from './busiest.ts';
import { describeFault } from './describe.ts';
import { databaseIsAway } from './failover.ts';
import { evaluateEndpoint, gatewaySays, worseEndpoint } from './gateway.ts';
import { sampledSays } from './measure.ts';
import { evaluateMetric, metric, metrics } from './metrics.ts';
import { isHopeless } from './pods.ts';
import { evaluateQueue } from './queue.ts';
import { evaluateRedis } from './redis.ts';
import { mayBlock } from './rules/postgres.ts';
import { isBreached } from './status.ts';
import { surfacesHealth } from './surfaces.ts';

/**
 * `what`: in `Fix WHAT first`. `unread`: what it would be is not known yet, in `Check WHAT first`. `deployment`: whose
 * pods fail. `surface`: the one that fails most.
 */
export type FixFirst = { what: string; because: string; unread?: true; deployment?: string; surface?: string };

type Need = (world: World) => FixFirst | undefined;

const database: Need = (world) => {
  const because = databaseIsAway(world);
  return because === undefined ? undefined : { what: 'the database', because };
};

/** Away, or it refuses what the platform asks of it; a full memory has an action of its own. */
const redis: Need = ({ readings: { redis: reading }, now }) => {
  if (reading.state === 'lost' && provesAway(reading.fault.code))
    return { what: 'Redis', because: `redis: ${describeFault(reading.fault)}` };
  const there = known(reading, now);
  if (!there) return undefined;
  const { verdict, says } = evaluateRedis(there);
  return verdict === 'critical' ? { what: 'Redis', because: `redis: ${says}` } : undefined;
};

/** New pods are made from the template of those that fail. */
const pods =
  (role: keyof World['scope']['deployments']): Need =>
  ({ readings, scope, now }) => {
    const name = scope.deployments[role];
    const own = (known(readings.pods, now) ?? []).filter((pod) => pod.app === name && !pod.terminating);
    const [first, ...others] = own.filter(isHopeless);
    if (!first) return undefined;
    const because = `${others.length + 1} of ${own.length} fail: ${first.reason}`;
    return { what: name, because, deployment: name };
  };

/** It refuses connections, or says itself that it cannot serve; whatever else is away is named before it. */
const gateway: Need = ({ readings: { gateway: reading }, now }) => {
  if (reading.state === 'lost') {
    const isAway = reading.fault.kind === 'refused' || provesAway(reading.fault.code);
    return isAway ? { what: 'the gateway', because: `gateway: ${describeFault(reading.fault)}` } : undefined;
  }
  const there = known(reading, now);
  if (!there || evaluateEndpoint(worseEndpoint(there)) !== 'critical') return undefined;
  return { what: 'the gateway', because: `gateway: ${gatewaySays(there)}` };
};

/** Sessions that wait for a lock keep their connections: a larger pool fills up as well. */
const locks: Need = ({ readings, now }) => {
  const waiting = (known(readings.primary, now)?.blocked ?? []).filter((one) => one.waiting > mayBlock);
  if (waiting.length === 0) return undefined;
  return { what: 'the lock', because: `${formatCounted(waiting.length, 'session waits', 'sessions wait')} for a lock` };
};

/** A pool whose sessions mostly do nothing is not too small, and a larger one keeps more of them. */
const idleSessions: Need = ({ readings, now }) => {
  const there = known(readings.primary, now)?.connections;
  if (!there) return undefined;
  const { used, idle, idleInTransaction } = there;
  const doNothing = idle + idleInTransaction;
  if (doNothing * 2 <= used) return undefined;
  return { what: 'the idle sessions', because: `${formatCount(doNothing)} of ${formatCount(used)} sessions are idle` };
};

/** More API nodes and executors open more connections. */
const connections: Need = (world) => {
  const measured = metric('connections');
  if (evaluateMetric(measured, world) !== 'critical') return undefined;
  const says = known(measured.measure(world), world.now)?.basis ?? '';
  return { what: 'the database connections', because: `${says} connections are used` };
};

/** More API nodes and more sessions send the same statement more often. Which one it is takes two counts. */
const statement: Need = ({ readings, now }) => {
  const primary = known(readings.primary, now);
  if (primary?.busiest) return { what: 'the slow statement', because: busiestSays(primary.busiest) };
  return primary?.busiestUnread
    ? { what: 'the SQL statements', because: 'which one takes most time needs a second count', unread: true }
    : undefined;
};

/** The share of the last hour's jobs, 0 to 1, from which more executors mostly make more failed jobs. */
const mostJobs = 0.5;

/** Executors whose jobs mostly fail are not too few. Those that finish nothing at all have a remedy of their own. */
const surfaces: Need = (world) => {
  const seen = surfacesHealth(world, known(world.readings.surfaces, world.now));
  const failing = seen.filter(({ verdict }) => verdict === 'critical').map(({ s }) => s);
  const [worst] = failing.toSorted((a, b) => b.failures - a.failures);
  const failed = failing.reduce((sum, { failures }) => sum + failures, 0);
  const ended = seen.reduce((sum, { s }) => sum + s.finished + (s.unclear ?? 0), 0);
  if (!worst || failed < ended * mostJobs || evaluateQueue(world).length > 0) return undefined;
  // Surfaces are sampled in the same pages: their margins may add up.
  const margin = failing.reduce((sum, { failuresMargin = 0 }) => sum + failuresMargin, 0) || undefined;
  const endedMargin = seen.reduce((sum, { s }) => sum + (s.jobsMargin ?? 0), 0) || undefined;
  const jobs = `${sampledSays(failed, margin)} of ${sampledSays(ended, endedMargin)} jobs`;
  return { what: 'the surfaces', because: `${jobs} failed in the last hour`, surface: worst.id };
};

/** Before the first answer of what decides, nothing is advised. */
const unread =
  (what: string, fact: 'primary' | 'redis' | 'pods' | 'gateway' | 'surfaces'): Need =>
  ({ readings }) =>
    readings[fact].state === 'pending' ? { what, because: `${what}: no answer yet`, unread: true } : undefined;

const unreadDatabase = unread('the database', 'primary');
const unreadRedis = unread('Redis', 'redis');
const unreadPods = unread('the pods', 'pods');

/** What the action of a metric rests on, the most telling first. */
const needs: Partial<Readonly<Record<MetricId, readonly Need[]>>> = {
  p95: [
    database,
    redis,
    pods('gateway'),
    gateway,
    connections,
    statement,
    unreadDatabase,
    unreadRedis,
    unreadPods,
    unread('the gateway', 'gateway'),
  ],
  errorRate: [database, redis, pods('gateway'), gateway],
  connections: [locks, idleSessions, statement],
  queueDepth: [
    database,
    redis,
    pods('executor'),
    pods('orchestrator'),
    connections,
    surfaces,
    unreadDatabase,
    unreadRedis,
    unreadPods,
    unread('the surfaces', 'surfaces'),
  ],
  studyFailures: [database, redis, pods('executor'), pods('orchestrator'), pods('gateway'), gateway],
};

/** What to fix before a metric's own action can help; undefined where it may help now. */
export function fixFirst(id: MetricId, world: World): FixFirst | undefined {
  for (const need of needs[id] ?? []) {
    const first = need(world);
    if (first) return first;
  }
  return undefined;
}

/** Facts of which an advice needs a second reading, to compare it with the first. */
export function comparedFacts(world: World): readonly FactId[] {
  const isNeeded = metrics.some((one) => isBreached(evaluateMetric(one, world)) && fixFirst(one.id, world)?.unread);
  return isNeeded && known(world.readings.primary, world.now)?.busiestUnread ? ['primary'] : [];
}

/** `fix Redis first`, `check the pods first`. */
export const firstSays = ({ what, unread }: FixFirst): string => `${unread ? 'check' : 'fix'} ${what} first`;

/** What a breached metric asks for: the runbook's action, or what has to be fixed before it. */
export function actionFor({ id, action }: { id: MetricId; action: string }, world: World): string {
  const first = fixFirst(id, world);
  if (!first) return action;
  const says = firstSays(first);
  return `${says[0]?.toUpperCase()}${says.slice(1)}`;
}
