// PostgreSQL's own ways to say where and as whom: DATABASE_URL over PGSERVICE over PG*, as libpq ranks them.
import { stripControl } from '../../core/text/text.ts';
import type { Environment, Place } from '../io.ts';
import { type Entry, type Layer, resolvePaths } from '../layer.ts';
import { options, parseText } from '../options.ts';
import type { Problem } from '../problem.ts';
import { parseConnectionString } from './connection-string.ts';
import { unusedParameter, unusedVariables } from './ignored-parameters.ts';
import { readService } from './service-file.ts';

/** libpq's parameter names and what they are here. */
export const parameters: Readonly<Record<string, string>> = {
  hostaddr: 'host',
  host: 'host',
  port: 'port',
  dbname: 'database',
  user: 'user',
  password: 'password',
  sslmode: 'sslMode',
  sslrootcert: 'sslRootCert',
  sslcert: 'sslCert',
  sslkey: 'sslKey',
};

/** libpq’s variables and its parameters. */
export const variables: readonly [string, string][] = [
  ['PGHOSTADDR', 'hostaddr'],
  ['PGHOST', 'host'],
  ['PGPORT', 'port'],
  ['PGUSER', 'user'],
  ['PGPASSWORD', 'password'],
  ['PGDATABASE', 'dbname'],
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLROOTCERT', 'sslrootcert'],
  ['PGSSLCERT', 'sslcert'],
  ['PGSSLKEY', 'sslkey'],
];

/** What the environment says of the primary; the replica follows it where it is not said otherwise (`follow`). */
export function readPostgres(environment: Environment, place: Place): Layer {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const ignored: Problem[] = unusedVariables(environment);
  /** `source`: a variable as `env PGPORT`, or a file with its line. */
  const give = (parameter: string, value: string | undefined, source: string, line?: number) => {
    const name = parameters[parameter];
    const option = name ? options.get(`database.primary.${name}`) : undefined;
    const at = { source, line };
    if (!option) {
      if (parameter !== 'service') ignored.push(unusedParameter(stripControl(parameter, 40), at));
      return;
    }
    if (!value) return;
    if (value.includes(',') && /^(host|hostaddr|port)$/.test(parameter)) {
      problems.push({ ...at, option: option.path, value: stripControl(value, 80), right: oneOnly(parameter) });
      return;
    }
    const entry: Entry = {
      path: option.path,
      value: parseText(option, value),
      origin: { layer: 'environment', says: line === undefined ? source : `file ${source}:${line}` },
      ...at,
    };
    entries.push(resolvePaths(entry, place.cwd, place.home));
  };

  for (const [variable, parameter] of variables) give(parameter, environment[variable], `env ${variable}`);

  const connection = parseConnectionString(environment.DATABASE_URL);
  if (connection === 'bad')
    problems.push({
      source: 'env DATABASE_URL',
      value: '•••',
      right: 'must look like postgres://user@host:5432/database',
    });

  const url = connection === 'bad' ? {} : connection;
  const service = url.service ?? environment.PGSERVICE;
  if (service) {
    const found = readService(service, environment, place);
    if ('right' in found) problems.push({ source: url.service ? 'env DATABASE_URL' : 'env PGSERVICE', ...found });
    else for (const { key, value, line } of found.lines) give(key, value, found.file, line);
  }
  for (const [parameter, value] of Object.entries(url)) give(parameter, value, 'env DATABASE_URL');
  return { entries, problems, warnings: [], ignored };
}

/** libpq tries one after another of a list; here the primary and the replica have a place of their own each. */
function oneOnly(parameter: string): string {
  if (parameter === 'port') return 'give one port: that of the host';
  return 'give one host, the primary; set the replica as BENTHAM_DATABASE_REPLICA_HOST (libpq host lists are not supported)';
}

const inherited = ['database', 'user', 'password', 'sslMode', 'sslRootCert', 'sslCert', 'sslKey'];

/**
 * A streaming replica has the primary's databases and roles: what is not said of it is as of the primary. Host and port
 * are never taken over. Returns the options that follow.
 */
export function follow(merged: Map<string, Entry>): ReadonlySet<string> {
  const followed = new Set<string>();
  if (!merged.get('database.replica.host')?.value) return followed;
  for (const name of inherited) {
    const of = merged.get(`database.primary.${name}`);
    const path = `database.replica.${name}`;
    if (!of || merged.has(path)) continue;
    merged.set(path, { ...of, path });
    followed.add(path);
  }
  return followed;
}
