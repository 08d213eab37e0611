// METRICS: the runbook's six, each with its value, both thresholds, its trend and, where it is breached, the action.

import { actionFor, judge, type Metric, metrics } from '../../core/health/metrics.ts';
import type { Verdict } from '../../core/health/status.ts';
import type { Unit } from '../../core/text/format.ts';
import { formatAge, formatCount, formatLimit, formatMeasure, shortAge } from '../../core/text/format.ts';
import { minute } from '../../core/time.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import { dim, type Line, line, mark, type Span, span } from '../toolkit/line.ts';
import type { Pane } from '../toolkit/pane.ts';
import { sparkline } from '../toolkit/sparkline.ts';
import { type Column, table } from '../toolkit/table.ts';

/** How far back a trend goes (issue: the last 15 minutes). */
export const trendSpan = 15 * minute;

/** A threshold without its unit where the column says it: `500`, `1 %`. */
export function formatThreshold(value: number, unit: Unit): string {
  if (unit === 'percent') return formatLimit(value, unit);
  return value >= 10_000 ? formatCount(value) : String(value);
}

/** The value as it stands: bold when breached, dim with its age when old, the reason when there is none. */
export function valueSays(m: Metric, world: World): { value: Span; old?: string; basis: string } {
  const reading = m.measure(world);
  const last = newest(reading);
  if (!last) return { value: dim('–'), basis: reading.state === 'lost' ? reading.fault.what : 'no answer yet' };
  const { value, basis, exact } = last.value;
  if (value === undefined) return { value: dim('–'), basis };
  const text = `${exact ? '' : '~'}${formatMeasure(value, m.unit)}`;
  if (reading.state !== 'live' || isStale(reading, world.now))
    return {
      value: dim(text),
      old: shortAge(world.now - last.at),
      basis: `${basis}, ${formatAge(world.now - last.at)} ago`,
    };
  const verdict = judge(m, world);
  return { value: span(text, verdict === 'ok' ? 'plain' : verdict), basis };
}

export function trend(m: Metric, world: World, columns: number): string {
  const top = world.scope.thresholds[m.id].critical;
  return sparkline(world.history[m.id] ?? [], { now: world.now, span: trendSpan, columns, top });
}

/** What a breached metric asks for: `API p95 critical: scale API nodes`. */
export function asks(m: Metric, verdict: Verdict, world: World): Line | undefined {
  if (verdict !== 'critical' && verdict !== 'warning') return undefined;
  const action = actionFor(m, world);
  return line(span(`${m.short} ${verdict}`, verdict), `: ${action[0]?.toLowerCase()}${action.slice(1)}`);
}

export const metricsPane: Pane = {
  id: 'metrics',
  title: 'METRICS',
  view({ world }, { columns, rows: room }) {
    const wide = columns >= 62;
    // mark, name, value, thresholds and their gaps; what is left is the trend's.
    const name = columns >= 100 ? 23 : 14;
    const tall = room >= metrics.length * 3 + 1;
    const trendRoom = columns - (2 + name + 10 + 6 + 6 + 2 + (wide ? 10 : 0));
    const rows = metrics.map((m): Row => {
      const verdict = judge(m, world);
      const { warning, critical } = world.scope.thresholds[m.id];
      const { value, old, basis } = valueSays(m, world);
      // Where there is room for it: what the value rests on, and what to do about it.
      const ask = verdict === 'critical' || verdict === 'warning' ? `   ${actionFor(m, world)}` : '';
      const below = tall ? [line(dim(`  ${basis}`), ask), []] : [];
      return {
        id: m.id,
        text: m.title,
        height: 1 + below.length,
        draw: () => {
          const right = (text: string, width: number) => ' '.repeat(Math.max(0, width - text.length)) + text;
          return [
            line(
              mark(verdict),
              ` ${(name > 14 ? m.title : m.short).padEnd(name)}`,
              { ...value, text: right(value.text, 10) },
              dim(right(formatThreshold(warning, m.unit), 6)),
              dim(right(formatThreshold(critical, m.unit), 6)),
              wide ? span(`  ${verdict.padEnd(8)}`, verdict) : undefined,
              '  ',
              old && trendRoom >= old.length + 4
                ? dim(`${old} ago`)
                : span(
                    trendRoom >= 3 ? trend(m, world, Math.min(60, trendRoom)) : '',
                    verdict === 'ok' ? 'dim' : verdict,
                  ),
            ),
            ...below,
          ];
        },
        opens: { kind: 'open', screen: 'metric', of: { metric: m.id } },
      };
    });
    const foot = metrics.flatMap((m) => {
      const says = asks(m, judge(m, world), world);
      return says && !tall ? [line('  ', says)] : [];
    });
    return { says: columnsTitle(name, wide, trendRoom), rows, foot };
  },
};

/** Stands on the title line, each word above its column. */
function columnsTitle(name: number, wide: boolean, trendRoom: number): Line {
  // "3 METRICS" and the two blanks behind it take eleven columns.
  const now = ' '.repeat(Math.max(0, 2 + name + 10 - 11 - 3));
  const trends = trendRoom > 15 ? 'last 15 minutes' : trendRoom > 6 ? '15 min' : '';
  return line(dim(`${now}now  warn  crit  ${' '.repeat(wide ? 10 : 0)}${trends}`.trimEnd()));
}

const columnsOfScreen: readonly Column<{ m: Metric; world: World }>[] = [
  { title: '', of: ({ m, world }) => mark(judge(m, world)), width: 1 },
  { title: 'metric', of: ({ m }) => m.title, width: 23 },
  { title: 'verdict', of: ({ m, world }) => span(judge(m, world), judge(m, world)), width: 8, spare: 2 },
  { title: 'now', of: ({ m, world }) => valueSays(m, world).value, width: 9, align: 'right' },
  {
    title: 'warn',
    of: ({ m, world }) => dim(formatThreshold(world.scope.thresholds[m.id].warning, m.unit)),
    width: 5,
    align: 'right',
  },
  {
    title: 'crit',
    of: ({ m, world }) => dim(formatThreshold(world.scope.thresholds[m.id].critical, m.unit)),
    width: 5,
    align: 'right',
  },
  { title: 'rests on', of: ({ m, world }) => dim(valueSays(m, world).basis), width: 22, upTo: 40, spare: 3 },
  { title: 'runbook', of: ({ m }) => m.action, width: 23, spare: 4 },
];

/** The columns of the metrics screen; the trend takes what is left. */
export function metricsTable(columns: number) {
  return table(columnsOfScreen, columns);
}
