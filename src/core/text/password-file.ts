// PostgreSQL's password file (PostgreSQL documentation, 34.16).

/** What a line of the file has to match. */
export type PasswordLogin = { host: string; port: string; database: string; user: string };

/** The password of the first line that matches, as libpq takes it, and the line's number from 1. */
export function passwordFor(text: string, login: PasswordLogin): { password: string; line: number } | undefined {
  const { host, port, database, user } = login;
  // A socket's directory is written as such, or as localhost.
  const hosts = host.startsWith('/') ? [host, 'localhost'] : [host];
  const lines = text.split(/\r?\n/).map(splitLine);
  const at = lines.findIndex(
    ([h = '', ...fields]) =>
      (h === '*' || hosts.includes(h)) &&
      [port, database, user].every((value, i) => fields[i] === '*' || fields[i] === value),
  );
  const password = lines[at]?.[4];
  return password ? { password, line: at + 1 } : undefined;
}

/** host:port:database:user:password, where \: and \\ stand for : and \. */
function splitLine(line: string): string[] {
  if (line.startsWith('#')) return [];
  const fields: string[] = [];
  let field = '';
  for (let i = 0; i < line.length; i += 1) {
    const letter = line.charAt(i);
    if (letter === '\\' && i + 1 < line.length) {
      i += 1;
      field += line.charAt(i);
    } else if (letter === ':' && fields.length < 4) {
      fields.push(field);
      field = '';
    } else field += letter;
  }
  return fields.length === 4 ? [...fields, field] : [];
}
