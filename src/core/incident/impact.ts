// What an incident cost, by what was measured: when it began, how many requests and jobs failed. What was not measured is
// unknown, and says why.
import { type Instant, type Ms, minute } from '../time.ts';
import { evaluateValue, type MetricId, metricIds, runbookThresholds, type Thresholds } from '../world/thresholds.ts';
import type { AlertLevel } from './channel.ts';
import { type Entry, type EventOf, type RequestCounts, requestKinds } from './event.ts';
import { endedAt, type Incident } from './incident.ts';

/** Where an incident began: the first alert or sample that was critical, or, if none was, a warning; else its opening. */
export type Start = {
  at: Instant;
  by: 'alert' | 'sample' | 'opening';
  /** The alert's subject. */
  subject?: string;
  metric?: MetricId;
  value?: number;
  margin?: number | undefined;
};

/** Of an estimate: the shares of each sample's window, over the time until the next sample. */
export type RequestImpact = RequestCounts & {
  /** Where logs were sampled: how far off each may be either way. */
  margins?: RequestCounts | undefined;
  /** How much of the time was measured, and how much was not. */
  measured: Ms;
  missing: Ms;
};

export type JobImpact = { failed: number; studies: number; tenants: number; since: Instant; until: Instant };

export type Impact = {
  start: Start;
  /** When users could work again, or it was resolved; absent while it goes on. */
  end?: Instant;
  requests: RequestImpact | { unknown: string };
  jobs: JobImpact | { unknown: string };
};

export function impactOf(incident: Incident, now: Instant, thresholds: Thresholds = runbookThresholds): Impact {
  const start = startOf(incident, thresholds);
  const end = incident.mitigatedAt ?? endedAt(incident);
  const until = end ?? now;
  return { start, end, requests: requestsIn(incident, start.at, until), jobs: jobsIn(incident) };
}

/** `margin`: of an estimate, how far off it may be either way, in the metric's unit. */
export type MetricSample = { at: Instant; value: number; margin?: number | undefined };

/** How often the journal of an open incident gets a sample of the metrics. */
export const sampleEvery: Ms = minute;
/** How long such a sample stands for: one that comes a little late on a busy machine leaves no gap. */
export const sampleLasts: Ms = 1.5 * sampleEvery;

/** The sample of a metric that an entry holds. */
export function sampleIn({ event, at }: Entry, metric: MetricId): MetricSample | undefined {
  if (event.kind !== 'sample') return undefined;
  const value = event.values[metric];
  const margin = event.margins?.[metric];
  return value === undefined ? undefined : { at: event.measuredAt ?? at, value, margin: margin || undefined };
}

/** The samples of one metric, oldest first, and the worst that they were. */
export function samplesOf(
  { entries }: Pick<Incident, 'entries'>,
  metric: MetricId,
  thresholds: Thresholds = runbookThresholds,
): { samples: readonly MetricSample[]; worst: 'ok' | 'warning' | 'critical' } {
  const samples = entries.flatMap((entry) => sampleIn(entry, metric) ?? []).toSorted((a, b) => a.at - b.at);
  const levels = new Set(samples.map(({ value }) => evaluateValue(value, thresholds[metric])));
  return { samples, worst: levels.has('critical') ? 'critical' : levels.has('warning') ? 'warning' : 'ok' };
}

/** The level from which a value or an alert counts: critical if anything was. */
function startOf(incident: Incident, thresholds: Thresholds): Start {
  for (const level of ['critical', 'warning'] as const) {
    const found = [...alertsAt(incident, level), ...breaches(incident, level, thresholds)];
    const [first] = found.toSorted((a, b) => a.at - b.at);
    if (first) return first;
  }
  return { at: incident.openedAt, by: 'opening' };
}

/** An overdue backup is no beginning of an outage. */
const notOfUsers = 'backups/';

const alertsAt = ({ entries }: Incident, level: AlertLevel): readonly Start[] =>
  entries.flatMap(({ event, at }) =>
    event.kind === 'alert' && event.level === level && event.change !== 'cleared' && !event.alert.startsWith(notOfUsers)
      ? [{ at: event.since ?? at, by: 'alert' as const, subject: event.subject }]
      : [],
  );

const breaches = (incident: Incident, level: 'warning' | 'critical', thresholds: Thresholds): readonly Start[] =>
  metricIds.flatMap((metric) => {
    const { samples } = samplesOf(incident, metric, thresholds);
    const first = samples.find(({ value }) => value > thresholds[metric][level]);
    return first ? [{ ...first, by: 'sample' as const, metric }] : [];
  });

type Counted = EventOf<'sample'> & { requests: NonNullable<EventOf<'sample'>['requests']> };

function requestsIn({ entries }: Incident, from: Instant, until: Instant): Impact['requests'] {
  const counted = entries.flatMap(({ event, at }) =>
    event.kind === 'sample' && event.requests ? [{ at, ...(event as Counted).requests }] : [],
  );
  if (counted.length === 0) return { unknown: 'requests were not counted during it' };
  const sum = { seen: 0, failed: 0, limited: 0, refused: 0, measured: 0 };
  const parts: SampledPart[] = [];
  let covered = from;
  for (const { at, window, margins, ...counts } of counted) {
    // Each sample tells of its window; what an earlier one told is not told twice.
    const begin = Math.max(covered, at - window);
    const time = Math.min(at, until) - begin;
    if (time <= 0 || window <= 0) continue;
    const part = time / window;
    for (const kind of requestKinds) sum[kind] += counts[kind] * part;
    if (margins) parts.push({ at, begin: at - window, part, margins });
    sum.measured += time;
    covered = Math.min(at, until);
  }
  if (sum.measured === 0) return { unknown: 'requests were not counted while it went on' };
  const margins = parts.length > 0 ? marginsOfParts(parts) : undefined;
  return { ...sum, margins, missing: Math.max(0, until - from - sum.measured) };
}

/** A part of a window's counts that were sampled. */
type SampledPart = { at: Instant; begin: Instant; part: number; margins: RequestCounts };

/**
 * How far off the sum of parts of windows may be. Windows overlap, and a line that is in several of them counts in each with
 * its part: never more than all margins together, and the variance is at most that of the parts, times what the parts of
 * one line come to.
 */
function marginsOfParts(parts: readonly SampledPart[]): RequestCounts {
  const sum = (of: (one: SampledPart) => number) => parts.reduce((all, one) => all + of(one), 0);
  let most = 0;
  for (const [first, { at }] of parts.entries()) {
    let ofOneLine = 0;
    // In the order of time: whatever window begins later does not overlap, nor does one after it.
    for (let i = first; i < parts.length && (parts[i]?.begin ?? at) < at; i += 1) ofOneLine += parts[i]?.part ?? 0;
    most = Math.max(most, ofOneLine);
  }
  const margin = (kind: keyof RequestCounts) =>
    Math.ceil(
      Math.min(
        sum(({ part, margins }) => part * margins[kind]),
        Math.sqrt(most * sum(({ part, margins }) => part * margins[kind] ** 2)),
      ),
    );
  return { seen: margin('seen'), failed: margin('failed'), limited: margin('limited'), refused: margin('refused') };
}

function jobsIn({ entries }: Incident): Impact['jobs'] {
  const measured = entries.flatMap(({ event, at }) => (event.kind === 'measured' ? [{ ...event, at }] : []));
  const last = measured.findLast(({ jobs }) => jobs !== undefined);
  if (last?.jobs) return { ...last.jobs, since: last.since, until: last.at };
  return { unknown: measured.at(-1)?.why ?? 'jobs were not counted' };
}
