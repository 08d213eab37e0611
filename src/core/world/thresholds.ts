import type { Verdict } from '../health/status.ts';

/** The runbook's six (runbook, Key Metrics). */
export const metricIds = ['p95', 'errorRate', 'connections', 'redisMemory', 'queueDepth', 'studyFailures'] as const;
export type MetricId = (typeof metricIds)[number];

/** Above `warning` is a warning, above `critical` is critical, in the metric's unit. */
export type Threshold = { warning: number; critical: number };
export type Thresholds = { readonly [M in MetricId]: Threshold };

/** Where a number stands against the runbook's thresholds; both are exclusive (`>500ms`). */
export function judgeValue(value: number, { warning, critical }: Threshold): Verdict {
  if (Number.isNaN(value)) return 'unknown';
  return value > critical ? 'critical' : value > warning ? 'warning' : 'ok';
}
