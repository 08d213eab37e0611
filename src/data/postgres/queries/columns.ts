// What this database's studies and jobs look like: platforms differ in the columns beside those of the runbook, in the
// types of ids and states, and in what this role may read. Everything that is asked of the tables is built from it.
import pg from 'pg';

/** A table of the schema, quoted. */
export function inSchema(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}

export type ColumnRow = {
  which: 'studies' | 'jobs';
  /** pg_class.relkind: r a table, p a partitioned one, m a materialized view, v a view, f a foreign table. */
  kind: string;
  column: string;
  /** `jsonb`, `text`, `uuid` … */
  type: string;
  /** Of an enum; else null. */
  labels: string[] | null;
  /** Row level security keeps rows of it from this role. */
  partial: boolean;
  version: number;
};

/**
 * The columns of both tables that this role may read. A policy for everybody that is simply true hides nothing.
 * Parameters: the quoted names.
 */
export const columns = `
  SELECT t.which, c.relkind AS kind, a.attname AS column, format_type(a.atttypid, NULL) AS type,
         CASE WHEN y.typtype = 'e' THEN
           (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = y.oid) END AS labels,
         row_security_active(c.oid) AND NOT (
           EXISTS (SELECT FROM pg_policy p
                   WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                     AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                     AND EXISTS (SELECT FROM unnest(p.polroles) o (role)
                                 WHERE CASE WHEN o.role = 0 THEN true ELSE pg_has_role(o.role, 'USAGE') END))
           AND NOT EXISTS (SELECT FROM pg_policy p
                           WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*'))) AS partial,
         current_setting('server_version_num')::int AS version
  FROM (VALUES ('studies', $1), ('jobs', $2)) t (which, name)
  JOIN pg_class c ON c.oid = to_regclass(t.name)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type y ON y.oid = a.atttypid
  WHERE has_column_privilege(c.oid, a.attnum, 'SELECT')`;

/** The tables as they are here. What holds SQL is an expression to be put into a statement. */
export type Tables = {
  /** `"public"."studies"` */
  studies: string;
  jobs: string;
  /** The jobs' column that says when a job ended: completed_at, else updated_at, else created_at as the runbook does. */
  ended: string;
  /** The studies' column that says when they last moved: updated_at, else created_at. */
  progressed: string;
  /** SQL: completion of a study as text. */
  completion: string;
  /** SQL: a job's error message, its attempts; NULL where the table has none that we may read. */
  error: string;
  attempts: string;
  /** SQL: that a study, or a job, is in one of these states. */
  studyIs(...states: string[]): string;
  jobIs(...states: string[]): string;
  /** Types of the ids, for parameters. */
  studyId: string;
  jobStudyId: string;
  jobId: string;
  surfaceId: string;
  /** How jobs can be sampled: their last pages can be read alone, pages at random, or not at all. */
  sampling: 'tail' | 'pages' | 'none';
  /** Tables of which row level security keeps rows from this role: every count of them is too small. */
  partial: readonly string[];
};

/** Which column tells when a job ended. */
export function endOfJobs(found: ReadonlySet<string>): string {
  return ['completed_at', 'updated_at'].find((column) => found.has(column)) ?? 'created_at';
}

/** What the columns say about the tables. None of them: the runbook's. */
export function tablesFrom(schema: string, found: readonly ColumnRow[]): Tables {
  const of = (which: ColumnRow['which']) => new Map(found.flatMap((c) => (c.which === which ? [[c.column, c]] : [])));
  const studies = of('studies');
  const jobs = of('jobs');
  const guess = found.length === 0;
  const has = (table: ReadonlyMap<string, ColumnRow>, column: string) => guess || table.has(column);
  const [job] = jobs.values();
  return {
    studies: inSchema(schema, 'studies'),
    jobs: inSchema(schema, 'jobs'),
    ended: endOfJobs(new Set(jobs.keys())),
    progressed: has(studies, 'updated_at') ? 'updated_at' : 'created_at',
    completion: completionOf(guess ? 'jsonb' : studies.get('progress')?.type),
    error: has(jobs, 'error_message') ? 'error_message::text' : 'NULL::text',
    attempts: has(jobs, 'attempt_count') ? 'attempt_count::float8' : 'NULL::float8',
    studyIs: (...states) => oneOf(studies.get('status'), states),
    jobIs: (...states) => oneOf(jobs.get('status'), states),
    studyId: typeOf(studies.get('id')),
    jobStudyId: typeOf(jobs.get('study_id')),
    jobId: typeOf(jobs.get('id')),
    surfaceId: typeOf(jobs.get('surface_id')),
    sampling: samplingOf(job),
    partial: [...new Set(found.filter((c) => c.partial).map((c) => c.which))],
  };
}

/** An enum refuses a word that is none of its labels, so only those that it has are asked for. */
function oneOf(status: ColumnRow | undefined, states: readonly string[]): string {
  const known = status?.labels ? states.filter((state) => status.labels?.includes(state)) : states;
  return known.length === 0 ? 'false' : `status IN (${known.map((state) => pg.escapeLiteral(state)).join(', ')})`;
}

function completionOf(type: string | undefined): string {
  if (type === undefined) return 'NULL::text';
  return /^jsonb?$/.test(type) ? `progress ->> 'completionPercentage'` : 'left(progress::text, 2000)';
}

/** Only plain names: what it is put into is a cast. */
function typeOf(column: ColumnRow | undefined): string {
  return column && /^[a-z ]+$/.test(column.type) ? column.type : 'text';
}

/** A range of pages can be read alone from PostgreSQL 14 on (TID range scan); partitions have pages of their own. */
function samplingOf(job: ColumnRow | undefined): Tables['sampling'] {
  if (!job) return 'pages';
  if (job.kind === 'r' || job.kind === 'm') return job.version >= 140_000 ? 'tail' : 'pages';
  return job.kind === 'p' ? 'pages' : 'none';
}
