// PostgreSQL's own ways to say where and as whom: DATABASE_URL over PGSERVICE over PG*, as libpq ranks them.
import { parse } from 'pg-connection-string';
import { type Entry, type Layer, resolvePaths } from './layer.ts';
import { options, parseText } from './options.ts';
import type { Environment, Place } from './place.ts';
import { readService } from './postgres-service.ts';
import type { Problem } from './problem.ts';

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
  const give = (parameter: string, value: string | undefined, says: string, line?: number) => {
    const name = parameters[parameter];
    const option = name ? options.get(`database.primary.${name}`) : undefined;
    if (!option || !value) return;
    const source = line === undefined ? says : says.replace(/^file /, '');
    const entry: Entry = {
      path: option.path,
      value: parseText(option, value),
      origin: { layer: 'environment', says: line === undefined ? says : `${says}:${line}` },
      source,
      ...(line === undefined ? {} : { line }),
    };
    entries.push(resolvePaths(entry, place.cwd, place.home));
  };

  for (const [variable, parameter] of variables) give(parameter, environment[variable], `env ${variable}`);

  const connection = parseUrl(environment.DATABASE_URL);
  if (connection === 'bad')
    problems.push({
      source: 'env DATABASE_URL',
      value: '•••',
      right: 'must be like postgres://user@host:5432/database',
    });

  const url = connection === 'bad' ? {} : connection;
  const service = url.service ?? environment.PGSERVICE;
  if (service) {
    const found = readService(service, environment, place);
    if ('right' in found) problems.push({ source: url.service ? 'env DATABASE_URL' : 'env PGSERVICE', ...found });
    else for (const { key, value, line } of found.lines) give(key, value, `file ${found.file}`, line);
  }
  for (const [parameter, value] of Object.entries(url)) give(parameter, value, 'env DATABASE_URL');
  return { entries, problems, warnings: [] };
}

/** A connection URL as libpq's parameters. */
function parseUrl(text: string | undefined): Record<string, string> | 'bad' {
  if (!text) return {};
  if (!/^postgres(ql)?:\/\//.test(text)) return 'bad';
  const found: Record<string, string> = {};
  // What concerns TLS is ours to interpret: the parser would read the files and warn on the terminal.
  const [base = '', query = ''] = text.split('?', 2);
  const rest = new URLSearchParams();
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'ssl') found.sslmode ??= /^(true|1)$/.test(value) ? 'require' : 'disable';
    else if (key.startsWith('ssl') || key === 'service' || key === 'dbname') found[key] = value;
    else rest.append(key, value);
  }
  try {
    const { host, port, user, password, database } = parse(rest.size > 0 ? `${base}?${rest}` : base);
    for (const [key, value] of Object.entries({ host, port, user, password, dbname: database }))
      if (typeof value === 'string' && value !== '') found[key] = value;
    return found;
  } catch {
    return 'bad';
  }
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
