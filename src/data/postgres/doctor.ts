import type { DatabaseServer, Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import type { Verdict } from '../../core/health/status.ts';
import { door } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Probe } from '../doctor-check.ts';
import { type LoginRow, login, type TableRow, tables } from './queries/privileges.ts';
import { Session } from './session.ts';

const area = 'database';

/** Both servers: login, TLS, role, and on the primary every privilege that facts and remediations take. */
export function databaseProbes({ database }: Settings, timeout: Ms): Probe[] {
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
  judge: (me: LoginRow & { latency: Ms }, there: readonly TableRow[]) => Checkup[],
  schema?: string,
): Probe {
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
          if (!me) throw new Error('the server does not say who we are');
          const begun = performance.now();
          const there = schema === undefined ? [] : await ask<TableRow>(tables, { values: [schema] });
          return judge({ ...me, latency: performance.now() - begun }, there);
        });
        return found.ok ? found.value : [faulty({ area, what }, found.fault, true)];
      } finally {
        await session.close();
      }
    },
  };
}

function loginRow(what: 'primary' | 'replica', server: DatabaseServer, me: LoginRow): Checkup {
  const tls = me.tls ? door(me.tls, 20) : 'without TLS';
  const place = server.host.startsWith('/') ? server.host : `${server.host}:${server.port}`;
  const answer = `PostgreSQL ${door(me.version, 40)} at ${place}, database ${door(me.database, 60)}, as ${door(me.role, 60)}, ${tls}`;
  if (what === 'primary' && me.inRecovery)
    return {
      area,
      what,
      verdict: 'critical',
      answer: `${answer}; it is in recovery: a replica`,
      todo: 'check database.primary.host: changes need the primary',
    };
  if (what === 'replica' && !me.inRecovery)
    return {
      area,
      what,
      verdict: 'warning',
      answer: `${answer}; it is not in recovery: it was promoted, or is no replica`,
      todo: 'check database.replica.host',
    };
  // Where the configuration goes without, that is said of the configuration (encryption).
  if (!me.tls && !me.local && server.sslMode !== 'disable')
    return { area, what, verdict: 'warning', answer, todo: 'all of it crosses the network in clear: sslmode=require' };
  return { area, what, verdict: 'ok', answer };
}

function sees(me: LoginRow, of: string): Checkup {
  const what = of === 'replica' ? 'see all (replica)' : 'see all sessions';
  if (me.monitors || me.superuser) return { area, what, verdict: 'ok', answer: 'sees every session and query' };
  return {
    area,
    what,
    verdict: 'warning',
    answer: 'sessions, queries and replication of other roles are hidden',
    todo: `GRANT pg_monitor TO ${name(me.role)};`,
  };
}

function rights(me: LoginRow, there: readonly TableRow[], schema: string): Checkup[] {
  const role = name(me.role);
  const qualified = (tables: readonly string[]) => tables.map((table) => `${name(schema)}.${table}`).join(', ');
  const of = (tables: readonly string[]) => tables.flatMap((table) => there.find((one) => one.name === table) ?? []);
  const need = (
    what: string,
    tables: readonly string[],
    verdict: Verdict,
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
        answer: `there is no ${gone.map((table) => table.name).join(', ')} in schema ${door(schema, 60)}`,
        todo: 'check database.schema and the database’s name',
      };
    const lacking = of(tables).filter((table) => table.absent.length > 0);
    if (lacking.length > 0)
      return {
        area,
        what,
        verdict,
        answer: lacking.map((table) => `${table.name} has no ${table.absent.join(', ')}`).join('; '),
        todo: 'the tables differ from the runbook’s: compare the migrations',
      };
    const refused = of(tables).filter((table) => may(table) === false && !me.superuser);
    if (refused.length === 0) return { area, what, verdict: 'ok', answer: fine };
    const names = refused.map((table) => table.name);
    return {
      area,
      what,
      verdict,
      answer: `may not: ${names.join(', ')}`,
      todo: `GRANT ${grant} ON ${qualified(names)} TO ${role};`,
    };
  };
  const select = (table: TableRow) => table.maySelect;
  const update = (table: TableRow) => table.mayUpdate;
  return [
    need('read studies, jobs', ['studies', 'jobs'], 'critical', select, 'may SELECT', 'SELECT'),
    ...rowSecurity(there, role),
    need('read results, api_keys', ['results', 'api_keys'], 'warning', select, 'may SELECT', 'SELECT'),
    sees(me, 'primary'),
    need('retry jobs, cancel studies', ['studies', 'jobs'], 'warning', update, 'may UPDATE', 'UPDATE'),
    need('revoke API keys', ['api_keys'], 'warning', update, 'may UPDATE', 'UPDATE'),
    {
      area,
      what: 'end sessions',
      ...(me.signals || me.superuser
        ? { verdict: 'ok', answer: 'may end other roles’ sessions' }
        : {
            verdict: 'warning',
            answer: 'may end its own role’s sessions only',
            todo: `GRANT pg_signal_backend TO ${role};`,
          }),
    },
    need(
      'ANALYZE, VACUUM',
      ['studies', 'jobs', 'results'],
      'warning',
      (table) => table.mayMaintain || me.maintains,
      'may maintain the tables',
      'MAINTAIN',
    ),
  ];
}

/** Said only where it is so: what a policy hides looks like rows that are not there. */
function rowSecurity(there: readonly TableRow[], role: string): Checkup[] {
  const secured = there.filter((table) => table.rowSecurity).map((table) => table.name);
  if (secured.length === 0) return [];
  return [
    {
      area,
      what: 'see all rows',
      verdict: 'warning',
      answer: `row level security applies to ${role} on ${secured.join(', ')}: rows may be hidden`,
      todo: `ALTER ROLE ${role} BYPASSRLS; or a policy FOR SELECT TO ${role} USING (true)`,
    },
  ];
}

/** A name as it would be typed, quoted where it has to be. */
function name(text: string): string {
  const safe = door(text, 60);
  return /^[a-z_][a-z0-9_$]*$/.test(safe) ? safe : `"${safe.replaceAll('"', '""')}"`;
}
