// What an error of PostgreSQL, of its client or of the network below means, in the on-call's words.
import type { DatabaseServer } from '../../config/settings.ts';
import { quoted } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Fault, FaultKind } from '../../core/world/reading.ts';
import { explainNetworkError, networkCode } from '../network.ts';
import { grantFor } from './grants.ts';
import {
  explainHandedOn,
  explainPooler,
  noServerConnection,
  poolerRefusesPassword,
  refusedByPooler,
} from './pooler.ts';
import { UnreadableFile } from './tls.ts';

/** Which server, as an on-call names it. */
export function whereOf(server: Pick<DatabaseServer, 'host' | 'port'>): string {
  return server.host.startsWith('/') ? `${server.host}/.s.PGSQL.${server.port}` : `${server.host}:${server.port}`;
}

/** The server answered with something that is not PostgreSQL's protocol. */
export class NotPostgres extends Error {}

/** The server wants the password itself, over a connection that others can read. It was not sent. */
export class PasswordInClear extends Error {}

/** A pgbouncer answers, and lets us wait for a connection to the server behind it. */
export class PoolerHolds extends Error {}

/** A column holds a day where the hour counts. */
export class NoHour extends Error {}

/** A query that timed out on a lock, with the lock's holder. */
export class LockHeld extends Error {
  readonly fault: Pick<Fault, 'kind' | 'what' | 'hint' | 'blocker'>;
  constructor(fault: LockHeld['fault']) {
    super(fault.what);
    this.fault = fault;
  }
}

/** SQLSTATE (PostgreSQL documentation, appendix A) of an error that the server sent. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined;
}

/** Whether the connection was lost, so that a read may be repeated once on a new one. */
export function isLostConnection(error: unknown): boolean {
  const state = sqlState(error);
  // A pooler refuses for a reason that stays.
  if (state === '08P01') return !refusedByPooler(error instanceof Error ? error.message : '');
  if (state) return /^(57P01|57P02|57P05|08...|25P03)$/.test(state);
  if (error instanceof NotPostgres || error instanceof UnreadableFile || !(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || /^Connection terminated|not queryable/.test(error.message);
}

type Known = [kind: FaultKind, what: string, hint: string];

/** Converts whatever a connection or a read failed with. `doing`: what was read, for faults that need it. */
export function postgresFault(error: unknown, server: DatabaseServer): Fault {
  const where = whereOf(server);
  if (error instanceof LockHeld) return { ...error.fault, where };
  const state = sqlState(error);
  const said = sanitize(error instanceof Error ? error.message : error, 300);
  const [kind, what, hint] = state ? explainState(state, said, server, error) : explainClient(error, said, server);
  const code = state ?? networkCode(error);
  return { kind, where, what, hint, code };
}

const otherTables = 'the table differs from the runbook: compare the deployed migration';

function explainState(state: string, said: string, server: DatabaseServer, error: unknown): Known {
  const role = server.user;
  switch (state) {
    case '57P03':
      return ['refused', said, 'it is starting, stopping or recovering: check its log'];
    case '53300':
      return ['refused', `too many connections: ${said}`, roomFor(error, said, server)];
    case '08P01':
      return (
        explainPooler(said, role) ??
        explainHandedOn(said) ?? ['unreachable', `${said} (08P01)`, 'check the log of the server, and of pgbouncer']
      );
    case '53100':
    case '53200':
      return [
        'refused',
        said,
        state === '53100' ? 'free space on the database disk' : 'free memory on the database host',
      ];
    case '28P01':
      return [
        'forbidden',
        `password authentication failed for ${role}`,
        'set PGPASSWORD, or a line in ~/.pgpass (chmod 600)',
      ];
    case '28000':
      return routineOf(error) === 'InitializeSessionUserId'
        ? ['forbidden', said, `check PGUSER: the role ${quoted(role)} must exist and have LOGIN`]
        : ['forbidden', said, 'compare user, database and sslmode with pg_hba.conf on the server'];
    case '55000':
      if (routineOf(error) === 'CheckMyDatabase')
        return [
          'refused',
          said,
          `from another database: ALTER DATABASE ${quoted(server.database)} ALLOW_CONNECTIONS true;`,
        ];
      return ['malformed', `${said} (55000)`, 'check the server log'];
    case '3D000':
      return ['unconfigured', said, 'set PGDATABASE, or database.primary.database in the configuration'];
    case '42501':
      return ['forbidden', said, grantFor(error, role)];
    case '42P01':
    case '3F000':
      return ['unconfigured', said, 'set database.schema to the schema that holds studies and jobs'];
    case '42703':
    case '42804':
    case '42883':
      return ['unconfigured', said, otherTables];
    case '22P02':
      return ['malformed', said, 'not a valid id or state in this database: check it'];
    case '57014':
      return /user request/.test(said)
        ? ['timeout', 'another user cancelled the query', 'the server log says when; try it again']
        : ['timeout', 'the query timed out and was cancelled', 'the server is busy, or an index is missing'];
    case '55P03':
      return ['timeout', 'lock timeout', 'another session locks the table: see the blocked sessions'];
    case '25006':
      return [
        'refused',
        'the server accepts no writes: in recovery, or set read-only',
        'a replica? point database.primary at the primary; else check default_transaction_read_only',
      ];
    case '40001':
    case '40P01':
      return ['timeout', said, 'it conflicts with another transaction, or on a replica with recovery: try it again'];
    case '57P01':
    case '57P02':
    case '57P05':
    case '25P03':
      return [
        'unreachable',
        `the server closed the connection: ${said}`,
        'it was ended, timed out, or the server stops: check its log',
      ];
    default: {
      const severity = error instanceof Error && 'severity' in error ? String(error.severity) : '';
      const kind: FaultKind = /^(08|53|58)/.test(state) || severity === 'FATAL' ? 'unreachable' : 'malformed';
      return [kind, `${said} (${state})`, 'check the server log'];
    }
  }
}

/**
 * Whose limit it is, and where there is room still (PostgreSQL documentation, 20.3.1). The place in the server's source
 * tells them apart: the words change with versions and languages.
 */
function roomFor(error: unknown, said: string, { user, database }: DatabaseServer): string {
  const routine = routineOf(error);
  if (routine === 'InitializeSessionUserId')
    return `end idle sessions of ${quoted(user)}, or ALTER ROLE ${quoted(user)} CONNECTION LIMIT …;`;
  if (routine === 'CheckMyDatabase')
    return `end idle sessions, or ALTER DATABASE ${quoted(database)} CONNECTION LIMIT …;`;
  const pooled = explainPooler(said, user);
  if (pooled) return pooled[2];
  return (
    'end idle sessions or shrink the pools; a superuser can still connect (superuser_reserved_connections), ' +
    `and from PostgreSQL 16 on roles with pg_use_reserved_connections`
  );
}

/** The function in the server's source that sent the error. */
function routineOf(error: unknown): string | undefined {
  const routine = error instanceof Error && 'routine' in error ? error.routine : undefined;
  return typeof routine === 'string' ? routine : undefined;
}

/** Whether the password was refused, by the server or by a pooler in front of it. */
export function isWrongPassword(error: unknown): boolean {
  const state = sqlState(error);
  return state === '28P01' || (state === '08P01' && poolerRefusesPassword((error as Error).message));
}

/**
 * Whether the server refused one statement for what it is (no right, not offered by this kind of server, a function or
 * column that it does not have): the others go on. Whoever runs out of time or connections has to begin again.
 */
export function isRefusal(error: unknown): boolean {
  return /^(0A|22|42|55000|XX)/.test(sqlState(error) ?? '');
}

/** A statement that the server cancelled: statement_timeout or lock_timeout. */
export const isLate = (error: unknown): boolean => ['57014', '55P03'].includes(sqlState(error) ?? '');

/** The fault of a part that timed out. */
export const retried = 'timed out; retries automatically';

/** What would allow what was refused: a grant; else what the server says. */
export function remedyOf(error: unknown, role: string): string {
  const said = sanitize(error instanceof Error ? error.message : '', 200);
  return sqlState(error) === '42501' ? grantFor(error, role) : `not supported by the server: ${said}`;
}

function explainClient(error: unknown, said: string, server: DatabaseServer): Known {
  if (error instanceof PoolerHolds)
    return ['refused', 'pgbouncer answers, and has no connection to the server for us', noServerConnection];
  if (error instanceof NoHour) return ['unconfigured', said, otherTables];
  if (error instanceof UnreadableFile)
    return ['unconfigured', said, `set database.primary.${error.option} (or PGSSL…) to a readable file`];
  if (error instanceof NotPostgres || error instanceof SyntaxError)
    return ['malformed', said, 'another service listens on that port: check the port'];
  if (error instanceof PasswordInClear)
    return [
      'forbidden',
      'the server requests a cleartext password without TLS; not sent',
      'turn on ssl on the server; sslmode=disable sends it anyway',
    ];
  if (/does not support SSL/.test(said))
    return [
      'forbidden',
      `the server offers no TLS, and sslmode is ${server.sslMode}; no password sent`,
      'turn on ssl on the server; sslmode=disable connects without it',
    ];
  // A program error (x is not a function) helps nobody: the messages came in an impossible order.
  const confused = error instanceof TypeError || error instanceof RangeError;
  if ((confused && !('code' in error)) || /establishing an SSL connection|invalid response|decod|parse/i.test(said))
    return ['malformed', 'not a PostgreSQL answer', 'another service listens on that port: check the port'];
  if (/client password must be/.test(said))
    return ['forbidden', `the server requires a password for ${server.user}`, 'set PGPASSWORD, or a line in ~/.pgpass'];
  if (/SASL|SCRAM/.test(said)) return ['forbidden', said, 'check the password, and pg_hba.conf on the server'];
  if (/^Connection terminated/.test(said))
    return ['unreachable', 'connection closed', 'the server or a proxy closed it: check its log'];
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return ['refused', 'no server on that socket', 'check that PostgreSQL runs, and the port'];
  if (code === 'ECONNREFUSED')
    return ['refused', 'connection refused', 'nothing listens there: check that PostgreSQL runs, and the port'];
  const { kind, what, hint } = explainNetworkError(error);
  return [kind, what, hint];
}
