// What a metric's value, threshold and trend look like in a line, for every view of the metrics.
import { actionFor } from '../../core/health/fix-first.ts';
import { measureSays } from '../../core/health/measure.ts';
import { recoveryOf, recoverySays } from '../../core/health/metric-window.ts';
import { evaluateMetric, type Metric } from '../../core/health/metrics.ts';
import { type HealthStatus, isBreached } from '../../core/health/status.ts';
import type { Unit } from '../../core/text/format.ts';
import { formatAge, formatCount, formatLimit, shortAge, shortClock } from '../../core/text/format.ts';
import { uncapitalized } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { dim, firstFitting, type Line, line, type Span, span } from '../toolkit/line.ts';
import { sparkline } from '../toolkit/sparkline.ts';

/** How far back a trend in one row goes (issue 2: the last 15 minutes). */
export const sparklineSpan = 15 * minute;

/** A threshold without its unit where the column says it: `500`, `1 %`. */
export function formatThreshold(value: number, unit: Unit): string {
  if (unit === 'percent') return formatLimit(value, unit);
  return value >= 10_000 ? formatCount(value) : String(value);
}

/** The value: bold when breached, dim with its age when old, the reason when there is none. */
export function valueSays(m: Metric, world: World): { value: Span; old?: string; basis: string } {
  const reading = m.measure(world);
  const last = newest(reading);
  if (!last) return { value: dim('–'), basis: reading.state === 'lost' ? reading.fault.what : 'no answer yet' };
  const { value, basis } = last.value;
  if (value === undefined) return { value: dim('–'), basis };
  const text = measureSays(last.value, value, m.unit);
  if (reading.state !== 'live' || isStale(reading, world.now))
    return {
      value: dim(text),
      old: shortAge(world.now - last.at),
      basis: `${basis}, ${formatAge(world.now - last.at)} ago`,
    };
  const verdict = evaluateMetric(m, world);
  return { value: span(text, verdict === 'ok' ? 'plain' : verdict), basis };
}

export function trend(m: Metric, world: World, columns: number): string {
  const top = world.scope.thresholds[m.id].critical;
  return sparkline(world.history[m.id] ?? [], { now: world.now, span: sparklineSpan, columns, top });
}

/**
 * What to do about a breached metric, in fewer and fewer words, no word cut: `API p95 critical: scale API nodes`. Of one
 * that falls: when nothing from before is left in its window.
 */
export function asks(m: Metric, verdict: HealthStatus, world: World, columns: number): Line | undefined {
  if (!isBreached(verdict)) return undefined;
  const action = actionFor(m, world);
  const does = uncapitalized(action);
  const recovery = recoveryOf(m, world);
  const by = recovery && shortClock(recovery.leaves);
  const name = span(`${m.short} ${verdict}`, verdict);
  const ways = recovery
    ? [line(name, `: ${recoverySays(recovery)}`), line(name, `: falling, old samples leave by ${by}`)]
    : [line(name, `: ${does}`)];
  const short = recovery ? `old samples leave by ${by}` : does;
  return firstFitting(columns, ...ways, line(span(m.short, verdict), `: ${short}`), line(short));
}
