// What a PostgreSQL server is asked about itself. Runs on PostgreSQL 13 to 18; nothing here needs a privilege to run,
// but without pg_read_all_stats (or pg_monitor) the server hides other roles' sessions behind nulls.

export type WhoRow = {
  database: string;
  version: string;
  inRecovery: boolean;
  role: string;
  seesAll: boolean;
  /** When the server was started, in seconds: two addresses with the same are the same server. */
  started: number;
};

/** Who answers, in which role, and whether it shows us everything. */
export const who = `
  SELECT current_database() AS database,
         current_setting('server_version') AS version,
         pg_is_in_recovery() AS "inRecovery",
         current_user AS role,
         extract(epoch FROM pg_postmaster_start_time())::float8 AS started,
         pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesAll"`;

export type IdentityRow = { identity: string };

/** What no two servers, databases or roles have in common. */
export const identity = `
  SELECT concat_ws(' ', to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
                   d.oid, d.datname, current_user, session_user) AS identity
    FROM pg_database d
   WHERE d.datname = current_database()`;

export type ConnectionsRow = {
  used: number;
  active: number;
  idle: number;
  idleInTransaction: number;
  limit: number;
  /** `role bentham`, `database bentham`: whose own limit is nearest; null where none has one. */
  nearest: string | null;
  nearestUsed: number | null;
  nearestLimit: number | null;
  /** Sessions of cockpits, as far as our role sees them. */
  cockpits: number;
};

/**
 * Connections of clients, and how many applications may have: max_connections less what is kept for superusers and
 * (from PostgreSQL 16) for roles with pg_use_reserved_connections. A session that is hidden from us has no
 * backend_type, but a client's has a database and a user. Beside it the fullest of the limits that a role in use
 * (superusers have none) or this database has of its own: applications may run into it long before.
 */
export const connections = `
  WITH clients AS (
    SELECT state, datid, usesysid, application_name FROM pg_stat_activity
    WHERE backend_type = 'client backend'
       OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL)
  ), own (whose, used, most) AS (
    SELECT 'role ' || r.rolname, count(*)::int, r.rolconnlimit
    FROM pg_roles r JOIN clients c ON c.usesysid = r.oid
    WHERE r.rolconnlimit > 0 AND NOT r.rolsuper GROUP BY r.rolname, r.rolconnlimit
    UNION ALL
    SELECT 'database ' || d.datname, count(*)::int, d.datconnlimit
    FROM pg_database d JOIN clients c ON c.datid = d.oid
    WHERE d.datconnlimit > 0 AND d.datname = current_database() GROUP BY d.datname, d.datconnlimit
  ), nearest AS (SELECT * FROM own ORDER BY used::float8 / most DESC LIMIT 1)
  SELECT (SELECT whose FROM nearest) AS nearest, (SELECT used FROM nearest) AS "nearestUsed",
         (SELECT most FROM nearest) AS "nearestLimit",
         count(*)::int AS used,
         (count(*) FILTER (WHERE application_name = 'bentham-cockpit'))::int AS cockpits,
         (count(*) FILTER (WHERE state IN ('active', 'fastpath function call')))::int AS active,
         (count(*) FILTER (WHERE state = 'idle'))::int AS idle,
         (count(*) FILTER (WHERE state LIKE 'idle in transaction%'))::int AS "idleInTransaction",
         current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS "limit"
  FROM clients`;

export type LagRow = {
  bytes: number | null;
  /** Seconds. */
  seconds: number | null;
  streaming: boolean | null;
  /** On a primary: replicas that are connected. On a replica: 1 when it has a receiver. */
  peers: number;
  /** On a replica: replay is paused. */
  paused?: boolean;
  /** On a replica: the end of what it had received. */
  received?: string | null;
  /** On a replica: how far it has replayed, and the bytes that it has received and not replayed. */
  replayed?: string | null;
  waiting?: number | null;
  /** On a replica with a receiver: seconds since it heard something last, and from whom; null where that is hidden. */
  silence?: number | null;
  sender?: string | null;
};

/**
 * On a primary: the furthest physical replica. replay_lag is null when a replica has replayed everything and nothing
 * was written since. Whoever only receives (a base backup, pg_receivewal, a subscription) replays nothing.
 */
export const lagOfPrimary = `
  SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::float8 AS bytes,
         CASE WHEN max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)) <= 0 THEN 0
              ELSE extract(epoch FROM max(r.replay_lag))::float8 END AS seconds,
         bool_and(r.state = 'streaming') AS streaming,
         count(*)::int AS peers
  FROM pg_stat_replication r
  LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
  WHERE r.state IS DISTINCT FROM 'backup' AND s.slot_type IS DISTINCT FROM 'logical'
    AND (r.replay_lsn IS NOT NULL OR r.state IS DISTINCT FROM 'streaming')`;

/** On an Aurora reader, which receives no WAL: the lag that its cluster reports. */
export const lagOfAurora = `
  SELECT NULL::float8 AS bytes, replica_lag_in_msec::float8 / 1000 AS seconds, true AS streaming, 1 AS peers
  FROM aurora_replica_status() WHERE server_id = aurora_db_instance_identifier()`;

/**
 * On a replica: what it knows of the primary's log less what it has replayed, and the age of the last transaction it
 * replayed. Caught up and streaming is 0, however long the primary has been quiet. Cut off, it cannot know what it lacks:
 * bytes is null. A receiver that heard nothing for three quarters of its time-out (the primary's side answers a ping
 * after a half) has lost the primary, though it does not say so yet.
 */
export const lagOfReplica = `
  SELECT here.received::text AS received, here.replayed::text AS replayed,
         pg_wal_lsn_diff(here.received, here.replayed)::float8 AS waiting, w.silence, w.sender,
         CASE WHEN w.heard THEN
           pg_wal_lsn_diff(greatest(here.received, w.latest_end_lsn), here.replayed)::float8 END AS bytes,
         CASE WHEN w.heard AND here.replayed >= here.received THEN 0
              ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END AS seconds,
         coalesce(w.heard, false) AS streaming,
         (w.pid IS NOT NULL)::int AS peers,
         pg_is_wal_replay_paused() AS paused
  FROM (SELECT pg_last_wal_receive_lsn() AS received, pg_last_wal_replay_lsn() AS replayed) here
  LEFT JOIN LATERAL (
    SELECT pid, latest_end_lsn, sender_host || ':' || sender_port AS sender,
           extract(epoch FROM clock_timestamp() - last_msg_receipt_time)::float8 AS silence,
           -- Hidden from us are all columns but the pid.
           coalesce(status = 'streaming', true) AND NOT coalesce(
             limits.patience > 0 AND extract(epoch FROM clock_timestamp() - last_msg_receipt_time) > limits.patience * 0.75,
             false) AS heard
    FROM pg_stat_wal_receiver,
         (SELECT setting::float8 / 1000 AS patience FROM pg_settings WHERE name = 'wal_receiver_timeout') limits
  ) w ON true`;

export type ReplayRow = { passed: boolean };

/** Whether replay has passed position $1. */
export const replayPassed = `SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS passed`;

export type SlotRow = {
  name: string;
  kind: string;
  active: boolean;
  bytes: number | null;
  state: string | null;
  /** max_slot_wal_keep_size in bytes; null without a limit. */
  most: number | null;
};

/**
 * Log that is kept for a slot that nobody reads fills the disk. wal_status exists from 13 on. A slot that a standby
 * keeps ready for a failover (17 and later: synced) is nobody's to read.
 */
export const slots = `
  SELECT s.slot_name AS name, s.slot_type AS kind, s.active, to_jsonb(s) ->> 'wal_status' AS state,
         pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery()
                              THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                              ELSE pg_current_wal_lsn() END, s.restart_lsn)::float8 AS bytes,
         nullif(pg_size_bytes(current_setting('max_slot_wal_keep_size')), -1)::float8 AS most
  FROM pg_replication_slots s
  WHERE coalesce(to_jsonb(s) ->> 'synced', 'false') = 'false'
  ORDER BY bytes DESC NULLS LAST, s.slot_name LIMIT 50`;

export type IdAgeRow = { database: string; kind: 'transactions' | 'multixacts'; age: number; freezeAt: number };

/** Of each kind of ids the database that is nearest to running out of them. template0 counts as all others do. */
export const idAges = `
  (SELECT datname AS database, 'transactions' AS kind, age(datfrozenxid)::float8 AS age,
          current_setting('autovacuum_freeze_max_age')::float8 AS "freezeAt"
   FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 1)
  UNION ALL
  (SELECT datname, 'multixacts', mxid_age(datminmxid)::float8,
          current_setting('autovacuum_multixact_freeze_max_age')::float8
   FROM pg_database ORDER BY mxid_age(datminmxid) DESC LIMIT 1)`;

export type TransactionRow = { pid: number; seconds: number; user: string | null; query: string | null };

/** The oldest open transaction of a client other than us. */
export const longestTransaction = `
  SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds,
         usename AS "user", left(query, 1000) AS query
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
  ORDER BY xact_start
  LIMIT 1`;

export type BlockedRow = { pid: number; blockedBy: number[]; seconds: number | null; query: string | null };

/** Sessions that wait for a lock, longest first, with those they wait for. pg_locks.waitstart exists from 14 on. */
export const blocked = `
  SELECT l.pid, pg_blocking_pids(l.pid) AS "blockedBy", left(a.query, 1000) AS query,
         extract(epoch FROM clock_timestamp()
           - coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start))::float8 AS seconds
  FROM (SELECT DISTINCT ON (pid) * FROM pg_locks WHERE NOT granted AND pid IS NOT NULL) l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  ORDER BY seconds DESC NULLS LAST
  LIMIT 50`;
