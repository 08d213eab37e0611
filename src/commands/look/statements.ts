// Statements and waits as tables.
import { hitRatio, meanOf, type StatementList, type Use } from '../../core/queries/statements.ts';
import { averageActive, type WaitRow, type WaitSamples } from '../../core/queries/waits.ts';
import { formatAge, formatCounted, formatInstant, formatPercent, formatTook } from '../../core/text/format.ts';
import type { Shown } from './shown.ts';

/** Rows that are printed; --json has more. */
const most = 30;

const lackSays = ({ lacks }: Pick<StatementList, 'lacks'>) => lacks.map(({ what, remedy }) => `${what}: ${remedy}`);

/** The statements that took most time, of one span. */
export function statementsShown(list: StatementList, span: 'since' | 'whole'): Shown {
  const all = list.all[span];
  const sorted = list.rows.filter((row) => row[span].calls > 0).toSorted((a, b) => b[span].time - a[span].time);
  const rows = sorted.slice(0, most).map((row) => {
    const use = row[span];
    return [
      formatPercent(all.time > 0 ? (use.time / all.time) * 100 : 0),
      formatTook(use.time),
      `${span === 'since' && row.partial ? '>=' : ''}${use.calls}`,
      formatTook(meanOf(use)),
      cacheSays(use),
      row.user,
      row.text || 'text not available',
    ];
  });
  const since =
    span === 'whole'
      ? list.resetAt === undefined
        ? 'since the last reset'
        : `since the reset at ${formatInstant(list.resetAt)}`
      : `in ${formatAge(list.at - list.from)}`;
  const more = sorted.length > most ? [`and ${sorted.length - most} more in --json`] : [];
  const total = `${formatCounted(all.calls, 'call')}, ${formatTook(all.time)} in total, ${since}`;
  return {
    head: ['SHARE', 'TIME', 'CALLS', 'MEAN', 'CACHE', 'USER', 'STATEMENT'],
    rows,
    says: [...more, ...(list.entries > 0 ? [total] : []), ...lackSays(list)],
  };
}

function cacheSays(use: Use): string {
  const ratio = hitRatio(use);
  return ratio === undefined ? '–' : formatPercent(ratio * 100);
}

const nameOf = ({ type, event }: WaitRow): string => (event === '' ? type : `${type}: ${event}`);

/** Average active sessions by statement, with the wait events below. */
export function waitsShown(found: WaitSamples): Shown {
  const { samples, active, hidden } = found;
  const average = (count: number) => averageActive(count, samples).toFixed(1);
  const rows = found.statements
    .slice(0, most)
    .map(({ count, events, user, text }) => [average(count), events.map(nameOf).join(', '), user, text]);
  return {
    head: ['ACTIVE', 'WAITS FOR', 'USER', 'STATEMENT'],
    rows,
    says: [
      `${average(active)} active sessions on average, in ${formatCounted(samples, 'sample')}`,
      ...found.events.slice(0, most).map((row) => `${average(row.count)}  ${nameOf(row)}`),
      ...(hidden > 0 ? [`${average(hidden)} hidden sessions not counted`] : []),
      ...lackSays(found),
    ],
  };
}
