// Queries of the detail screens: one study, lists, API keys, sessions, tables. Bounded like the rest.

import { isFinal } from '../../../core/platform/errors.ts';
import { columnName, type Form } from '../../../core/platform/form.ts';
import { finished } from '../../../core/platform/mapping.ts';
import { mostTables, weeklyTables } from '../../../core/queries/database.ts';
import { qualified } from '../../../core/text/sql.ts';
import { epoch, type Tables } from './columns.ts';
import { inLastHour } from './studies.ts';

export type StudyListRow = {
  id: string;
  tenant: string;
  status: string;
  completion: string | null;
  created: number | null;
  progressed: number | null;
  deadline: number | null;
  /** The row's place in the order, as text that loses nothing: the next page begins after it. */
  cursor: string | null;
};

const studyColumns = ({ study }: Tables) => `
  id::text AS id, ${study.tenant}::text AS tenant, coalesce(status::text, '') AS status,
  ${study.completion} AS completion, ${epoch(study.created)} AS created,
  ${epoch(study.progressed)} AS progressed,
  ${study.deadline ? epoch(study.deadline) : 'NULL::float8'} AS deadline, ${study.created}::text AS cursor`;

/**
 * `after`: not the first page of its part; `undated`: of the rows without created_at, which come after all others;
 * `words`: how many are searched for.
 */
export type Page = { after: boolean; undated: boolean; words: number; limit: number };

/**
 * Rows after the one at parameters `from` and the next. The row comparison lets an index on created_at answer it. Rows
 * without created_at are a part of their own: compared with anything they would vanish, and the list would end early.
 */
const afterRow = ({ after, undated }: Page, created: string, from: number) => {
  if (undated)
    return `${created} IS NULL AND $${from}::text IS NULL AND ${after ? `id::text < $${from + 1}::text` : `$${from + 1}::text IS NULL`}`;
  return after
    ? `(${created}, id::text) < ($${from}::text::timestamptz, $${from + 1}::text)`
    : `${created} IS NOT NULL AND ($${from}::text IS NULL AND $${from + 1}::text IS NULL)`;
};

/** Each word, from parameter `from` on, is in one of these texts. */
const having = (words: number, from: number, texts: readonly string[]) =>
  Array.from({ length: words }, (_, i) => `(${texts.map((text) => `${text} ILIKE $${i + from}`).join(' OR ')})`);

/** A page of studies, newest first, after the one at ($1, $2); all words, from $3 on, are in id, tenant or status. */
export const studyPage = (tables: Tables, page: Page) => `
  SELECT ${studyColumns(tables)}
  FROM ${tables.studies}
  WHERE ${[afterRow(page, tables.study.created, 1), ...having(page.words, 3, ['id::text', `${tables.study.tenant}::text`, 'status::text'])].join(' AND ')}
  ORDER BY ${tables.study.created} DESC, id::text DESC
  LIMIT ${page.limit}`;

/** One study (runbook, Checking Study Status). */
export const oneStudy = (tables: Tables) =>
  `SELECT ${studyColumns(tables)} FROM ${tables.studies} WHERE id = $1::${tables.types.studyId}`;

/** How many jobs of one study are counted. */
export const mostOfStudy = 200_000;

export type SurfaceCountRow = { surface: string | null; status: string | null; count: number };

/** `final`: how many of these no retry can fix. */
export type ErrorRow = { message: string | null; code: string | null; count: number; final: number };

export type JobRow = {
  id: string;
  surface: string | null;
  status: string;
  attempts: number | null;
  created: number | null;
  /** Of one that runs. */
  begun: number | null;
  ended: number | null;
  error: string | null;
  code: string | null;
  /** `false`: no retry can fix it; null if the table does not say. */
  retryable: string | null;
};

const jobColumns = ({ job, jobIs }: Tables) => `
  id::text AS id, ${job.surface}::text AS surface, coalesce(status::text, '') AS status, ${job.attempts} AS attempts,
  ${epoch(job.created)} AS created,
  ${
    job.saysEnd
      ? `CASE WHEN ${jobIs(...finished, 'cancelled')}
    THEN ${epoch(job.ended)} END`
      : 'NULL::float8'
  } AS ended,
  ${job.begun ? `CASE WHEN ${jobIs('running')} THEN ${epoch(job.begun)} END` : 'NULL::float8'} AS begun,
  left(${job.error}, 500) AS error, left(${job.code}, 60) AS code, ${job.retryable} AS retryable`;

export type JobSummaryRow = {
  counts: SurfaceCountRow[] | null;
  errors: ErrorRow[] | null;
  running: JobRow[] | null;
  slowest: JobRow[] | null;
};

/**
 * A study's jobs in one pass, as without an index each pass reads the whole table: by surface and status, failures by
 * message (runbook, SEV2: Check error messages), what runs (oldest first: the stuck ones are at the top), and what took
 * longest, where the table says when a job ended.
 */
export const jobsSummary = (tables: Tables) => `
  WITH j AS MATERIALIZED (
    SELECT ${jobColumns(tables)}, ${tables.jobIs('failed')} AS failed, ${tables.jobIs('running')} AS runs
    FROM ${tables.jobs} WHERE ${tables.job.study} = $1::${tables.types.jobStudyId} LIMIT ${mostOfStudy}
  )
  SELECT (SELECT json_agg(c) FROM (
            SELECT surface, status, count(*) AS count FROM j GROUP BY surface, status ORDER BY surface, status) c) AS counts,
         (SELECT json_agg(e) FROM (
            SELECT error AS message, min(code) AS code, count(*) AS count,
                   count(*) FILTER (WHERE ${isFinal('code', 'retryable')}) AS final FROM j WHERE failed
            GROUP BY error ORDER BY count(*) DESC, error LIMIT 15) e) AS errors,
         (SELECT json_agg(r) FROM (SELECT * FROM j WHERE runs ORDER BY coalesce(begun, created) LIMIT 20) r) AS running,
         (SELECT json_agg(s) FROM (
            SELECT * FROM j WHERE ended IS NOT NULL ORDER BY ended - created DESC NULLS LAST LIMIT 10) s) AS slowest`;

export type JobPageRow = JobRow & { cursor: string | null };

/**
 * A page of a study's ($1) jobs, newest first, after the one at ($3, $4); with a status ($2) only those of it, in any case. All
 * words, from $5 on, are in id, surface, status or error.
 */
export const jobPage = (tables: Tables, page: Page) => `
  SELECT ${jobColumns(tables)}, ${tables.job.created}::text AS cursor FROM ${tables.jobs}
  WHERE ${[
    `${tables.job.study} = $1::${tables.types.jobStudyId}`,
    "($2::text IS NULL OR lower(coalesce(status::text, '')) = lower($2))",
    afterRow(page, tables.job.created, 3),
    ...having(page.words, 5, ['id::text', `${tables.job.surface}::text`, 'status::text', tables.job.error]),
  ].join(' AND ')}
  ORDER BY ${tables.job.created} DESC, id::text DESC
  LIMIT ${page.limit}`;

/** How many failures of one surface are counted. */
export const mostOfSurface = 50_000;

// The parameter is cast, not the column: an index on it can be used.
const failuresOfSurface = ({ jobs, job, jobIs, types }: Tables, columns: string) => `
  SELECT ${columns} FROM ${jobs}
  WHERE ${job.surface} = $1::${types.surfaceId} AND ${jobIs('failed')} AND ${inLastHour(job.ended, job.created)}`;

export type SurfaceErrorRow = { message: string | null; count: number; studies: number };

/** A surface's failures of the last hour by message (runbook, SEV2: Check error messages). */
export const errorsOfSurface = (tables: Tables) => `
  SELECT message, count(*)::int AS count, count(DISTINCT study)::int AS studies
  FROM (${failuresOfSurface(tables, `left(${tables.job.error}, 500) AS message, ${tables.job.study} AS study`)} LIMIT ${mostOfSurface}) j
  GROUP BY message ORDER BY count(*) DESC, message LIMIT 15`;

export type SurfaceStudyRow = { study: string; count: number };

export const studiesOfSurface = (tables: Tables) => `
  SELECT study, count(*)::int AS count
  FROM (${failuresOfSurface(tables, `${tables.job.study}::text AS study`)} LIMIT ${mostOfSurface}) j
  GROUP BY study ORDER BY count(*) DESC, study LIMIT 20`;

export type FailedJobRow = JobRow & { study: string };

export const newestOfSurface = (tables: Tables) => `
  ${failuresOfSurface(tables, `${jobColumns(tables)}, ${tables.job.study}::text AS study`)}
  ORDER BY ${tables.job.ended} DESC NULLS LAST LIMIT 50`;

/** What a study ($1) has cost; undefined where there are no cost records. */
export function costOfStudy({ schema, cost }: Form): string | undefined {
  if (!cost.there || !cost.columns.study || !cost.columns.total) return undefined;
  return `SELECT sum(${columnName('cost', cost, 'total')})::float8 AS total FROM ${qualified(schema, cost.name)}
  WHERE ${columnName('cost', cost, 'study')}::text = $1`;
}

export type SessionRow = {
  pid: number;
  user: string | null;
  application: string | null;
  client: string | null;
  database: string | null;
  state: string | null;
  wait: string | null;
  transaction: number | null;
  since: number | null;
  blockedBy: number[] | null;
  query: string | null;
  autovacuum: boolean | null;
};

export const mostSessions = 1000;

/** Clients' sessions other than this one and autovacuum's, which block like any other, with those they wait for. */
export const sessions = `
  WITH waiting AS (SELECT DISTINCT pid FROM pg_locks WHERE NOT granted)
  SELECT a.pid, a.usename AS "user", a.application_name AS application,
         coalesce(a.client_hostname, host(a.client_addr), 'socket') AS client, a.datname AS database, a.state,
         CASE WHEN a.wait_event_type IS NOT NULL AND a.wait_event_type <> 'Client'
              THEN a.wait_event_type || ': ' || a.wait_event END AS wait,
         extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction,
         extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS since,
         CASE WHEN w.pid IS NOT NULL THEN pg_blocking_pids(a.pid) END AS "blockedBy",
         left(a.query, 2000) AS query, a.backend_type = 'autovacuum worker' AS autovacuum
  FROM pg_stat_activity a LEFT JOIN waiting w ON w.pid = a.pid
  WHERE (a.backend_type IN ('client backend', 'autovacuum worker') OR (a.backend_type IS NULL AND a.datid IS NOT NULL AND a.usesysid IS NOT NULL))
    AND a.pid <> pg_backend_pid()
  ORDER BY a.xact_start NULLS LAST, a.pid
  LIMIT ${mostSessions + 1}`;

export type TableRow = {
  name: string;
  bytes: number | null;
  live: number;
  dead: number;
  vacuum: number | null;
  analyze: number | null;
  changed: number;
};

/** The untidiest tables (runbook, Check for bloat), those of the weekly tasks before all. */
export const tables = `
  SELECT CASE WHEN schemaname = $1 THEN relname ELSE schemaname || '.' || relname END AS name,
         pg_total_relation_size(relid)::float8 AS bytes, n_live_tup::float8 AS live, n_dead_tup::float8 AS dead,
         extract(epoch FROM greatest(last_vacuum, last_autovacuum))::float8 AS vacuum,
         extract(epoch FROM greatest(last_analyze, last_autoanalyze))::float8 AS analyze,
         n_mod_since_analyze::float8 AS changed
  FROM pg_stat_user_tables
  ORDER BY schemaname = $1 AND relname IN ('${weeklyTables.join("', '")}') DESC, n_dead_tup DESC, n_live_tup DESC
  LIMIT ${mostTables}`;

export type VacuumRow = {
  pid: number;
  database: string | null;
  table: string | null;
  phase: string | null;
  share: number | null;
  seconds: number | null;
  auto: boolean | null;
  forced: boolean | null;
};

/** Vacuums that run now, longest first. What a table of another database is called only that one knows. */
export const vacuums = `
  SELECT v.pid, v.datname AS database, c.oid::regclass::text AS "table", v.phase,
         CASE WHEN v.heap_blks_total > 0 THEN v.heap_blks_scanned::float8 / v.heap_blks_total END AS share,
         extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
         a.backend_type = 'autovacuum worker' AS auto, nullif(a.query, '<insufficient privilege>') LIKE '%to prevent wraparound%' AS forced
  FROM pg_stat_progress_vacuum v
  LEFT JOIN pg_stat_activity a ON a.pid = v.pid
  LEFT JOIN pg_class c ON c.oid = v.relid AND v.datname = current_database()
  ORDER BY a.xact_start NULLS LAST, v.pid LIMIT 20`;

export type ReplicaRow = { name: string | null; client: string | null; state: string | null; bytes: number | null };

export const replicas = `
  SELECT application_name AS name, coalesce(client_hostname, host(client_addr), 'socket') AS client, state,
         pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                         replay_lsn)::float8 AS bytes
  FROM pg_stat_replication ORDER BY application_name LIMIT 50`;
