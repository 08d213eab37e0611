// The window that a metric looks back over: after a recovery its old samples still count for a while.

import { formatClock } from '../text/format.ts';
import type { Instant, Ms } from '../time.ts';
import { known } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { Sample, World } from '../world/world.ts';
import { evaluateMetric, type Metric, metric } from './metrics.ts';
import { isBreached } from './status.ts';

/** Fewer samples than this may fall by chance; at five seconds each, a quarter of a minute. */
const fewest = 3;
/** A value has fallen if it is below this part of its peak. */
const fallen = 0.95;

/** Since when a value falls, and by when no sample from before is left in its window. */
export type Recovery = { since: Instant; leaves: Instant };

/** The last peak, after which it only fell; undefined while it does not. */
function peakOf(samples: readonly Sample[]): Sample | undefined {
  const newest = samples.at(-1);
  if (!newest) return undefined;
  let at = samples.length - 1;
  while (at > 0 && (samples[at - 1]?.value ?? 0) >= (samples[at]?.value ?? 0)) at -= 1;
  // Of a plateau its end.
  while (at < samples.length - 1 && samples[at + 1]?.value === samples[at]?.value) at += 1;
  const peak = samples[at];
  return peak && samples.length - 1 - at >= fewest && newest.value < peak.value * fallen ? peak : undefined;
}

/** Both rest on the same requests: errors leave the window one by one, slow requests show only when nearly all have left. */
const alike: Partial<Readonly<Record<MetricId, MetricId>>> = { p95: 'errorRate' };

/** The peak of what falls first, where that was breached too: what is small wavers. */
function peakAlike(id: MetricId, { history, scope }: World): Sample | undefined {
  const other = alike[id];
  const peak = other && peakOf(history[other] ?? []);
  return peak && peak.value > scope.thresholds[other].warning ? peak : undefined;
}

/** Whether a breached metric falls: what is left of it may be only what happened before. */
export function recoveryOf({ id, window }: Metric, world: World): Recovery | undefined {
  const m = metric(id);
  const verdict = evaluateMetric(m, world);
  if (!window || !isBreached(verdict)) return undefined;
  const peak = peakOf(world.history[id] ?? []) ?? peakAlike(id, world);
  if (!peak) return undefined;
  const leaves = peak.at + spanOf(id, window.span, world);
  return leaves > world.now ? { since: peak.at, leaves } : undefined;
}

/** The window of the API's figures is as its source has it. */
export function spanOf(id: MetricId, span: Ms, { readings, now }: World): Ms {
  const isApi = id === 'p95' || id === 'errorRate';
  return isApi ? (known(readings.traffic, now)?.window ?? span) : span;
}

/** `falling since 03:12:07Z, older samples leave by 03:17:07Z`. */
export const recoverySays = ({ since, leaves }: Recovery): string =>
  `falling since ${formatClock(since)}, older samples leave by ${formatClock(leaves)}`;
