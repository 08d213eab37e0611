// What the tables of Bentham are asked (runbook: studies, jobs). Everything is bounded: a platform in trouble must not
// be slowed by those who look at it. Times are seconds since 1970; a time without zone is taken as UTC.
import pg from 'pg';
import type { Tables } from './columns.ts';

/** How many pending jobs are counted before `at least` stands for the rest. Far above the runbook's 5,000. */
export const mostPending = 50_000;
/** How many active studies are read; more are only counted, to `mostCounted`. */
export const mostActive = 200;
export const mostCounted = 10_000;
/** How many studies of the last hour, newest first, have their jobs looked at. */
export const mostFinished = 1000;
/** How many jobs of the last hour are grouped by surface and error. */
export const mostRecent = 200_000;

/** That a time falls within the last hour, so that an index on it can be used; `also` where it is not set. */
export const inLastHour = (column: string, also?: string) => {
  const recent = (name: string) => `${name} > now() - interval '1 hour'`;
  return also && also !== column ? `(${recent(column)} OR (${column} IS NULL AND ${recent(also)}))` : recent(column);
};

const isActive = ({ studyIs }: Tables) => studyIs('executing', 'queued');
const ended = ['completed', 'complete', 'failed'] as const;

export type OverviewRow = { active: number; new: number; newest: number | null };

/** How many are active and new, and the newest. */
export const overview = (tables: Tables) => `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM ${tables.studies} WHERE ${isActive(tables)} LIMIT ${mostCounted + 1}) a)::int AS active,
         (SELECT count(*) FROM ${tables.studies} WHERE created_at > now() - interval '10 minutes')::int AS new,
         extract(epoch FROM (SELECT max(created_at) FROM ${tables.studies}))::float8 AS newest`;

export type ActiveRow = {
  id: string;
  tenant: string;
  status: string;
  completion: string | null;
  created: number | null;
  progressed: number | null;
};

const activeIds = (tables: Tables, what = 'id') =>
  `SELECT ${what} FROM ${tables.studies} WHERE ${isActive(tables)} ORDER BY ${tables.progressed} NULLS FIRST LIMIT ${mostActive}`;

/** The active studies, oldest progress first. */
export const active = (tables: Tables) =>
  activeIds(
    tables,
    `id::text AS id, tenant_id::text AS tenant, status::text AS status,
     ${tables.completion} AS completion, extract(epoch FROM created_at)::float8 AS created,
     extract(epoch FROM ${tables.progressed})::float8 AS progressed`,
  );

export type JobCountRow = { study: string; total: number; failed: number };

/** Jobs of the active studies. */
export const jobsOfActive = (tables: Tables) => `
  SELECT study_id::text AS study, count(*)::int AS total, (count(*) FILTER (WHERE ${tables.jobIs('failed')}))::int AS failed
  FROM ${tables.jobs}
  WHERE study_id IN (${activeIds(tables)})
  GROUP BY study_id`;

export type CountRow = { count: number };

/** Jobs that wait, counted up to a bound (runbook, Key Metrics: Queue Depth). */
export const pending = ({ jobs, jobIs }: Tables) => `
  SELECT count(*)::int AS count FROM (SELECT 1 FROM ${jobs} WHERE ${jobIs('pending')} LIMIT ${mostPending + 1}) p`;

/**
 * A look at some of a table's pages: at `percent` of them, chosen by chance, and at all from page `tail` on. What is new
 * lies at a table's end, where chance would miss it.
 */
export type Sample = { percent: number; tail?: number };

type Part = { from: string; where: string; weight: string };

function partsOf(jobs: string, sample: Sample | undefined): readonly Part[] {
  if (!sample) return [{ from: jobs, where: 'true', weight: '1' }];
  const { percent, tail } = sample;
  const chance = { from: `${jobs} TABLESAMPLE SYSTEM (${percent})`, weight: `${100 / percent}` };
  if (tail === undefined) return [{ ...chance, where: 'true' }];
  const page = `'(${tail},0)'::tid`;
  return [
    { from: jobs, where: `ctid >= ${page}`, weight: '1' },
    { ...chance, where: `ctid < ${page}` },
  ];
}

/** The same from a sample, as an estimate. */
export const pendingEstimated = ({ jobs, jobIs }: Tables, sample: Sample) => `
  SELECT round(${partsOf(jobs, sample)
    .map(
      ({ from, where, weight }) =>
        `(SELECT count(*) FROM ${from} WHERE ${where} AND ${jobIs('pending')}) * ${weight}::float8`,
    )
    .join(' + ')})::int AS count`;

export type PagesRow = { pages: number };

/** A table's size in pages, as it lies on disk now; partitions counted. */
export const pagesOf = (table: string) => `
  SELECT (pg_relation_size(${pg.escapeLiteral(table)}::regclass)
           + (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(${pg.escapeLiteral(table)})
              WHERE isleaf))::float8 / current_setting('block_size')::int AS pages`;

export type LastHourRow = { finished: number; failed: number; mostly: number };

const finishedStudies = ({ studies, studyIs, progressed }: Tables) => `
  SELECT id, status::text AS status FROM ${studies}
  WHERE ${progressed} > now() - interval '1 hour' AND ${studyIs(...ended)}
  ORDER BY ${progressed} DESC LIMIT ${mostFinished}`;

/**
 * The studies that finished in the last hour. One failed if its status says so, or if more than half of its jobs
 * failed (runbook, SEV2).
 */
export const lastHour = (tables: Tables) => `
  WITH finished AS MATERIALIZED (${finishedStudies(tables)}),
  counted AS (
    SELECT study_id, count(*) AS total, count(*) FILTER (WHERE ${tables.jobIs('failed')}) AS failed
    FROM ${tables.jobs} WHERE study_id IN (SELECT id FROM finished) GROUP BY study_id
  )
  SELECT count(*)::int AS finished,
         (count(*) FILTER (WHERE f.status = 'failed' OR c.failed * 2 > c.total))::int AS failed,
         (count(*) FILTER (WHERE c.failed * 2 > c.total))::int AS mostly
  FROM finished f LEFT JOIN counted c ON c.study_id = f.id`;

/** The same by the studies' own status alone, when the jobs cannot be counted in time. */
export const lastHourByStatus = (tables: Tables) => `
  SELECT count(*)::int AS finished, (count(*) FILTER (WHERE status = 'failed'))::int AS failed, 0 AS mostly
  FROM (${finishedStudies(tables)}) f`;

export type SurfaceRow = {
  id: string;
  finished: number;
  failures: number;
  studies: number;
  topError: string | null;
  topCount: number | null;
  /** Rows that were looked at, in all. */
  seen: number;
};

/**
 * Per surface over the last hour: finished and failed jobs, the studies they belong to and the most frequent error
 * (runbook, SEV2: failure patterns, error messages). From a sample, numbers of jobs are estimates of all.
 */
export const surfaces = ({ jobs, ended: at, error, jobIs }: Tables, sample?: Sample) => `
  WITH recent AS MATERIALIZED (
    SELECT * FROM (${partsOf(jobs, sample)
      .map(
        ({ from, where, weight }) => `
      SELECT surface_id::text AS id, study_id, ${jobIs('failed')} AS failed, left(${error}, 500) AS error,
             ${weight}::float8 AS weight
      FROM ${from}
      WHERE ${where} AND ${inLastHour(at, 'created_at')} AND ${jobIs(...ended)}`,
      )
      .join(' UNION ALL')}) parts
    LIMIT ${mostRecent + 1}
  ),
  errors AS (
    SELECT DISTINCT ON (id) id, error, round(sum(weight))::int AS count
    FROM recent WHERE failed GROUP BY id, error ORDER BY id, count(*) DESC, error
  )
  SELECT r.id, round(sum(r.weight))::int AS finished,
         coalesce(round(sum(r.weight) FILTER (WHERE r.failed)), 0)::int AS failures,
         count(DISTINCT r.study_id) FILTER (WHERE r.failed)::int AS studies,
         e.error AS "topError", e.count AS "topCount", (SELECT count(*) FROM recent)::int AS seen
  FROM recent r LEFT JOIN errors e ON e.id IS NOT DISTINCT FROM r.id
  GROUP BY r.id, e.error, e.count
  ORDER BY failures DESC, finished DESC, r.id
  LIMIT 200`;

export type LastFinishedRow = { at: number; study: string };

/** The newest finished job, for a pane that has nothing to show. */
export const lastFinished = ({ jobs, ended: at, jobIs }: Tables) => `
  SELECT extract(epoch FROM ${at})::float8 AS at, study_id::text AS study FROM ${jobs}
  WHERE ${jobIs(...ended)} AND ${at} IS NOT NULL
  ORDER BY ${at} DESC LIMIT 1`;
