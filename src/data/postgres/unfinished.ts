// Jobs that wait, run too long or are in unknown states, each counted by itself where an index leads to them, else all of
// them in one scan.
import { type Meaning, meaningOf } from '../../core/platform/mapping.ts';
import type { Unclear } from '../../core/platform/unclear.ts';
import type { Instant, Ms } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import { BudgetedQuery, type ReadBudget } from './budgeted-query.ts';
import type { Tables } from './queries/columns.ts';
import { unclearRows } from './queries/states.ts';
import * as sql from './queries/studies.ts';
import { notEnded, type UnfinishedRow, unfinishedJobs } from './queries/unfinished.ts';
import { sampleOf, tooManyJobs } from './tables.ts';
import { unclearFrom, unclearJobsEstimated, unclearOf } from './unclear.ts';

/** More are not told. */
const mostUnclearLabels = 20;

type Pending = { count: number; margin?: number } | undefined;

/** Each undefined where it could not even be estimated in time. */
export type Unfinished = {
  pending: Pending;
  /** Undefined, too, where no column says when a job began. */
  stuck: sql.StuckRow | undefined;
  unclear: readonly Unclear[] | undefined;
};

export type UnfinishedMemory = {
  pending: BudgetedQuery<Pending>;
  stuck: BudgetedQuery<sql.StuckRow | undefined>;
  unclearJobs: BudgetedQuery<readonly Unclear[] | undefined>;
  /** All of them, from one scan. */
  unfinished: BudgetedQuery<Unfinished>;
};

export const newUnfinishedMemory = (budget?: ReadBudget): UnfinishedMemory => ({
  pending: new BudgetedQuery(budget),
  stuck: new BudgetedQuery(budget),
  unclearJobs: new BudgetedQuery(budget),
  unfinished: new BudgetedQuery(budget),
});

/** `exact` and `at` are those of what waits. */
export async function readUnfinished(
  ask: AskSql,
  tables: Tables,
  within: Ms,
  memory: UnfinishedMemory,
  jobTimeout: Ms,
): Promise<Unfinished & { exact: boolean; at: Instant }> {
  // What one column of a view takes is not known, and of a view there is no sample.
  const isScanned = !tables.status.job.indexed && tables.sampling !== 'none';
  const scan = isScanned ? unfinishedJobs(tables, jobTimeout) : undefined;
  if (scan === undefined) return oneByOne(ask, tables, within, memory, jobTimeout);
  const { value, exact, at } = await memory.unfinished.read(
    async () => scanned(ask, tables, await ask<UnfinishedRow>(scan, { within }), within, jobTimeout),
    // One after the other: each has all the time that a statement may take.
    async () => ({
      pending: await pendingEstimated(ask, tables),
      unclear: await unclearJobsEstimated(tables, ask),
      stuck: undefined,
    }),
    tooManyJobs(tables, { sampled: false }),
  );
  return { ...value, exact, at };
}

/** Which of them has run for longest takes a second look: seldom is there one. */
async function scanned(
  ask: AskSql,
  tables: Tables,
  rows: readonly UnfinishedRow[],
  within: Ms,
  jobTimeout: Ms,
): Promise<Unfinished> {
  const sum = (meaning: Meaning, of: 'count' | 'late') =>
    rows.reduce((all, row) => all + (meaningOf('job', row.label ?? '') === meaning ? row[of] : 0), 0);
  const unclear = rows.filter(({ label }) => meaningOf('job', label ?? '') === undefined);
  const statement = sql.stuckJobs(tables, jobTimeout, notEnded(tables));
  const count = Math.min(sum('running', 'late'), sql.mostCounted + 1);
  const none = { job: null, study: null, surface: null, since: null };
  const [longest] = statement !== undefined && count > 0 ? await ask<sql.StuckRow>(statement, { within }) : [];
  return {
    pending: { count: Math.min(sum('waiting', 'count'), sql.mostPending + 1) },
    stuck: statement === undefined ? undefined : { ...(longest ?? none), count },
    unclear: unclearFrom('job', tables, unclear, true).slice(0, mostUnclearLabels),
  };
}

async function oneByOne(
  ...[ask, tables, within, memory, jobTimeout]: Parameters<typeof readUnfinished>
): ReturnType<typeof readUnfinished> {
  const stuckStatement = sql.stuckJobs(tables, jobTimeout);
  const isUnled = !tables.status.job.indexed && tooManyJobs(tables, { sampled: true });
  // Asked in one turn, so that they go together.
  const [pending, stuck, unclear] = await Promise.all([
    memory.pending.read(
      async () => ({ count: (await ask<sql.CountRow>(sql.pending(tables), { within }))[0]?.count ?? 0 }),
      () => pendingEstimated(ask, tables),
      isUnled,
    ),
    memory.stuck.read(
      async () => (stuckStatement ? (await ask<sql.StuckRow>(stuckStatement, { within }))[0] : undefined),
      async () => undefined,
      !tables.status.job.indexed && tooManyJobs(tables, { sampled: false }),
    ),
    memory.unclearJobs.read(
      () => unclearOf('job', tables, ask, within),
      () => unclearJobsEstimated(tables, ask),
      isUnled && unclearRows('job', tables) !== undefined,
    ),
  ]);
  return {
    pending: pending.value,
    stuck: stuck.value,
    unclear: unclear.value,
    exact: pending.exact,
    at: pending.at,
  };
}

async function pendingEstimated(ask: AskSql, tables: Tables): Promise<Pending> {
  const sample = await sampleOf(ask, tables);
  return sample && (await ask<sql.EstimateRow>(sql.pendingEstimated(tables, sample)))[0];
}
