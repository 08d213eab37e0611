// METRICS: the runbook's six, each with its value, both thresholds, its trend and, where it is breached, the action.

import { actionFor } from '../../core/health/fix-first.ts';
import { recoveryOf, recoverySays } from '../../core/health/metric-window.ts';
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { isBreached, worstFirst } from '../../core/health/status.ts';
import { shortenings } from '../../core/text/text.ts';
import type { World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import { dim, firstFitting, type Line, line, mark, type Span, span, textOf } from '../toolkit/line.ts';
import type { Pane } from '../toolkit/pane.ts';
import { type Column, type Table, table, widest } from '../toolkit/table.ts';
import { drawCharts } from './pane-charts.ts';
import { asks, formatThreshold, trend, valueSays } from './values.ts';

/** The name with the window beside it. */
const named = (m: Metric, long: boolean): Line =>
  line(long ? m.title : m.short, m.window ? dim(` ${long ? m.window.says : m.window.short}`) : undefined);

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
    number('now', 8, world, (m) => valueSays(m, world).value),
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

/** Of a trend with its heading. */
const leastTrend = 4;
/** Of the age of an old value: `59 m ago`. */
const leastAge = 8;

function paneTable(world: World, columns: number): Table<Shown> {
  const long = columns >= 100;
  const nameOf = (of: (m: Metric) => Line): Column<Shown> => {
    const names = metrics.map((m) => textOf(of(m)));
    return { title: '', of: ({ m }) => of(m), width: widest(names, 0, 33) };
  };
  const past: Column<Shown> = {
    title: (room) => (room >= 15 ? 'last 15 minutes' : room >= 7 ? '15 min' : '15m'),
    of: trendOrAge,
    width: 3,
    upTo: 60,
    spare: 1,
  };
  const verdicts = columns >= 62 ? [{ ...verdictColumn, title: '' }] : [];
  // The windows stand beside the names where the numbers leave room for a trend.
  const whole = [
    ...numbers(
      world,
      nameOf((m) => named(m, long)),
    ),
    ...verdicts,
  ];
  const taken = whole.reduce((sum, { width }) => sum + width + 1, 0);
  const isOld = metrics.some((m) => valueSays(m, world).old !== undefined);
  if (taken + (isOld ? leastAge : leastTrend) <= columns) return table([...whole, past], columns, 1);
  const bare = nameOf((m) => line(long ? m.title : m.short));
  return table([...numbers(world, bare), ...verdicts, past], columns, 1);
}

export const metricsPane: Pane = {
  id: 'metrics',
  title: 'METRICS',
  spots: { three: { band: 0, column: 1, rows: { weight: 1 } }, two: { band: 1, column: 0, rows: { weight: 1 } } },
  covers: (f) => f.area === 'metrics',
  needs: ({ world }) =>
    1 + metrics.length + metrics.filter((m) => asks(m, evaluateMetric(m, world), world, 200)).length,
  draw: drawCharts,
  view({ world }, { columns, rows: room }) {
    const tall = room >= metrics.length * 3 + 1;
    const { head, draw } = paneTable(world, columns);
    const rows = metrics.map((m): Row => {
      const verdict = evaluateMetric(m, world);
      const { basis } = valueSays(m, world);
      // Where there is room for it: what the value is based on, and what to do about it.
      const recovery = recoveryOf(m, world);
      const does = isBreached(verdict) ? line(recovery ? recoverySays(recovery) : actionFor(m, world)) : undefined;
      const based = shortenings(basis).map((part) => line(dim(`  ${part}`)));
      const both = does ? [...based.map((part) => line(part, '   ', does)), line('  ', does)] : based;
      const below = tall ? [firstFitting(columns, ...both), []] : [];
      return {
        id: m.id,
        text: m.title,
        height: 1 + below.length,
        draw: () => [draw({ m, world }), ...below],
        opens: { kind: 'open', screen: 'metric', of: { metric: m.id } },
      };
    });
    // The worst first: where rows are short, what is cut is the least.
    const judged = metrics.map((m) => ({ m, verdict: evaluateMetric(m, world) }));
    const foot = judged
      .toSorted((a, b) => worstFirst(a.verdict, b.verdict))
      .flatMap(({ m, verdict }) => {
        const says = asks(m, verdict, world, columns - 2);
        return says && !tall ? [line('  ', says)] : [];
      });
    return { says: besideTitle(head), rows, foot };
  },
};

/** The heads of the columns on the pane's own title line: `3 METRICS` and two blanks take the first eleven columns. */
function besideTitle(head: Line): Line {
  return line(dim(textOf(head).slice(11).trimEnd()));
}

/** Columns that name, numbers, window and health take. */
const leastOfList = 72;

/** The columns of the metrics screen; the trend takes what is left. */
export function metricsTable(world: World, columns: number): Table<Shown> {
  const over: Column<Shown> = { title: 'window', of: ({ m }) => dim(m.window?.says ?? 'now'), width: 9 };
  const name: Column<Shown> = { title: 'metric', of: ({ m }) => m.title, width: 23 };
  const short: Column<Shown> = { title: 'metric', of: ({ m }) => named(m, false), width: 18 };
  // Beside another screen: the window in fewer columns, with the name.
  const first = columns < leastOfList ? [...numbers(world, short)] : [...numbers(world, name), over];
  return table(
    [
      ...first,
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
