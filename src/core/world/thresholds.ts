import type { HealthStatus } from '../health/status.ts';

/** Above `warning` is a warning, above `critical` is critical, in the metric's unit. */
export type Threshold = { warning: number; critical: number };

/** The runbook's six, with its thresholds (runbook, Key Metrics). Their values: core/health/metrics.ts. */
export const runbookThresholds = {
  p95: { warning: 500, critical: 2000, about: 'API response time, ms' },
  errorRate: { warning: 1, critical: 5, about: 'error rate, %' },
  connections: { warning: 80, critical: 95, about: 'database connections, %' },
  redisMemory: { warning: 80, critical: 95, about: 'Redis memory, %' },
  queueDepth: { warning: 1000, critical: 5000, about: 'queue depth, jobs' },
  studyFailures: { warning: 5, critical: 20, about: 'study failure rate, %' },
} as const satisfies Readonly<Record<string, Threshold & { about: string }>>;

export type MetricId = keyof typeof runbookThresholds;
/** In the runbook's order. */
export const metricIds = Object.keys(runbookThresholds) as [MetricId, ...MetricId[]];
export type Thresholds = Readonly<Record<MetricId, Threshold>>;

/** Where a number stands against the runbook's thresholds; both are exclusive (`>500ms`). */
export function evaluateValue(value: number, { warning, critical }: Threshold): HealthStatus {
  if (Number.isNaN(value)) return 'unknown';
  return value > critical ? 'critical' : value > warning ? 'warning' : 'ok';
}
