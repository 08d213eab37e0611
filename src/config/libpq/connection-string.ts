// PostgreSQL's connection strings, as libpq documents them (34.1.1): a URL, or `host=db port=5432 …`.
import { parse } from 'pg-connection-string';

/** libpq's parameters and what they were given; 'bad' where it is no connection string. */
export type Parameters = Readonly<Record<string, string>>;

export function parseConnectionString(text: string | undefined): Parameters | 'bad' {
  if (!text) return {};
  if (/^postgres(ql)?:\/\//.test(text)) return parseUrl(text);
  return /^\s*\w+\s*=/.test(text) ? parseKeywords(text) : 'bad';
}

function parseUrl(text: string): Parameters | 'bad' {
  const found: Record<string, string> = {};
  const [whole = '', query = ''] = text.split('?', 2);
  // A list of hosts is reported by name later; the parser would only report the whole string.
  const [, scheme = '', login = '', hosts = '', rest = ''] =
    /^(postgres(?:ql)?:\/\/)((?:[^/]*@)?)([^/]*)(.*)$/.exec(whole) ?? [];
  const listed = hosts.includes(',');
  const base = listed ? `${scheme}${login}${rest}` : whole;
  // Only the parser's own: what concerns TLS is ours to interpret, it would read the files and warn on the terminal.
  const own = new URLSearchParams();
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'ssl') found.sslmode ??= /^(true|1)$/.test(value) ? 'require' : 'disable';
    else if (/^(host|port|user|password)$/.test(key)) own.append(key, value);
    else found[key] = value;
  }
  try {
    const { host, port, user, password, database } = parse(own.size > 0 ? `${base}?${own}` : base);
    for (const [key, value] of Object.entries({ host, port, user, password, dbname: database }))
      if (typeof value === 'string' && value !== '') found[key] = value;
  } catch {
    return 'bad';
  }
  return listed ? { ...found, host: hosts } : found;
}

/** Values with blanks stand in single quotes; \' and \\ stand for ' and \, in quotes or not. */
function parseKeywords(text: string): Parameters | 'bad' {
  const found: Record<string, string> = {};
  const pair = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gy;
  let end = 0;
  for (const match of text.matchAll(pair)) {
    found[match[1] ?? ''] = (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1');
    end = match.index + match[0].length;
  }
  return text.slice(end).trim() === '' ? found : 'bad';
}
