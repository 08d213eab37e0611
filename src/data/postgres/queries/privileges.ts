// The privileges of this login, from the catalogue: nothing is tried. Runs on PostgreSQL 13 to 18.
import { type Form, plainName } from '../../../core/platform/form.ts';
import type { ColumnId } from '../../../core/platform/mapping.ts';
import { literal } from '../../../core/text/sql.ts';

export type LoginRow = {
  database: string;
  version: string;
  /** `150004`: PostgreSQL 15.4. */
  versionNumber: number;
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

/** Our role, and our connection. */
export const login = `
  SELECT current_database() AS database,
         current_setting('server_version') AS version,
         current_setting('server_version_num')::int AS "versionNumber",
         current_user AS role,
         current_setting('is_superuser') = 'on' AS superuser,
         pg_is_in_recovery() AS "inRecovery",
         (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
         coalesce(inet_client_addr() = inet_server_addr(), true) AS local,
         ${memberOf('pg_read_all_stats')} AS monitors,
         ${memberOf('pg_signal_backend')} AS signals,
         ${memberOf('pg_maintain')} AS maintains`;

export type TableRow = {
  /** The runbook's name of it, and what it is called here. */
  name: string;
  called: string;
  there: boolean;
  maySelect: boolean;
  /** On every column that a remediation writes; null where it writes none. */
  mayUpdate: boolean | null;
  mayMaintain: boolean;
  /** The role that owns it; null where it does not exist. */
  owner: string | null;
  /** Row level security applies to this role; whether it hides anything depends on the policies. */
  rowSecurity: boolean;
  /** Columns that are read or written and that the table does not have. */
  absent: readonly string[];
};

type Asked = { name: string; called: string; columns: readonly string[]; written: readonly string[] };

/** The tables with the columns that are read, and those that remediations write, as this database calls them. */
function tablesAsked({ study, job, apiKey }: Form): readonly Asked[] {
  const s = (...ids: ColumnId<'study'>[]) => ids.map((id) => plainName('study', study, id));
  const j = (...ids: ColumnId<'job'>[]) => ids.map((id) => plainName('job', job, id));
  const k = (...ids: ColumnId<'apiKey'>[]) => ids.map((id) => plainName('apiKey', apiKey, id));
  const cells = !study.columns.progress && study.columns.totalCells !== undefined;
  const result = !job.columns.error && job.columns.result !== undefined;
  const active = !apiKey.columns.revoked && apiKey.columns.active !== undefined;
  return [
    {
      name: 'studies',
      called: study.name,
      columns: [
        ...s('id', 'tenant', 'status', 'created'),
        ...(cells ? s('totalCells', 'completedCells', 'completed') : s('progress', 'updated')),
      ],
      written: s('status'),
    },
    {
      name: 'jobs',
      called: job.name,
      columns: j('id', 'study', 'surface', 'status', result ? 'result' : 'error', 'attempts', 'created'),
      written: j('status', 'attempts', result ? 'result' : 'error'),
    },
    // Prisma's jobs hold their results.
    ...(result ? [] : [{ name: 'results', called: 'results', columns: [], written: [] }]),
    {
      name: 'api_keys',
      called: apiKey.name,
      columns: active
        ? k('id', 'tenant', 'name', 'permissions', 'lastUsed', 'created', 'active')
        : k('id', 'tenant', 'name', 'permissions', 'rateLimit', 'lastUsed', 'created', 'revoked'),
      written: active ? k('active') : k('revoked', 'revokedAt'),
    },
  ];
}

const list = (words: readonly string[]) => `ARRAY[${words.map(literal).join(', ')}]::text[]`;

const valuesOf = (form: Form) =>
  tablesAsked(form)
    .map((t) => `(${literal(t.name)}, ${literal(t.called)}, ${list(t.columns)}, ${list(t.written)})`)
    .join(', ');

/** Each of the tables in schema $1. MAINTAIN exists since PostgreSQL 17; before, the owner of the table or of the database maintains. */
export const tables = (form: Form) => `
  SELECT t.name, t.called,
         c.oid IS NOT NULL AS there,
         coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false) AS "maySelect",
         (SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'UPDATE'))
            FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attname = ANY (t.written)) AS "mayUpdate",
         coalesce(pg_has_role(c.relowner, 'USAGE')
           OR (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = current_database())
           OR CASE WHEN current_setting('server_version_num')::int >= 170000
                   THEN has_table_privilege(c.oid, 'MAINTAIN') END, false) AS "mayMaintain",
         pg_get_userbyid(c.relowner)::text AS owner,
         coalesce(row_security_active(c.oid), false) AS "rowSecurity",
         ARRAY(SELECT w FROM unnest(t.columns) w
                WHERE c.oid IS NOT NULL
                  AND NOT EXISTS (SELECT FROM pg_attribute a
                                   WHERE a.attrelid = c.oid AND a.attname = w AND NOT a.attisdropped)) AS absent
    FROM (VALUES ${valuesOf(form)}) AS t (name, called, columns, written)
    LEFT JOIN pg_namespace n ON n.nspname = $1
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.called AND c.relkind IN ('r', 'p', 'v', 'm')`;
