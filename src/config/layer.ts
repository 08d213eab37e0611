// Layers: the same options given by a profile, the file, the environment and flags. Later ones win, option by option.
import path from 'node:path';
import { nearestOption } from '../core/text/did-you-mean.ts';
import { options, sections } from './options.ts';
import { type Problem, shown } from './problem.ts';

/** Where a value came from. */
export type Origin = {
  layer: 'default' | 'profile' | 'file' | 'environment' | 'flag';
  /** `flag --namespace`, `env PGHOST`, `file config.yaml:12`, `profile production`, `default`. */
  says: string;
};

/** One option's value in one layer; null unsets an optional option or section. */
export type Entry = {
  path: string;
  value: unknown;
  origin: Origin;
  /** For problems: who said it, in full, and in which line. */
  source: string;
  line?: number;
};

/** The result of a layer. Warnings do not stop the program; `config check` prints what is ignored. */
export type Layer = {
  entries: readonly Entry[];
  problems: readonly Problem[];
  warnings: readonly Problem[];
  ignored?: readonly Problem[];
};

/** The entries of nested values, and a problem for each option that does not exist. */
export function entriesOf(
  values: unknown,
  about: (path: string) => Pick<Entry, 'origin' | 'source' | 'line'>,
  prefix = '',
): { entries: Entry[]; problems: Problem[] } {
  const section = sections.get(prefix);
  if (!section) {
    if (options.has(prefix)) return { entries: [{ path: prefix, value: values, ...about(prefix) }], problems: [] };
    return { entries: [], problems: [unknownOption(prefix, about(prefix))] };
  }
  // An empty section is one whose options are all commented out; only an optional one can be unset.
  if (values === null || values === undefined)
    return { entries: section.optional ? [{ path: prefix, value: null, ...about(prefix) }] : [], problems: [] };
  if (typeof values !== 'object' || Array.isArray(values))
    return { entries: [], problems: [notSection(prefix, values, about(prefix))] };
  const all = Object.entries(values).map(([key, value]) => entriesOf(value, about, prefix ? `${prefix}.${key}` : key));
  return { entries: all.flatMap((one) => one.entries), problems: all.flatMap((one) => one.problems) };
}

/** The problem of an option that does not exist. Its value is not repeated: it may be a secret under a wrong name. */
export function unknownOption(option: string, at: Pick<Entry, 'source' | 'line'>): Problem {
  const meant = nearestOption(option, [...options.keys(), ...sections.keys()]);
  return { ...place(at), option, right: `unknown option${meant ? `; did you mean ${meant}?` : ''}` };
}

function notSection(option: string, value: unknown, at: Pick<Entry, 'source' | 'line'>): Problem {
  const { children = [] } = sections.get(option) ?? {};
  const names = children.slice(0, 5).join(', ');
  return {
    ...place(at),
    option: option || undefined,
    value: shown(Array.isArray(value) ? 'a list' : value, false) ?? '',
    right: `must be a section with ${names}${children.length > 5 ? ', …' : ''}`,
  };
}

const place = ({ source, line }: Pick<Entry, 'source' | 'line'>) => ({
  source,
  line,
});

/** Layers from weakest to strongest, option by option. An unset is kept as an entry with null. */
export function merge(layers: readonly (readonly Entry[])[]): Map<string, Entry> {
  const merged = new Map<string, Entry>();
  for (const entry of layers.flat()) {
    if (sections.has(entry.path)) {
      for (const path of [...merged.keys()]) if (path.startsWith(`${entry.path}.`)) merged.delete(path);
      continue;
    }
    merged.set(entry.path, entry);
  }
  return merged;
}

/** The nested object of merged entries, with every section that has to be there; unset options are left out. */
export function assemble(merged: ReadonlyMap<string, Entry>): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const { path, value } of merged.values()) {
    if (value === null || value === undefined) continue;
    const names = path.split('.');
    const last = names.pop() ?? path;
    let at = whole;
    for (const name of names) at = inner(at, name);
    at[last] = value;
  }
  for (const { path, optional } of sections.values()) if (path && !optional) path.split('.').reduce(inner, whole);
  return whole;
}

function inner(at: Record<string, unknown>, name: string): Record<string, unknown> {
  at[name] ??= {};
  return at[name] as Record<string, unknown>;
}

/** Paths as absolute ones: `~/` is the home directory, relative ones start where the value was given. */
export function resolvePaths(entry: Entry, base: string, home: string): Entry {
  const names = options.get(entry.path)?.names;
  if (!names || typeof entry.value !== 'string' || entry.value === '' || entry.value === 'system') return entry;
  const resolve = (one: string) => resolvePath(one, base, home);
  const value =
    names === 'path'
      ? resolve(entry.value)
      : entry.value
          .split(path.delimiter)
          .filter((one) => one !== '')
          .map(resolve)
          .join(path.delimiter);
  return { ...entry, value };
}

/** One path, absolute. */
export function resolvePath(given: string, base: string, home: string): string {
  if (given === '~' || given.startsWith('~/')) return path.join(home, given.slice(1));
  return path.resolve(base, given);
}
