// PostgreSQL's connection service file, as libpq reads it.
import path from 'node:path';
import { nearest } from '../../core/text/did-you-mean.ts';
import { stripControl } from '../../core/text/text.ts';
import { unreadable } from '../../disk/bounded-file.ts';
import { type Environment, type Place, shorten } from '../io.ts';
import { resolvePath } from '../layer.ts';

/** A parameter of a service, and its line. */
export type Line = { key: string; value: string; line: number };

/** A section of the connection service file: `[bentham]`, then `host=…`. As libpq, a value is everything after the =. */
export function readService(
  name: string,
  environment: Environment,
  { home, cwd, disk }: Place,
): { file: string; lines: Line[] } | { value: string; right: string } {
  const files = serviceFiles(environment, { home, cwd });
  const value = stripControl(name, 60);
  const names: string[] = [];
  for (const file of files) {
    let text: string | undefined;
    try {
      text = disk.read(file);
    } catch (error) {
      return { value, right: `${file} ${unreadable(error)}` };
    }
    const lines: Line[] = [];
    let section: string | undefined;
    let found = false;
    for (const [index, raw] of (text ?? '').split(/\r?\n/).entries()) {
      const line = raw.trim();
      if (line === '' || line.startsWith('#')) continue;
      const heading = /^\[([^\]]*)\]/.exec(line);
      if (heading) {
        // Where a name stands twice, libpq takes the first.
        if (found && section === name) break;
        section = heading[1] ?? '';
        names.push(section);
        found ||= section === name;
      } else if (section === name) {
        const equals = line.indexOf('=');
        if (equals > 0)
          lines.push({ key: line.slice(0, equals).trim(), value: line.slice(equals + 1), line: index + 1 });
      }
    }
    if (found) return { file: shorten(file, home), lines };
  }
  const meant = nearest(name, names);
  const where = files.map((file) => shorten(file, home)).join(' or ');
  return {
    value,
    right: `no service with this name in ${where}${meant ? `; did you mean ${stripControl(meant, 60)}?` : ''}`,
  };
}

function serviceFiles(environment: Environment, { home, cwd }: Pick<Place, 'home' | 'cwd'>): readonly string[] {
  const files = environment.PGSERVICEFILE
    ? [resolvePath(environment.PGSERVICEFILE, cwd, home)]
    : [path.join(home, '.pg_service.conf')];
  return environment.PGSYSCONFDIR ? [...files, path.join(environment.PGSYSCONFDIR, 'pg_service.conf')] : files;
}

/** The services of the files that can be read, first occurrence first. */
export function serviceNames(environment: Environment, place: Place): readonly string[] {
  const names = serviceFiles(environment, place).flatMap((file) => {
    try {
      return [...(place.disk.read(file) ?? '').matchAll(/^[ \t]*\[([^\]\n]+)\]/gm)].map(([, name = '']) => name);
    } catch {
      return [];
    }
  });
  return [...new Set(names)];
}
