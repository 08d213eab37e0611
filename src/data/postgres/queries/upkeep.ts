// What makes a primary fail later, or has failed unnoticed: log that is not archived, broken pages, transactions that were
// prepared and forgotten, and sequences near their end. PostgreSQL 13 to 18; no privilege is needed.

export type ArchiverRow = {
  /** archive_mode: on, always, off. */
  mode: string;
  /** Neither a command nor a library is set. */
  idle: boolean;
  failures: number;
  /** Seconds since it failed, and since it succeeded; null where it never did. */
  failed: number | null;
  archived: number | null;
};

export const archiver = `
  SELECT current_setting('archive_mode') AS mode,
         coalesce(nullif(current_setting('archive_command', true), '(disabled)'), '') = ''
           AND coalesce(current_setting('archive_library', true), '') = '' AS idle,
         failed_count::int AS failures,
         extract(epoch FROM clock_timestamp() - last_failed_time)::float8 AS failed,
         extract(epoch FROM clock_timestamp() - last_archived_time)::float8 AS archived
  FROM pg_stat_archiver`;

export type DamageRow = {
  /** Pages whose checksum was wrong, and seconds since the last; null without checksums. */
  pages: number | null;
  last: number | null;
};

export const damage = `
  SELECT sum(checksum_failures)::float8 AS pages,
         extract(epoch FROM clock_timestamp() - max(checksum_last_failure))::float8 AS last
  FROM pg_stat_database`;

export type PreparedRow = { id: string; seconds: number; others: number };

/** The oldest prepared transaction. It holds its locks, and all dead rows since, until it is ended. */
export const prepared = `
  SELECT gid AS id, extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds,
         (count(*) OVER () - 1)::int AS others
  FROM pg_prepared_xacts ORDER BY prepared LIMIT 1`;

export type SequenceRow = { name: string; share: number };

/** The sequence nearest to its end; beyond it nextval() fails. last_value is null where we may not read it. */
export const sequences = `
  SELECT schemaname || '.' || sequencename AS name, last_value::float8 / max_value AS share
  FROM pg_sequences WHERE NOT cycle AND increment_by > 0 AND last_value IS NOT NULL
  ORDER BY share DESC LIMIT 1`;

/** Transactions of this database that ended, since its statistics were reset. */
export type TransactionsRow = { commits: number; rollbacks: number };

export const transactions = `
  SELECT xact_commit::float8 AS commits, xact_rollback::float8 AS rollbacks
  FROM pg_stat_database WHERE datname = current_database()`;
