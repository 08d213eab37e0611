// Alerts with the rest of their response time.

import type { HealthStatus } from '../../core/health/status.ts';
import type { DueAlert } from '../../core/incident/context.ts';
import { formatClock, shortClock } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import type { Place } from '../../store.ts';
import type { Here, Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { dim, firstFitting, type Line, line, mark, span, textOf, wrap } from '../toolkit/line.ts';
import { matching } from '../toolkit/list.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';
import { snoozeIntents } from './snooze.ts';
import { short } from './status-line.ts';

export const verdictOf = { critical: 'critical', warning: 'warning', info: 'unknown' } as const satisfies Record<
  string,
  HealthStatus
>;

/** `14:03 left`, `late 2:10`, `ops1 03:14`, `snoozed until 03:40Z`. */
export function responseSays(alert: DueAlert, now: number): Line {
  if (alert.snoozed) return line(dim(`snoozed until ${shortClock(alert.snoozed.until)}Z`));
  if (alert.acknowledged) return line(dim(`${alert.acknowledged.by} ${shortClock(alert.acknowledged.at)}`));
  const left = alert.due - now;
  if (left < 0) return line(span(`late ${short(-left)}`, 'critical'));
  return line(span(`${short(left)} left`, left < 5 * 60_000 ? 'warning' : 'plain'));
}

/** The problem, without the clauses that do not fit. */
function whatSays({ says, flapping }: DueAlert, columns: number): Line {
  const often = flapping ? dim('  flapping') : undefined;
  return firstFitting(columns, ...shortenings(says).map((part) => line(part, often)));
}

/** The details of the selected alert, always of the same height, so that the screen does not jump. */
function aboutMarked(place: Place, rows: readonly Row[], alerts: readonly DueAlert[], columns: number): Line[] {
  const shown = matching(rows, place.filter);
  const alert = alerts.find((one) => one.id === shown[markerIn(place, shown)]?.id);
  if (!alert) return [];
  const remedy = alert.remedy ? `; runbook: ${alert.remedy}` : '';
  const [first = '', second = ''] = wrap(`${alert.says}${remedy}`, columns);
  return [[], line(first), line(second)];
}

function rowOf(alert: DueAlert, drawn: Line): Row {
  return {
    id: alert.id,
    text: `${alert.subject} ${alert.level} ${alert.says}`,
    draw: () => [drawn],
    opens: {
      kind: 'details',
      title: alert.subject,
      lines: (_, columns) => [
        ...wrap(alert.says, columns - 6).map((part, at) =>
          line('  ', at === 0 ? mark(verdictOf[alert.level]) : ' ', ` ${part}`),
        ),
        ...wrap(
          `raised ${formatClock(alert.raisedAt)}, channel ${alert.channel}, respond within ${alert.responseTime}`,
          columns - 4,
        ).map((part) => line(dim(`  ${part}`))),
        ...(alert.snoozed
          ? wrap(
              `snoozed by ${alert.snoozed.by} until ${formatClock(alert.snoozed.until)}; ends earlier if it gets worse. Its health counts as before.`,
              columns - 4,
            ).map((part) => line(dim(`  ${part}`)))
          : []),
        ...(alert.remedy ? [line('  runbook: ', alert.remedy)] : []),
      ],
    },
    copies: { text: `${alert.level}: ${alert.subject} ${alert.says}`, what: 'the alert' },
  };
}

const alertHere = ({ row, state }: Here): DueAlert | undefined =>
  state.incidentContext?.alerts.find((one) => one.id === row?.id);

export const alertsScreen: Screen = {
  id: 'alerts',
  title: () => 'ALERTS',
  palette: 'alerts',
  also: 'ack acknowledge pager snooze silence',
  view({ incidentContext, world }, place, { columns }) {
    const alerts = incidentContext?.alerts ?? [];
    const widestOf = (of: (a: DueAlert) => string, least: number, most: number) => widest(alerts.map(of), least, most);
    const subjects = widestOf((a) => a.subject, 5, 20);
    const channels = widestOf((a) => a.channel, 7, 40);
    const clauses = widestOf((a) => shortenings(a.says).at(-1) ?? '', 16, 34);
    const answers = widestOf((a) => textOf(responseSays(a, world.now)), 6, 22);
    const shape: readonly Column<DueAlert>[] = [
      { title: ' ', of: (a) => mark(verdictOf[a.level]), width: 1 },
      { title: 'alert', of: (a) => a.subject, width: subjects, upTo: subjects },
      { title: 'since', of: (a) => dim(shortClock(a.raisedAt)), width: 5 },
      { title: 'problem', of: whatSays, width: clauses, upTo: 90 },
      { title: 'channel', of: (a) => dim(a.channel), width: channels, spare: 1 },
      { title: 'respond', of: (a) => responseSays(a, world.now), width: answers, align: 'right' },
    ];
    const { head, draw } = table(shape, columns - 2);
    const open = alerts.filter((a) => !a.acknowledged).length;
    const snoozed = alerts.filter((a) => a.snoozed).length;
    const quiet = snoozed > 0 ? `, ${snoozed} snoozed` : '';
    const rows = alerts.map((alert) => rowOf(alert, draw(alert)));
    return {
      says: line(dim(alerts.length === 0 ? 'none' : `${open} not acknowledged${quiet}, ${alerts.length} total`)),
      head: alerts.length > 0 ? [head] : [],
      rows,
      foot: aboutMarked(place, rows, alerts, columns - 2),
      empty: [line(dim('no alerts; a warning becomes one after 30 s, a critical state after 10 s'))],
    };
  },
  keys: [
    {
      id: 'acknowledge-alert',
      keys: ['space'],
      title: 'acknowledge',
      about: 'acknowledge the alert: stops its response time',
      footer: 11,
      unless: ({ row, state }) => {
        const alert = state.incidentContext?.alerts.find((one) => one.id === row?.id);
        if (!alert) return 'no alert is selected';
        return (
          onlyObserves(state) ?? (alert.acknowledged ? `already acknowledged by ${alert.acknowledged.by}` : undefined)
        );
      },
      run: ({ row, state }) => {
        const subject = state.incidentContext?.alerts.find((one) => one.id === row?.id)?.subject;
        return row ? [send({ do: 'acknowledge', alert: row.id, subject: subject || undefined })] : [];
      },
    },
    {
      id: 'snooze-alert',
      keys: ['s'],
      title: 'snooze',
      titleFor: (here) => (alertHere(here)?.snoozed ? 'end snooze' : undefined),
      about: 'snooze the alert for a time: no reminders until then or until it gets worse; its health counts as before',
      also: 'silence mute quiet',
      footer: 12,
      unless: (here) => (alertHere(here) ? onlyObserves(here.state) : 'no alert is selected'),
      run: (here) => {
        const alert = alertHere(here);
        return alert ? snoozeIntents(alert, here.state.world.now) : [];
      },
    },
  ],
};
