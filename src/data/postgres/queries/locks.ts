// Locks that keep everybody from a table.

export type HolderRow = {
  /** Null: a prepared transaction, which has no session. */
  pid: number | null;
  user: string | null;
  table: string;
  /** Age of its transaction. */
  seconds: number | null;
  /** False: it waits itself, and everybody who comes after it waits behind it. */
  granted: boolean;
  /** The prepared transaction's identifier. */
  prepared: string | null;
  /** Whom it waits for; 0 is a prepared transaction. */
  behind: number[] | null;
};

/** ACCESS EXCLUSIVE is the only lock that keeps a reader out (PostgreSQL documentation, 13.3.1). $1: quoted names. */
export const lockHolders = `
  SELECT l.pid, a.usename::text AS "user", l.relation::regclass::text AS table, l.granted,
         extract(epoch FROM clock_timestamp() - coalesce(p.prepared, a.xact_start))::float8 AS seconds,
         p.gid AS prepared, CASE WHEN NOT l.granted THEN pg_blocking_pids(l.pid) END AS behind
  FROM pg_locks l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  -- A prepared transaction keeps the lock on its own number beside the others.
  LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted
                      AND x.virtualtransaction = l.virtualtransaction
  LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.relation IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS t (name))
  ORDER BY l.granted DESC, seconds DESC NULLS LAST
  LIMIT 1`;
