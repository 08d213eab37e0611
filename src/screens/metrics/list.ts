// The six metrics with their sources, and a trend as wide as the screen allows.

import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { worstFirst } from '../../core/health/status.ts';
import { formatMeasure } from '../../core/text/format.ts';
import type { Ms } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, type Line, line, span } from '../toolkit/line.ts';
import { metricsTable } from './pane.ts';
import { asks, sparklineSpan, trend } from './values.ts';

const orders = ['runbook', 'health'] as const;

/** Lowest and highest of the last `within` milliseconds. */
export function extremes(m: Metric, world: World, within: Ms): string {
  const values = (world.history[m.id] ?? []).filter(({ at }) => world.now - at <= within).map((s) => s.value);
  if (values.length === 0) return 'no samples yet';
  return `${formatMeasure(Math.min(...values), m.unit)} to ${formatMeasure(Math.max(...values), m.unit)}`;
}

export const metricsScreen: Screen = {
  id: 'metrics',
  title: () => 'METRICS',
  palette: 'metrics',
  sorts: orders,
  view({ world }, place, { columns }) {
    const room = columns - 2;
    const { head, draw } = metricsTable(world, room);
    const sorted =
      orders[place.sort % orders.length] === 'health'
        ? metrics.toSorted((a, b) => worstFirst(evaluateMetric(a, world), evaluateMetric(b, world)))
        : metrics;
    const rows = sorted.map((m): Row => {
      const verdict = evaluateMetric(m, world);
      const below: Line[] = [
        line(
          '   ',
          span(trend(m, world, Math.min(120, room - 32)), verdict === 'ok' ? 'dim' : verdict),
          dim(`  ${extremes(m, world, sparklineSpan)}`),
        ),
      ];
      const ask = asks(m, verdict, world, room - 3);
      if (ask) below.push(line('   ', ask));
      below.push([]);
      return {
        id: m.id,
        text: `${m.title} ${m.short}`,
        height: below.length + 1,
        draw: () => [draw({ m, world }), ...below],
        opens: { kind: 'open', screen: 'metric', of: { metric: m.id } },
      };
    });
    return { says: line(dim('last 15 minutes')), head: [head], rows };
  },
};
