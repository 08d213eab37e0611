// Indexes: how often each is scanned, its size, and whether anything needs it.
import { queryReading } from '../../core/queries/query.ts';
import { type IndexUse, isUnused } from '../../core/queries/table-use.ts';
import { formatBytes, formatCount, formatCounted } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { countFromNow, lackLines, serverOf, showsWhole, showWhole, spanSays } from './counting.ts';
import { tableUseQuery, usesWhole } from './table-use.ts';

const orders = ['unused first', 'size', 'scans'] as const;

export const indexesScreen: Screen = {
  id: 'indexes',
  title: (place) => (serverOf(place) === 'replica' ? 'REPLICA INDEXES' : 'INDEXES'),
  palette: 'index use: unused and invalid indexes',
  also: 'indexes unused index missing index invalid index scans size database postgres performance',
  sorts: orders,
  queries: (place) => [tableUseQuery(place)],
  view({ world, queries }, place, { columns }) {
    const reading = queryReading<'table-use'>(queries, tableUseQuery(place));
    const { now } = world;
    const room = columns - 2;
    const list = newest(reading)?.value;
    const whole = list !== undefined && usesWhole(list, place);
    const of = (one: IndexUse) => (whole ? one.whole : one.since);
    const rank = (one: IndexUse) => (one.valid ? (isUnused(one) ? 1 : 2) : 0);
    const sorts: readonly ((a: IndexUse, b: IndexUse) => number)[] = [
      (a, b) => rank(a) - rank(b) || b.bytes - a.bytes,
      (a, b) => b.bytes - a.bytes,
      (a, b) => of(b) - of(a),
    ];
    const indexes = (list?.indexes ?? [])
      .filter((one) => place.of.table === undefined || one.table === place.of.table)
      .toSorted(sorts[place.sort % sorts.length]);
    const { head, draw } = tableOf(indexes, of, room, place.of.table !== undefined);
    const unused = indexes.filter(isUnused).length;
    return {
      says: line(
        place.of.table === undefined ? '' : `of ${place.of.table}  `,
        unused > 0 ? span(`${formatCounted(unused, 'unused index', 'unused indexes')}  `, 'warning') : '',
        list
          ? dim(whole && !showsWhole(place) ? 'since the reset; counting begins now' : spanSays(list, place, now))
          : '',
      ),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(list ? lackLines(list.lacks, room) : []),
        head,
      ],
      rows: indexes.map(
        (one): Row => ({
          id: one.name,
          text: `${one.name} ${one.table} ${standing(one)}`,
          draw: () => [draw(one)],
          opens: { kind: 'details', title: `index ${one.name}`, lines: (_, wide) => indexLines(one, wide - 2) },
          copies: { text: one.name, what: 'the index’s name' },
        }),
      ),
      empty: list ? [line(dim('no visible indexes'))] : [],
      foot: unused > 0 ? footOf(room) : [],
    };
  },
  keys: [countFromNow, showWhole],
};

function indexLines(one: IndexUse, columns: number): Line[] {
  return descriptionList(
    [
      ['table', `${one.table} ${one.columns}`],
      ['size', formatBytes(one.bytes)],
      ['scans', `${formatCount(one.since)} since the moment, ${formatCount(one.whole)} since the reset`],
      ['standing', standing(one)],
    ],
    columns,
  );
}

/** Unused here is not unused everywhere: each server counts its own scans. */
const footOf = (room: number): Line[] =>
  wrap('unused on this server since the reset: look at the replica, too, before dropping', room).map((part) =>
    line(dim(part)),
  );

function standing(one: IndexUse): string {
  if (!one.valid) return 'invalid: drop or rebuild it';
  if (one.constraint) return 'enforces a constraint';
  return isUnused(one) ? 'unused' : 'used';
}

function tableOf(indexes: readonly IndexUse[], of: (one: IndexUse) => number, room: number, isOneTable: boolean) {
  const name = widest(
    indexes.map((one) => one.name),
    5,
    40,
  );
  const says = (one: IndexUse) => {
    const text = standing(one);
    return isUnused(one) || !one.valid ? span(text, 'warning') : dim(text);
  };
  const all: Column<IndexUse>[] = [
    { title: 'index', of: (one) => one.name, width: Math.min(name, 24), upTo: name },
    ...(isOneTable ? [] : [{ title: 'table', of: (one: IndexUse) => dim(one.table), width: 8, upTo: 24, spare: 1 }]),
    { title: 'scans', of: (one) => formatCount(of(one)), width: 11, align: 'right' },
    { title: 'size', of: (one) => formatBytes(one.bytes), width: 9, align: 'right' },
    { title: 'standing', of: says, width: widest(indexes.map(standing), 8, 27) },
    { title: 'columns', of: (one) => dim(one.columns), width: 12, upTo: 60, spare: 2 },
  ];
  return table(all, room);
}
