// The configuration in force: flags over environment over file over profile, each value with its origin.
import path from 'node:path';
import type * as z from 'zod';
import { nearest } from '../core/text/did-you-mean.ts';
import { quote } from '../core/text/shell.ts';
import { redact, stripControl } from '../core/text/text.ts';
import { unreadable } from '../disk/bounded-file.ts';
import { configPath } from './config-path.ts';
import { configVariable, readEnvironment } from './environment.ts';
import type { ConfigFile } from './file.ts';
import { readFlags } from './flag-layer.ts';
import type { Flags } from './flags.ts';
import { type Disk, type Environment, type Place, realDisk } from './io.ts';
import { assemble, type Entry, entriesOf, merge, type Origin } from './layer.ts';
import { follow } from './libpq/connection.ts';
import { readPasswordFile } from './libpq/password-file.ts';
import { options } from './options.ts';
import { type Problem, shown } from './problem.ts';
import { defaultProfile, profiles } from './profiles.ts';
import { splitRedisUrl } from './redis-url.ts';
import { requireTls } from './require-tls.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** Where settings are read from. */
export type Sources = {
  flags: Flags;
  environment: Environment;
  home: string;
  cwd: string;
  disk?: Disk;
};

/** Where each option's value came from, by its path. Options without a value are not in it. */
export type Origins = ReadonlyMap<string, Origin>;

/** A host, namespace or bucket of the profile that something else replaced: not to be overlooked in production. */
export type Redirection = { option: string; from: string; to: string; origin: Origin };

export type Loaded =
  | {
      ok: true;
      settings: Settings;
      origins: Origins;
      /** What leads elsewhere than the profile says. */
      redirected: readonly Redirection[];
      warnings: readonly Problem[];
      /** What other programs would heed and the cockpit does not. */
      ignored: readonly Problem[];
      /** The configuration file, when there is one. */
      file?: string;
    }
  | { ok: false; problems: readonly Problem[]; warnings: readonly Problem[] };

/** Reads and checks all of it. Nothing is repaired: what is wrong is a problem with its place and what would be right. */
export async function loadSettings(sources: Sources): Promise<Loaded> {
  const { flags, environment, home, cwd, disk = realDisk } = sources;
  const place: Place = { home, cwd, disk };
  const file = await configFile(sources);
  const fromFlags = readFlags(flags, cwd, home);
  const fromEnvironment = readEnvironment(environment, place);
  const fromFile = file.content;
  const problems = [...file.problems, ...fromEnvironment.problems, ...fromFlags.problems];

  const chosen = chooseProfile(flags, [fromFlags.entries, fromEnvironment.entries, fromFile?.entries ?? []]);
  const chain = profileChain(chosen, fromFile, file.path);
  if ('right' in chain) return { ok: false, problems: [...problems, chain], warnings: file.warnings };

  const base = chain.builtIn;
  const merged = merge([
    base,
    ...[fromFile?.entries ?? [], ...chain.own].map((entries) => entries.flatMap(splitRedisUrl)),
    fromEnvironment.entries,
    fromFlags.entries,
  ]);
  merged.set('profile', chosen);
  const followed = follow(merged);
  const warnings = [...file.warnings, ...fromEnvironment.warnings, ...readPasswordFile(merged, environment, place)];
  derive(merged, environment, place);
  requireTls(merged);

  const redirected = merged.get('drill')?.value ? [] : redirections(base, merged);
  const { environment: named, ...rest } = assemble(merged);
  const unforeseen = redirected.filter((one) => one.origin.layer !== 'file').map(describeRedirection);
  const checked = settingsSchema.safeParse({ ...rest, environment: { ...(named as object), redirected: unforeseen } });
  if (!checked.success)
    problems.push(
      ...checked.error.issues
        .filter((issue) => !followed.has(issue.path.join('.')))
        .map((issue) => problemOf(issue, merged, chosen)),
    );
  if (problems.length > 0 || !checked.success) return { ok: false, problems: inOrder(problems), warnings };

  const origins = new Map<string, Origin>();
  for (const { path: option, default: value } of options.values()) {
    const entry = merged.get(option);
    if (entry && entry.value !== null) origins.set(option, entry.origin);
    else if (value !== undefined && holds(checked.data, option))
      origins.set(option, { layer: 'default', says: 'default' });
  }
  return {
    ok: true,
    settings: checked.data,
    origins,
    redirected,
    warnings,
    ignored: fromEnvironment.ignored ?? [],
    file: file.content ? file.path : undefined,
  };
}

/** By source, as they come, and in a file from top to bottom. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const sources = problems.map((problem) => problem.source);
  return problems.toSorted(
    (a, b) => sources.indexOf(a.source) - sources.indexOf(b.source) || (a.line ?? 0) - (b.line ?? 0),
  );
}

const placeOf = ({ source, line }: Pick<Entry, 'source' | 'line'>) => ({
  source,
  line,
});

/** The profiles that may be chosen: built in, and of the file where it can be read. */
export async function profileNames(sources: Sources): Promise<string[]> {
  const { content } = await configFile(sources);
  return [...new Set([...Object.keys(profiles), ...(content?.profiles.keys() ?? [])])];
}

type FoundFile = { path: string; content?: ConfigFile; problems: readonly Problem[]; warnings: readonly Problem[] };

/** --config, BENTHAM_CONFIG, or the usual place; only the last may be missing. */
async function configFile(sources: Sources): Promise<FoundFile> {
  const { flags, environment, home, disk = realDisk } = sources;
  const named = flags.config ?? (environment[configVariable] || undefined);
  const file = configPath(sources);
  const source = flags.config === undefined ? `env ${configVariable}` : 'flag --config';
  try {
    const text = disk.read(file);
    if (text === undefined) {
      const problems = named ? [{ source, value: named, right: `file ${file} does not exist` }] : [];
      return { path: file, problems, warnings: [] };
    }
    // The YAML parser is loaded only where there is a file.
    const { holdsSecrets, readConfigFile } = await import('./file.ts');
    const content = readConfigFile(file, text, home);
    const open = ((disk.mode(file) ?? 0) & 0o077) !== 0 && holdsSecrets(content);
    const right = `contains secrets and other users can read it: chmod 600 ${quote(file)}`;
    return { path: file, content, problems: content.problems, warnings: open ? [{ source: file, right }] : [] };
  } catch (error) {
    return { path: file, problems: [{ source: file, right: unreadable(error) }], warnings: [] };
  }
}

function chooseProfile(flags: Flags, strongestFirst: readonly (readonly Entry[])[]): Entry {
  const given = (value: unknown, layer: Origin['layer'], says: string): Entry => ({
    path: 'profile',
    value,
    origin: { layer, says },
    source: says,
  });
  if (flags.profile !== undefined) return given(flags.profile, 'flag', 'flag --profile');
  for (const entries of strongestFirst) {
    const entry = entries.findLast((one) => one.path === 'profile' && one.value !== null);
    if (entry) return entry;
  }
  return given(defaultProfile, 'default', 'default');
}

type Chain = { builtIn: Entry[]; own: (readonly Entry[])[] };

/** The built-in profile at the root, then the file's profiles from the base to the chosen one. */
function profileChain(chosen: Entry, file: ConfigFile | undefined, source: string): Chain | Problem {
  const own: (readonly Entry[])[] = [];
  const seen: string[] = [];
  let at: Pick<Entry, 'source' | 'line'> = chosen;
  if (typeof chosen.value !== 'string')
    return { ...placeOf(chosen), option: 'profile', value: shown(chosen.value, false) ?? '', right: 'must be a name' };
  let name = chosen.value;
  for (;;) {
    const place = placeOf(at);
    if (seen.includes(name))
      return {
        ...place,
        option: `profiles.${seen.at(-1)}.extends`,
        right: `extends itself: ${[...seen, name].join(', ')}`,
      };
    const mine = file?.profiles.get(name);
    const builtIn = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!mine && !builtIn) {
      const all = [...new Set([...Object.keys(profiles), ...(file?.profiles.keys() ?? [])])];
      const option = seen.length > 0 ? `profiles.${seen.at(-1)}.extends` : 'profile';
      const meant = nearest(name, all);
      const right = `unknown profile; profiles: ${all.join(', ')}${meant ? `. Did you mean ${meant}?` : ''}`;
      return { ...place, option, value: shown(name, false) ?? '', right };
    }
    // A custom profile shows its own name on every frame: two environments must not look alike.
    const entries = mine?.entries ?? [];
    if (mine && !builtIn) {
      const origin: Origin = { layer: 'file', says: `profile ${name}` };
      own.unshift([
        { path: 'environment.name', value: name.toUpperCase(), origin, source, line: mine.line },
        ...entries,
      ]);
    } else own.unshift(entries);
    seen.push(name);
    const next = mine?.extends;
    if (next === undefined) {
      const about = () => ({
        origin: { layer: 'profile', says: `profile ${name}` } as const,
        source: `profile ${name}`,
      });
      return { builtIn: builtIn ? entriesOf(builtIn, about).entries : [], own };
    }
    at = { source, line: mine?.line ?? 1 };
    name = next;
  }
}

/** What follows from other options. */
function derive(merged: Map<string, Entry>, environment: Environment, { home }: Place): void {
  const put = (option: string, value: unknown, says: string) => {
    if (!merged.has(option))
      merged.set(option, { path: option, value, origin: { layer: 'default', says }, source: says });
  };
  // Other S3 servers rarely answer on a host name per bucket.
  if (merged.get('evidence.endpoint')?.value) put('evidence.pathStyle', true, 'default with an endpoint');
  const xdg = environment.XDG_STATE_HOME;
  const state = xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.local', 'state');
  put('journal.directory', path.join(state, 'bentham-cockpit', String(merged.get('profile')?.value)), 'default');
}

/** An issue of the schema as a problem, with the place of the value that caused it. */
function problemOf(issue: z.core.$ZodIssue, merged: ReadonlyMap<string, Entry>, chosen: Entry): Problem {
  const full = issue.path.map(String);
  let option = full.join('.');
  for (let length = full.length; length > 0 && !options.has(option); length -= 1)
    option = full.slice(0, length).join('.');
  const known = options.get(option);
  const whole = full.join('.');
  const within = (section: string) =>
    [...merged.values()].findLast((one) => one.path.startsWith(`${section}.`) && one.origin.layer !== 'profile');
  const entry = merged.get(option) ?? within(known ? whole.replace(/\.[^.]*$/, '') : whole);
  const at = { ...(entry ? placeOf(entry) : { source: `profile ${shown(chosen.value, false)}` }), option: whole };
  if (known && (!entry || entry.path !== option || entry.value === null))
    return { ...at, right: `is missing; it must be ${known.right}${known.about ? `: ${known.about}` : ''}` };
  // Our own rules speak in whole sentences: `warning must not be above critical`.
  if (!known || !entry) return { ...at, right: issue.message };
  const value = full
    .slice(option.split('.').length)
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], entry.value);
  if (value === undefined) return { ...at, right: `is missing; ${option} must be ${known.right}` };
  const wrongKind = typeof value === 'string' && known?.kind !== 'text' && known?.kind !== 'choice';
  const empty = issue.code === 'too_small' && issue.origin === 'string';
  const right =
    issue.code === 'custom' || issue.code === 'invalid_format' ? issue.message : (known?.right ?? issue.message);
  // In an invalid URL the login cannot be located: anything before an @ may be one.
  const said = shown(wrongKind ? JSON.stringify(value) : value, known?.secret ?? false) ?? '';
  return {
    ...at,
    value:
      /(url|endpoint)$/i.test(option) && !said.includes('•••@') ? said.replace(/(?<![^\s"])[^\s"]*@/g, '•••@') : said,
    right: `must be ${empty ? 'non-empty text' : right}`,
  };
}

function holds(settings: Settings, option: string): boolean {
  return (
    option.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], settings) !==
    undefined
  );
}

/** `database.primary.host is localhost (env PGHOST), not db-primary.bentham.io`. */
export function describeRedirection({ option, from, to, origin }: Redirection): string {
  return stripControl(redact(`${option} is ${to} (${origin.says}), not ${from}`));
}

const leading = [
  'gateway.url',
  'database.primary.host',
  'database.replica.host',
  'redis.url',
  'kubernetes.namespace',
  'evidence.bucket',
];

/** Where the profile's own places were replaced. */
function redirections(base: readonly Entry[], merged: ReadonlyMap<string, Entry>): Redirection[] {
  return base
    .filter(({ path: option }) => leading.includes(option))
    .flatMap(({ path: option, value }) => {
      const now = merged.get(option);
      if (!now || now.value === value) return [];
      return [{ option, from: String(value), to: shown(now.value, false) ?? '', origin: now.origin }];
    });
}
