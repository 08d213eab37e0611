// Queue and studies as one fact: what waits, what runs, what failed in the last hour.
import type { Settings } from '../../config/settings.ts';
import type { Doubt, Unclear } from '../../core/platform/unclear.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import type { Count, StuckJobs, Studies, Study } from '../../core/world/facts.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { studies as studiesSchema } from '../shared-looks/study-schemas.ts';
import { poll, type Source } from '../source.ts';
import type { AskSql } from './ask.ts';
import { BudgetedQuery, type Estimated, type ReadBudget } from './budgeted-query.ts';
import { identityOf } from './identity.ts';
import { namingLocks } from './lock-holder.ts';
import type { Tables } from './queries/columns.ts';
import * as sql from './queries/studies.ts';
import { statementLimit } from './server.ts';
import type { Session } from './session.ts';
import { sessionsFor, withoutPassword } from './sessions.ts';
import { forgetTables, refuseDays, tablesOf, tooManyJobs } from './tables.ts';
import { hiddenOf, lackOf, unclearOf } from './unclear.ts';
import { newUnfinishedMemory, readUnfinished, type UnfinishedMemory } from './unfinished.ts';

type ByStudy = { hour: sql.LastHourRow; jobs: readonly sql.JobCountRow[] | undefined };

/** State between two polls, so that expensive counts are not repeated needlessly. */
export type StudiesMemory = UnfinishedMemory & {
  lastHour: BudgetedQuery<sql.LastHourRow>;
  jobs: BudgetedQuery<readonly sql.JobCountRow[] | undefined>;
  /** Both of them, where no index leads to a study's jobs. */
  byStudy: BudgetedQuery<ByStudy>;
  unclearStudies: BudgetedQuery<readonly Unclear[] | undefined>;
};

export function newStudiesMemory(budget?: ReadBudget): StudiesMemory {
  return {
    ...newUnfinishedMemory(budget),
    lastHour: new BudgetedQuery(budget),
    jobs: new BudgetedQuery(budget),
    byStudy: new BudgetedQuery(budget),
    unclearStudies: new BudgetedQuery(budget),
  };
}

/** A poll of jobs may take longer than one of a server, but less than its interval. */
export function lookTimeout(every: Ms, timeout: Ms): Ms {
  return Math.max(Math.min(every * 0.9, timeout * 2), Math.min(timeout, every));
}

export function studiesSource(settings: Settings, shared: boolean): Source {
  const { primary, studies: session, budget } = sessionsFor(settings);
  const { studies: every, timeout } = settings.intervals;
  const within = lookTimeout(every, timeout);
  const memory = newStudiesMemory(budget);
  return poll({
    id: 'postgres studies',
    fact: 'studies',
    every,
    timeout: within,
    from: `postgres ${session.where}`,
    where: session.where,
    read: (signal) =>
      readStudies(session, settings.database.schema, within, memory, signal, settings.platform.jobTimeout),
    renew: () => {
      for (const kept of Object.values(memory)) kept.renew();
    },
    sharing: shared
      ? shareLooks(settings, {
          fact: 'studies',
          parts: [withoutPassword(session.server), settings.database.schema, settings.platform.jobTimeout],
          value: studiesSchema,
          identity: () => identityOf(primary, timeout),
          every,
          timeout: within,
        })
      : undefined,
    close: () => session.close(),
  });
}

/** One poll of studies and the queue. No statement takes more than a third of `within`. */
export function readStudies(
  session: Session,
  schema: string,
  within: Ms,
  memory: StudiesMemory,
  signal: AbortSignal,
  jobTimeout = 10 * minute,
) {
  return session.read(signal, statementLimit(within), async (ask): Promise<Studies> => {
    try {
      const tables = await tablesOf(session, schema, ask);
      refuseDays(tables);
      return await namingLocks(ask, [tables.studies, tables.jobs], () =>
        look(ask, tables, within / 5, memory, jobTimeout),
      );
    } catch (error) {
      forgetTables(session, error);
      throw error;
    }
  });
}

async function look(ask: AskSql, tables: Tables, dear: Ms, memory: StudiesMemory, jobTimeout: Ms): Promise<Studies> {
  // Asked in one turn, so that they go together.
  const [[overview], rows, unfinished, { jobs, hour }, ofStudies] = await Promise.all([
    ask<sql.OverviewRow>(sql.overview(tables)),
    ask<sql.ActiveRow>(sql.active(tables)),
    readUnfinished(ask, tables, dear, memory, jobTimeout),
    byStudyOf(ask, tables, dear, memory),
    memory.unclearStudies.read(
      () => unclearOf('study', tables, ask, dear),
      async () => undefined,
    ),
  ]);
  const { pending, stuck } = unfinished;
  const doubts = doubtsOf(tables, ofStudies.value, unfinished.unclear, hour);
  const unclear = [...(ofStudies.value ?? []), ...(unfinished.unclear ?? [])];
  const { partial } = tables;
  return {
    queueDepth: pending && {
      ...bounded(pending.count, sql.mostPending, unfinished.exact && !doubts.queueDepth && !partial.includes('jobs')),
      margin: pending.margin,
    },
    countedAt: { queueDepth: unfinished.at, lastHour: hour.at },
    active: rows.map((row) => studyFrom(row, jobs.value, tables)),
    activeCount: bounded(overview?.active ?? 0, sql.mostCounted, !doubts.active && !partial.includes('studies')),
    held: overview?.held == null ? undefined : bounded(overview.held, sql.mostCounted, true),
    overdue: overview?.overdue == null ? undefined : bounded(overview.overdue, sql.mostCounted, true),
    stuckJobs: stuck && stuckFrom(stuck, tables),
    stuckUncounted: tables.job.begun !== undefined && !stuck ? true : undefined,
    finishedLastHour: hour.value.finished,
    failedLastHour: hour.value.failed,
    mostlyFailedLastHour: hour.value.mostly,
    lastHourExact: hour.exact && hour.value.finished + hour.value.unclear < sql.mostFinished && partial.length === 0,
    partial: partial.length > 0 ? partial : undefined,
    newLastTenMinutes: overview?.new ?? 0,
    newestCreatedAt: overview?.newest == null ? undefined : overview.newest * second,
    form: tables.form,
    unclear: unclear.length > 0 ? unclear : undefined,
    unclearLastHour: hour.value.unclear > 0 ? hour.value.unclear : undefined,
    doubts: Object.values(doubts).some(Boolean) ? doubts : undefined,
  };
}

/** What is counted of the jobs of each study. */
async function byStudyOf(
  ask: AskSql,
  tables: Tables,
  within: Ms,
  memory: StudiesMemory,
): Promise<{ jobs: Estimated<ByStudy['jobs']>; hour: Estimated<sql.LastHourRow> }> {
  const byStatus = async () => oneRow(await ask<sql.LastHourRow>(sql.lastHourByStatus(tables)));
  if (!tables.jobsBy.study) {
    const both = await memory.byStudy.read(
      async () => byStudyFrom(await ask<sql.ByStudyRow>(sql.byStudy(tables), { within })),
      async () => ({ hour: await byStatus(), jobs: undefined }),
      tooManyJobs(tables, { sampled: false }),
    );
    return { jobs: { ...both, value: both.value.jobs }, hour: { ...both, value: both.value.hour } };
  }
  const [jobs, hour] = await Promise.all([
    memory.jobs.read(
      () => ask<sql.JobCountRow>(sql.jobsOfActive(tables), { within }),
      async () => undefined,
    ),
    memory.lastHour.read(async () => oneRow(await ask<sql.LastHourRow>(sql.lastHour(tables), { within })), byStatus),
  ]);
  return { jobs, hour };
}

function byStudyFrom(rows: readonly sql.ByStudyRow[]): ByStudy {
  const jobs = rows.flatMap(({ study, jobTotal, jobFailed, moved }) =>
    study === null ? [] : { study, total: jobTotal ?? 0, failed: jobFailed ?? 0, moved },
  );
  return { hour: oneRow(rows), jobs };
}

/** Which figures say nothing, or only a part, as states are not understood or do not exist. */
function doubtsOf(
  tables: Tables,
  studies: readonly Unclear[] | undefined,
  jobs: readonly Unclear[] | undefined,
  { exact, value: { finished, unclear } }: Estimated<sql.LastHourRow>,
): NonNullable<Studies['doubts']> {
  const some = (of: Unclear['of']): Doubt | undefined => {
    const found = of === 'study' ? studies : jobs;
    if (!found) return { why: 'unread', of };
    return found.length > 0 ? { why: 'unclear', of } : undefined;
  };
  const [hiddenStudies, hiddenJobs] = [hiddenOf('study', tables), hiddenOf('job', tables)];
  const queueDepth = hiddenJobs ?? lackOf('job', tables, ['waiting']) ?? some('job');
  const active = hiddenStudies ?? lackOf('study', tables, ['waiting', 'running']) ?? some('study');
  const hour: Doubt | undefined =
    hiddenStudies ??
    hiddenJobs ??
    lackOf('study', tables, ['done', 'failed']) ??
    lackOf('job', tables, ['failed']) ??
    // By their own status alone few of them failed: most of their jobs may have.
    (!exact && finished + unclear > 0 ? { why: 'uncounted', of: 'job' } : undefined) ??
    (unclear > 0 ? (studies?.length ? { why: 'unclear', of: 'study' } : { why: 'unclear', of: 'job' }) : undefined);
  return { queueDepth, active, lastHour: hour };
}

/** A count that stopped at its bound is `at least`. */
function bounded(counted: number, most: number, exact: boolean): Count {
  return { value: Math.min(counted, exact ? most : counted), exact: exact && counted <= most };
}

function stuckFrom({ count, job, study, surface, since }: sql.StuckRow, { partial }: Tables): StuckJobs {
  const oldest =
    job === null || since === null
      ? undefined
      : {
          job: sanitize(job, 100),
          study: sanitize(study ?? '', 100),
          surface: sanitize(surface ?? 'no surface', 100),
          since: since * second,
        };
  return { count: bounded(count, sql.mostCounted, !partial.includes('jobs')), oldest };
}

function oneRow(rows: readonly sql.LastHourRow[]): sql.LastHourRow {
  return rows[0] ?? { finished: 0, failed: 0, mostly: 0, unclear: 0 };
}

function studyFrom(row: sql.ActiveRow, jobs: readonly sql.JobCountRow[] | undefined, tables: Tables): Study {
  const counted = jobs?.find(({ study }) => study === row.id);
  const created = (row.created ?? 0) * second;
  const completion = completionFrom(row.completion);
  const progressed = row.progressed === null ? created : row.progressed * second;
  const moved = tables.study.progressIsOwn ? 0 : (counted?.moved ?? 0) * second;
  return {
    id: sanitize(row.id, 100),
    tenant: sanitize(row.tenant, 100),
    status: sanitize(row.status, 40),
    completion,
    failedJobs: counted?.failed ?? 0,
    totalJobs: counted?.total ?? 0,
    jobsUncounted: jobs ? undefined : true,
    createdAt: created,
    progressedAt: Math.max(progressed, moved),
    deadline: row.deadline === null ? undefined : row.deadline * second,
  };
}

/** The platform's own completionPercentage, within 0–100; undefined when it is not a number. */
export function completionFrom(text: string | null): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  // A platform that keeps its progress as text may keep JSON in it.
  const [, inside] = /"completionPercentage"\s*:\s*"?([\d.]+)/.exec(text) ?? [];
  const value = Number(inside ?? text.trim().replace(/%$/, ''));
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : undefined;
}
