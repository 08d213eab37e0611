import { evaluateMetric, metrics } from '../../core/health/metrics.ts';
import { refusalsByTenant } from '../../core/health/refusals.ts';
import { formatLimit } from '../../core/text/format.ts';
import { known } from '../../core/world/reading.ts';
import type { Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, line, mark, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { gone, text } from '../toolkit/text-view.ts';
import { extremes } from './list.ts';
import { trend, valueSays } from './pane.ts';

/** One metric: value, thresholds, source, its last 15 minutes and the runbook's action. */
export const metricScreen: Screen = {
  id: 'metric',
  title: () => 'METRIC',
  view({ world }, place, { columns }) {
    const m = metrics.find((one) => one.id === place.of.metric);
    if (!m) return gone('this metric');
    const room = columns - 2;
    const verdict = evaluateMetric(m, world);
    const { value, basis } = valueSays(m, world);
    const { warning, critical } = world.scope.thresholds[m.id];
    const reading = m.measure(world);
    const isApi = m.id === 'p95' || m.id === 'errorRate';
    const refused = refusalsByTenant((isApi ? known(world.readings.traffic, world.now)?.refusals : undefined) ?? []);
    const lines = descriptionList(
      [
        ['health', line(mark(verdict), span(` ${verdict}`, verdict))],
        ['now', line(value, dim(`  ${basis}`))],
        ['warning', `above ${formatLimit(warning, m.unit)}`],
        ['critical', `above ${formatLimit(critical, m.unit)}`],
        ['runbook', m.action],
        ['measured by', reading.state === 'live' ? reading.from : undefined],
        ...refused.map((says, at): readonly [string, string] => [at === 0 ? 'refused' : '', says]),
      ],
      room,
    );
    return text(
      [
        ...trouble(reading, m.short, world.now, room, 6),
        [],
        ...lines,
        [],
        line(span(trend(m, world, Math.min(120, room)), verdict === 'ok' ? 'plain' : verdict)),
        line(dim(`last 15 minutes: ${extremes(m, world)}`)),
      ],
      { says: line(bold(m.title)), right: ageSays(reading, world.now) ?? [] },
    );
  },
};
