// How tables are used: sequential scans, index scans, cache hits, dead rows. Enter lists a table's indexes.
import { type Query, queryReading } from '../../core/queries/query.ts';
import { hitRatio } from '../../core/queries/statements.ts';
import {
  isUnused,
  seqScanHint,
  type TableCounts,
  type TableUse,
  type TableUseList,
} from '../../core/queries/table-use.ts';
import { formatBytes, formatCount, formatCounted, formatPercent } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { countFromNow, countsOf, lackLines, serverOf, showsWhole, showWhole, spanSays } from './counting.ts';

export const tableUseQuery = (place: Place): Query<'table-use'> => ({ kind: 'table-use', ...countsOf(place) });

const orders = ['rows read', 'cache misses', 'size', 'dead rows'] as const;

/** A healthy server finds this share in its cache (PostgreSQL wiki; pganalyze warns below it). */
const goodRatio = 0.95;

/** Before the second look there is no difference: all is shown. */
export const usesWhole = (list: TableUseList, place: Place): boolean =>
  showsWhole(place) || (list.from === list.at && !list.reset);

export const tableUseScreen: Screen = {
  id: 'table-use',
  title: (place) => (serverOf(place) === 'replica' ? 'REPLICA TABLE USE' : 'TABLE USE'),
  palette: 'table use: sequential scans, cache hits, dead rows',
  also: 'cache hit ratio seq scans sequential scans missing index table use bloat database postgres performance',
  sorts: orders,
  queries: (place) => [tableUseQuery(place)],
  view({ world, queries }, place, { columns }) {
    const reading = queryReading<'table-use'>(queries, tableUseQuery(place));
    const { now } = world;
    const room = columns - 2;
    const list = newest(reading)?.value;
    const whole = list !== undefined && usesWhole(list, place);
    const of = (one: TableUse) => (whole ? one.whole : one.since);
    const sorts: readonly ((a: TableUse, b: TableUse) => number)[] = [
      (a, b) => of(b).seqRows - of(a).seqRows,
      (a, b) => of(b).read - of(a).read,
      (a, b) => b.bytes - a.bytes,
      (a, b) => b.deadRows - a.deadRows,
    ];
    const tables = (list?.tables ?? []).toSorted(sorts[place.sort % sorts.length]);
    const { head, draw } = tableOf(tables, of, room);
    return {
      says: line(
        list
          ? dim(whole && !showsWhole(place) ? 'since the reset; counting begins now' : spanSays(list, place, now))
          : '',
      ),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(list ? [...lackLines(list.lacks, room), ...cacheLines(list, whole)] : []),
        head,
      ],
      rows: tables.map(
        (one): Row => ({
          id: one.name,
          text: one.name,
          draw: () => [draw(one)],
          opens: {
            kind: 'open',
            screen: 'indexes',
            of: { server: serverOf(place), table: one.name, moment: place.of.moment ?? '' },
          },
          target: { table: one.name },
        }),
      ),
      empty: list ? [line(dim('no visible tables'))] : [],
      foot: list?.more ? [line(dim('more tables or indexes than are listed: those that are read most'))] : [],
    };
  },
  keys: [countFromNow, showWhole],
};

function cacheLines({ cache, indexes }: TableUseList, whole: boolean): Line[] {
  const ratio = hitRatio(whole ? cache.whole : cache.since);
  const unused = indexes.filter(isUnused);
  const bytes = unused.reduce((sum, one) => sum + one.bytes, 0);
  return [
    line(
      mark(ratio === undefined ? 'unknown' : ratio < goodRatio ? 'warning' : 'ok'),
      ` cache hits ${ratio === undefined ? 'unknown: nothing was read' : formatPercent(ratio * 100)}`,
      dim(
        unused.length > 0
          ? `  ${formatCounted(unused.length, 'unused index', 'unused indexes')}, ${formatBytes(bytes)}`
          : '',
      ),
    ),
  ];
}

function tableOf(tables: readonly TableUse[], of: (one: TableUse) => TableCounts, room: number) {
  const name = widest(
    tables.map((one) => one.name),
    5,
    40,
  );
  const all: Column<TableUse>[] = [
    { title: 'table', of: (one) => one.name, width: Math.min(name, 16), upTo: name },
    { title: 'seq scans', of: (one) => scansSay(one, of(one)), width: 10, align: 'right' },
    { title: 'rows read', of: (one) => rowsSay(one, of(one)), width: 13, align: 'right' },
    { title: 'index scans', of: (one) => dim(formatCount(of(one).indexScans)), width: 11, align: 'right' },
    { title: 'cache', of: (one) => cacheSays(of(one)), width: 6, align: 'right' },
    { title: 'rows', of: (one) => dim(formatCount(one.liveRows)), width: 11, align: 'right', spare: 2 },
    { title: 'dead rows', of: (one) => dim(formatCount(one.deadRows)), width: 9, align: 'right', spare: 3 },
    { title: 'size', of: (one) => formatBytes(one.bytes), width: 9, align: 'right', spare: 1 },
    { title: 'hint', of: (one) => hintSays(one, of(one)), width: 12, upTo: 60, spare: 4 },
  ];
  return table(all, room);
}

const tells = (one: TableUse, counts: TableCounts) => seqScanHint(one, counts) !== undefined;
const scansSay = (one: TableUse, counts: TableCounts) =>
  span(formatCount(counts.seqScans), tells(one, counts) ? 'warning' : 'plain');
const rowsSay = (one: TableUse, counts: TableCounts) =>
  span(formatCount(counts.seqRows), tells(one, counts) ? 'warning' : 'dim');

function cacheSays(counts: TableCounts) {
  const ratio = hitRatio(counts);
  return ratio === undefined ? dim('–') : span(formatPercent(ratio * 100), ratio < goodRatio ? 'warning' : 'dim');
}

function hintSays(one: TableUse, counts: TableCounts) {
  const each = seqScanHint(one, counts);
  return each === undefined ? '' : span(`${formatCount(each)} rows a scan: is an index missing?`, 'warning');
}
