// PostgreSQL's password file, as libpq reads it.
import path from 'node:path';
import { passwordFor } from '../../core/text/password-file.ts';
import { quote } from '../../core/text/shell.ts';
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
      return [{ source: file, right: `is ignored, as in psql: other users can read it. Run chmod 600 ${quote(file)}` }];
    text = disk.read(file);
  } catch (error) {
    return [{ source: file, right: unreadable(error) }];
  }
  for (const server of wanting) {
    const told = (name: string) => {
      const option = `${server}.${name}`;
      return String(merged.get(option)?.value ?? options.get(option)?.default);
    };
    const login = {
      host: told('host'),
      port: told('port'),
      database: told('database'),
      user: told('user'),
    };
    const found = passwordFor(text ?? '', login);
    if (!found) continue;
    const origin = { layer: 'environment', says: `file ${shorten(file, home)}:${found.line}` } as const;
    const set = (name: string, value: string) =>
      merged.set(`${server}.${name}`, { path: `${server}.${name}`, value, origin, source: file, line: found.line });
    set('password', found.password);
    set('passwordFile', file);
  }
  return [];
}
