import type { DatabaseServer, Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { quoted } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import type { AskSql } from './ask.ts';
import { formRows } from './form-check.ts';
import type { Tables } from './queries/columns.ts';
import { type LoginRow, login, type TableRow, tables } from './queries/privileges.ts';
import { Session } from './session.ts';
import { tablesOf } from './tables.ts';

const area = 'database';

/** The version that has the privilege MAINTAIN. */
const maintainSince = 170_000;

/** Both servers: login, TLS, role, and on the primary every privilege that facts and remediations take. */
export function databaseProbes({ database }: Settings, timeout: Ms): DoctorCheck[] {
  const { primary, replica, schema } = database;
  return [
    probe(
      'primary',
      primary,
      timeout,
      (me, there) => [loginRow('primary', primary, me), ...rights(me, there, schema)],
      schema,
    ),
    ...(replica
      ? [probe('replica', replica, timeout, (me) => [loginRow('replica', replica, me), sees(me, 'replica')])]
      : []),
  ];
}

function probe(
  what: 'primary' | 'replica',
  server: DatabaseServer,
  timeout: Ms,
  checks: (me: LoginRow, there: readonly TableRow[]) => Checkup[],
  schema?: string,
): DoctorCheck {
  const session = new Session(server);
  return {
    area,
    what,
    where: session.where,
    essential: true,
    async run(signal) {
      try {
        const found = await session.read(signal, timeout, async (ask) => {
          const [me] = await ask<LoginRow>(login);
          if (!me) throw new Error('the server did not answer who we are');
          if (schema === undefined) return checks(me, []);
          const asked = await tablesOf(session, schema, ask);
          const there = await ask<TableRow>(tables(asked.form), { values: [schema] });
          return [...checks(me, there), ...(await statesRows(asked, there, ask, timeout))];
        });
        return found.ok ? found.value : [faulty({ area, what }, found.fault, true)];
      } finally {
        await session.close();
      }
    },
  };
}

function loginRow(what: 'primary' | 'replica', server: DatabaseServer, me: LoginRow): Checkup {
  const tls = me.tls ? sanitize(me.tls, 20) : 'without TLS';
  const place = server.host.startsWith('/') ? server.host : `${server.host}:${server.port}`;
  const answer = `PostgreSQL ${sanitize(me.version, 40)} at ${place}, database ${sanitize(me.database, 60)}, as ${sanitize(me.role, 60)}, ${tls}`;
  if (what === 'primary' && me.inRecovery)
    return {
      area,
      what,
      verdict: 'critical',
      answer: `${answer}; in recovery: a replica`,
      todo: 'check database.primary.host: changes need the primary',
    };
  if (what === 'replica' && !me.inRecovery)
    return {
      area,
      what,
      verdict: 'warning',
      answer: `${answer}; not in recovery: promoted, or not a replica`,
      todo: 'check database.replica.host',
    };
  // Where the configuration goes without, that is said of the configuration (encryption).
  if (!me.tls && !me.local && server.sslMode !== 'disable')
    return { area, what, verdict: 'warning', answer, todo: 'all traffic is unencrypted: set sslmode=require' };
  return { area, what, verdict: 'ok', answer };
}

function sees(me: LoginRow, of: string): Checkup {
  const what = of === 'replica' ? 'see all (replica)' : 'see all sessions';
  if (me.monitors || me.superuser) return { area, what, verdict: 'ok', answer: 'all sessions and queries are visible' };
  return {
    area,
    what,
    verdict: 'warning',
    answer: 'sessions, queries and replication of other roles are hidden',
    todo: `GRANT pg_monitor TO ${typed(me.role)};`,
  };
}

function rights(me: LoginRow, there: readonly TableRow[], schema: string): Checkup[] {
  const role = typed(me.role);
  const qualified = (tables: readonly string[]) => tables.map((table) => `${typed(schema)}.${table}`).join(', ');
  const of = (tables: readonly string[]) => tables.flatMap((table) => there.find((one) => one.name === table) ?? []);
  const need = (
    what: string,
    tables: readonly string[],
    verdict: HealthStatus,
    may: (table: TableRow) => boolean | null,
    fine: string,
    grant: string,
  ): Checkup => {
    const gone = of(tables).filter((table) => !table.there);
    if (gone.length > 0)
      return {
        area,
        what,
        verdict,
        answer: `no ${gone.map((table) => table.called).join(', ')} in schema ${sanitize(schema, 60)}`,
        todo: 'check database.schema and the database’s name',
      };
    const lacking = of(tables).filter((table) => table.absent.length > 0);
    if (lacking.length > 0)
      return {
        area,
        what,
        verdict,
        answer: lacking.map((table) => `${table.called} has no ${table.absent.join(', ')}`).join('; '),
        todo: 'the tables differ from the runbook: compare the migrations',
      };
    const refused = of(tables).filter((table) => may(table) === false && !me.superuser);
    if (refused.length === 0) return { area, what, verdict: 'ok', answer: fine };
    const names = refused.map((table) => table.called);
    const owners = [...new Set(refused.flatMap(({ owner }) => (owner === null ? [] : [typed(owner)])))];
    const todo =
      grant === 'MAINTAIN' && me.versionNumber < maintainSince
        ? `GRANT ${owners.join(', ')} TO ${role}; (before PostgreSQL 17 only the owner can)`
        : `GRANT ${grant} ON ${qualified(names)} TO ${role};`;
    return { area, what, verdict, answer: `not allowed: ${names.join(', ')}`, todo };
  };
  const select = (table: TableRow) => table.maySelect;
  const update = (table: TableRow) => table.mayUpdate;
  return [
    need('read studies, jobs', ['studies', 'jobs'], 'critical', select, 'SELECT allowed', 'SELECT'),
    ...rowSecurity(there, role),
    // Prisma's jobs hold their results.
    need(
      of(['results']).length > 0 ? 'read results, api_keys' : 'read api_keys',
      ['results', 'api_keys'],
      'warning',
      select,
      'SELECT allowed',
      'SELECT',
    ),
    sees(me, 'primary'),
    need('retry jobs, cancel studies', ['studies', 'jobs'], 'warning', update, 'UPDATE allowed', 'UPDATE'),
    need('revoke API keys', ['api_keys'], 'warning', update, 'UPDATE allowed', 'UPDATE'),
    {
      area,
      what: 'end sessions',
      ...(me.signals || me.superuser
        ? { verdict: 'ok', answer: 'allowed for all roles' }
        : {
            verdict: 'warning',
            answer: 'allowed for its own role only',
            todo: `GRANT pg_signal_backend TO ${role};`,
          }),
    },
    need(
      'ANALYZE, VACUUM',
      ['studies', 'jobs', 'results'],
      'warning',
      (table) => table.mayMaintain || me.maintains,
      'allowed',
      'MAINTAIN',
    ),
  ];
}

/** The tables and states in use; nothing where they cannot be read, which is said above. */
async function statesRows(
  asked: Tables,
  there: readonly TableRow[],
  ask: AskSql,
  within: Ms,
): Promise<readonly Checkup[]> {
  const { form } = asked;
  const readable = there.every((table) => !['studies', 'jobs'].includes(table.name) || table.maySelect);
  return form.study.there && form.job.there && readable ? formRows(asked, ask, within) : [];
}

/** Reported only if a policy applies: hidden rows look like missing rows. */
function rowSecurity(there: readonly TableRow[], role: string): Checkup[] {
  const secured = there.filter((table) => table.rowSecurity).map((table) => table.called);
  if (secured.length === 0) return [];
  return [
    {
      area,
      what: 'see all rows',
      verdict: 'warning',
      answer: `row level security applies to ${role} on ${secured.join(', ')}: rows can be hidden`,
      todo: `ALTER ROLE ${role} BYPASSRLS; or a policy FOR SELECT TO ${role} USING (true)`,
    },
  ];
}

/** A name as it is typed in SQL. */
const typed = (name: string) => quoted(sanitize(name, 60));
