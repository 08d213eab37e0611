// The backup schedule as promises, against what is there (runbook, Backup Schedule).
import { type BackupPromise, keepPromises, type Snapshot } from '../core/judgement/backups.ts';
import { formatAge, formatBytes, formatInstant, shortAge } from '../core/text/format.ts';
import type { Instant } from '../core/time.ts';
import { newest } from '../core/world/reading.ts';
import { dim, type Line, line, mark } from './line.ts';
import { pairs } from './pairs.ts';
import { ageSays, trouble } from './reading.ts';
import type { Row, Screen } from './screen.ts';
import { type Column, table, widest } from './table.ts';

export const backupsScreen: Screen = {
  id: 'backups',
  title: () => 'BACKUPS',
  palette: 'backups',
  view({ world }, _place, { columns }) {
    const reading = world.readings.backups;
    const backups = newest(reading)?.value;
    const room = columns - 2;
    const promise = table<BackupPromise>(
      [
        { title: '', of: (p) => mark(p.verdict), width: 1 },
        { title: 'promise', of: (p) => `${p.data}, ${p.frequency.toLowerCase()}`, width: 19 },
        { title: 'is', of: (p) => (room < 70 ? shortly(p.says) : p.says), width: room < 70 ? 32 : 50, upTo: 70 },
        { title: 'kept', of: (p) => dim(p.retention), width: 20, spare: 2 },
        { title: 'where', of: (p) => dim(p.location), width: 17, spare: 1 },
      ],
      room,
    );
    const promises = backups ? keepPromises(backups, world.now) : [];
    const snapshots = backups?.snapshots.ok ? backups.snapshots.value : [];
    const snapshot = table<Snapshot>(snapshotColumns(world.now, snapshots), room);
    return {
      says: line(dim(room < 70 ? 'promised and there' : 'the runbook’s schedule against what is there')),
      right: ageSays(reading, world.now) ?? [],
      head: [
        ...trouble(reading, 'backups', world.now, room),
        promise.head,
        ...promises.map((p) => promise.draw(p)),
        [],
        line(dim(snapshots.length > 0 ? 'database snapshots, newest first' : 'no database snapshots are known')),
        ...(snapshots.length > 0 ? [snapshot.head] : []),
      ],
      rows: snapshots.map(
        (s): Row => ({
          id: s.id,
          text: `${s.id} ${s.kind} ${s.status}`,
          draw: () => [snapshot.draw(s)],
          opens: { kind: 'details', title: s.id, lines: (_, wide) => snapshotLines(s, world.now, wide - 2) },
          copies: { text: s.id, what: 'the snapshot’s name' },
        }),
      ),
    };
  },
};

/** The first part of it, for a narrow screen: how old the newest is, without its time. */
const shortly = (says: string) => says.split(/, | \(/)[0] ?? '';

function snapshotColumns(now: number, all: readonly Snapshot[]): readonly Column<Snapshot>[] {
  return [
    { title: 'taken', of: (s) => formatInstant(s.at), width: 20, spare: 3 },
    { title: 'age', of: (s) => shortAge(now - s.at), width: 5, align: 'right' },
    { title: 'kind', of: (s) => s.kind, width: 6, spare: 2 },
    { title: 'status', of: (s) => s.status, width: 10, spare: 1 },
    {
      title: 'size',
      of: (s) => (s.bytes === undefined ? '' : formatBytes(s.bytes)),
      width: 9,
      align: 'right',
      spare: 4,
    },
    // Its name is what one copies: whole, whatever else has to go.
    {
      title: 'snapshot',
      of: (s) => dim(s.id),
      width: widest(
        all.map((s) => s.id),
        20,
        60,
      ),
    },
  ];
}

function snapshotLines(s: Snapshot, now: Instant, columns: number): Line[] {
  return pairs(
    [
      ['snapshot', s.id],
      ['taken', `${formatInstant(s.at)}, ${formatAge(now - s.at)} ago`],
      ['kind', s.kind],
      ['status', s.status],
    ],
    columns,
  );
}
