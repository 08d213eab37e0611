// The impact of an incident in words, and a chart of each metric that was breached.
import { marginSays, measureSays, sampledSays } from '../core/health/measure.ts';
import { metric as metricOf, metrics } from '../core/health/metrics.ts';
import { severityName } from '../core/incident/checklist.ts';
import { timePerSeverity } from '../core/incident/clocks.ts';
import {
  type Impact,
  impactOf,
  type MetricSample,
  type Start,
  sampleLasts,
  samplesOf,
} from '../core/incident/impact.ts';
import type { Incident } from '../core/incident/incident.ts';
import { type ChartOptions, chart } from '../core/text/chart.ts';
import type { Block, Cell } from '../core/text/document.ts';
import {
  formatAge,
  formatCount,
  formatCounted,
  formatLimit,
  formatMeasure,
  formatSince,
  type Unit,
} from '../core/text/format.ts';
import { type Instant, minute } from '../core/time.ts';
import { type MetricId, runbookThresholds, type Thresholds } from '../core/world/thresholds.ts';
import { severityLevel } from './severities.ts';

const sampleSays = ({ value, margin }: Pick<MetricSample, 'value' | 'margin'>, unit: Unit): string =>
  `${measureSays({ exact: !margin, margin }, value, unit)}${marginSays(margin, value, unit)}`;

/** What began it, in words. */
export function startSays({ by, subject, metric, value, margin }: Start): string {
  if (by === 'alert') return `first alert: ${subject}`;
  if (metric === undefined || value === undefined) return 'its opening: nothing measured was breached before';
  const { short, unit } = metricOf(metric);
  return `first sample above its threshold: ${short} ${sampleSays({ value, margin }, unit)}`;
}

/** Requests and jobs, one line each; what is unknown says why. */
export function impactLines({ requests, jobs }: Impact, now: Instant): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  if ('unknown' in requests) lines.push(['Requests', `unknown: ${requests.unknown}`]);
  else {
    const { seen, failed, limited, refused, margins, measured, missing } = requests;
    const time = missing >= minute ? `${formatAge(measured)} of ${formatAge(measured + missing)} measured` : 'estimate';
    const about = margins ? '' : 'about ';
    // Other lines: either may be off without the other.
    const both = margins && Math.hypot(margins.limited, margins.refused);
    lines.push(
      [
        'Failed requests',
        `${about}${sampledSays(failed, margins?.failed)} of ${sampledSays(seen, margins?.seen)} (5xx, or given up by the client; ${time})`,
      ],
      [
        'Refused requests',
        `${about}${sampledSays(limited + refused, both)} (429: ${sampledSays(limited, margins?.limited)}, other 4xx: ${sampledSays(refused, margins?.refused)})`,
      ],
    );
  }
  if ('unknown' in jobs) lines.push(['Failed jobs', `unknown: ${jobs.unknown}`]);
  else {
    const time = `${formatSince(jobs.since, now)} to ${formatSince(jobs.until, now)}`;
    lines.push(
      ['Failed jobs', `${formatCount(jobs.failed)} (${time})`],
      ['Studies touched', formatCounted(jobs.studies, 'study', 'studies')],
      ['Tenants touched', formatCounted(jobs.tenants, 'tenant')],
    );
  }
  return lines;
}

export function impactBlocks(incident: Incident, now: Instant, thresholds?: Thresholds): readonly Block[] {
  const impact = impactOf(incident, now, thresholds);
  const { start, end } = impact;
  const until = end ?? now;
  const before = incident.openedAt - start.at;
  const opening = before > 0 ? `, ${formatAge(before)} before the incident was opened` : '';
  const facts: readonly (readonly Cell[])[] = [
    ['Start', `${formatSince(start.at, now)}, ${startSays(start)}${opening}`],
    ['End', end === undefined ? 'not yet' : `${formatSince(end, now)}, after ${formatAge(until - start.at)}`],
    ...impactLines(impact, now),
  ];
  const severities = timePerSeverity(incident, now).map(({ severity, time }) => [
    severityName(severity),
    severityLevel(severity).description,
    `${Math.round(time / minute)} min`,
  ]);
  return [
    { kind: 'table', head: ['Impact', 'Measured'], rows: facts },
    { kind: 'table', head: ['Severity', 'Meaning', 'Time'], rows: severities },
  ];
}

/** Of a chart: as wide as a screen of 80 columns leaves room for. */
const chartColumns = 60;
const chartRows = 6;

export function metricBlocks(incident: Incident, thresholds?: Thresholds): readonly Block[] {
  const seen = metrics.map((m) => ({ m, ...samplesOf(incident, m.id, thresholds) }));
  const measured = seen.filter(({ samples }) => samples.length > 0);
  if (measured.length === 0) return [{ kind: 'text', text: 'No metrics were recorded.' }];
  const times = measured.flatMap(({ samples }) => samples.map(({ at }) => at));
  const [from, until] = [Math.min(...times), Math.max(...times) + minute];
  const rows = measured.map(({ m, samples, worst }): readonly Cell[] => {
    const inOrder = samples.toSorted((a, b) => a.value - b.value);
    const told = [inOrder[0], inOrder.at(-1), samples.at(-1)];
    return [m.title, worst, ...told.flatMap((sample) => (sample ? sampleSays(sample, m.unit) : []))];
  });
  const unknown = seen.filter(({ samples }) => samples.length === 0).map(({ m }) => m.title);
  const charts = measured
    .filter(({ worst }) => worst !== 'ok')
    .flatMap(({ m, samples }): readonly Block[] => {
      const limits = limitsOf(m.id, thresholds).map((value) => ({ value, says: formatLimit(value, m.unit) }));
      return chartBlock(m.title, samples, { from, until, limits, says: (value) => formatMeasure(value, m.unit) });
    });
  return [
    { kind: 'table', head: ['Metric', 'Worst', 'Lowest', 'Highest', 'At the end'], rows },
    ...(unknown.length > 0 ? [{ kind: 'text', text: `Not measured: ${unknown.join(', ')}.` } as const] : []),
    ...charts,
  ];
}

const limitsOf = (id: MetricId, thresholds: Thresholds = runbookThresholds): readonly number[] => [
  thresholds[id].warning,
  thresholds[id].critical,
];

function chartBlock(
  title: string,
  samples: readonly MetricSample[],
  options: Pick<ChartOptions, 'from' | 'until' | 'limits' | 'says'>,
): readonly Block[] {
  const lines = chart(samples, { ...options, lasts: sampleLasts, columns: chartColumns, rows: chartRows });
  if (!lines) return [];
  return [
    { kind: 'subheading', text: `${title} (UTC, once a minute)` },
    { kind: 'code', language: 'text', lines },
  ];
}
