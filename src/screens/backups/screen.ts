// The backup schedule compared with the backups that exist (runbook, Backup Schedule).
import { type BackupPromise, type Backups, keepPromises, type Snapshot } from '../../core/health/backups.ts';
import { formatAge, formatBytes, formatCount, formatInstant, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Intent, State } from '../../store.ts';
import { persistencePairs } from '../health/persistence.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, mark } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';

export const backupsScreen: Screen = {
  id: 'backups',
  title: () => 'BACKUPS',
  palette: 'backups',
  also: 'snapshots promises',
  view(state, _place, { columns }) {
    const { world } = state;
    const reading = world.readings.backups;
    const backups = newest(reading)?.value;
    const room = columns - 2;
    const promise = table<BackupPromise>(
      [
        { title: '', of: (p) => mark(p.verdict), width: 1 },
        { title: 'backup', of: (p) => `${p.data}, ${p.frequency.toLowerCase()}`, width: 19 },
        {
          title: 'status',
          of: (p) => (room < 70 ? (p.short ?? p.says) : p.says),
          width: room < 70 ? 32 : 50,
          upTo: 70,
        },
        { title: 'retention', of: (p) => dim(p.retention), width: 20, spare: 2 },
        { title: 'location', of: (p) => dim(p.location), width: 17, spare: 1 },
      ],
      room,
    );
    const promises: readonly BackupPromise[] = backups ? keepPromises(backups, world.now) : [];
    const snapshots = backups?.snapshots.ok ? backups.snapshots.value : [];
    const snapshot = table<Snapshot>(snapshotColumns(world.now, snapshots), room);
    return {
      says: line(
        dim(room < 70 ? 'schedule and status' : 'the runbook’s schedule compared with the backups that exist'),
      ),
      right: ageSays(reading, world.now) ?? [],
      head: [...trouble(reading, 'backups', world.now, room), promise.head],
      rows: [
        ...promises.map((p, i): Row => {
          // The heading of what follows belongs to the last of them: a list has no rows that cannot be chosen.
          const below =
            i < promises.length - 1
              ? []
              : [
                  [],
                  line(dim(snapshots.length > 0 ? 'database snapshots, newest first' : 'no database snapshots')),
                  ...(snapshots.length > 0 ? [snapshot.head] : []),
                ];
          return {
            id: p.id,
            text: `${p.data} ${p.frequency} ${p.says}`,
            height: 1 + below.length,
            draw: () => [promise.draw(p), ...below],
            opens: leadsOn(p, snapshots, state),
            copies: { text: `${p.data}, ${p.frequency}: ${p.says}`, what: 'the backup status' },
          };
        }),
        ...snapshots.map(
          (s): Row => ({
            id: s.id,
            text: `${s.id} ${s.kind} ${s.status}`,
            draw: () => [snapshot.draw(s)],
            opens: { kind: 'details', title: s.id, lines: (_, wide) => snapshotLines(s, world.now, wide - 2) },
            copies: { text: s.id, what: 'the snapshot’s name' },
          }),
        ),
      ],
    };
  },
};

/** The newest snapshot of the schedule, or its details where it has none. */
function leadsOn(p: BackupPromise, snapshots: readonly Snapshot[], state: State): Intent {
  const kind = p.id === 'database-hourly' ? 'hourly' : p.id === 'database-daily' ? 'daily' : undefined;
  const done = snapshots.filter((s) => s.status === 'available');
  const newestOne = kind && (done.find((s) => s.kind === kind) ?? done.find((s) => s.kind === 'other'));
  if (newestOne) return { kind: 'select', row: newestOne.id };
  return {
    kind: 'details',
    title: `${p.data}, ${p.frequency.toLowerCase()}`,
    lines: (_, wide) => promiseLines(p, state.world, wide - 2),
  };
}

function promiseLines(p: BackupPromise, { readings, now }: World, columns: number): Line[] {
  const backups = newest(readings.backups)?.value;
  const facts = {
    'database-hourly': [['list with', 'aws rds describe-db-cluster-snapshots']],
    'database-daily': [['list with', 'aws rds describe-db-cluster-snapshots']],
    'redis-daily': [
      ['files', backups?.redis.ok ? formatCount(backups.redis.value.objects) : undefined],
      ...persistencePairs(newest(readings.redis)?.value, now),
    ],
    evidence: evidencePairs(backups?.evidence),
  } as const satisfies Record<BackupPromise['id'], readonly (readonly [string, string | undefined])[]>;
  return descriptionList(
    [
      ['schedule', `${p.frequency}, kept ${p.retention}, in ${p.location}`],
      ['status', line(mark(p.verdict), ` ${p.says}`)],
      ['newest', p.newest === undefined ? undefined : `${formatInstant(p.newest)}, ${formatAge(now - p.newest)} ago`],
      ...facts[p.id],
    ],
    columns,
  );
}

function evidencePairs(evidence: Backups['evidence'] | undefined): readonly (readonly [string, string | undefined])[] {
  if (!evidence) return [];
  if (!evidence.ok) return [['next step', evidence.fault.hint]];
  const { versioning, objectLock, mode, days } = evidence.value;
  return [
    ['versioning', versioning ? 'on: deleted files can be restored' : 'OFF: deleted files cannot be restored'],
    ['Object Lock', objectLock ? 'on' : 'OFF: versions can be deleted permanently'],
    [
      'default lock',
      mode ? `${mode.toLowerCase()}${days ? ` for ${days} days` : ''}` : objectLock ? 'no retention' : undefined,
    ],
  ];
}

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
  return descriptionList(
    [
      ['snapshot', s.id],
      ['taken', `${formatInstant(s.at)}, ${formatAge(now - s.at)} ago`],
      ['kind', s.kind],
      ['status', s.status],
      ['size', s.bytes === undefined ? undefined : formatBytes(s.bytes)],
    ],
    columns,
  );
}
