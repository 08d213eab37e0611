// The backup schedule as promises, held against what is there (runbook, Backup Schedule).
import { formatAge, formatInstant } from '../text/format.ts';
import { day, hour, type Instant, type Ms } from '../time.ts';
import type { Fault } from '../world/reading.ts';
import { backupGrace } from './rules/figures.ts';
import type { HealthStatus } from './status.ts';

export type Answer<T> = { ok: true; value: T } | { ok: false; fault: Fault };

export type Snapshot = { id: string; at: Instant; kind: 'hourly' | 'daily' | 'other'; status: string; bytes?: number };

export type Backups = {
  /** Newest first. */
  snapshots: Answer<readonly Snapshot[]>;
  /** The newest backup of Redis and how many there are. */
  redis: Answer<{ newest?: Instant; objects: number }>;
  evidence: Answer<{ versioning: boolean; objectLock: boolean; mode?: string; days?: number }>;
};

/** One line of the runbook's schedule and what came of it. */
export type BackupPromise = {
  id: 'database-hourly' | 'database-daily' | 'redis-daily' | 'evidence';
  data: string;
  frequency: string;
  retention: string;
  location: string;
  verdict: Exclude<HealthStatus, 'critical'>;
  says: string;
  /** Its first part, where room is short. */
  short?: string;
  /** The newest backup that keeps the promise. */
  newest?: Instant;
  /** Nobody said where to look: shown, not judged. */
  unasked?: boolean;
};

/** The runbook's table, word for word. */
export const backupSchedule = [
  { id: 'database-hourly', data: 'Database', frequency: 'Hourly', retention: '7 days', location: 'S3 (cross-region)' },
  { id: 'database-daily', data: 'Database', frequency: 'Daily', retention: '30 days', location: 'S3 (cross-region)' },
  { id: 'redis-daily', data: 'Redis', frequency: 'Daily', retention: '7 days', location: 'S3' },
  {
    id: 'evidence',
    data: 'Evidence',
    frequency: 'Real-time',
    retention: 'Per retention policy',
    location: 'S3 (Object Lock)',
  },
] as const satisfies readonly Pick<BackupPromise, 'id' | 'data' | 'frequency' | 'retention' | 'location'>[];

/** Each promise with its verdict: overdue is a warning, what could not be asked is unknown. */
export function keepPromises(backups: Backups, now: Instant): readonly BackupPromise[] {
  const kept: Record<BackupPromise['id'], Kept> = {
    'database-hourly': newestSnapshot(backups, 'hourly', hour, now),
    'database-daily': newestSnapshot(backups, 'daily', day, now),
    'redis-daily': backups.redis.ok ? dated(backups.redis.value.newest, day, now) : unanswered(backups.redis.fault),
    evidence: protectedEvidence(backups.evidence),
  };
  return backupSchedule.map((promised) => ({ ...promised, ...kept[promised.id] }));
}

type Kept = Pick<BackupPromise, 'verdict' | 'says' | 'short' | 'newest' | 'unasked'>;

type Promised = Exclude<Snapshot['kind'], 'other'>;

function newestSnapshot({ snapshots }: Backups, kind: Promised, every: Ms, now: Instant): Kept {
  return snapshots.ok ? dated(newestOf(snapshots.value)[kind], every, now) : unanswered(snapshots.fault);
}

const known = new WeakMap<readonly Snapshot[], Readonly<Record<Promised, Instant | undefined>>>();

/**
 * The newest complete snapshot of each kind. Where snapshots do not say whether they are hourly or daily, any of them
 * counts. There may be a thousand, and they are judged every second: a list is looked through once.
 */
function newestOf(snapshots: readonly Snapshot[]): Readonly<Record<Promised, Instant | undefined>> {
  const before = known.get(snapshots);
  if (before) return before;
  const done = snapshots.filter((s) => s.status === 'available');
  const told = done.some((s) => s.kind !== 'other');
  const newest = (kind: Promised) =>
    done.reduce<Instant | undefined>(
      (best, s) => ((told && s.kind !== kind) || (best !== undefined && best >= s.at) ? best : s.at),
      undefined,
    );
  const found = { hourly: newest('hourly'), daily: newest('daily') };
  known.set(snapshots, found);
  return found;
}

function dated(newest: Instant | undefined, every: Ms, now: Instant): Kept {
  if (newest === undefined) return { verdict: 'warning', says: 'no backup found' };
  const age = now - newest;
  const late = age > every + backupGrace;
  const short = `${late ? 'overdue: newest' : 'newest'} ${formatAge(age)} ago`;
  return {
    verdict: late ? 'warning' : 'ok',
    says: `${short}, ${formatInstant(newest)}`,
    short,
    newest,
  };
}

function protectedEvidence(evidence: Backups['evidence']): Kept {
  if (!evidence.ok) return unanswered(evidence.fault);
  const { versioning, objectLock, mode, days } = evidence.value;
  const rule = mode ? ` (${mode.toLowerCase()}${days ? `, ${days} days` : ''})` : '';
  const short = `versioning ${versioning ? 'on' : 'OFF'}`;
  return {
    verdict: versioning && objectLock ? 'ok' : 'warning',
    short,
    says: `${short}, Object Lock ${objectLock ? `on${rule}` : 'OFF'}`,
  };
}

function unanswered(fault: Fault): Kept {
  return { verdict: 'unknown', says: fault.what, unasked: fault.kind === 'unconfigured' ? true : undefined };
}
