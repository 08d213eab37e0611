// Tables: sizes, dead rows, when they were vacuumed and analyzed; below, the weekly tasks (runbook, Database Maintenance).

import { evaluateIdAge } from '../../core/health/wraparound.ts';
import {
  bloatOf,
  type DatabaseDetail,
  deadShare,
  mostTables,
  type TableState,
  weeklyTasks,
} from '../../core/queries/database.ts';
import type { DatabasePart } from '../../core/queries/missing.ts';
import { queryReading } from '../../core/queries/query.ts';
import { formatAge, formatBytes, formatCount, formatLast, formatPercent, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { databaseAsk } from './sessions.ts';
import { vacuumLine } from './vacuums.ts';

const orders: readonly (readonly [string, (a: TableState, b: TableState) => number])[] = [
  ['dead rows', (a, b) => b.deadRows - a.deadRows || b.totalBytes - a.totalBytes],
  ['size', (a, b) => b.totalBytes - a.totalBytes],
  ['last analyzed', (a, b) => (a.lastAnalyze ?? 0) - (b.lastAnalyze ?? 0)],
];

export const tablesScreen: Screen = {
  id: 'tables',
  title: () => 'DATABASE TABLES',
  palette: 'database tables, bloat and weekly tasks',
  also: 'tables db postgres maintenance bloat',
  sorts: orders.map(([name]) => name),
  queries: (place) => [databaseAsk(place)],
  view({ world, queries: looks }, place, { columns }) {
    const reading = queryReading<'database'>(looks, databaseAsk(place));
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const tables = (found?.tables ?? []).toSorted(orders[place.sort % orders.length]?.[1]);
    const name = widest(
      tables.map((t) => t.name),
      5,
      40,
    );
    const when = (at: Instant | undefined) => dim(at === undefined ? 'never' : `${shortAge(now - at)} ago`);
    const all: Column<TableState>[] = [
      { title: 'table', of: (t) => t.name, width: Math.min(name, 20), upTo: name },
      { title: 'size', of: (t) => formatBytes(t.totalBytes), width: 9, align: 'right' },
      { title: 'rows', of: (t) => dim(formatCount(t.liveRows)), width: 11, align: 'right', spare: 3 },
      { title: 'dead rows', of: deadSays, width: 17, align: 'right' },
      { title: 'vacuumed', of: (t) => when(t.lastVacuum), width: 9, align: 'right', spare: 1 },
      { title: 'analyzed', of: (t) => when(t.lastAnalyze), width: 9, align: 'right' },
      { title: 'bloat', of: (t) => bloatSays(t), width: 14, upTo: 32, spare: 2 },
    ];
    const { head, draw } = table(all, room);
    const rows = tables.map(
      (t): Row => ({
        id: t.name,
        text: t.name,
        draw: () => [draw(t)],
        opens: { kind: 'details', title: `table ${t.name}`, lines: (_, wide) => tableLines(t, now, wide - 2) },
        target: { table: t.name },
        copies: { text: `VACUUM ANALYZE ${t.name};`, what: `VACUUM ANALYZE ${t.name}` },
      }),
    );
    return {
      says: line(
        found
          ? tables.length < mostTables
            ? `${formatCount(tables.length)} tables, from PostgreSQL statistics`
            : `the ${mostTables} with the most dead rows`
          : '',
      ),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(found ? upkeepLines(found) : []),
        head,
      ],
      rows,
      empty: found ? [line(dim('no visible tables'))] : [],
      foot: found ? weekly(found.tables, now) : [],
    };
  },
};

const upkeep: readonly DatabasePart[] = ['age of ids', 'running vacuums', 'tables'];

/** Transaction id age, running vacuums, and the parts that are not visible. */
function upkeepLines({ idAges, vacuums, missing }: DatabaseDetail): Line[] {
  const hidden = missing.filter(({ part: what }) => upkeep.includes(what));
  return [
    ...idAges.flatMap((one) => {
      const { verdict, says, remedy } = evaluateIdAge(one);
      // Few databases run out of multixacts: a healthy count needs no line.
      if (verdict === 'ok' && one.kind === 'multixacts') return [];
      return [
        line(mark(verdict), verdict === 'ok' ? dim(` ${says}`) : ` ${says}`),
        ...(remedy ? [line(dim(`  ${remedy}`))] : []),
      ];
    }),
    ...vacuums.slice(0, 3).map(vacuumLine),
    ...(vacuums.length > 3 ? [line(dim(`  and ${vacuums.length - 3} more vacuums`))] : []),
    ...hidden.map(({ part: what, grant }) => line(mark('unknown'), ` ${what} not visible  `, dim(grant))),
  ];
}

function deadSays(t: TableState) {
  const text = `${formatCount(t.deadRows)}  ${formatPercent(deadShare(t) * 100)}`;
  return bloatOf(t).verdict === 'ok' ? dim(text) : span(text, 'warning');
}

function bloatSays(t: TableState) {
  const { says, verdict } = bloatOf(t);
  return verdict === 'ok' ? dim(says) : span(says, 'warning');
}

function tableLines(t: TableState, now: Instant, columns: number): Line[] {
  const bloat = bloatOf(t);
  return descriptionList(
    [
      ['size', `${formatBytes(t.totalBytes)} with indexes`],
      ['rows', `about ${formatCount(t.liveRows)}`],
      ['dead rows', `${formatCount(t.deadRows)}, ${formatPercent(deadShare(t) * 100)} of all`],
      ['bloat', line(mark(bloat.verdict), ` ${bloat.says}`)],
      ['last vacuum', formatLast(t.lastVacuum, now)],
      ['last analyze', formatLast(t.lastAnalyze, now)],
      ['command', `VACUUM ANALYZE ${t.name};`],
    ],
    columns,
  );
}

function weekly(tables: readonly TableState[], now: Instant): Line[] {
  return [
    line(dim('weekly tasks')),
    ...weeklyTasks(tables, now).map(({ task, lastAt, overdue, unseen }) =>
      line(
        mark(unseen ? 'unknown' : overdue ? 'warning' : 'ok'),
        ` ${task.padEnd(21)}`,
        unseen
          ? dim('table not visible')
          : lastAt === undefined
            ? `never run${overdue ? '' : ', not needed yet'}`
            : `last run ${formatAge(now - lastAt)} ago`,
        overdue ? span('  due', 'warning') : undefined,
      ),
    ),
  ];
}
