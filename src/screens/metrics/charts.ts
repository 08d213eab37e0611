// The charts of the six metrics: their samples, what happened meanwhile, and a block of lines for each.

import { folding } from '../../core/growing.ts';
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import type { IncidentContext } from '../../core/incident/context.ts';
import { type MetricSample, sampleIn, sampleLasts } from '../../core/incident/impact.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { formatShort, shortClock, type Unit } from '../../core/text/format.ts';
import { type Instant, type Ms, minute } from '../../core/time.ts';
import type { Deploy } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { MetricId, Threshold } from '../../core/world/thresholds.ts';
import { type Sample, trendSpan } from '../../core/world/world.ts';
import type { State } from '../../store.ts';
import { chart, labelColumns, type Mark, markGlyphs } from '../toolkit/chart.ts';
import { dim, type Line, line, span } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';

const none: Incident['entries'] = [];

type ByMetric = { readonly [M in MetricId]?: readonly Sample[] };

/** The journal's samples of each metric, oldest first. The same array until there is a new one. */
const inJournal = folding(
  (): ByMetric => ({}),
  (before, news: Incident['entries']) => {
    const added = metrics.flatMap(({ id }): [MetricId, readonly Sample[]][] => {
      const more = news.flatMap((entry) => sampleIn(entry, id) ?? []);
      return more.length > 0 ? [[id, withSamples(before[id] ?? [], more)]] : [];
    });
    return added.length > 0 ? { ...before, ...Object.fromEntries(added) } : before;
  },
);

function withSamples(before: readonly Sample[], more: readonly MetricSample[]): readonly Sample[] {
  const all = [...before, ...more.map(({ at, value }) => ({ at, value, lasts: sampleLasts }))];
  const isInOrder = all.every(({ at }, place) => place < before.length || at >= (all[place - 1]?.at ?? 0));
  return isInOrder ? all : all.toSorted((a, b) => a.at - b.at);
}

/** The journal's samples until the trend begins, then the trend: an incident's charts survive a restart. */
const joined = memoize((_id: MetricId, trend: readonly Sample[], journaled: readonly Sample[]) => {
  const since = trend[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = journaled.findLastIndex(({ at }) => at < since) + 1;
  return before > 0 ? [...journaled.slice(0, before), ...trend] : trend;
}, 12);

const noSamples: readonly Sample[] = [];

/** The samples of a metric, oldest first. The same array until there is a new one. */
export function samplesOf({ id }: Metric, { world, incident }: State): readonly Sample[] {
  return joined(id, world.history[id] ?? noSamples, inJournal(incident?.entries ?? none)[id] ?? noSamples);
}

const raisedIn = folding(
  (): readonly Mark[] => [],
  (marks, news: Incident['entries']) => [
    ...marks,
    ...news.flatMap(({ at, event }): Mark[] =>
      event.kind === 'alert' && event.change === 'raised' ? [{ at: event.since ?? at, kind: 'alert' }] : [],
    ),
  ],
);

const marked = memoize(
  (
    incident: Incident | undefined,
    alerts: IncidentContext['alerts'] | undefined,
    runs: State['runs'],
    deploys: readonly Deploy[] | undefined,
  ): Mark[] => {
    const journaled = new Set(incident?.runs.map(({ run }) => run));
    const others = Object.values(runs).filter(({ id }) => !journaled.has(id));
    return [
      ...(deploys ?? []).map(({ at, revision }): Mark => ({ at, kind: 'deploy', says: String(revision) })),
      ...(alerts ?? []).map(({ raisedAt: at }): Mark => ({ at, kind: 'alert' })),
      ...raisedIn(incident?.entries ?? none),
      ...(incident?.runs ?? []).flatMap(({ phases }) => {
        const started = phases.find(({ phase }) => phase === 'started');
        return started ? [{ at: started.at, kind: 'action' } as const] : [];
      }),
      ...others.flatMap(({ startedAt: at }): Mark[] => (at === undefined ? [] : [{ at, kind: 'action' }])),
      ...(incident ? [{ at: incident.openedAt, kind: 'incident' } as const] : []),
    ];
  },
);

/** What happened: rollouts, alerts, actions, the incident. The same array until one is added. */
export function marksOf({ incident, incidentContext, runs, world }: State): readonly Mark[] {
  return marked(incident, incidentContext?.alerts, runs, newest(world.readings.workloads)?.value.deploys);
}

/** A chart is made again for a new sample, a new mark or another size: not every second, and not for each key. */
const drawn = memoize(
  (
    samples: readonly Sample[],
    marks: readonly Mark[],
    thresholds: Threshold,
    unit: Unit,
    to: Instant,
    window: Ms,
    columns: number,
    rows: number,
  ) =>
    chart({
      samples,
      marks,
      thresholds,
      most: unit === 'percent' ? 100 : undefined,
      label: (value) => formatShort(value, unit),
      clock: shortClock,
      from: to - window,
      to,
      columns,
      rows,
    }),
  24,
);

/** The times that a chart can show; the last one is all that is kept. */
const windows: readonly Ms[] = [5 * minute, 10 * minute, 15 * minute, trendSpan];

/** The shortest time that shows every sample, and an open incident from its start: young charts are not empty. */
export function chartWindow(state: State): Ms {
  const { incident, world } = state;
  const opened = incident && incident.resolvedAt === undefined ? incident.openedAt : world.now;
  const oldest = Math.min(opened, ...metrics.map((m) => samplesOf(m, state)[0]?.at ?? world.now));
  return windows.find((window) => world.now - oldest <= window) ?? trendSpan;
}

/** A metric over the last `chartWindow`, `rows` lines; none where they do not fit. */
export function metricChart(m: Metric, state: State, columns: number, rows: number): readonly Line[] {
  // Time goes on by a column of dots: what is drawn stays where it is.
  const dots = Math.max(1, (columns - labelColumns - 2) * 2);
  const window = chartWindow(state);
  const each = window / dots;
  const to = Math.ceil(state.world.now / each) * each;
  return drawn(
    samplesOf(m, state),
    marksOf(state),
    state.world.scope.thresholds[m.id],
    m.unit,
    to,
    window,
    columns,
    rows,
  );
}

/** What the glyphs below the charts mean. */
export const chartLegend: Line = line(
  markGlyphs.deploy,
  dim(' deploy  '),
  markGlyphs.alert,
  dim(' alert  '),
  markGlyphs.action,
  dim(' action  '),
  markGlyphs.incident,
  dim(' incident'),
);

/** `critical since 03:04`: as long as every sample says so. The clock is missing where it began before the trend. */
export function sinceSays(m: Metric, state: State): Line {
  const { world } = state;
  const verdict = evaluateMetric(m, world);
  if (verdict !== 'critical' && verdict !== 'warning') return [];
  const limit = world.scope.thresholds[m.id][verdict];
  const samples = samplesOf(m, state);
  const first = samples.findLastIndex(({ value }) => value <= limit) + 1;
  const since = first > 0 ? samples[first]?.at : undefined;
  return line(span(since === undefined ? verdict : `${verdict} since ${shortClock(since)}`, verdict));
}
