// A PostgreSQL server looked at closely: sessions, tables, replication. Plain data and pure judgements.
import { day, hour, type Instant, type Ms } from '../time.ts';

export type DatabaseSession = {
  pid: number;
  user: string;
  application: string;
  client: string;
  database: string;
  /** active, idle, idle in transaction …; empty when it is hidden from us. */
  state: string;
  /** What it waits for: `Lock: relation`; absent when it runs. */
  wait?: string;
  /** Of its transaction; absent outside of one. */
  transactionAge?: Ms;
  /** Since its state last changed. */
  stateAge?: Ms;
  blockedBy: readonly number[];
  /** Shortened and without secrets. */
  query: string;
};

export type TableState = {
  name: string;
  totalBytes: number;
  liveRows: number;
  deadRows: number;
  lastVacuum?: Instant;
  lastAnalyze?: Instant;
  /** Rows changed since the last analyze. */
  changed: number;
};

export type Replication = {
  name: string;
  client: string;
  state: string;
  /** What it has still to replay. */
  bytes?: number;
};

export type Slot = {
  name: string;
  kind: string;
  active: boolean;
  /** Log kept for it. */
  bytes?: number;
  /** wal_status: reserved, extended, unreserved, lost; empty where it keeps nothing. */
  state: string;
  /** max_slot_wal_keep_size; absent without a limit. */
  most?: number;
};

/** How old the oldest id of a database is that is not frozen yet, in ids; `freezeAt`: autovacuum_freeze_max_age, or its like. */
export type IdAge = { database: string; kind: 'transactions' | 'multixacts'; age: number; freezeAt: number };

/** A vacuum that runs now. What is hidden from us is absent. */
export type RunningVacuum = {
  pid: number;
  /** Absent also where it is a table of another database. */
  table?: string;
  database: string;
  /** scanning heap, vacuuming indexes … */
  phase?: string;
  /** 0–1, of the table's blocks: how far it has read. */
  share?: number;
  age?: Ms;
  /** Started by PostgreSQL itself. */
  auto?: boolean;
  /** It cannot be put off: `to prevent wraparound`. */
  forced?: boolean;
};

/** A vacuum that takes so long deserves a look: it waits for somebody, or the table is huge. */
export const longVacuum: Ms = hour;

export type DatabaseDetail = {
  where: string;
  inRecovery: boolean;
  sessions: readonly DatabaseSession[];
  sessionsExact: boolean;
  tables: readonly TableState[];
  /** Those furthest from being frozen first; of a replica, its primary's. */
  idAges: readonly IdAge[];
  /** Longest first. */
  vacuums: readonly RunningVacuum[];
  replicas: readonly Replication[];
  slots: readonly Slot[];
  /** What is hidden from us, and the grant that would show it. */
  missing: readonly { what: string; grant: string }[];
};

/** A session with its depth in the tree of who blocks whom. */
export type InTree = { session: DatabaseSession; depth: number; blocks: number };

/**
 * Those who block others first, each with those that wait for it below; then the others, oldest transaction first.
 * A session that waits for several stands below the first; a circle (a deadlock about to be found) is cut.
 */
export function blockingTree(sessions: readonly DatabaseSession[]): readonly InTree[] {
  const byPid = new Map(sessions.map((session) => [session.pid, session]));
  const waiting = new Map<number, DatabaseSession[]>();
  for (const session of sessions) {
    const by = session.blockedBy.find((pid) => byPid.has(pid) && pid !== session.pid);
    if (by !== undefined) waiting.set(by, [...(waiting.get(by) ?? []), session]);
  }
  const placed = new Set<number>();
  const tree: InTree[] = [];
  const place = (session: DatabaseSession, depth: number) => {
    if (placed.has(session.pid)) return;
    placed.add(session.pid);
    const below = waiting.get(session.pid) ?? [];
    tree.push({ session, depth, blocks: below.length });
    for (const each of below) place(each, Math.min(depth + 1, 8));
  };
  const roots = sessions.filter((session) => session.blockedBy.length === 0);
  const age = ({ transactionAge }: DatabaseSession) => transactionAge ?? -1;
  const blockers = roots.filter((session) => waiting.has(session.pid));
  for (const session of blockers.toSorted((a, b) => age(b) - age(a))) place(session, 0);
  // Blocked by somebody who is not in the list, or in a circle.
  for (const session of sessions) if (session.blockedBy.length > 0) place(session, 0);
  for (const session of roots.toSorted((a, b) => age(b) - age(a))) place(session, 0);
  return tree;
}

/** Dead rows as the share of all; 0 for an empty table. */
export function deadShare({ liveRows, deadRows }: Pick<TableState, 'liveRows' | 'deadRows'>): number {
  const all = liveRows + deadRows;
  return all === 0 ? 0 : deadRows / all;
}

/** A table of so many rows that was never vacuumed, by hand or by PostgreSQL, is worth a word. */
const worthVacuum = 10_000;

/** Bloat in words, and whether something is to be done (PostgreSQL vacuums by itself from 20 % on). */
export function bloatOf(table: TableState): { says: string; verdict: 'ok' | 'warning' } {
  const share = deadShare(table);
  const never = table.lastVacuum === undefined && table.liveRows + table.deadRows >= worthVacuum;
  if (table.deadRows < 10_000 || share < 0.1) return { says: never ? 'never vacuumed' : 'tidy', verdict: 'ok' };
  if (share < 0.25) return { says: 'some dead rows', verdict: 'ok' };
  return { says: share < 0.5 ? 'a good part is dead: vacuum' : 'mostly dead rows: vacuum', verdict: 'warning' };
}

/** Those who hold others up, in words: pid 0 is a prepared transaction, which has no session (pg_blocking_pids). */
export function blockersSay(pids: readonly number[]): string {
  return pids.map((pid) => (pid === 0 ? 'a prepared transaction' : String(pid))).join(', ');
}

/** The runbook's weekly tasks: statistics of these tables (runbook, Database Maintenance). */
export const weeklyTables = ['jobs', 'studies', 'results'] as const;
const overdueAfter = 8 * day;

export type WeeklyTask = { task: string; lastAt?: Instant; overdue: boolean };

/** When each weekly task was last done, by hand or by PostgreSQL itself. */
export function weeklyTasks(tables: readonly TableState[], now: Instant): readonly WeeklyTask[] {
  return weeklyTables.flatMap((name): WeeklyTask[] => {
    const table = tables.find((one) => one.name === name);
    if (!table) return [];
    const { lastAnalyze } = table;
    const overdue = lastAnalyze === undefined ? table.changed > 0 : now - lastAnalyze > overdueAfter;
    return [{ task: `ANALYZE ${name}`, ...(lastAnalyze === undefined ? {} : { lastAt: lastAnalyze }), overdue }];
  });
}
