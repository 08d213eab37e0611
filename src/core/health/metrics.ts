import { doubtSays } from '../platform/unclear.ts';
import { formatPercent, type Unit } from '../text/format.ts';
import type { Traffic } from '../world/facts.ts';
import { derive, isStale, type Reading } from '../world/reading.ts';
import { evaluateValue, type MetricId, metricIds } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { databaseIsAway } from './failover.ts';
import { redisMemory } from './redis.ts';
import type { HealthStatus } from './status.ts';

/** A measured number, with what it rests on. */
export type Measure = {
  /** Absent: nothing to measure it from. */
  value?: number;
  /** How many samples, or of how many: `412 requests`, `41 of 97`. */
  basis: string;
  /** False: at least, or an estimate. */
  exact: boolean;
  /** There is nothing to measure, and that is normal: no limit is set, nothing ended. */
  quiet?: true;
  /** What has to be seen beside the value: `37 % refused with 429`. */
  beside?: string;
};

export type Metric = {
  id: MetricId;
  /** As the runbook writes it. */
  title: string;
  /** For a narrow pane, at most 15 columns. */
  short: string;
  unit: Unit;
  /** What it is measured from: a cell of docs/verdicts.md. */
  from: string;
  /** What the runbook says to do when it is breached. */
  action: string;
  measure(world: World): Reading<Measure>;
};

const percent = (part: number, of: number): number => (part / of) * 100;

/** The runbook's words and where each value comes from. */
const definitions: Readonly<Record<MetricId, Omit<Metric, 'id'>>> = {
  p95: {
    title: 'API Response Time (p95)',
    short: 'API p95',
    unit: 'ms',
    from: 'client requests in the gateway’s log, without probes, or Prometheus, 5 minutes',
    action: 'Scale API nodes',
    measure: (world) => traffic(world, 'p95', (t) => t.p95),
  },
  errorRate: {
    title: 'Error Rate',
    short: 'Error rate',
    unit: 'percent',
    from: 'the same: the share of 5xx and of requests that the client gave up',
    action: 'Check logs, investigate',
    measure: (world) => traffic(world, 'errorRate', (t) => (t.errorRate === undefined ? undefined : t.errorRate * 100)),
  },
  connections: {
    title: 'Database Connections',
    short: 'DB connections',
    unit: 'percent',
    from: 'pg_stat_activity, of the tightest limit: server, database or role',
    action: 'Increase pool size',
    measure: (world) =>
      derive(world.readings.primary, ({ connections: c }) => {
        if (!c || c.limit <= 0) return { basis: 'connections not visible', exact: true };
        const all = { value: percent(c.used, c.limit), basis: `${c.used} of ${c.limit}`, exact: true };
        const own = c.nearest;
        if (!own || percent(own.used, own.limit) <= all.value) return all;
        return { value: percent(own.used, own.limit), basis: `${own.used} of ${own.limit}, ${own.whose}`, exact: true };
      }),
  },
  redisMemory: {
    title: 'Redis Memory',
    short: 'Redis memory',
    unit: 'percent',
    from: 'INFO: used_memory of maxmemory',
    action: 'Evict old data',
    measure: (world) =>
      derive(world.readings.redis, (r) => {
        const memory = redisMemory(r);
        if (!memory) return { basis: 'memory unknown: INFO is denied', exact: true };
        return memory.most > 0
          ? { value: percent(memory.used, memory.most), basis: 'used_memory of maxmemory', exact: true }
          : { basis: 'no maxmemory is set', exact: true, quiet: true };
      }),
  },
  queueDepth: {
    title: 'Queue Depth',
    short: 'Queue depth',
    unit: 'count',
    from: 'jobs in a waiting state',
    action: 'Scale executors',
    measure: (world) =>
      derive(world.readings.studies, ({ queueDepth: q, partial, doubts, unclear = [] }) => {
        if (!q) return { basis: 'could not be counted in time', exact: true };
        // What is hidden from us may wait too: few are no proof of few.
        if (partial?.includes('jobs') && q.value <= world.scope.thresholds.queueDepth.warning)
          return { basis: `row-level security hides jobs; ${q.value} visible`, exact: true };
        // So many wait at least: more than enough is more than enough, but few are no proof of few.
        const doubt = doubts?.queueDepth;
        if (doubt && q.value <= world.scope.thresholds.queueDepth.warning)
          return { basis: doubtSays(doubt, unclear), exact: true };
        return { value: q.value, basis: 'pending jobs', exact: q.exact };
      }),
  },
  studyFailures: {
    title: 'Study Failure Rate',
    short: 'Study failures',
    unit: 'percent',
    from: 'studies that ended within the hour: failed, or more than half of their jobs did',
    action: 'Check surface adapters',
    measure: (world) =>
      derive(world.readings.studies, (s) => {
        const doubt = s.doubts?.lastHour;
        // Taken as if none of the others had failed, it is at least so much.
        const of = s.finishedLastHour + (s.unclearLastHour ?? 0);
        const value = of > 0 ? percent(s.failedLastHour, of) : undefined;
        if (doubt && (value ?? 0) <= world.scope.thresholds.studyFailures.warning)
          return { basis: doubtSays(doubt, s.unclear ?? []), exact: true };
        if (value === undefined) return { basis: 'no study finished in the last hour', exact: true, quiet: true };
        return { value, basis: `${s.failedLastHour} of ${of} studies`, exact: s.lastHourExact !== false && !doubt };
      }),
  },
};

/** The metrics, in the runbook's order. */
export const metrics: readonly Metric[] = metricIds.map((id) => ({ id, ...definitions[id] }));

/** Fewer requests than this prove nothing where the figure is good; where it is bad it is told. */
export const fewestRequests = 5;

function traffic(world: World, id: 'p95' | 'errorRate', pick: (t: Traffic) => number | undefined): Reading<Measure> {
  return derive(world.readings.traffic, (t) => {
    const value = pick(t);
    const few = t.source !== 'prometheus' && (t.served ?? t.samples) < fewestRequests;
    const proven = value !== undefined && !(few && evaluateValue(value, world.scope.thresholds[id]) === 'ok');
    const basis = trafficBasis(t);
    const limited = t.shares?.limited ?? 0;
    return {
      value: proven ? value : undefined,
      beside: limited >= 0.01 ? `${formatPercent(limited * 100)} refused with 429` : undefined,
      basis: proven || t.samples === 0 ? basis : `too few to tell: ${basis}`,
      exact: t.sampling === 1,
    };
  });
}

/** `412 requests, 37 % refused with 429`: what was refused or given up has its own share. */
function trafficBasis({ source, samples, shares }: Traffic): string {
  if (source === 'prometheus') return 'from Prometheus';
  if (samples === 0) return 'no requests seen';
  const told: readonly (readonly [number, string])[] = [
    [shares?.gaveUp ?? 0, 'aborted by clients'],
    [shares?.limited ?? 0, 'refused with 429'],
    [shares?.refused ?? 0, 'other 4xx'],
  ];
  const parts = told.flatMap(([share, what]) => (share > 0 ? [`${formatPercent(share * 100)} ${what}`] : []));
  return [samples === 1 ? '1 request' : `${samples} requests`, ...parts].join(', ');
}

export function metric(id: MetricId): Metric {
  return { id, ...definitions[id] };
}

/** Figures that a database that is away makes bad: neither nodes nor executors help. */
const fromDatabase: readonly MetricId[] = ['p95', 'queueDepth', 'studyFailures'];

/** Why a metric's own action does not help now; undefined where it may. */
export const waitsForDatabase = (id: MetricId, world: World): string | undefined =>
  fromDatabase.includes(id) ? databaseIsAway(world) : undefined;

/** What a breached metric asks for: the runbook's action, but first the database where that is away. */
export const actionFor = ({ id, action }: Metric, world: World): string =>
  waitsForDatabase(id, world) === undefined ? action : 'Fix the database first';

/** Pending, lost, stale or without samples is unknown, never ok; where there is normally nothing to measure it is ok. */
export function evaluateMetric(m: Metric, world: World): HealthStatus {
  const reading = m.measure(world);
  if (reading.state !== 'live' || isStale(reading, world.now)) return 'unknown';
  const { value, quiet } = reading.value;
  if (value === undefined) return quiet ? 'ok' : 'unknown';
  return evaluateValue(value, world.scope.thresholds[m.id]);
}
