// Read-only statements for plans and proofs: one session per server, every statement in a READ ONLY transaction.
import type { Settings } from '../../config/settings.ts';
import type { SqlValue } from '../../core/actions/call.ts';
import type { Need, SqlRow } from '../../core/actions/preflight.ts';
import type { Tables } from '../../core/platform/tables.ts';
import { quoted } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Database } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import type { SqlParameter } from './ask.ts';
import { readServer } from './server.ts';
import { Session } from './session.ts';
import { openSessions } from './sessions.ts';
import { tablesOf } from './tables.ts';

const within: Ms = 10 * second;
/** A full poll: silence until its end proves that the server is down. */
const lookWithin: Ms = 5 * second;
const longestText = 4000;

/** Whether this role may do that to a table; `hint`: what would allow it. */
export type TableAccess = { allowed: true } | { allowed: false; what: string; hint: string };

export class PostgresPreflight {
  readonly #settings: Settings['database'];
  readonly #signal: AbortSignal;
  readonly #sessions = new Map<'primary' | 'replica', Session>();

  constructor(settings: Settings['database'], signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    this.#sessions.clear();
  }

  async look(server: 'primary' | 'replica'): Promise<Result<Database>> {
    const session = this.#session(server);
    return session ? readServer(session, lookWithin, this.#signal) : notConfigured(server);
  }

  async rows(
    server: 'primary' | 'replica',
    text: string,
    parameters: readonly SqlValue[],
  ): Promise<Result<readonly SqlRow[]>> {
    const session = this.#session(server);
    if (!session) return notConfigured(server);
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(within)]);
    return session.read(signal, within * 0.8, async (ask) => {
      const rows = await ask<Record<string, unknown>>(text, { values: parameters.map(parameter) });
      return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, safe(value)])));
    });
  }

  async who(server: 'primary' | 'replica') {
    const found = await this.rows(
      server,
      `SELECT current_database() AS database, current_user AS role, pg_is_in_recovery() AS recovering,
         coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'local socket') AS server`,
      [],
    );
    if (!found.ok) return found;
    const [row] = found.value;
    return {
      ok: true as const,
      value: {
        database: String(row?.database ?? ''),
        user: String(row?.role ?? ''),
        server: this.#session(server)?.where ?? String(row?.server ?? ''),
        inRecovery: row?.recovering === true,
      },
    };
  }

  /** Tables, columns and states of the primary. */
  async tables(): Promise<Result<Tables>> {
    const session = this.#session('primary');
    if (!session) return notConfigured('primary');
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(within)]);
    return session.read(signal, within * 0.8, (ask) => tablesOf(session, this.#settings.schema, ask));
  }

  /** Privileges on a table of the primary. MAINTAIN came with PostgreSQL 17; before it, only owners may. */
  async allowed(need: Extract<Need, { kind: 'table' }>): Promise<Result<TableAccess>> {
    const tables = await this.tables();
    if (!tables.ok) return tables;
    const { study, job, apiKey } = tables.value.form;
    const table = { studies: study.name, jobs: job.name, api_keys: apiKey.name }[need.table] ?? need.table;
    const name = `${quoted(need.schema)}.${quoted(table)}`;
    const found = await this.rows(
      'primary',
      `SELECT to_regclass(quote_ident($1) || '.' || quote_ident($2)) IS NOT NULL AS there,
         (SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
          WHERE oid = to_regclass(quote_ident($1) || '.' || quote_ident($2))) AS owns,
         (SELECT pg_get_userbyid(relowner)::text FROM pg_class
          WHERE oid = to_regclass(quote_ident($1) || '.' || quote_ident($2))) AS owner,
         current_user::text AS role,
         (SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database
          WHERE datname = current_database()) AS "ownsDatabase",
         current_setting('server_version_num')::int AS version`,
      [need.schema, table],
    );
    if (!found.ok) return found;
    const [row] = found.value;
    const no = (what: string, hint: string) => ({ ok: true as const, value: { allowed: false as const, what, hint } });
    if (row?.there !== true)
      return need.mayBeAbsent
        ? { ok: true, value: { allowed: true } }
        : no(`there is no table ${name}`, 'check database.schema, and the database’s name');
    if (row.owns === true) return { ok: true, value: { allowed: true } };
    const [role, owner] = [quoted(String(row.role)), quoted(String(row.owner))];
    for (const privilege of need.privileges) {
      // The owner of a database may maintain its tables, in every version.
      if (privilege === 'MAINTAIN' && row.ownsDatabase === true) continue;
      if (privilege === 'MAINTAIN' && Number(row.version) < 170_000)
        return no(
          `only the owner of ${name} (${owner}) or of the database can do that`,
          `log in as ${owner}, or GRANT ${owner} TO ${role}; before PostgreSQL 17 there is no smaller grant`,
        );
      const has = await this.rows(
        'primary',
        `SELECT has_table_privilege(to_regclass(quote_ident($1) || '.' || quote_ident($2))::oid, $3) AS has`,
        [need.schema, table, privilege],
      );
      if (!has.ok) return has;
      if (has.value[0]?.has !== true)
        return no(
          `${privilege} on ${name} is not granted`,
          `GRANT ${need.privileges.join(', ')} ON ${name} TO ${role};`,
        );
    }
    return { ok: true, value: { allowed: true } };
  }

  #session(server: 'primary' | 'replica'): Session | undefined {
    const settings = this.#settings[server];
    if (!settings) return undefined;
    const session = this.#sessions.get(server) ?? new Session(settings, () => openSessions(this.#settings, server));
    this.#sessions.set(server, session);
    return session;
  }
}

function notConfigured(server: 'primary' | 'replica'): { ok: false; fault: Fault } {
  const what = `no ${server} is configured`;
  return { ok: false, fault: { kind: 'unconfigured', where: server, what, hint: `set database.${server}` } };
}

function parameter(value: SqlValue): SqlParameter {
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? value.map(String) : (value as string | number | null);
}

function safe(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return sanitize(value, longestText);
  if (Array.isArray(value)) return value.map(safe);
  return typeof value === 'object' && value !== null ? sanitize(JSON.stringify(value), longestText) : value;
}
