// What statements cost (pg_stat_statements, of any version that PostgreSQL 13 to 18 may have), what sessions wait for,
// and how tables and indexes are used. Bounded; each needs pg_read_all_stats to show other roles' statements.
import { qualified } from '../../../core/text/sql.ts';

export type MeansRow = {
  inRecovery: boolean;
  role: string;
  superuser: boolean;
  seesAll: boolean;
  database: string;
  /** Where the extension's view is; null without one. */
  schema: string | null;
  /** The columns of its view; empty without one. */
  columns: string[];
  info: boolean;
  /** Null where we may not see it, or where there is none: then the library is not loaded. */
  preload: string | null;
  track: string | null;
  ids: string | null;
  ioTiming: string | null;
};

/** What the server has and shows of statements. */
export const means = `
  WITH found AS (
    SELECT n.nspname, to_regclass(format('%I.pg_stat_statements', n.nspname)) AS view,
           to_regclass(format('%I.pg_stat_statements_info', n.nspname)) IS NOT NULL AS info
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
  ), setting AS (
    SELECT name, setting FROM pg_settings
    WHERE name IN ('shared_preload_libraries', 'pg_stat_statements.track', 'compute_query_id', 'track_io_timing')
  )
  SELECT pg_is_in_recovery() AS "inRecovery", current_user AS role, current_database() AS database,
         (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesAll",
         (SELECT nspname FROM found) AS schema,
         ARRAY(SELECT attname::text FROM pg_attribute
               WHERE attrelid = (SELECT view FROM found) AND attnum > 0 AND NOT attisdropped) AS columns,
         coalesce((SELECT info FROM found), false) AS info,
         (SELECT setting FROM setting WHERE name = 'shared_preload_libraries') AS preload,
         (SELECT setting FROM setting WHERE name = 'pg_stat_statements.track') AS track,
         (SELECT setting FROM setting WHERE name = 'compute_query_id') AS ids,
         (SELECT setting FROM setting WHERE name = 'track_io_timing') AS "ioTiming"`;

/** How many entries are read: ten times what a server keeps by default (pg_stat_statements.max). */
export const mostEntries = 50_000;

export type FigureRow = {
  queryId: string | null;
  user: string | null;
  database: string | null;
  roleId: string;
  databaseId: string;
  top: boolean;
  calls: number;
  time: number;
  rows: number;
  hit: number;
  read: number;
  temp: number;
  io: number;
  begun: number | null;
};

export type SnapshotRow = { serverAt: number; resetAt: number | null; evicted: number | null };

/** The moment on the server's clock, and what PostgreSQL 14 and later tell of the statistics themselves. */
export const snapshot = (schema: string, info: boolean) => `
  SELECT extract(epoch FROM clock_timestamp())::float8 AS "serverAt",
         ${info ? 'extract(epoch FROM stats_reset)::float8' : 'NULL::float8'} AS "resetAt",
         ${info ? 'dealloc::float8' : 'NULL::float8'} AS evicted
  ${info ? `FROM ${qualified(schema, 'pg_stat_statements_info')}` : ''}`;

/** The first of these columns that the view has; 0 without one. Versions renamed them. */
const firstOf = (columns: readonly string[], ...names: readonly string[]) => {
  const name = names.find((one) => columns.includes(one));
  return name ? `coalesce(s.${name}, 0)::float8` : '0::float8';
};

/** All entries without their texts: those are in a file that is read as a whole. */
export const figures = (schema: string, columns: readonly string[]) => `
  SELECT s.queryid::text AS "queryId", r.rolname::text AS "user", d.datname::text AS database,
         s.userid::text AS "roleId", s.dbid::text AS "databaseId",
         ${columns.includes('toplevel') ? 's.toplevel' : 'true'} AS top,
         s.calls::float8 AS calls, ${firstOf(columns, 'total_exec_time', 'total_time')} AS time, s.rows::float8 AS rows,
         s.shared_blks_hit::float8 AS hit, s.shared_blks_read::float8 AS read, s.temp_blks_written::float8 AS temp,
         ${firstOf(columns, 'shared_blk_read_time', 'blk_read_time')} AS io,
         ${columns.includes('stats_since') ? 'extract(epoch FROM s.stats_since)::float8' : 'NULL::float8'} AS begun
  FROM ${qualified(schema, 'pg_stat_statements')}(false) s
  LEFT JOIN pg_roles r ON r.oid = s.userid LEFT JOIN pg_database d ON d.oid = s.dbid
  ORDER BY 8 DESC LIMIT ${mostEntries + 1}`;

/** So many statements are compared. */
export const mostBusy = 500;

/** `total`: of all statements. Milliseconds of execution. */
export type BusyRow = { id: string; time: number; calls: number; total: number };

/** Statements by their execution time, of all roles and databases; a busy one has run for a while. */
export const busiest = (schema: string, columns: readonly string[]) => {
  const time = firstOf(columns, 'total_exec_time', 'total_time');
  return `
  SELECT s.queryid::text AS id, sum(${time})::float8 AS time, sum(s.calls)::float8 AS calls,
         (sum(sum(${time})) OVER ())::float8 AS total
  FROM ${qualified(schema, 'pg_stat_statements')}(false) s
  WHERE s.queryid IS NOT NULL GROUP BY s.queryid ORDER BY 2 DESC LIMIT ${mostBusy}`;
};

export type TextRow = { id: string; text: string | null };

/** The texts of these statements ($1). */
export const texts = (schema: string) => `
  SELECT DISTINCT ON (s.queryid) s.queryid::text AS id, left(s.query, 8000) AS text
  FROM ${qualified(schema, 'pg_stat_statements')}(true) s
  WHERE s.queryid = ANY ($1::bigint[]) AND s.query IS NOT NULL ORDER BY s.queryid`;

export type SampleRow = {
  pid: number;
  type: string | null;
  event: string | null;
  user: string | null;
  query: string | null;
  /** Its state is not shown to us. */
  hidden: boolean;
};

export const mostSampled = 1000;

/** Sessions that do something now, without the cockpits' own. A hidden session has neither state nor kind. */
export const sample = (own: string) => `
  SELECT pid, wait_event_type AS type, wait_event AS event, usename::text AS "user", left(query, 2000) AS query,
         backend_type IS NULL AS hidden
  FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND application_name IS DISTINCT FROM '${own}'
    AND ((state = 'active' AND backend_type IN ('client backend', 'parallel worker', 'autovacuum worker'))
         OR (backend_type IS NULL AND usesysid IS NOT NULL))
  LIMIT ${mostSampled + 1}`;

export const mostTablesUsed = 300;
export const mostIndexes = 500;

export type DatabaseUseRow = { serverAt: number; resetAt: number | null; hit: number; read: number };

/** The cache of the whole database. */
export const databaseUse = `
  SELECT extract(epoch FROM clock_timestamp())::float8 AS "serverAt", extract(epoch FROM stats_reset)::float8 AS "resetAt",
         blks_hit::float8 AS hit, blks_read::float8 AS read
  FROM pg_stat_database WHERE datname = current_database()`;

export type TableUseRow = {
  id: string;
  name: string;
  bytes: number | null;
  live: number;
  dead: number;
  seqScans: number;
  seqRows: number;
  indexScans: number;
  hit: number;
  read: number;
};

/** Tables by what is read of them; those of the platform's schema ($1) are called by their own name. */
export const tableUse = `
  SELECT s.relid::text AS id, CASE WHEN s.schemaname = $1 THEN s.relname ELSE s.schemaname || '.' || s.relname END AS name,
         pg_total_relation_size(s.relid)::float8 AS bytes, s.n_live_tup::float8 AS live, s.n_dead_tup::float8 AS dead,
         s.seq_scan::float8 AS "seqScans", s.seq_tup_read::float8 AS "seqRows",
         coalesce(s.idx_scan, 0)::float8 AS "indexScans",
         (coalesce(io.heap_blks_hit, 0) + coalesce(io.idx_blks_hit, 0) + coalesce(io.toast_blks_hit, 0))::float8 AS hit,
         (coalesce(io.heap_blks_read, 0) + coalesce(io.idx_blks_read, 0) + coalesce(io.toast_blks_read, 0))::float8 AS read
  FROM pg_stat_user_tables s LEFT JOIN pg_statio_user_tables io ON io.relid = s.relid
  ORDER BY s.seq_tup_read + coalesce(s.idx_tup_fetch, 0) DESC, s.n_live_tup DESC LIMIT ${mostTablesUsed + 1}`;

export type IndexUseRow = {
  id: string;
  name: string;
  table: string;
  bytes: number | null;
  scans: number;
  constraint: boolean;
  valid: boolean;
  columns: string;
};

/** Indexes, largest first. An index of an expression has its text, which may hold literals. */
export const indexUse = `
  SELECT s.indexrelid::text AS id,
         CASE WHEN s.schemaname = $1 THEN s.indexrelname ELSE s.schemaname || '.' || s.indexrelname END AS name,
         CASE WHEN s.schemaname = $1 THEN s.relname ELSE s.schemaname || '.' || s.relname END AS "table",
         pg_relation_size(s.indexrelid)::float8 AS bytes, s.idx_scan::float8 AS scans,
         (i.indisunique OR i.indisexclusion OR i.indisreplident) AS constraint, i.indisvalid AS valid,
         left(substring(pg_get_indexdef(s.indexrelid) FROM '\\(.*'), 500) AS columns
  FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
  ORDER BY pg_relation_size(s.indexrelid) DESC, s.indexrelname LIMIT ${mostIndexes + 1}`;
