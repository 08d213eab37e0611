// What stands in the way of a metric's own action: more nodes or executors do not help while what they need is away, or
// while the pods that there are fail.
import { known, provesAway } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { describeFault } from './describe.ts';
import { databaseIsAway } from './failover.ts';
import { isHopeless } from './pods.ts';
import { evaluateRedis } from './redis.ts';

/** `what`: in `Fix WHAT first`. `deployment`: whose pods fail. */
export type FixFirst = { what: string; because: string; deployment?: string };

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

/** What the action of a metric rests on, the most telling first. */
const needs: Partial<Readonly<Record<MetricId, readonly Need[]>>> = {
  p95: [database, redis, pods('gateway')],
  queueDepth: [database, redis, pods('executor')],
  studyFailures: [database],
};

/** What to fix before a metric's own action can help; undefined where it may help now. */
export function fixFirst(id: MetricId, world: World): FixFirst | undefined {
  for (const need of needs[id] ?? []) {
    const first = need(world);
    if (first) return first;
  }
  return undefined;
}

/** What a breached metric asks for: the runbook's action, or what has to be fixed before it. */
export function actionFor({ id, action }: { id: MetricId; action: string }, world: World): string {
  const first = fixFirst(id, world);
  return first ? `Fix ${first.what} first` : action;
}
