// METRICS: the runbook's six, each with its value, both thresholds, its trend and, where it is breached, the action.

import { actionFor } from '../../core/health/fix-first.ts';
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { shortenings } from '../../core/text/text.ts';
import type { World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import { dim, firstFitting, type Line, line, mark, type Span, span, textOf } from '../toolkit/line.ts';
import type { Pane } from '../toolkit/pane.ts';
import { type Column, type Table, table, widest } from '../toolkit/table.ts';
import { drawCharts } from './pane-charts.ts';
import { asks, formatThreshold, trend, valueSays } from './values.ts';

type Shown = { m: Metric; world: World };

const threshold = (of: 'warning' | 'critical') => (m: Metric, world: World) =>
  formatThreshold(world.scope.thresholds[m.id][of], m.unit);

/** Right-aligned, at least as wide as its widest value: a number is never cut, and never touches its neighbour. */
function number(title: string, least: number, world: World, of: (m: Metric, world: World) => Span): Column<Shown> {
  const width = widest(
    metrics.map((m) => of(m, world).text),
    least,
    12,
  );
  return { title, of: (row) => of(row.m, row.world), width, align: 'right' };
}

/** Mark, name, value and thresholds: what every view of the metrics begins with. */
function numbers(world: World, name: Column<Shown>): readonly Column<Shown>[] {
  return [
    { title: '', of: ({ m }) => mark(evaluateMetric(m, world)), width: 1 },
    name,
    number('now', 9, world, (m) => valueSays(m, world).value),
    number('warn', 5, world, (m) => dim(threshold('warning')(m, world))),
    number('crit', 5, world, (m) => dim(threshold('critical')(m, world))),
  ];
}

const verdictColumn: Column<Shown> = {
  title: 'health',
  of: ({ m, world }) => span(evaluateMetric(m, world), evaluateMetric(m, world)),
  width: 8,
  spare: 2,
};

/** The age of an old value, or the trend of a fresh one. */
function trendOrAge({ m, world }: Shown, columns: number): Line | Span {
  const { old } = valueSays(m, world);
  if (old && columns >= old.length + 4) return dim(`${old} ago`);
  const verdict = evaluateMetric(m, world);
  return span(trend(m, world, columns), verdict === 'ok' ? 'dim' : verdict);
}

function paneTable(world: World, columns: number): Table<Shown> {
  const long = columns >= 100;
  const names = metrics.map((m) => (long ? m.title : m.short));
  const name: Column<Shown> = { title: '', of: ({ m }) => (long ? m.title : m.short), width: widest(names, 0, 23) };
  const past: Column<Shown> = {
    title: (room) => (room >= 15 ? 'last 15 minutes' : room >= 6 ? '15 min' : ''),
    of: trendOrAge,
    width: 3,
    upTo: 60,
    spare: 1,
  };
  const verdicts = columns >= 62 ? [{ ...verdictColumn, title: '' }] : [];
  return table([...numbers(world, name), ...verdicts, past], columns, 1);
}

export const metricsPane: Pane = {
  id: 'metrics',
  title: 'METRICS',
  spots: { three: { band: 0, column: 1, rows: { weight: 1 } }, two: { band: 1, column: 0, rows: { weight: 1 } } },
  covers: (f) => f.area === 'metrics',
  needs: ({ world }) => 1 + metrics.length + metrics.filter((m) => asks(m, evaluateMetric(m, world), world)).length,
  draw: drawCharts,
  view({ world }, { columns, rows: room }) {
    const tall = room >= metrics.length * 3 + 1;
    const { head, draw } = paneTable(world, columns);
    const rows = metrics.map((m): Row => {
      const verdict = evaluateMetric(m, world);
      const { basis } = valueSays(m, world);
      // Where there is room for it: what the value is based on, and what to do about it.
      const ask = verdict === 'critical' || verdict === 'warning' ? `   ${actionFor(m, world)}` : '';
      const below = tall ? [line(dim(`  ${basis}`), ask), []] : [];
      return {
        id: m.id,
        text: m.title,
        height: 1 + below.length,
        draw: () => [draw({ m, world }), ...below],
        opens: { kind: 'open', screen: 'metric', of: { metric: m.id } },
      };
    });
    const foot = metrics.flatMap((m) => {
      const says = asks(m, evaluateMetric(m, world), world);
      return says && !tall ? [line('  ', says)] : [];
    });
    return { says: besideTitle(head), rows, foot };
  },
};

/** The heads of the columns on the pane's own title line: `3 METRICS` and two blanks take the first eleven columns. */
function besideTitle(head: Line): Line {
  return line(dim(textOf(head).slice(11).trimEnd()));
}

/** The columns of the metrics screen; the trend takes what is left. */
export function metricsTable(world: World, columns: number): Table<Shown> {
  const name: Column<Shown> = { title: 'metric', of: ({ m }) => m.title, width: 23 };
  return table(
    [
      ...numbers(world, name),
      verdictColumn,
      {
        title: 'based on',
        of: ({ m }, room) =>
          firstFitting(room, ...shortenings(valueSays(m, world).basis).map((says) => line(dim(says)))),
        width: 22,
        upTo: 40,
        spare: 3,
      },
      { title: 'runbook', of: ({ m }) => m.action, width: 23, spare: 4 },
    ],
    columns,
  );
}
