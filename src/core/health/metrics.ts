import { doubtSays } from '../platform/unclear.ts';
import { formatAge, type Unit } from '../text/format.ts';
import { hour, type Instant, type Ms, minute, second } from '../time.ts';
import { derive, isStale, type Reading } from '../world/reading.ts';
import { evaluateValue, type MetricId, metricIds } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { type Measure, marginSays } from './measure.ts';
import { redisMemory } from './redis.ts';
import type { HealthStatus } from './status.ts';
import { measureTraffic } from './traffic.ts';

export type Metric = {
  id: MetricId;
  /** As the runbook writes it. */
  title: string;
  /** For a narrow pane, at most 15 columns. */
  short: string;
  unit: Unit;
  /** What it is measured from: a cell of docs/verdicts.md. */
  from: string;
  /** How far back it looks: for a narrow pane, by itself, and behind `in`; absent: it is as it is now. */
  window?: { span: Ms; short: string; says: string; clause: string };
  /** What the runbook says to do when it is breached. */
  action: string;
  measure(world: World): Reading<Measure>;
};

const percent = (part: number, of: number): number => (part / of) * 100;

const fiveMinutes = { span: 5 * minute, short: '5 min', says: '5 min', clause: '5 min' };
const lastHour = { span: hour, short: '1 h', says: 'last hour', clause: 'the last hour' };

/** The runbook's words and where each value comes from. */
const definitions: Readonly<Record<MetricId, Omit<Metric, 'id'>>> = {
  p95: {
    title: 'API Response Time (p95)',
    short: 'API p95',
    unit: 'ms',
    from: 'client requests in the gateway’s log, without probes, or Prometheus, 5 minutes',
    window: fiveMinutes,
    action: 'Scale API nodes',
    measure: (world) => measureTraffic(world, 'p95', (t) => t.p95),
  },
  errorRate: {
    title: 'Error Rate',
    short: 'Error rate',
    unit: 'percent',
    from: 'the same: the share of 5xx and of requests that the client gave up',
    window: fiveMinutes,
    action: 'Check logs, investigate',
    measure: (world) =>
      measureTraffic(world, 'errorRate', (t) => (t.errorRate === undefined ? undefined : t.errorRate * 100)),
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
        const why = r.usedBytes === undefined ? 'INFO is denied' : 'INFO tells no maxmemory';
        if (!memory) return { basis: `memory unknown: ${why}`, exact: true };
        return memory.most > 0
          ? {
              value: percent(memory.used, memory.most),
              basis: `used_memory of maxmemory${memory.of ? `, node ${memory.of}` : ''}`,
              exact: true,
            }
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
      derive(world.readings.studies, ({ queueDepth: q, doubts, unclear = [], countedAt }) => {
        if (!q) return { basis: 'could not be counted in time', exact: true };
        // So many wait at least: more than enough is more than enough, but few are no proof of few.
        const doubt = doubts?.queueDepth;
        if (doubt && q.value <= world.scope.thresholds.queueDepth.warning)
          return { basis: doubtSays(doubt, unclear), exact: true };
        const sampled = q.margin === undefined ? '' : `${marginSays(q.margin, q.value, 'count')}, sampled`;
        const basis = `pending jobs${sampled}${countedAgo(countedAt?.queueDepth, world.now)}`;
        return { value: q.value, basis, exact: q.exact, margin: q.margin };
      }),
  },
  studyFailures: {
    title: 'Study Failure Rate',
    short: 'Study failures',
    unit: 'percent',
    from: 'studies that ended within the hour: failed, or more than half of their jobs did',
    window: lastHour,
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
        const basis = `${s.failedLastHour} of ${of} studies${countedAgo(s.countedAt?.lastHour, world.now)}`;
        return { value, basis, exact: s.lastHourExact !== false && !doubt };
      }),
  },
};

/** That a count is older than a poll makes it, on a platform where counting is dear. */
export function countedAgo(at: Instant | undefined, now: Instant): string {
  return at !== undefined && now - at > 15 * second ? `, counted ${formatAge(now - at)} ago` : '';
}

/** The metrics, in the runbook's order. */
export const metrics: readonly Metric[] = metricIds.map((id) => ({ id, ...definitions[id] }));

export function metric(id: MetricId): Metric {
  return { id, ...definitions[id] };
}

/**
 * Pending, lost, stale or without samples is unknown, never ok; where there is normally nothing to measure it is ok. An
 * estimate that may be above a threshold is no proof that it is below.
 */
export function evaluateMetric(m: Metric, world: World): HealthStatus {
  const reading = m.measure(world);
  if (reading.state !== 'live' || isStale(reading, world.now)) return 'unknown';
  const { value, quiet, margin = 0 } = reading.value;
  if (value === undefined) return quiet ? 'ok' : 'unknown';
  const limits = world.scope.thresholds[m.id];
  const verdict = evaluateValue(value, limits);
  return verdict === 'ok' && evaluateValue(value + margin, limits) !== 'ok' ? 'unknown' : verdict;
}
