// Alerts with what is left of their response time.
import type { DueAlert } from '../../core/incident/desk.ts';
import { formatClock } from '../../core/text/format.ts';
import type { Verdict } from '../../core/world/verdict.ts';
import { dim, type Line, line, mark, span } from '../line.ts';
import type { Row, Screen } from '../screen.ts';
import { type Column, table } from '../table.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';
import { short } from './status-line.ts';

export const verdictOf = { critical: 'critical', warning: 'warning', info: 'unknown' } as const satisfies Record<
  string,
  Verdict
>;

/** `14:03 left`, `late 2:10`, `ops1 03:14`. */
export function responseSays(alert: DueAlert, now: number): Line {
  if (alert.acknowledged)
    return line(dim(`${alert.acknowledged.by} ${formatClock(alert.acknowledged.at).slice(0, 5)}`));
  const left = alert.due - now;
  if (left < 0) return line(span(`late ${short(-left)}`, 'critical'));
  return line(span(`${short(left)} left`, left < 5 * 60_000 ? 'warning' : 'plain'));
}

export const alertsScreen: Screen = {
  id: 'alerts',
  title: () => 'ALERTS',
  palette: 'alerts',
  also: 'ack acknowledge pager',
  view({ desk, world }, _place, { columns }) {
    const alerts = desk?.alerts ?? [];
    const shape: readonly Column<DueAlert>[] = [
      { title: ' ', of: (a) => mark(verdictOf[a.level]), width: 1 },
      { title: 'alert', of: (a) => a.subject, width: 14, upTo: 20 },
      { title: 'since', of: (a) => dim(formatClock(a.raisedAt).slice(0, 5)), width: 5 },
      { title: 'what', of: (a) => line(a.says, a.flapping ? dim('  flapping') : undefined), width: 16, upTo: 90 },
      { title: 'channel', of: (a) => dim(a.channel), width: 24, spare: 1 },
      { title: 'answer', of: (a) => responseSays(a, world.now), width: 14, align: 'right' },
    ];
    const { head, draw } = table(shape, columns - 3);
    const open = alerts.filter((a) => !a.acknowledged).length;
    return {
      says: line(dim(alerts.length === 0 ? 'none' : `${open} not acknowledged, ${alerts.length} in all`)),
      head: alerts.length > 0 ? [line(' ', head)] : [],
      rows: alerts.map(
        (alert): Row => ({
          id: alert.id,
          text: `${alert.subject} ${alert.level} ${alert.says}`,
          draw: () => [draw(alert)],
          opens: {
            kind: 'details',
            title: alert.subject,
            lines: () => [
              line('  ', mark(verdictOf[alert.level]), ` ${alert.says}`),
              line(
                dim(
                  `  raised ${formatClock(alert.raisedAt)}, goes to ${alert.channel}, answer within ${alert.responseTime}`,
                ),
              ),
              ...(alert.remedy ? [line('  runbook: ', alert.remedy)] : []),
            ],
          },
          copies: { text: `${alert.level}: ${alert.subject} ${alert.says}`, what: 'the alert' },
        }),
      ),
      empty: [line(dim('nothing is raised; a warning is raised after 30 s, what is critical after 10 s'))],
    };
  },
  keys: [
    {
      id: 'acknowledge-alert',
      keys: ['space'],
      title: 'acknowledge',
      about: 'the alert is yours: its response time stops',
      footer: 11,
      unless: ({ row, state }) => {
        const alert = state.desk?.alerts.find((one) => one.id === row?.id);
        if (!alert) return 'no alert is selected';
        return onlyObserves(state) ?? (alert.acknowledged ? `${alert.acknowledged.by} has it already` : undefined);
      },
      run: ({ row, state }) => {
        const subject = state.desk?.alerts.find((one) => one.id === row?.id)?.subject;
        return row ? [send({ do: 'acknowledge', alert: row.id, ...(subject ? { subject } : {}) })] : [];
      },
    },
  ],
};
