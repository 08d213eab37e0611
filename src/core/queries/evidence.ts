// Evidence in the bucket (runbook, Evidence Cleanup and Evidence Recovery).
import { day, type Instant } from '../time.ts';

/** Evidence of one study: everything below one first path segment. */
export type EvidenceGroup = {
  study: string;
  objects: number;
  bytes: number;
  oldest: Instant;
  newest: Instant;
  /** Of its oldest object, as it is now. Absent: not queried, or not allowed. */
  lock?: Lock;
};

export type EvidenceList = {
  bucket: string;
  /** Oldest first. */
  groups: readonly EvidenceGroup[];
  objects: number;
  bytes: number;
  /** False: the listing was cut at `objects`. */
  complete: boolean;
  /** Locks that could not be read. */
  unknown?: string;
};

/** Object Lock of one version. Absent: not queried, or not allowed. */
export type Lock = { legalHold?: boolean; mode?: 'GOVERNANCE' | 'COMPLIANCE'; until?: Instant };

export type EvidenceVersion = {
  key: string;
  versionId: string;
  /** A delete marker hides what is below it. */
  kind: 'version' | 'delete marker';
  latest: boolean;
  bytes: number;
  at: Instant;
  lock?: Lock;
};

export type EvidenceStudy = {
  bucket: string;
  study: string;
  /** Newest first within a key. */
  versions: readonly EvidenceVersion[];
  /** False: there are more. */
  complete: boolean;
  /** Locks that could not be read. */
  unknown?: string;
};

/** Before this instant evidence is old: computed, not the fixed date of the runbook's example. */
export function oldBefore(now: Instant, retentionDays: number): Instant {
  return now - retentionDays * day;
}

/** Why a version cannot be deleted permanently now. */
export function lockedBecause(lock: Lock | undefined, now: Instant): string | undefined {
  if (lock?.legalHold) return 'legal hold';
  if (lock?.until !== undefined && lock.until > now)
    return `${(lock.mode ?? 'retention').toLowerCase()} until ${new Date(lock.until).toISOString().slice(0, 10)}`;
  return undefined;
}
