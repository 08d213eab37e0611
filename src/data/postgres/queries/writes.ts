// Whether a primary takes writes, as far as it tells without one: nothing is ever written to find out. Our own sessions
// only read, by a setting of their own, which says nothing of the others.

export type WritesRow = {
  /** What a session like ours begins with; null where our own configuration decides it. */
  readOnly: boolean | null;
  /** pg_settings.source: `configuration file`, `database`, `user` … */
  source: string;
  /** Roles that work here, may write jobs, and begin read-only. */
  roles: string[] | null;
  /** synchronous_standby_names, and synchronous_commit as sessions begin with it. */
  standbys: string;
  commit: string;
  /** Standbys that a commit may wait for; null where that is hidden from us. */
  synchronous: number | null;
  /** Commits that have waited for longer than a few seconds: how many, the longest in seconds, what for. */
  waiting: number;
  longest: number | null;
  event: string | null;
  /** Roles that work here and may not log in again: name and why, in pairs. */
  out: [role: string, why: string][] | null;
  /** Others work as our role, and it may not add to and change the studies, or the jobs. */
  refused: boolean;
};

const tables = `pg_class c WHERE c.relname IN ('studies', 'jobs', 'Study', 'Job') AND c.relkind IN ('r', 'p')`;

/** What hinders writes. A role or a database may have a default of its own; ours may come from our own configuration. */
export const writes = `
  WITH set AS MATERIALIZED (
    -- To read one of them is to make the list of all: once.
    SELECT name, reset_val, source FROM pg_settings WHERE name IN ('default_transaction_read_only', 'synchronous_commit')
  ), mine AS (SELECT reset_val = 'on' AS "on", source FROM set WHERE name = 'default_transaction_read_only'
  ), sessions AS MATERIALIZED (
    SELECT usesysid, usename, datname, application_name, backend_type, state, wait_event, query_start FROM pg_stat_activity
  ), own AS (
    SELECT r.rolname, r.oid, d.setdatabase FROM pg_db_role_setting d LEFT JOIN pg_roles r ON r.oid = d.setrole
    WHERE d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND EXISTS (SELECT FROM unnest(d.setconfig) o
                  -- Every unambiguous beginning of a word is one (guc.c, parse_bool).
                  WHERE o ~* '^default_transaction_read_only=(on|t|tr|tru|true|y|ye|yes|1)$')
  ), stuck AS (
    SELECT wait_event, extract(epoch FROM clock_timestamp() - query_start)::float8 AS seconds
    FROM sessions
    WHERE backend_type = 'client backend' AND state = 'active'
      AND lower(wait_event) IN ('syncrep', 'walsync', 'walwrite')
      AND clock_timestamp() - query_start > interval '5 seconds'
  )
  SELECT CASE WHEN mine.source NOT IN ('client', 'session', 'override') THEN mine."on"
              WHEN EXISTS (SELECT FROM own WHERE rolname IS NULL OR rolname = current_user) THEN true END AS "readOnly",
         CASE WHEN mine.source NOT IN ('client', 'session', 'override') THEN mine.source
              WHEN EXISTS (SELECT FROM own WHERE rolname IS NULL) THEN 'database' ELSE 'user' END AS source,
         (SELECT array_agg(DISTINCT own.rolname::text) FROM own
          WHERE own.rolname <> current_user
            AND EXISTS (SELECT FROM sessions a WHERE a.usesysid = own.oid AND a.datname = current_database())
            AND EXISTS (SELECT FROM ${tables} AND has_any_column_privilege(own.oid, c.oid, 'UPDATE'))) AS roles,
         (SELECT array_agg(ARRAY[o.rolname::text, o.why] ORDER BY o.rolname)
          FROM (SELECT r.rolname, r.oid,
                       CASE WHEN NOT d.datallowconn THEN 'closed'
                            WHEN NOT r.rolcanlogin THEN 'login'
                            WHEN d.datconnlimit = 0 AND NOT r.rolsuper THEN 'full'
                            WHEN r.rolconnlimit = 0 AND NOT r.rolsuper THEN 'limit'
                            WHEN r.rolvaliduntil < clock_timestamp() THEN 'expired'
                            WHEN NOT has_database_privilege(r.oid, d.oid, 'CONNECT') THEN 'connect' END AS why
                FROM pg_roles r JOIN pg_database d ON d.datname = current_database()) o
          WHERE o.why IS NOT NULL
            AND EXISTS (SELECT FROM sessions a
                        WHERE a.usesysid = o.oid AND a.datname = current_database()))
           AS out,
         current_setting('synchronous_standby_names') AS standbys,
         (SELECT reset_val FROM set WHERE name = 'synchronous_commit') AS commit,
         (SELECT CASE WHEN count(*) = count(state)
                      THEN count(*) FILTER (WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming') END::int
          FROM pg_stat_replication) AS synchronous,
         (SELECT count(*) FROM stuck)::int AS waiting,
         (SELECT max(seconds) FROM stuck) AS longest,
         (SELECT wait_event FROM stuck ORDER BY seconds DESC LIMIT 1) AS event,
         EXISTS (SELECT FROM ${tables}
                 GROUP BY c.relname IN ('studies', 'Study')
                 -- An old copy in another schema says nothing.
                 HAVING NOT bool_or(has_any_column_privilege(c.oid, 'UPDATE') AND has_any_column_privilege(c.oid, 'INSERT')))
           AND EXISTS (SELECT FROM sessions a
                       WHERE a.usename = current_user AND a.datname = current_database()
                         AND a.application_name NOT LIKE 'bentham-cockpit%') AS refused
  FROM mine`;
