// A surface by what its jobs came to in the last hour.
import type { Surface, Surfaces } from '../world/facts.ts';
import { evaluateValue, type Thresholds } from '../world/thresholds.ts';
import type { HealthStatus } from './status.ts';

/**
 * The share of failed jobs, in percent, of all that ended. Jobs whose state nobody knows count as not failed, so it is
 * at least so much.
 */
export function failureRate({ failures, finished, unclear = 0 }: Surface): number {
  return finished + unclear > 0 ? (failures / (finished + unclear)) * 100 : 0;
}

/** By its share: enough to call it bad, and never enough to call it fine while states are not understood. */
export function evaluateSurface(s: Surface, { doubt }: Pick<Surfaces, 'doubt'>, thresholds: Thresholds): HealthStatus {
  const verdict = evaluateValue(failureRate(s), thresholds.studyFailures);
  return verdict === 'ok' && (s.unclear || doubt) ? 'unknown' : verdict;
}
