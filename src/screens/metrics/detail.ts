import { firstSays, fixFirst } from '../../core/health/fix-first.ts';
import { recoveryOf, recoverySays } from '../../core/health/metric-window.ts';
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { refusalsByTenant } from '../../core/health/refusals.ts';
import { isBreached } from '../../core/health/status.ts';
import { formatLimit } from '../../core/text/format.ts';
import { minute } from '../../core/time.ts';
import { known } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Binding, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, line, mark, span } from '../toolkit/line.ts';
import { askedSays, trouble } from '../toolkit/reading-status.ts';
import { gone, text } from '../toolkit/text-view.ts';
import { chartWindow, metricChart } from './charts.ts';
import { extremes } from './list.ts';
import { sparklineSpan, trend, valueSays } from './values.ts';

/** A chart larger than this tells no more. */
const mostRows = 14;
const mostColumns = 140;

/** The database's statements, where a metric may be bad because of one. */
const openStatements: Binding = {
  id: 'metric-statements',
  keys: ['o'],
  title: 'slow statements',
  about: 'show the SQL statements that take most time',
  also: 'slow queries',
  footer: 20,
  when: ({ place }) => place.of.metric === 'p95' || place.of.metric === 'connections',
  run: () => [{ kind: 'open', screen: 'statements' }],
};

/** One metric: value, thresholds, source, its trend and the runbook's action. */
export const metricScreen: Screen = {
  id: 'metric',
  title: () => 'METRIC',
  view(state, place, { columns, rows }) {
    const { world } = state;
    const m = metrics.find((one) => one.id === place.of.metric);
    if (!m) return gone('this metric');
    const room = columns - 2;
    const verdict = evaluateMetric(m, world);
    const { value, basis } = valueSays(m, world);
    const { warning, critical } = world.scope.thresholds[m.id];
    const recovery = recoveryOf(m, world);
    const reading = m.measure(world);
    const isApi = m.id === 'p95' || m.id === 'errorRate';
    const traffic = isApi ? known(world.readings.traffic, world.now) : undefined;
    const refused = refusalsByTenant(traffic?.refusals ?? []);
    const lines = descriptionList(
      [
        ['health', line(mark(verdict), span(` ${verdict}`, verdict))],
        ['now', line(value, dim(`  ${basis}`))],
        ['recovery', recovery && recoverySays(recovery)],
        ['warning', `above ${formatLimit(warning, m.unit)}`],
        ['critical', `above ${formatLimit(critical, m.unit)}`],
        ['runbook', runbookSays(m, world, isBreached(verdict))],
        ['measured by', reading.state === 'live' ? reading.from : undefined],
        ...refused.map((says, at): readonly [string, string] => [at === 0 ? 'refused' : '', says]),
      ],
      room,
    );
    const above = [[], ...trouble(reading, m.short, world.now, room, 6), ...lines, []];
    const high = Math.min(mostRows, rows - above.length - 2);
    const window = chartWindow(state);
    const drawn = metricChart(m, state, Math.min(mostColumns, room), high);
    // Where a chart has no room, its trend in one row.
    const past =
      drawn.length > 0
        ? [line(dim(`last ${window / minute} minutes: ${extremes(m, world, window)}`)), ...drawn]
        : [
            line(span(trend(m, world, Math.min(120, room)), verdict === 'ok' ? 'plain' : verdict)),
            line(dim(`last 15 minutes: ${extremes(m, world, sparklineSpan)}`)),
          ];
    return text([...(drawn.length > 0 ? above : above.slice(1)), ...past], {
      says: line(bold(m.title), m.window ? dim(`  ${m.window.says}`) : undefined),
      right: askedSays(reading, world.now),
    });
  },
  keys: [openStatements],
};

/** The runbook's action, and what has to be fixed before it can help. */
function runbookSays(m: Metric, world: World, breached: boolean): string {
  const first = breached ? fixFirst(m.id, world) : undefined;
  return first ? `${m.action}, but ${firstSays(first)}: ${first.because}` : m.action;
}
