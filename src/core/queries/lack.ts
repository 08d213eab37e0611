// What keeps a server from telling something: an extension, a setting or a right, each with the command that gives it.

/** What is missing. The words on the screen are made from it, and code decides by it. */
export type LackCode =
  | 'preload'
  | 'extension'
  | 'old-extension'
  | 'not-tracked'
  | 'no-ids'
  | 'io-timing'
  | 'other-roles'
  | 'evictions'
  | 'refused'
  | 'late';

/** `remedy`: a command or a setting that gives it, as a person would type it. */
export type Lack = { code: LackCode; what: string; remedy: string };

/** What is known of the server's role and settings where a remedy depends on them. */
export type Means = {
  /** Our role, quoted where it has to be. */
  role: string;
  database: string;
  /** shared_preload_libraries as it is; undefined where we may not see it. */
  preload?: string | undefined;
};

const reload = 'SELECT pg_reload_conf();';

/** The words and the remedy of what is missing (PostgreSQL documentation, pg_stat_statements and monitoring settings). */
export function lackOf(code: Exclude<LackCode, 'refused' | 'late' | 'evictions'>, means: Means): Lack {
  const { role, database, preload } = means;
  switch (code) {
    case 'preload': {
      const libraries = [...(preload ?? '').split(',').map((one) => one.trim()), 'pg_stat_statements'].filter(Boolean);
      const kept =
        preload === undefined ? ' Keep the libraries that it has already (SHOW shared_preload_libraries).' : '';
      return {
        code,
        what: 'pg_stat_statements is not loaded: the server does not count statements',
        remedy: `ALTER SYSTEM SET shared_preload_libraries = ${libraries.join(', ')}; then restart the server (RDS: in its parameter group).${kept}`,
      };
    }
    case 'extension':
      return {
        code,
        what: `database ${database} has no extension pg_stat_statements`,
        remedy: `CREATE EXTENSION pg_stat_statements; in database ${database}, as a superuser or rds_superuser`,
      };
    case 'old-extension':
      return {
        code,
        what: 'pg_stat_statements is of an older version than the server: some figures are missing',
        remedy: 'ALTER EXTENSION pg_stat_statements UPDATE;',
      };
    case 'not-tracked':
      return {
        code,
        what: 'statements are not counted: pg_stat_statements.track is none',
        remedy: `ALTER SYSTEM SET pg_stat_statements.track = 'top'; ${reload}`,
      };
    case 'no-ids':
      return {
        code,
        what: 'statements are not counted: compute_query_id is off',
        remedy: `ALTER SYSTEM SET compute_query_id = 'auto'; ${reload}`,
      };
    case 'io-timing':
      return {
        code,
        what: 'time spent on reading is not measured: track_io_timing is off',
        remedy: `ALTER SYSTEM SET track_io_timing = on; ${reload}`,
      };
    case 'other-roles':
      return {
        code,
        what: 'statements of other roles are hidden from our role',
        remedy: `GRANT pg_read_all_stats TO ${role};`,
      };
  }
}
