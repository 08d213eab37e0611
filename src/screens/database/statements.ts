// The statements that cost most, by pg_stat_statements: since a moment, or since the statistics were reset.
import { type Query, queryReading } from '../../core/queries/query.ts';
import {
  hitRatio,
  meanOf,
  measureOf,
  type StatementList,
  type StatementRow,
  standsOut,
  statementOrders,
  type Use,
} from '../../core/queries/statements.ts';
import { formatBytes, formatCount, formatCounted, formatPercent, formatTook } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Binding, Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table } from '../toolkit/table.ts';
import { countFromNow, countsOf, lackLines, serverOf, shareBar, showsWhole, showWhole, spanSays } from './counting.ts';

const askFor = (place: Place): Query<'statements'> => ({ kind: 'statements', ...countsOf(place) });

/** PostgreSQL's blocks, unless it was built otherwise. */
const blockBytes = 8192;

/** A table that a statement reads or changes, as its text names it. */
const tableIn = /\b(?:from|update|into|join)\s+(?:only\s+)?"?([a-z_][\w$]{0,62})"?(?:\."?([a-z_][\w$]{0,62})"?)?/i;

/** The first table of a statement, without its schema; undefined where it names none. */
export function firstTable(text: string): string | undefined {
  const [, first, second] = tableIn.exec(text) ?? [];
  return second ?? first;
}

/** The figures that are shown: of the span, or of all while there is no second snapshot yet. */
function shownOf(
  list: StatementList,
  place: Place,
): { of(row: StatementRow): Use; all: Use; span: number; early: boolean } {
  const early = !showsWhole(place) && list.from === list.at && !list.reset;
  const whole = early || showsWhole(place);
  return {
    of: (row) => (whole ? row.whole : row.since),
    all: whole ? list.all.whole : list.all.since,
    span: whole ? list.at - (list.resetAt ?? list.at) : list.at - list.from,
    early,
  };
}

const openTables: Binding = {
  id: 'tables-of-statement',
  keys: ['o'],
  title: 'its table',
  about: 'show how the statement’s table and its indexes are used',
  also: 'table seq scan index',
  footer: 22,
  withRows: true,
  unless: ({ row }) => {
    if (!row) return 'no statement is selected';
    return firstTable(row.text) ? undefined : 'the statement names no table';
  },
  run: ({ row, place }) => [
    { kind: 'open', screen: 'table-use', of: { server: serverOf(place) }, filter: firstTable(row?.text ?? '') ?? '' },
  ],
};

export const statementsScreen: Screen = {
  id: 'statements',
  title: (place) => (serverOf(place) === 'replica' ? 'REPLICA STATEMENTS' : 'STATEMENTS'),
  palette: 'top statements (pg_stat_statements)',
  also: 'slowest top queries pg_stat_statements statements query time calls mean database postgres performance',
  sorts: statementOrders,
  queries: (place) => [askFor(place)],
  view({ world, queries }, place, { columns }) {
    const reading = queryReading<'statements'>(queries, askFor(place));
    const { now } = world;
    const room = columns - 2;
    const list = newest(reading)?.value;
    const order = statementOrders[place.sort % statementOrders.length] ?? 'total time';
    const shown = list && shownOf(list, place);
    const { head, draw } = statementTable(room, shown?.all ?? { time: 0 });
    const measure = measureOf[order];
    const some = !list || !shown ? [] : list.rows.map((row) => ({ row, use: shown.of(row) }));
    const rows = some
      .filter(({ use }) => use.calls > 0)
      .toSorted((a, b) => measure(b.use) - measure(a.use))
      .map(({ row, use }): Row => {
        const stands = shown !== undefined && standsOut(use, shown.all, shown.span);
        return {
          id: row.id,
          text: `${row.text} ${row.user} ${row.database}`,
          draw: () => [draw({ row, use, stands })],
          opens: { kind: 'details', title: 'statement', lines: (_, wide) => detailsOf(row, list, wide - 2) },
          copies: { text: row.text, what: 'the statement, without its literals' },
        };
      });
    const empty = list && list.lacks.length === 0 ? 'no statement was run since then; t shows all since the reset' : '';
    return {
      says: line(list ? dim(shown?.early ? 'since the reset; counting begins now' : spanSays(list, place, now)) : ''),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(list ? [...lackLines(list.lacks, room), ...totals(list, shown?.all)] : []),
        ...(rows.length > 0 ? [head] : []),
      ],
      rows,
      empty: empty ? [line(dim(empty))] : [],
    };
  },
  keys: [openTables, countFromNow, showWhole],
};

function totals(list: StatementList, all: Use | undefined): Line[] {
  if (!all || list.entries === 0) return [];
  const hits = hitRatio(all);
  return [
    line(
      `${formatCounted(all.calls, 'call')}, ${formatTook(all.time)} in total`,
      dim(hits === undefined ? '' : `, ${formatPercent(hits * 100)} of blocks from the cache`),
      dim(`, ${formatCounted(list.entries, 'statement')}${list.complete ? '' : ' and more'}`),
    ),
  ];
}

type Shown = { row: StatementRow; use: Use; stands: boolean };

function statementTable(room: number, all: { time: number }) {
  const share = ({ use }: Shown) => (all.time > 0 ? use.time / all.time : 0);
  const all_: Column<Shown>[] = [
    {
      title: (wide) => (wide < 11 ? 'share' : 'of all time'),
      of: (shown, wide) =>
        line(
          span(
            `${formatPercent(share(shown) * 100).padStart(6)}${wide > 7 ? ' ' : ''}`,
            shown.stands ? 'warning' : 'plain',
          ),
          span(shareBar(share(shown), Math.max(0, wide - 7)), shown.stands ? 'warning' : 'dim'),
        ),
      width: 6,
      upTo: 17,
    },
    { title: 'time', of: ({ use }) => formatTook(use.time), width: 9, align: 'right' },
    { title: 'calls', of: callsSay, width: 9, align: 'right' },
    { title: 'mean', of: ({ use }) => formatTook(meanOf(use)), width: 8, align: 'right' },
    {
      title: 'rows/call',
      of: ({ use }) => dim(formatCount(use.rows / Math.max(1, use.calls))),
      width: 9,
      align: 'right',
      spare: 3,
    },
    { title: 'cache', of: ({ use }) => dim(cacheSays(use)), width: 6, align: 'right', spare: 2 },
    { title: 'user', of: ({ row }) => dim(row.user), width: 8, upTo: 14, spare: 4 },
    {
      title: 'statement',
      of: ({ row }) => (row.text === '' ? dim('text not available') : row.text),
      width: 20,
      upTo: 2000,
    },
  ];
  return table(all_, room);
}

const callsSay = ({ use, row }: Shown) => `${row.partial ? '≥ ' : ''}${formatCount(use.calls)}`;

function cacheSays(use: Use): string {
  const ratio = hitRatio(use);
  return ratio === undefined ? '–' : formatPercent(ratio * 100);
}

function detailsOf(row: StatementRow, list: StatementList | undefined, columns: number): Line[] {
  const said = (use: Use): string =>
    use.calls === 0
      ? 'not called'
      : [
          `${formatCounted(use.calls, 'call')}, ${formatTook(use.time)} in total, ${formatTook(meanOf(use))} each`,
          `${formatCounted(use.rows, 'row')}, ${formatBytes(use.read * blockBytes)} read from outside of the cache`,
          ...(use.temp > 0 ? [`${formatBytes(use.temp * blockBytes)} of temporary files`] : []),
          ...(use.io > 0 ? [`${formatTook(use.io)} spent on reading`] : []),
        ].join('; ');
  const table = firstTable(row.text);
  return [
    ...descriptionList(
      [
        ['since the moment', `${row.partial ? 'at least, as it was counted anew: ' : ''}${said(row.since)}`],
        ['since the reset', said(row.whole)],
        ['cache', line(`${cacheSays(row.whole)} of its blocks`)],
        ['user', `${row.user || 'unknown'}, database ${row.database || 'unknown'}`],
        ['called by', row.top ? undefined : 'a function'],
        ['table', table && `${table}; o in the list shows its scans and indexes`],
        [
          'evicted',
          list?.evicted
            ? line(mark('unknown'), ` ${formatCounted(list.evicted, 'entry', 'entries')} since the moment`)
            : undefined,
        ],
      ],
      columns,
    ),
    [],
    ...wrap(row.text || 'the text is not available', columns).map((part) => line(part)),
  ];
}
