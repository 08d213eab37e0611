// libpq's parameters that have no counterpart here: each is named, with what stands in its place, and never passed over.
import type { Problem } from '../problem.ts';

/** Its variable, where it has one, and what holds instead. */
const unused: Readonly<Record<string, readonly [variable: string | undefined, instead: string]>> = {
  target_session_attrs: [
    'PGTARGETSESSIONATTRS',
    'the cockpit checks the role of each server and reports a primary in recovery',
  ],
  load_balance_hosts: ['PGLOADBALANCEHOSTS', 'the cockpit connects to one host'],
  application_name: ['PGAPPNAME', 'application_name is bentham-cockpit'],
  options: ['PGOPTIONS', 'each statement has its own timeouts; ALTER ROLE … SET applies'],
  connect_timeout: ['PGCONNECT_TIMEOUT', 'intervals.timeout also limits connecting'],
  keepalives: [undefined, 'keepalives start after 10 s idle'],
  keepalives_idle: [undefined, 'keepalives start after 10 s idle'],
  keepalives_interval: [undefined, 'the setting of the operating system applies'],
  keepalives_count: [undefined, 'the setting of the operating system applies'],
  tcp_user_timeout: [undefined, 'intervals.timeout applies'],
  channel_binding: ['PGCHANNELBINDING', 'channel binding is prefer'],
  require_auth: [
    'PGREQUIREAUTH',
    'a cleartext password is sent over TLS only; sslmode=verify-full verifies the server',
  ],
  sslnegotiation: ['PGSSLNEGOTIATION', 'sslnegotiation is postgres'],
  sslsni: ['PGSSLSNI', 'the host name is always sent (SNI)'],
  sslcrl: ['PGSSLCRL', 'revocation lists are not checked'],
  sslcrldir: ['PGSSLCRLDIR', 'revocation lists are not checked'],
  sslpassword: [undefined, 'keys with a passphrase are not supported: use a key without one'],
  sslcertmode: ['PGSSLCERTMODE', 'the client certificate is sent if one is configured'],
  sslcompression: ['PGSSLCOMPRESSION', 'compression is off'],
  ssl_min_protocol_version: ['PGSSLMINPROTOCOLVERSION', 'the minimum is TLS 1.2'],
  ssl_max_protocol_version: ['PGSSLMAXPROTOCOLVERSION', 'the newest common version is used'],
  requiressl: ['PGREQUIRESSL', 'set sslmode=require'],
  requirepeer: ['PGREQUIREPEER', 'the owner of the socket is not checked'],
  gssencmode: ['PGGSSENCMODE', 'GSSAPI is not supported'],
  krbsrvname: ['PGKRBSRVNAME', 'GSSAPI is not supported'],
  gsslib: ['PGGSSLIB', 'GSSAPI is not supported'],
  gssdelegation: ['PGGSSDELEGATION', 'GSSAPI is not supported'],
  client_encoding: ['PGCLIENTENCODING', 'the encoding is UTF8'],
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

/** A parameter of a connection string or a service that the cockpit does not use. */
export function unusedParameter(name: string, at: Pick<Problem, 'source' | 'line'>): Problem {
  const [, instead] = (Object.hasOwn(unused, name) ? unused[name] : undefined) ?? [];
  return { ...at, option: name, right: `is not used${instead ? `: ${instead}` : ''}` };
}
