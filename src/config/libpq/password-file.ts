// PostgreSQL's password file, as libpq reads it.
import path from 'node:path';
import { unreadable } from '../../disk/bounded-file.ts';
import { type Environment, type Place, shorten } from '../io.ts';
import { type Entry, resolvePath } from '../layer.ts';
import { options } from '../options.ts';
import type { Problem } from '../problem.ts';

/** A password for each server that has none, from .pgpass, as libpq would find it. */
export function readPasswordFile(
  merged: Map<string, Entry>,
  environment: Environment,
  place: Place,
): readonly Problem[] {
  const wanting = ['database.primary', 'database.replica'].filter(
    (server) => merged.get(`${server}.host`)?.value && !merged.get(`${server}.password`)?.value,
  );
  if (wanting.length === 0) return [];
  const { home, cwd, disk } = place;
  const file = environment.PGPASSFILE ? resolvePath(environment.PGPASSFILE, cwd, home) : path.join(home, '.pgpass');
  let text: string | undefined;
  try {
    const mode = disk.mode(file);
    if (mode !== undefined && mode & 0o077)
      return [{ source: file, right: `is ignored, as in psql: other users can read it. Run chmod 600 ${file}` }];
    text = disk.read(file);
  } catch (error) {
    return [{ source: file, right: unreadable(error) }];
  }
  const lines = (text ?? '').split(/\r?\n/).map(splitPasswordLine);
  for (const server of wanting) {
    const host = String(merged.get(`${server}.host`)?.value);
    const rest = ['port', 'database', 'user'].map((name) => {
      const option = `${server}.${name}`;
      return String(merged.get(option)?.value ?? options.get(option)?.default);
    });
    // A socket's directory is written as such, or as localhost.
    const hosts = host.startsWith('/') ? [host, 'localhost'] : [host];
    const index = lines.findIndex(
      ([h = '', ...fields]) =>
        (h === '*' || hosts.includes(h)) && rest.every((value, i) => fields[i] === '*' || fields[i] === value),
    );
    const password = lines[index]?.[4];
    if (!password) continue;
    merged.set(`${server}.password`, {
      path: `${server}.password`,
      value: password,
      origin: { layer: 'environment', says: `file ${shorten(file, home)}:${index + 1}` },
      source: file,
      line: index + 1,
    });
  }
  return [];
}

/** host:port:database:user:password, where \: and \\ stand for : and \. */
function splitPasswordLine(line: string): string[] {
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
