// Refusals of PostgreSQL and pgbouncer, and the next move: advice must fix the refusal, or not be given.
import { expect, test } from 'vitest';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { isLostConnection, isWrongPassword, postgresFault } from '../../src/data/postgres/faults.ts';
import { refusedStatement } from '../../src/data/postgres/grants.ts';

const server: DatabaseServer = { host: 'db', port: 5432, database: 'bentham', user: 'ops-team', sslMode: 'prefer' };

type Sent = { code: string; message: string; routine?: string; detail?: string; severity?: string };

/** As node-postgres gives what a server sent. */
const sent = ({ message, severity = 'FATAL', ...fields }: Sent) =>
  Object.assign(new Error(message), { severity, ...fields });
const hintOf = (one: Sent, statement?: string) => {
  const error = sent(one);
  return postgresFault(statement === undefined ? error : refusedStatement(error, statement), server);
};

const denied = (message: string, more: Partial<Sent> = {}): Sent => ({
  ...{ code: '42501', message, severity: 'ERROR', routine: 'aclcheck_error' },
  ...more,
});

test.each<readonly [says: string, refusal: Sent, statement: string | undefined, hint: string]>([
  [
    'a read table: SELECT, with its schema',
    denied('permission denied for table jobs'),
    'SELECT 1 FROM "public"."jobs"',
    'GRANT SELECT ON public.jobs TO "ops-team";',
  ],
  [
    'a written one: UPDATE too',
    denied('permission denied for table Study'),
    `UPDATE "bentham"."Study" SET status = 'a; DELETE FROM x'`,
    'GRANT SELECT, UPDATE ON bentham."Study" TO "ops-team";',
  ],
  [
    'rows that are locked: UPDATE too',
    denied('permission denied for table jobs'),
    'SELECT id FROM "public"."jobs" FOR UPDATE',
    'GRANT SELECT, UPDATE ON public.jobs TO "ops-team";',
  ],
  [
    'rows that are added',
    denied('permission denied for table my jobs'),
    'INSERT INTO "a""b"."my jobs" VALUES (1)',
    'GRANT SELECT, INSERT ON "a""b"."my jobs" TO "ops-team";',
  ],
  [
    'no statement known',
    denied('permission denied for view order'),
    undefined,
    'GRANT SELECT ON "order" TO "ops-team";',
  ],
  [
    'a sequence',
    denied('permission denied for sequence Seq', { routine: 'nextval_internal' }),
    undefined,
    'GRANT USAGE ON SEQUENCE "Seq" TO "ops-team";',
  ],
  ['a schema', denied('permission denied for schema Own'), undefined, 'GRANT USAGE ON SCHEMA "Own" TO "ops-team";'],
  ['a function', denied('permission denied for function f'), undefined, 'GRANT EXECUTE ON FUNCTION f TO "ops-team";'],
  [
    'a look at the server',
    denied('permission denied for function pg_ls_waldir'),
    undefined,
    'GRANT pg_monitor TO "ops-team";',
  ],
  [
    'another role’s session',
    denied('permission denied to terminate process', {
      routine: 'pg_terminate_backend',
      detail: 'Only roles … of the "pg_signal_backend" role may terminate this process.',
    }),
    undefined,
    'GRANT pg_signal_backend TO "ops-team";',
  ],
  [
    'a superuser’s session',
    denied('permission denied to terminate process', {
      routine: 'pg_terminate_backend',
      detail: 'Only roles with the SUPERUSER attribute may terminate processes of roles with the SUPERUSER attribute.',
    }),
    undefined,
    'only a superuser can end sessions of a superuser',
  ],
])('a refusal calls for the privilege that was missing: %s', (_, refusal, statement, hint) => {
  expect(hintOf(refusal, statement)).toMatchObject({ kind: 'forbidden', code: '42501', hint });
});

test.each<readonly [string, Sent]>([
  ['a row security policy', denied('new row violates row-level security policy', { routine: 'ExecWithCheckOptions' })],
  ['ownership', denied('must be owner of table jobs')],
  ['a role’s attribute', denied('permission denied to alter role', { routine: 'AlterRole' })],
  ['a parameter', denied('permission denied to set parameter "work_mem"', { routine: 'set_config_with_handle' })],
  ['another language', denied('keine Berechtigung für Tabelle jobs')],
])('no grant is advised where none would cure it: %s', (_, refusal) => {
  expect(hintOf(refusal).hint).not.toMatch(/^GRANT/);
});

test('a table that does not exist lacks no grant, and no migration is advised', () => {
  const { kind, what, hint } = hintOf({ code: '42P01', message: 'relation "public.jobs" does not exist' });
  expect({ kind, what }).toEqual({ kind: 'unconfigured', what: 'relation "public.jobs" does not exist' });
  expect(hint).toContain('database.schema');
  expect(hint).not.toMatch(/GRANT|migrat/i);
});

const full = (message: string, routine?: string): Sent => ({
  ...{ code: '53300', message },
  ...(routine ? { routine } : {}),
});
test.each<readonly [Sent, RegExp]>([
  [
    full('sorry, too many clients already', 'InitProcess'),
    /superuser_reserved_connections.*pg_use_reserved_connections/,
  ],
  [
    full('remaining connection slots are reserved for non-replication superuser connections', 'InitPostgres'),
    /superuser/,
  ],
  // PostgreSQL 16 and later: its words name roles, and the limit is not a role's.
  [full('remaining connection slots are reserved for roles with the SUPERUSER attribute', 'InitPostgres'), /superuser/],
  [
    full('remaining connection slots are reserved for roles with privileges of the "pg_use_reserved_connections" role'),
    /superuser_reserved_connections/,
  ],
  [full('zu viele Verbindungen für Rolle »x«', 'InitializeSessionUserId'), /ALTER ROLE "ops-team" CONNECTION LIMIT/],
  [full('too many connections for database "bentham"', 'CheckMyDatabase'), /ALTER DATABASE bentham CONNECTION LIMIT/],
  [full('no more connections allowed (max_client_conn)'), /raise max_client_conn of pgbouncer/],
])('a full server: whose limit it is decides (%o)', (refusal, hint) => {
  expect(hintOf(refusal)).toMatchObject({ kind: 'refused', hint: expect.stringMatching(hint) });
});

test.each<readonly [Partial<Sent> & { code: string }, kind: string, hint: RegExp]>([
  [{ code: '57P03' }, 'refused', /starting, stopping or recovering/],
  [{ code: '53100' }, 'refused', /disk/],
  [{ code: '53200' }, 'refused', /memory/],
  [{ code: '28P01', routine: 'auth_failed' }, 'forbidden', /PGPASSWORD/],
  [{ code: '28000', routine: 'ClientAuthentication' }, 'forbidden', /pg_hba/],
  [{ code: '28000', routine: 'InitializeSessionUserId' }, 'forbidden', /the role "ops-team" must exist and have LOGIN/],
  [{ code: '3D000' }, 'unconfigured', /PGDATABASE/],
  [{ code: '57014', message: 'canceling statement due to statement timeout' }, 'timeout', /busy|index/],
  [{ code: '57014', message: 'canceling statement due to user request' }, 'timeout', /server log/],
  [{ code: '57014', message: 'Anweisung wird wegen Zeitüberschreitung abgebrochen' }, 'timeout', /busy|index/],
  [{ code: '55P03' }, 'timeout', /another session locks/],
  [{ code: '25006' }, 'refused', /replica.*default_transaction_read_only/],
  [{ code: '40P01' }, 'timeout', /try it again/],
  [{ code: '08006' }, 'unreachable', /log/],
  [{ code: '57P01' }, 'unreachable', /log/],
])('SQLSTATE decides, not the words: %o', (refusal, kind, hint) => {
  expect(hintOf({ message: 'x', ...refusal })).toMatchObject({ kind, hint: expect.stringMatching(hint) });
});

const pooler = (message: string): Sent => ({ code: '08P01', message });
test.each<readonly [message: string, kind: string, hint: RegExp]>([
  ['SASL authentication failed', 'forbidden', /PGPASSWORD.*auth_file/],
  ['password authentication failed', 'forbidden', /PGPASSWORD.*auth_file/],
  ['password authentication failed for user "bentham"', 'forbidden', /\[databases\] or auth_file of pgbouncer/],
  ['no such user: x', 'forbidden', /auth_file/],
  ['no such database: absent', 'unconfigured', /PGDATABASE.*\[databases\]/],
  ['database "nowhere" does not exist', 'unconfigured', /dbname in \[databases\]/],
  ['query_wait_timeout', 'refused', /pool is full, or the server behind it is down/],
  ['no more connections allowed (max_client_conn)', 'refused', /max_client_conn/],
  ['server login has been failing, try again later (server_login_retry)', 'refused', /server behind it/],
  ['transaction blocks not allowed in statement pooling mode', 'unconfigured', /pool_mode=transaction/],
  ['unsupported startup parameter: options', 'unconfigured', /ignore_startup_parameters/],
  ['query timeout', 'timeout', /query_timeout/],
  ['bouncer config error', 'unconfigured', /auth_query/],
  ["invalid command 'SELECT 1', use SHOW HELP;", 'unconfigured', /PGDATABASE/],
  ['not allowed', 'unconfigured', /PGDATABASE/],
  // The server's own words, which pgbouncer hands on.
  ['too many connections for role "bentham"', 'refused', /pool_size/],
  ['sorry, too many clients already', 'refused', /pool_size/],
  ['database "bentham" is not currently accepting connections', 'refused', /ALLOW_CONNECTIONS true/],
  ['role "bentham" is not permitted to log in', 'refused', /LOGIN/],
  ['role "absent" does not exist', 'unconfigured', /user in \[databases\]/],
  ['the database system is starting up', 'refused', /log of the server/],
  ['something new', 'unreachable', /pgbouncer/],
])('pgbouncer’s “%s” has its own cause', (message, kind, hint) => {
  expect(hintOf(pooler(message))).toMatchObject({ kind, code: '08P01', hint: expect.stringMatching(hint) });
});

test('a password that pgbouncer refuses is a wrong one, and no lost connection', () => {
  for (const message of ['SASL authentication failed', 'password authentication failed']) {
    expect(isWrongPassword(sent(pooler(message)))).toBe(true);
    expect(isLostConnection(sent(pooler(message)))).toBe(false);
  }
  expect(isWrongPassword(sent(pooler('query_wait_timeout')))).toBe(false);
  expect(isLostConnection(sent(pooler('something new')))).toBe(true);
});
