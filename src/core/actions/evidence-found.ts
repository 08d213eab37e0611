// What the bucket has of evidence: live objects, deleted ones, versions.
import type { Instant } from '../time.ts';

/** `held`: why it is skipped: a legal hold, a retention, or an unreadable lock. */
export type EvidenceObject = { key: string; bytes: number; modifiedAt: Instant; held?: string };

/** Objects under a prefix that are older than `before`, at most `most`; behind the key `after`, up to the key `until`. */
export type EvidenceAsk = {
  prefix: string;
  before: Instant;
  most: number;
  after?: string | undefined;
  until?: string | undefined;
};

export type EvidenceFound = {
  objects: readonly EvidenceObject[];
  /** There are more, behind this key; absent where it came to the end. */
  resume?: string | undefined;
  /** Old objects that are skipped because their names cannot be shown exactly. */
  unspeakable: number;
  /** Objects of the prefix that were looked through, old or not; those behind them were not when `bounded`. */
  listed: number;
  bounded?: true | undefined;
  /** Absent: not allowed to read. */
  versioned?: boolean;
};

/** An object that is deleted, with its newest version. `archived`: its storage class, where it must be brought back first. */
export type DeletedEvidence = {
  key: string;
  versionId: string;
  bytes: number;
  at: Instant;
  deletedAt: Instant;
  archived?: string | undefined;
};

export type DeletedFound = {
  deleted: readonly DeletedEvidence[];
  /** Objects that are there, and those of them that equal what was deleted before, or do not. */
  live: number;
  restored: number;
  differs: readonly string[];
  /** Deleted, and no version of them is left. */
  lost: number;
  /** Names that cannot be shown as they are. */
  unspeakable: number;
  /** There are more, behind this key; absent where it came to the end. */
  resume?: string | undefined;
};

/** Versions of one object that are read, the newest first. */
export const mostObjectVersions = 10_000;

export type EvidenceVersion = {
  versionId: string;
  at: Instant;
  bytes: number;
  latest: boolean;
  marker: boolean;
  etag: string;
  /** GLACIER or DEEP_ARCHIVE: it cannot be copied before it is brought back. */
  archived?: string | undefined;
  /** A legal hold, a retention, or an unreadable lock. */
  held?: string;
};

/** Of a bucket. `retention`: what every new object gets. */
export type ObjectLock = { enabled: boolean; retention?: { mode: string; days: number } | undefined };

/** An object beside the file that it was made of. `differs`: why it is another one. */
export type Uploaded = {
  bytes: number;
  differs?: string | undefined;
  lock?: { mode: string; until: Instant } | undefined;
  legalHold: boolean;
};
