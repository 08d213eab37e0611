// What the tables of Bentham are asked (runbook: studies, jobs). Everything is bounded: a platform in trouble must not
// be slowed by those who look at it. Times are seconds since 1970; a time without zone is taken as UTC.
import { lacks } from '../../../core/platform/form.ts';
import { finished, openStudy } from '../../../core/platform/mapping.ts';
import type { Ms } from '../../../core/time.ts';
import { epoch, isMoment, type Tables } from './columns.ts';
import { partsOf, type Sample } from './sample.ts';

/** How many pending jobs are counted before `at least` stands for the rest. Far above the runbook's 5,000. */
export const mostPending = 50_000;
/** How many active studies are read; more are only counted, to `mostCounted`. */
export const mostActive = 200;
export const mostCounted = 10_000;
/** How many studies of the last hour, newest first, have their jobs counted. */
export const mostFinished = 1000;

/** That a time falls within the last hour, so that an index on it can be used; `also` where it is not set. */
export const inLastHour = (column: string, also?: string) => {
  const recent = (name: string) => `${name} > now() - interval '1 hour'`;
  return also && also !== column ? `(${recent(column)} OR (${column} IS NULL AND ${recent(also)}))` : recent(column);
};

const isActive = ({ studyIs }: Tables) => studyIs(...openStudy);

export type OverviewRow = {
  active: number;
  /** Null: no state means it, or the table has no deadlines. */
  held: number | null;
  overdue: number | null;
  new: number;
  newest: number | null;
};

/** How many rows, up to the bound and one more. */
const countedStudies = ({ studies }: Tables, where: string) =>
  `(SELECT count(*) FROM (SELECT 1 FROM ${studies} WHERE ${where} LIMIT ${mostCounted + 1}) a)::int`;

/** How many are active, held, overdue and new, and the newest. */
export const overview = (tables: Tables) => `
  SELECT ${countedStudies(tables, isActive(tables))} AS active,
         ${lacks('study', tables.form.study.states, 'held') ? 'NULL::int' : countedStudies(tables, tables.studyIs('held'))} AS held,
         ${tables.study.deadline ? countedStudies(tables, `${tables.study.deadline} < now() AND ${isActive(tables)}`) : 'NULL::int'} AS overdue,
         (SELECT count(*) FROM ${tables.studies} WHERE ${tables.study.created} > now() - interval '10 minutes')::int AS new,
         extract(epoch FROM (SELECT max(${tables.study.created}) FROM ${tables.studies} WHERE ${isMoment(tables.study.created)}))::float8 AS newest`;

export type ActiveRow = {
  id: string;
  tenant: string;
  status: string;
  completion: string | null;
  created: number | null;
  progressed: number | null;
  deadline: number | null;
};

const activeIds = (tables: Tables, what = `${tables.study.key} AS id`) =>
  `SELECT ${what} FROM ${tables.studies} WHERE ${isActive(tables)} ORDER BY ${tables.study.progressed} NULLS FIRST LIMIT ${mostActive}`;

/** The active studies, oldest progress first. */
export const active = (tables: Tables) =>
  activeIds(
    tables,
    `id::text AS id, ${tables.study.tenant}::text AS tenant, status::text AS status,
     ${tables.study.completion} AS completion, ${epoch(tables.study.created)} AS created,
     ${epoch(tables.study.progressed)} AS progressed,
     ${tables.study.deadline ? epoch(tables.study.deadline) : 'NULL::float8'} AS deadline`,
  );

export type StuckRow = {
  count: number;
  job: string | null;
  study: string | null;
  surface: string | null;
  since: number | null;
};

/**
 * Jobs that have run for longer than `limit`, and the one that has for longest; undefined where none says when it began.
 * `among`: what is quick to ask of each, and true of all that run.
 */
export function stuckJobs({ jobs, job, jobIs }: Tables, limit: Ms, among = 'true'): string | undefined {
  if (!job.begun) return undefined;
  return `
  WITH stuck AS MATERIALIZED (
    SELECT id::text AS job, ${job.study}::text AS study, ${job.surface}::text AS surface,
           ${epoch(job.begun)} AS since
    FROM ${jobs} WHERE ${among} AND ${jobIs('running')} AND ${job.begun} < now() - interval '${Math.round(limit)} milliseconds'
    LIMIT ${mostCounted + 1}
  )
  SELECT (SELECT count(*) FROM stuck)::int AS count, o.* FROM (VALUES (1)) one
  LEFT JOIN (SELECT * FROM stuck ORDER BY since, job LIMIT 1) o ON true`;
}

export type JobCountRow = { study: string; total: number; failed: number; moved: number | null };

/** Jobs of the active studies, and when the newest of them moved. */
export const jobsOfActive = (tables: Tables) => `
  SELECT ${tables.job.study}::text AS study, count(*)::int AS total,
         (count(*) FILTER (WHERE ${tables.jobIs('failed')}))::int AS failed,
         extract(epoch FROM max(${tables.job.ended}) FILTER (WHERE ${isMoment(tables.job.ended)}))::float8 AS moved
  FROM ${tables.jobs}
  WHERE ${tables.job.study} IN (${activeIds(tables)})
  GROUP BY ${tables.job.study}`;

export type CountRow = { count: number };

/** Jobs that wait, counted up to a bound (runbook, Key Metrics: Queue Depth). */
export const pending = ({ jobs, jobIs }: Tables) => `
  SELECT count(*)::int AS count FROM (SELECT 1 FROM ${jobs} WHERE ${jobIs('waiting')} LIMIT ${mostPending + 1}) p`;

/** `margin`: twice the standard error. */
export type EstimateRow = { count: number; margin: number };

/**
 * The same from a sample, as an estimate. Whole pages are chosen by chance, each with the same probability p = 1 / weight:
 * the variance of the sum is then estimated by the squares of the pages' counts, times (1 - p) / p² (Horvitz-Thompson).
 * Where no page of the sample has one, up to 3 / p pages with one each may have been missed (95 %: the rule of three).
 */
export const pendingEstimated = ({ jobs, jobIs }: Tables, sample: Sample) => `
  SELECT round(sum(n * weight))::bigint::float8 AS count,
         ceil(greatest(2 * sqrt(sum(squares * (weight * weight - weight))),
                       3 * max(CASE WHEN weight > 1 AND n = 0 THEN weight ELSE 0 END)))::float8 AS margin
  FROM (${partsOf(jobs, sample)
    .map(
      ({ from, where, weight }) => `
    SELECT coalesce(sum(n), 0)::float8 AS n, coalesce(sum(n * n), 0)::float8 AS squares, ${weight}::float8 AS weight
    FROM (SELECT count(*)::float8 AS n FROM ${from} WHERE ${where} AND ${jobIs('waiting')}
          GROUP BY tableoid, (ctid::text::point)[0]) pages`,
    )
    .join(' UNION ALL ')}) parts`;

export type LastHourRow = {
  finished: number;
  failed: number;
  mostly: number;
  /** Studies with progress in an unknown state, and those that unknown states of their jobs could make failed. */
  unclear: number;
};

const lastMoved = ({ studies, study, studyIs, studyUnclear }: Tables) => `
  SELECT ${study.key} AS id, ${studyIs('failed')} AS failed, ${studyUnclear} AS unclear FROM ${studies}
  WHERE ${study.progressed} > now() - interval '1 hour' AND (${studyIs(...finished)} OR ${studyUnclear})
  ORDER BY ${study.progressed} DESC LIMIT ${mostFinished}`;

/** The studies of `moved`, by what their jobs in `counted` came to. */
const judged = `
  judged AS (
    SELECT m.unclear, m.failed, coalesce(c.failed * 2 > c.total, false) AS mostly,
           coalesce((c.failed + c.unclear) * 2 > c.total, false) AS perhaps
    FROM moved m LEFT JOIN counted c ON c.study = m.id
  )`;
const judgements = `
         (count(*) FILTER (WHERE NOT unclear))::int AS finished,
         (count(*) FILTER (WHERE NOT unclear AND (failed OR mostly)))::int AS failed,
         (count(*) FILTER (WHERE NOT unclear AND mostly))::int AS mostly,
         (count(*) FILTER (WHERE unclear OR (perhaps AND NOT failed AND NOT mostly)))::int AS unclear`;

/** Jobs of these studies. */
const countedOf = ({ jobs, job, jobIs, jobUnclear }: Tables, ids: string, also = '') => `
    SELECT ${job.study} AS study, count(*) AS total, count(*) FILTER (WHERE ${jobIs('failed')}) AS failed,
           count(*) FILTER (WHERE ${jobUnclear}) AS unclear${also}
    FROM ${jobs} WHERE ${job.study} IN (${ids}) GROUP BY 1`;

/**
 * The studies that finished in the last hour. One failed if its status says so, or if more than half of its jobs
 * failed (runbook, SEV2).
 */
export const lastHour = (tables: Tables) => `
  WITH moved AS MATERIALIZED (${lastMoved(tables)}),
  counted AS (${countedOf(tables, 'SELECT id FROM moved')}),${judged}
  SELECT ${judgements} FROM judged`;

/** The last hour, beside each active study that has jobs; one row without study where none has. */
export type ByStudyRow = LastHourRow & {
  study: string | null;
  jobTotal: number | null;
  jobFailed: number | null;
  moved: number | null;
};

/** Both, jobs of the active studies and the last hour, where no index leads to a study's jobs: all are read once. */
export const byStudy = (tables: Tables) => `
  WITH moved AS MATERIALIZED (${lastMoved(tables)}),
  active AS MATERIALIZED (${activeIds(tables)}),
  counted AS MATERIALIZED (${countedOf(
    tables,
    'SELECT id FROM moved UNION SELECT id FROM active',
    `, max(${tables.job.ended}) FILTER (WHERE ${isMoment(tables.job.ended)}) AS moved`,
  )}),${judged}
  SELECT hour.*, a.study::text AS study, a.total::int AS "jobTotal", a.failed::int AS "jobFailed",
         extract(epoch FROM a.moved)::float8 AS moved
  FROM (SELECT ${judgements} FROM judged) hour
  LEFT JOIN (SELECT * FROM counted WHERE study IN (SELECT id FROM active)) a ON true`;

/** The same by the studies' own status alone, when the jobs cannot be counted in time. */
export const lastHourByStatus = (tables: Tables) => `
  SELECT (count(*) FILTER (WHERE NOT unclear))::int AS finished,
         (count(*) FILTER (WHERE NOT unclear AND failed))::int AS failed, 0 AS mostly,
         (count(*) FILTER (WHERE unclear))::int AS unclear
  FROM (${lastMoved(tables)}) f`;

export type LastFinishedRow = { at: number; study: string };

/** The newest finished job, for a pane that has nothing to show. */
export const lastFinished = ({ jobs, job, jobIs }: Tables) => `
  SELECT extract(epoch FROM ${job.ended})::float8 AS at, ${job.study}::text AS study FROM ${jobs}
  WHERE ${jobIs(...finished)} AND ${isMoment(job.ended)}
  ORDER BY ${job.ended} DESC LIMIT 1`;
