// The statement that a session runs, and what has to be known before it is planned again.

export type RunningRow = {
  user: string | null;
  database: string | null;
  state: string | null;
  /** The statement as the server keeps it, and whether it was cut there. */
  query: string | null;
  cut: boolean;
  /** track_activity_query_size, in bytes. */
  size: string;
  seconds: number | null;
  /** Rights of its role, and ours. */
  theirSuperuser: boolean | null;
  ourSuperuser: boolean | null;
  ourDatabase: string;
};

export const running = `
  SELECT a.usename::text AS "user", a.datname::text AS database, a.state, a.query,
         octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1 AS cut,
         current_setting('track_activity_query_size') AS size,
         extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds,
         t.rolsuper AS "theirSuperuser", o.rolsuper AS "ourSuperuser", current_database()::text AS "ourDatabase"
  FROM pg_stat_activity a LEFT JOIN pg_roles t ON t.oid = a.usesysid LEFT JOIN pg_roles o ON o.rolname = current_user
  WHERE a.pid = $1::int`;

export type ForeignFunctionRow = { name: string };

/**
 * Functions that planning may run although another role wrote them: immutable and stable ones, and those in SQL, whose text
 * is planned in place. The server did not bring them, and their owner is neither a superuser nor ourselves. They are
 * reached by a word of the statement ($1), by a name that is no word somewhere in it ($2), or without being named: by a
 * view, a rule, an operator, a cast, a policy, a default, an index or a constraint (pg_depend).
 */
export const foreignFunctions = `
  SELECT DISTINCT p.proname::text AS name
  FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner JOIN pg_language l ON l.oid = p.prolang
  WHERE (p.provolatile <> 'v' OR l.lanname = 'sql') AND p.oid >= 16384 AND NOT r.rolsuper AND r.rolname <> current_user
    AND (p.proname = ANY ($1::text[])
      OR p.proname::text ~ '[^A-Za-z0-9_$]' AND position(replace(p.proname, '"', '""') IN $2::text) > 0
      OR EXISTS (SELECT FROM pg_depend d
                 WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
                   AND d.classid <> 'pg_trigger'::regclass))
  LIMIT 5`;

export type ParametersRow = { count: number };

export const parametersOf = `
  SELECT coalesce(array_length(parameter_types, 1), 0)::int AS count FROM pg_prepared_statements WHERE name = $1`;
