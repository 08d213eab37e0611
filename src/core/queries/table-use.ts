// How tables and indexes are used: scans, rows read, what came from the cache; all since the statistics were reset, and
// since a moment.
import type { Instant } from '../time.ts';
import type { Lack } from './lack.ts';

/** What was counted of a table. */
export type TableCounts = {
  /** Sequential scans, and the rows that they read. */
  seqScans: number;
  seqRows: number;
  /** Scans of its indexes. */
  indexScans: number;
  /** Blocks of the table and its indexes, found in the server's cache and read from outside of it. */
  hit: number;
  read: number;
};

export type TableUse = {
  /** With its schema, where that is not the platform's own. */
  name: string;
  bytes: number;
  liveRows: number;
  deadRows: number;
  since: TableCounts;
  whole: TableCounts;
};

export type IndexUse = {
  name: string;
  table: string;
  bytes: number;
  /** Scans since the moment, and since the statistics were reset. */
  since: number;
  whole: number;
  /** It enforces a constraint: it is needed, however seldom it is scanned. */
  constraint: boolean;
  /** Invalid: left by a failed CREATE INDEX CONCURRENTLY; it costs writes and answers nothing. */
  valid: boolean;
  /** Its columns: `(study_id, status)`. */
  columns: string;
};

export type TableUseList = {
  where: string;
  from: Instant;
  at: Instant;
  /** When the database's statistics were reset last; absent: never, or not told. */
  resetAt?: Instant | undefined;
  reset: boolean;
  /** Of the whole database. */
  cache: { since: Pick<TableCounts, 'hit' | 'read'>; whole: Pick<TableCounts, 'hit' | 'read'> };
  tables: readonly TableUse[];
  indexes: readonly IndexUse[];
  /** There are more tables or indexes than are listed. */
  more: boolean;
  lacks: readonly Lack[];
};

export const noCounts: TableCounts = { seqScans: 0, seqRows: 0, indexScans: 0, hit: 0, read: 0 };

/** The difference of two counts that only grow; what shrank began anew, and is all since. */
export function countsSince(now: TableCounts, before: TableCounts | undefined): TableCounts {
  if (!before || now.seqScans < before.seqScans || now.indexScans < before.indexScans || now.hit < before.hit)
    return now;
  return {
    seqScans: now.seqScans - before.seqScans,
    seqRows: Math.max(0, now.seqRows - before.seqRows),
    indexScans: now.indexScans - before.indexScans,
    hit: now.hit - before.hit,
    read: Math.max(0, now.read - before.read),
  };
}

/** A sequential scan of fewer rows than this is quicker than one of an index. */
const fewRows = 10_000;
/** Fewer scans than this tell nothing. */
const fewScans = 5;

/** Many rows read by sequential scans of a large table: an index may be missing. Rows of one scan, on average. */
export function seqScanHint({ liveRows }: Pick<TableUse, 'liveRows'>, counts: TableCounts): number | undefined {
  if (liveRows < fewRows || counts.seqScans < fewScans) return undefined;
  const each = counts.seqRows / counts.seqScans;
  return each >= fewRows ? each : undefined;
}

/** An index that nothing has used since the statistics were reset, and that no constraint needs. */
export const isUnused = ({ whole, constraint, valid }: IndexUse): boolean => valid && whole === 0 && !constraint;
