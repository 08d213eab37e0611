// libpq's parameters that have no counterpart here: each is named, with what stands in its place, and never passed over.
import type { Problem } from '../problem.ts';

/** Its variable, where it has one, and what holds instead. */
const unused: Readonly<Record<string, readonly [variable: string | undefined, instead: string]>> = {
  target_session_attrs: [
    'PGTARGETSESSIONATTRS',
    'each server is asked for its role, and a primary in recovery is told',
  ],
  load_balance_hosts: ['PGLOADBALANCEHOSTS', 'one host is asked'],
  application_name: ['PGAPPNAME', 'in pg_stat_activity it is bentham-cockpit'],
  options: ['PGOPTIONS', 'each statement has its own limits; ALTER ROLE … SET holds'],
  connect_timeout: ['PGCONNECT_TIMEOUT', 'intervals.timeout holds for connecting too'],
  keepalives: [undefined, 'an idle connection is probed after 10 s'],
  keepalives_idle: [undefined, 'an idle connection is probed after 10 s'],
  keepalives_interval: [undefined, 'the operating system’s holds'],
  keepalives_count: [undefined, 'the operating system’s holds'],
  tcp_user_timeout: [undefined, 'intervals.timeout holds'],
  channel_binding: ['PGCHANNELBINDING', 'it is used where the server offers it (prefer)'],
  require_auth: ['PGREQUIREAUTH', 'the password itself goes over TLS only: sslmode=verify-full makes sure who asks'],
  sslnegotiation: ['PGSSLNEGOTIATION', 'TLS is asked for in PostgreSQL’s own way (postgres)'],
  sslsni: ['PGSSLSNI', 'the host’s name is always sent'],
  sslcrl: ['PGSSLCRL', 'revoked certificates are not looked up'],
  sslcrldir: ['PGSSLCRLDIR', 'revoked certificates are not looked up'],
  sslpassword: [undefined, 'a key with a passphrase cannot be used: name one without'],
  sslcertmode: ['PGSSLCERTMODE', 'a client certificate is sent where there is one'],
  sslcompression: ['PGSSLCOMPRESSION', 'nothing is compressed'],
  ssl_min_protocol_version: ['PGSSLMINPROTOCOLVERSION', 'at least TLS 1.2'],
  ssl_max_protocol_version: ['PGSSLMAXPROTOCOLVERSION', 'the newest that both know'],
  requiressl: ['PGREQUIRESSL', 'set sslmode=require'],
  requirepeer: ['PGREQUIREPEER', 'nobody asks whose socket it is'],
  gssencmode: ['PGGSSENCMODE', 'GSSAPI is not spoken'],
  krbsrvname: ['PGKRBSRVNAME', 'GSSAPI is not spoken'],
  gsslib: ['PGGSSLIB', 'GSSAPI is not spoken'],
  gssdelegation: ['PGGSSDELEGATION', 'GSSAPI is not spoken'],
  client_encoding: ['PGCLIENTENCODING', 'it is UTF8'],
  replication: [undefined, 'the cockpit only reads'],
  passfile: [undefined, 'set PGPASSFILE'],
  schema: [undefined, 'set database.schema'],
};

/** What the environment gives of them. */
export function unusedVariables(environment: Readonly<Record<string, string | undefined>>): Problem[] {
  return Object.values(unused).flatMap(([variable, instead]) =>
    variable && environment[variable] ? [{ source: `env ${variable}`, right: `is not used: ${instead}` }] : [],
  );
}

/** A parameter of a connection string or a service that is not one of ours. */
export function unusedParameter(name: string, at: Pick<Problem, 'source' | 'line'>): Problem {
  const [, instead] = (Object.hasOwn(unused, name) ? unused[name] : undefined) ?? [];
  return { ...at, option: name, right: `is not used${instead ? `: ${instead}` : ''}` };
}
