// What the tables of Bentham are asked (runbook: studies, jobs). Everything is bounded: a platform in trouble must not
// be slowed by those who look at it. Times are seconds since 1970; a time without zone is taken as UTC.
import pg from 'pg';

/** How many pending jobs are counted before `at least` stands for the rest. Far above the runbook's 5,000. */
export const mostPending = 50_000;
/** How many active studies are read; more are only counted, to `mostCounted`. */
export const mostActive = 200;
export const mostCounted = 10_000;
/** How many studies of the last hour, newest first, have their jobs looked at. */
export const mostFinished = 1000;
/** How many jobs of the last hour are grouped by surface and error. */
export const mostRecent = 200_000;

/** What this database's tables are called and have. */
export type Tables = {
  /** `"public".studies` */
  studies: string;
  jobs: string;
  /** The jobs' column that says when a job ended: completed_at, else updated_at, else created_at as the runbook does. */
  ended: string;
};

/** A table of the schema, quoted. */
export function inSchema(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}

export type ColumnRow = { column: string };

/** The columns of a table; none when it does not exist. Parameter: the quoted name. */
export const columns = `
  SELECT attname AS column FROM pg_attribute
  WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`;

/** Which column tells when a job ended, and that it falls within the last hour, so that an index on it can be used. */
export function endOfJobs(found: ReadonlySet<string>): string {
  return ['completed_at', 'updated_at'].find((column) => found.has(column)) ?? 'created_at';
}

const inLastHour = (column: string, also?: string) => {
  const recent = (name: string) => `${name} > now() - interval '1 hour'`;
  return also && also !== column ? `(${recent(column)} OR (${column} IS NULL AND ${recent(also)}))` : recent(column);
};

const activeStatus = `status IN ('executing', 'queued')`;

export type OverviewRow = { active: number; new: number; newest: number | null };

/** How many are active and new, and the newest. */
export const overview = ({ studies }: Tables) => `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM ${studies} WHERE ${activeStatus} LIMIT ${mostCounted + 1}) a)::int AS active,
         (SELECT count(*) FROM ${studies} WHERE created_at > now() - interval '10 minutes')::int AS new,
         extract(epoch FROM (SELECT max(created_at) FROM ${studies}))::float8 AS newest`;

export type ActiveRow = {
  id: string;
  tenant: string;
  status: string;
  completion: string | null;
  created: number | null;
  progressed: number | null;
};

const activeIds = ({ studies }: Tables, what = 'id') =>
  `SELECT ${what} FROM ${studies} WHERE ${activeStatus} ORDER BY updated_at NULLS FIRST LIMIT ${mostActive}`;

/** The active studies, oldest progress first. */
export const active = (tables: Tables) =>
  activeIds(
    tables,
    `id::text AS id, tenant_id::text AS tenant, status::text AS status,
     progress ->> 'completionPercentage' AS completion, extract(epoch FROM created_at)::float8 AS created,
     extract(epoch FROM updated_at)::float8 AS progressed`,
  );

export type JobCountRow = { study: string; total: number; failed: number };

/** Jobs of the active studies. */
export const jobsOfActive = (tables: Tables) => `
  SELECT study_id::text AS study, count(*)::int AS total, (count(*) FILTER (WHERE status = 'failed'))::int AS failed
  FROM ${tables.jobs}
  WHERE study_id IN (${activeIds(tables)})
  GROUP BY study_id`;

export type CountRow = { count: number };

/** Jobs that wait, counted up to a bound (runbook, Key Metrics: Queue Depth). */
export const pending = ({ jobs }: Tables) => `
  SELECT count(*)::int AS count FROM (SELECT 1 FROM ${jobs} WHERE status = 'pending' LIMIT ${mostPending + 1}) p`;

/** The same from a sample of the table's pages, as an estimate. */
export const pendingEstimated = ({ jobs }: Tables, percent: number) => `
  SELECT count(*)::int AS count FROM ${jobs} TABLESAMPLE SYSTEM (${percent}) WHERE status = 'pending'`;

export type PagesRow = { pages: number };

/** A table's size in pages, as it lies on disk now; partitions counted. */
export const pagesOf = (table: string) => `
  SELECT (pg_relation_size(${pg.escapeLiteral(table)}::regclass)
           + (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(${pg.escapeLiteral(table)})
              WHERE isleaf))::float8 / current_setting('block_size')::int AS pages`;

export type LastHourRow = { finished: number; failed: number; mostly: number };

const finishedStudies = ({ studies }: Tables) => `
  SELECT id, status::text AS status FROM ${studies}
  WHERE updated_at > now() - interval '1 hour' AND status::text IN ('completed', 'complete', 'failed')
  ORDER BY updated_at DESC LIMIT ${mostFinished}`;

/**
 * The studies that finished in the last hour. One failed if its status says so, or if more than half of its jobs
 * failed (runbook, SEV2).
 */
export const lastHour = (tables: Tables) => `
  WITH finished AS MATERIALIZED (${finishedStudies(tables)}),
  counted AS (
    SELECT study_id, count(*) AS total, count(*) FILTER (WHERE status = 'failed') AS failed
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
 * (runbook, SEV2: failure patterns, error messages). `percent` below 100 looks at a sample of the pages.
 */
export const surfaces = ({ jobs, ended }: Tables, percent = 100) => `
  WITH recent AS MATERIALIZED (
    SELECT surface_id::text AS id, study_id, status::text = 'failed' AS failed, left(error_message, 500) AS error
    FROM ${jobs}${percent < 100 ? ` TABLESAMPLE SYSTEM (${percent})` : ''}
    WHERE ${inLastHour(ended, 'created_at')} AND status::text IN ('completed', 'complete', 'failed')
    LIMIT ${mostRecent + 1}
  ),
  errors AS (
    SELECT DISTINCT ON (id) id, error, count(*)::int AS count
    FROM recent WHERE failed GROUP BY id, error ORDER BY id, count(*) DESC, error
  )
  SELECT r.id, count(*)::int AS finished, (count(*) FILTER (WHERE r.failed))::int AS failures,
         count(DISTINCT r.study_id) FILTER (WHERE r.failed)::int AS studies,
         e.error AS "topError", e.count AS "topCount", (SELECT count(*) FROM recent)::int AS seen
  FROM recent r LEFT JOIN errors e ON e.id IS NOT DISTINCT FROM r.id
  GROUP BY r.id, e.error, e.count
  ORDER BY failures DESC, finished DESC, r.id
  LIMIT 200`;

export type LastFinishedRow = { at: number; study: string };

/** The newest finished job, for a pane that has nothing to show. */
export const lastFinished = ({ jobs, ended }: Tables) => `
  SELECT extract(epoch FROM ${ended})::float8 AS at, study_id::text AS study FROM ${jobs}
  WHERE status::text IN ('completed', 'complete', 'failed') AND ${ended} IS NOT NULL
  ORDER BY ${ended} DESC LIMIT 1`;
