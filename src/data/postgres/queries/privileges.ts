// What this login may do, asked of the catalogue: nothing is tried out. Runs on PostgreSQL 13 to 18.

export type LoginRow = {
  database: string;
  version: string;
  role: string;
  superuser: boolean;
  inRecovery: boolean;
  /** Version of TLS, or null in clear. */
  tls: string | null;
  /** Through a socket or from the same machine. */
  local: boolean;
  /** Sees other roles' sessions and queries. */
  monitors: boolean;
  /** May end other roles' sessions. */
  signals: boolean;
  /** May ANALYZE and VACUUM every table (a role since PostgreSQL 17). */
  maintains: boolean;
};

// A role that this version does not have gives no row, and so false.
const memberOf = (role: string) =>
  `coalesce((SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = '${role}'), false)`;

/** Who we are there, and over what. */
export const login = `
  SELECT current_database() AS database,
         current_setting('server_version') AS version,
         current_user AS role,
         current_setting('is_superuser') = 'on' AS superuser,
         pg_is_in_recovery() AS "inRecovery",
         (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
         coalesce(inet_client_addr() = inet_server_addr(), true) AS local,
         ${memberOf('pg_read_all_stats')} AS monitors,
         ${memberOf('pg_signal_backend')} AS signals,
         ${memberOf('pg_maintain')} AS maintains`;

export type TableRow = {
  name: string;
  there: boolean;
  maySelect: boolean;
  /** On every column that a remediation writes; null where it writes none. */
  mayUpdate: boolean | null;
  mayMaintain: boolean;
  /** Row level security applies to this role; whether it hides anything depends on the policies. */
  rowSecurity: boolean;
  /** Columns of the runbook that the table does not have. */
  absent: readonly string[];
};

/** The runbook's tables and columns, and those that its remediations write (runbook, Common Procedures). */
export const runbookTables: readonly { name: string; columns: readonly string[]; written: readonly string[] }[] = [
  {
    name: 'studies',
    columns: ['id', 'tenant_id', 'status', 'progress', 'created_at', 'updated_at'],
    written: ['status'],
  },
  {
    name: 'jobs',
    columns: ['id', 'study_id', 'surface_id', 'status', 'error_message', 'attempt_count', 'created_at'],
    written: ['status', 'attempt_count', 'error_message'],
  },
  { name: 'results', columns: [], written: [] },
  {
    name: 'api_keys',
    columns: ['id', 'tenant_id', 'name', 'permissions', 'rate_limit', 'last_used_at', 'created_at', 'revoked'],
    written: ['revoked', 'revoked_at'],
  },
];

const literal = (words: readonly string[]) => `ARRAY[${words.map((word) => `'${word}'`).join(', ')}]::text[]`;
const rows = runbookTables.map((t) => `('${t.name}', ${literal(t.columns)}, ${literal(t.written)})`).join(', ');

/** Each of the runbook's tables in schema $1. MAINTAIN exists since PostgreSQL 17; before, the owner of the table or of the database maintains. */
export const tables = `
  SELECT t.name,
         c.oid IS NOT NULL AS there,
         coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false) AS "maySelect",
         (SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'UPDATE'))
            FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attname = ANY (t.written)) AS "mayUpdate",
         coalesce(pg_has_role(c.relowner, 'USAGE')
           OR (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database())
           OR CASE WHEN current_setting('server_version_num')::int >= 170000
                   THEN has_table_privilege(c.oid, 'MAINTAIN') END, false) AS "mayMaintain",
         coalesce(row_security_active(c.oid), false) AS "rowSecurity",
         ARRAY(SELECT w FROM unnest(t.columns) w
                WHERE c.oid IS NOT NULL
                  AND NOT EXISTS (SELECT FROM pg_attribute a
                                   WHERE a.attrelid = c.oid AND a.attname = w AND NOT a.attisdropped)) AS absent
    FROM (VALUES ${rows}) AS t (name, columns, written)
    LEFT JOIN pg_namespace n ON n.nspname = $1
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name AND c.relkind IN ('r', 'p', 'v', 'm')`;
