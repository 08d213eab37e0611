// The details of a PostgreSQL server: sessions, tables, replication. Plain data and pure functions.

import type { MissingPart } from '../queries/missing.ts';
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
  /** PostgreSQL's own autovacuum: not a client session, and not ended like one. */
  autovacuum?: true;
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
  /** Bytes it has not replayed yet. */
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

/** A vacuum that takes this long needs attention: it waits for a lock, or the table is huge. */
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
  missing: readonly MissingPart[];
};

/** How many tables are listed: those of the weekly tasks, then those with the most dead rows. */
export const mostTables = 200;

/** A session with its depth in the tree of who blocks whom. */
export type InTree = { session: DatabaseSession; depth: number; blocks: number };

/**
 * Those who block others first, each with those that wait for it below; then the others, oldest transaction first.
 * A session that waits for several stands below the first and counts for each; a circle (a deadlock about to be found)
 * is cut.
 */
export function blockingTree(sessions: readonly DatabaseSession[]): readonly InTree[] {
  const pids = new Set(sessions.map(({ pid }) => pid));
  const holders = ({ pid, blockedBy }: DatabaseSession) => blockedBy.filter((by) => by !== pid && pids.has(by));
  const blocks = new Map<number, number>();
  const below = new Map<number, DatabaseSession[]>();
  for (const session of sessions) {
    const [first, ...others] = holders(session);
    if (first === undefined) continue;
    below.set(first, [...(below.get(first) ?? []), session]);
    for (const pid of [first, ...others]) blocks.set(pid, (blocks.get(pid) ?? 0) + 1);
  }
  const placed = new Set<number>();
  const tree: InTree[] = [];
  const place = (session: DatabaseSession, depth: number) => {
    if (placed.has(session.pid)) return;
    placed.add(session.pid);
    tree.push({ session, depth, blocks: blocks.get(session.pid) ?? 0 });
    for (const each of below.get(session.pid) ?? []) place(each, Math.min(depth + 1, 8));
  };
  const age = ({ transactionAge }: DatabaseSession) => transactionAge ?? -1;
  const roots = sessions.filter((session) => holders(session).length === 0).toSorted((a, b) => age(b) - age(a));
  for (const session of roots) if (blocks.has(session.pid)) place(session, 0);
  // Blocked by a session outside the list; then sessions in a deadlock.
  for (const session of roots) if (session.blockedBy.length > 0) place(session, 0);
  for (const session of sessions) if (session.blockedBy.length > 0) place(session, 0);
  for (const session of roots) place(session, 0);
  return tree;
}

/** Dead rows as the share of all; 0 for an empty table. */
export function deadShare({ liveRows, deadRows }: Pick<TableState, 'liveRows' | 'deadRows'>): number {
  const all = liveRows + deadRows;
  return all === 0 ? 0 : deadRows / all;
}

/** A table with this many rows that was never vacuumed is reported. */
const worthVacuum = 10_000;

/** Bloat in words, and whether it needs a vacuum (autovacuum starts at 20 %). */
export function bloatOf(table: TableState): { says: string; verdict: 'ok' | 'warning' } {
  const share = deadShare(table);
  const never = table.lastVacuum === undefined && table.liveRows + table.deadRows >= worthVacuum;
  if (table.deadRows < 10_000 || share < 0.1) return { says: never ? 'never vacuumed' : 'low', verdict: 'ok' };
  if (share < 0.25) return { says: 'some dead rows', verdict: 'ok' };
  return { says: share < 0.5 ? 'many dead rows: vacuum' : 'mostly dead rows: vacuum', verdict: 'warning' };
}

/** The blockers, in words: pid 0 is a prepared transaction, which has no session (pg_blocking_pids). */
export function blockersSay(pids: readonly number[]): string {
  return pids.map((pid) => (pid === 0 ? 'a prepared transaction' : String(pid))).join(', ');
}

/** The runbook's weekly tasks: statistics of these tables (runbook, Database Maintenance). */
export const weeklyTables = ['jobs', 'studies', 'results'] as const;
const overdueAfter = 8 * day;

export type WeeklyTask = {
  task: string;
  lastAt?: Instant;
  overdue: boolean;
  /** The table does not exist, or is not visible to us. */
  unseen?: true;
};

/** When each weekly task was last done, by hand or by PostgreSQL itself. */
export function weeklyTasks(tables: readonly TableState[], now: Instant): readonly WeeklyTask[] {
  const task = (does: string, name: string, of: (table: TableState) => Omit<WeeklyTask, 'task'>): WeeklyTask => {
    const table = tables.find((one) => one.name === name);
    return { task: `${does} ${name}`, ...(table ? of(table) : { overdue: false, unseen: true }) };
  };
  return [
    ...weeklyTables.map((name) =>
      task('ANALYZE', name, ({ lastAnalyze, changed }) => ({
        lastAt: lastAnalyze,
        overdue: lastAnalyze === undefined ? changed > 0 : now - lastAnalyze > overdueAfter,
      })),
    ),
    // If needed, says the runbook: depending on its bloat.
    task('VACUUM ANALYZE', 'jobs', (table) => ({
      lastAt: table.lastVacuum,
      overdue: bloatOf(table).verdict !== 'ok',
    })),
  ];
}
