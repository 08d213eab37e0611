// METRICS on a large terminal: six charts in two columns.
import { actionFor } from '../../core/health/fix-first.ts';
import { recoveryOf } from '../../core/health/metric-window.ts';
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { isBreached, worstFirst } from '../../core/health/status.ts';
import { shortClock } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import type { State } from '../../store.ts';
import type { Row, Size } from '../screen.ts';
import { beside, blank, bold, dim, firstFitting, type Line, line, lineWidth, mark, spread } from '../toolkit/line.ts';
import { gutter, toHeight } from '../toolkit/list.ts';
import type { DrawnBlock } from '../toolkit/pane.ts';
import { chartLegend, chartWindow, metricChart, samplesOf, sinceSays } from './charts.ts';
import { valueSays } from './values.ts';

/** The least columns and rows of one chart with its title: four rows of plot and the axis. */
const least: Size = { columns: 30, rows: 6 };
/** The most rows of the chart itself: six of plot, the marks and the axis. */
const mostRows = 8;
const gap = 2;

/** The charts in `size`, the title of the one with this id marked; undefined where they have no room. */
export function drawCharts(state: State, { columns, rows }: Size, marked: string | undefined): DrawnBlock | undefined {
  const wide = Math.floor((columns + 1 - gap) / 2);
  const lines = Math.ceil(metrics.length / 2);
  const high = Math.floor(rows / lines);
  if (wide < least.columns || high < least.rows) return undefined;
  const blocks = metrics.map((m) => block(m, state, { columns: wide, rows: high }, m.id === marked));
  const drawn = Array.from({ length: lines }, (_, i) =>
    beside(
      blocks.slice(i * 2, i * 2 + 2).map((each) => ({ lines: each, width: wide })),
      gap,
      high,
    ),
  ).flat();
  return {
    says: line(dim(`last ${chartWindow(state) / minute} min`)),
    right: lineWidth(chartLegend) + 24 <= columns ? chartLegend : [],
    lines: drawn,
    rows: metrics.map(rowOf),
  };
}

/** The most charts that stand beside each other below a checklist, and their height. */
const chartsBelow = 2;
const rowsBelow = 10;

/**
 * The charts of an incident, the worst metric first: of those that are breached, or were since it began. None where
 * `free` rows are too few.
 */
export function incidentCharts(state: State, columns: number, free: number): readonly Line[] {
  const { world, incident } = state;
  if (!incident || free < rowsBelow) return [];
  const isTouched = (m: Metric) =>
    isBreached(evaluateMetric(m, world)) ||
    samplesOf(m, state).some(
      ({ at, value }) => at >= incident.openedAt && value > world.scope.thresholds[m.id].warning,
    );
  const touched = metrics
    .filter(isTouched)
    .toSorted((a, b) => worstFirst(evaluateMetric(a, world), evaluateMetric(b, world)));
  const beneath = Math.max(1, Math.min(chartsBelow, Math.floor((columns + gap) / (least.columns + gap))));
  const wide = Math.floor((columns - gap * (beneath - 1)) / beneath);
  const shown = touched.slice(0, beneath * Math.floor(free / rowsBelow));
  return Array.from({ length: Math.ceil(shown.length / beneath) }, (_, i) => {
    const some = shown.slice(i * beneath, (i + 1) * beneath);
    const blocks = some.map((m) => ({
      lines: block(m, state, { columns: wide, rows: rowsBelow }, false),
      width: wide,
    }));
    return beside(blocks, gap, rowsBelow);
  }).flat();
}

const rowOf = (m: Metric): Row => ({
  id: m.id,
  text: m.title,
  draw: () => [line(m.title)],
  opens: { kind: 'open', screen: 'metric', of: { metric: m.id } },
});

/** What to do about it; of one that falls, when nothing from before is left in its window. */
function doesSays(m: Metric, world: World): string {
  const recovery = recoveryOf(m, world);
  return recovery ? `falling, old samples leave by ${shortClock(recovery.leaves)}` : actionFor(m, world);
}

/** Whole clauses of it, as many as fit. */
const fitting = (basis: string, room: number) =>
  firstFitting(room, ...shortenings(basis).map((says) => line(dim(says))));

/** Name, value and since when; its basis or what to do; the chart. */
function block(m: Metric, state: State, { columns, rows }: Size, isMarked: boolean): readonly Line[] {
  const { world } = state;
  const room = columns - 1;
  const verdict = evaluateMetric(m, world);
  const { value, basis, old } = valueSays(m, world);
  const name = line(mark(verdict), ' ', bold(m.short), m.window ? dim(` ${m.window.short}`) : undefined, '  ', value);
  const since = old === undefined ? sinceSays(m, state) : line(dim(`${old} ago`));
  const title = spread(name, firstFitting(room - lineWidth(name) - 1, since, blank), room);
  const below =
    rows >= least.rows + 2
      ? [line('  ', isBreached(verdict) ? `→ ${doesSays(m, world)}` : fitting(basis, room - 2))]
      : [];
  const high = Math.min(mostRows, rows - 1 - below.length);
  const lines = [...below, ...metricChart(m, state, room, high)];
  return toHeight([gutter(title, isMarked, 0, columns), ...lines.map((l) => gutter(l, false, 0, columns))], rows);
}
