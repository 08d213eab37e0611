// Statements by what they cost (pg_stat_statements): all since the statistics were reset, and since a moment. The server
// counts only upwards: what happened since a moment is the difference of two snapshots.
import { isBusiest } from '../health/busiest.ts';
import { type Instant, type Ms, second } from '../time.ts';
import type { Lack } from './lack.ts';

/** What a statement has cost. */
export type Use = {
  calls: number;
  /** Execution time of all calls. */
  time: Ms;
  rows: number;
  /** Blocks found in the server's own cache, and read from outside of it. */
  hit: number;
  read: number;
  /** Blocks of temporary files written. */
  temp: number;
  /** Time spent on reading; 0 where it is not measured. */
  io: Ms;
};

export const noUse: Use = { calls: 0, time: 0, rows: 0, hit: 0, read: 0, temp: 0, io: 0 };
const counted = ['calls', 'time', 'rows', 'hit', 'read', 'temp', 'io'] as const;

/** One entry as the server counts it. */
export type Figure = {
  /** Of one statement of one role in one database. */
  key: string;
  /** Absent where the statement is hidden from us. */
  queryId?: string | undefined;
  user: string;
  database: string;
  /** False: run by a function. */
  top: boolean;
  use: Use;
  /** When the server began to count it, on the server's clock; from PostgreSQL 17 on. */
  begun?: Instant | undefined;
};

/** All entries at one moment. */
export type Snapshot = {
  /** On our clock, and on the server's. */
  at: Instant;
  serverAt: Instant;
  /** When the statistics were reset, on the server's clock; and entries dropped for want of room since. From PostgreSQL 14 on. */
  resetAt?: Instant | undefined;
  evicted?: number | undefined;
  figures: readonly Figure[];
};

export type Difference = {
  /** Since when it counts, on our clock: the moment, or a later reset. */
  from: Instant;
  /** The statistics were reset after the moment. */
  reset: boolean;
  /** Entries that were dropped since; undefined where the server does not tell. */
  evicted?: number | undefined;
  of: ReadonlyMap<string, { use: Use; partial: boolean }>;
};

const minus = (now: Use, before: Use): Use => {
  const left = { ...noUse };
  for (const what of counted) left[what] = Math.max(0, now[what] - before[what]);
  return left;
};

export function plus(a: Use, b: Use): Use {
  const sum = { ...a };
  for (const what of counted) sum[what] += b[what];
  return sum;
}

/**
 * What was counted since `before`. An entry that began anew (reset, or dropped and seen again) counts from there on, and
 * is marked partial: it is a lower bound. One that `before` did not have is all since.
 */
export function differenceSince(before: Snapshot, now: Snapshot): Difference {
  const reset = now.resetAt !== undefined && before.resetAt !== undefined && now.resetAt > before.resetAt;
  const base = new Map(reset ? [] : before.figures.map((figure) => [figure.key, figure.use]));
  const of = new Map<string, { use: Use; partial: boolean }>();
  for (const { key, use, begun } of now.figures) {
    const was = base.get(key);
    const anew = was !== undefined && (use.calls < was.calls || (begun !== undefined && begun > before.serverAt));
    of.set(key, { use: was === undefined || anew ? use : minus(use, was), partial: anew });
  }
  const evicted =
    now.evicted === undefined || before.evicted === undefined
      ? undefined
      : reset
        ? now.evicted
        : Math.max(0, now.evicted - before.evicted);
  const from = reset && now.resetAt !== undefined ? now.resetAt + (now.at - now.serverAt) : before.at;
  return { from, reset, evicted, of };
}

export type StatementRow = {
  id: string;
  user: string;
  database: string;
  /** Without literals; empty where the server no longer has it. */
  text: string;
  top: boolean;
  /** Since the moment, and since the statistics were reset. */
  since: Use;
  whole: Use;
  /** `since` is a lower bound. */
  partial?: true | undefined;
};

export type StatementList = {
  where: string;
  /** Since when `since` counts; the newest snapshot. Equal: the next snapshot brings the first difference. */
  from: Instant;
  at: Instant;
  /** When the statistics were reset last. */
  resetAt?: Instant | undefined;
  /** The statistics were reset after the moment: `since` counts from there. */
  reset: boolean;
  /** Entries dropped since the moment, as the table was full. */
  evicted?: number | undefined;
  /** Of all statements, also those that are not listed. */
  all: { since: Use; whole: Use };
  rows: readonly StatementRow[];
  /** How many entries the server has; and how many were read at most. */
  entries: number;
  complete: boolean;
  lacks: readonly Lack[];
};

export const statementOrders = ['total time', 'calls', 'mean time', 'reads'] as const;
export type StatementOrder = (typeof statementOrders)[number];

/** Execution time of one call. */
export const meanOf = ({ time, calls }: Use): Ms => (calls > 0 ? time / calls : 0);

/** What an order goes by, most first. */
export const measureOf: Readonly<Record<StatementOrder, (use: Use) => number>> = {
  'total time': ({ time }) => time,
  calls: ({ calls }) => calls,
  'mean time': meanOf,
  reads: ({ read }) => read,
};

/** The first `most` by each order, in both spans: so many that none which a list shows first is missing. */
export function foremost<T extends Pick<StatementRow, 'since' | 'whole'>>(rows: readonly T[], most: number): T[] {
  const chosen = new Set<T>();
  for (const span of ['since', 'whole'] as const)
    for (const order of statementOrders) {
      const measure = measureOf[order];
      const sorted = rows.filter((row) => row[span].calls > 0).toSorted((a, b) => measure(b[span]) - measure(a[span]));
      for (const row of sorted.slice(0, most)) chosen.add(row);
    }
  return [...chosen];
}

/** The share of blocks that were found in the server's own cache, 0–1; undefined where none was needed. */
export function hitRatio({ hit, read }: Pick<Use, 'hit' | 'read'>): number | undefined {
  return hit + read > 0 ? hit / (hit + read) : undefined;
}

/** Whether a statement stands out: it takes most of the time, and so much that a core is busy with it for a tenth. */
export function standsOut(use: Use, all: Use, span: Ms): boolean {
  return all.time > 0 && span >= second && isBusiest({ share: use.time / all.time, load: use.time / span });
}
