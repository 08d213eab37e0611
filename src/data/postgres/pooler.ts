// What pgbouncer refuses with, in the protocol's own name: up to 1.18 every refusal of its own has SQLSTATE 08P01, so that
// only its words tell them apart. They come in one language (pgbouncer's source; tried on 1.18).
import type { FaultKind } from '../../core/world/reading.ts';

type Refusal = {
  said: RegExp;
  kind: FaultKind;
  what(said: string, user: string): string;
  hint: string;
};

const behind = 'fix its password in [databases] or auth_file of pgbouncer: it logs in to the server for you';

/** What to look at where it has none for a client. */
export const noServerConnection =
  'the pool is full, or the server behind it is down, or PAUSE holds it: SHOW POOLS; SHOW SERVERS; SHOW DATABASES; in pgbouncer';

const refusals: readonly Refusal[] = [
  {
    // With the user: the server's own word to pgbouncer, handed on.
    said: /^password authentication failed for user/,
    kind: 'forbidden',
    what: (said) => `the server refuses the login of pgbouncer: ${said}`,
    hint: behind,
  },
  {
    said: /authentication failed|^no such user/,
    kind: 'forbidden',
    what: (_, user) => `pgbouncer: password authentication failed for ${user}`,
    hint: 'set PGPASSWORD, or a line in ~/.pgpass (chmod 600); the user must be in auth_file or auth_query of pgbouncer',
  },
  {
    said: /^no such database/,
    kind: 'unconfigured',
    what: (said) => `pgbouncer: ${said}`,
    hint: 'set PGDATABASE to a database in [databases] of pgbouncer',
  },
  {
    said: /^database ".*" does not exist/,
    kind: 'unconfigured',
    what: (said) => `the server behind pgbouncer: ${said}`,
    hint: 'fix dbname in [databases] of pgbouncer',
  },
  {
    said: /^no more connections allowed|max_client_conn|max_user_client|max_db_client/,
    kind: 'refused',
    what: (said) => `pgbouncer takes no more clients: ${said}`,
    hint: 'close idle clients, or raise max_client_conn of pgbouncer',
  },
  {
    // A full pool and an unreachable server end in the same words.
    said: /^query_wait_timeout/,
    kind: 'refused',
    what: () => 'pgbouncer got no server connection in time (query_wait_timeout)',
    hint: noServerConnection,
  },
  {
    said: /server login|server_login_retry|cannot connect to server|server connection/,
    kind: 'refused',
    what: (said) => `pgbouncer cannot log in to the server: ${said}`,
    hint: 'check the server behind it; the log of pgbouncer has its answer',
  },
  {
    said: /statement pooling mode/,
    kind: 'unconfigured',
    what: () => 'pool_mode=statement of pgbouncer allows no transactions',
    hint: 'use the server itself, or a pool with pool_mode=transaction or session',
  },
  {
    said: /^unsupported startup parameter/,
    kind: 'unconfigured',
    what: (said) => `pgbouncer: ${said}`,
    hint: 'add it to ignore_startup_parameters of pgbouncer',
  },
  {
    said: /^query timeout/,
    kind: 'timeout',
    what: () => 'pgbouncer ended the query (query_timeout)',
    hint: 'the server is busy, or query_timeout of pgbouncer is too short',
  },
  {
    said: /is disabled|does not allow connections/,
    kind: 'refused',
    what: (said) => `pgbouncer: ${said}`,
    hint: 'someone disabled it: ENABLE DATABASE; in pgbouncer',
  },
  {
    said: /^bouncer config error/,
    kind: 'unconfigured',
    what: (said) => `pgbouncer: ${said}`,
    hint: 'check auth_file, auth_user and auth_query of pgbouncer: its log names the error',
  },
  {
    said: /^invalid command '|^not allowed$/,
    kind: 'unconfigured',
    what: () => 'this is the console of pgbouncer, no database',
    hint: 'set PGDATABASE to a database in [databases] of pgbouncer',
  },
  {
    said: /SSL required|TLS required/i,
    kind: 'forbidden',
    what: () => 'pgbouncer requires TLS',
    hint: 'set sslmode=require',
  },
];

/** What the server says to pgbouncer when it logs in, handed on in the server's words, without the server's code. */
const handedOn: readonly (Pick<Refusal, 'said' | 'hint'> & { kind?: FaultKind })[] = [
  {
    said: /^too many connections for|^sorry, too many clients|^remaining connection slots/,
    hint: 'lower pool_size of pgbouncer, end idle sessions on the server, or raise the limit that it names',
  },
  {
    said: /is not currently accepting connections/,
    hint: 'from another database of the server: ALTER DATABASE … ALLOW_CONNECTIONS true;',
  },
  { said: /is not permitted to log in/, hint: 'on the server: ALTER ROLE … LOGIN;' },
  { said: /^role ".*" does not exist/, kind: 'unconfigured', hint: 'fix user in [databases] of pgbouncer' },
  { said: /^the database system is/, hint: 'it is starting, stopping or recovering: check the log of the server' },
];

/** The same for what came under 08P01, which may be the server's own refusal. */
export function explainHandedOn(said: string): [FaultKind, string, string] | undefined {
  const one = handedOn.find((each) => each.said.test(said));
  return one && [one.kind ?? 'refused', `the server behind pgbouncer: ${said}`, one.hint];
}

/** What a refusal of pgbouncer means; undefined where its words are unknown. */
export function explainPooler(said: string, user: string): [FaultKind, string, string] | undefined {
  const refusal = refusals.find((one) => one.said.test(said));
  return refusal && [refusal.kind, refusal.what(said, user), refusal.hint];
}

/** Whether it refused for good: another connection would be refused too. */
export const refusedByPooler = (said: string): boolean => [...refusals, ...handedOn].some((one) => one.said.test(said));

/** Whether it refused the password of who connects. */
export const poolerRefusesPassword = (said: string): boolean => /authentication failed/.test(said);
