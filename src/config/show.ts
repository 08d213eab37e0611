// The effective configuration, each value with where it came from. Secrets are never in it.
import { stringify } from 'yaml';
import { redact, stripControl } from '../core/text/text.ts';
import type { Loaded } from './load.ts';
import { options, sections } from './options.ts';
import type { Settings } from './settings.ts';

type Good = Extract<Loaded, { ok: true }>;

const hidden = '•••';

/** The value of an option, without secrets. */
export function shownValue(settings: Settings, path: string): unknown {
  const value = path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], settings);
  if (options.get(path)?.secret && value !== undefined) return hidden;
  return neutral(value);
}

/** Every text in it without controls and secrets. */
function neutral(value: unknown): unknown {
  if (typeof value === 'string') return stripControl(redact(value));
  if (Array.isArray(value)) return value.map(neutral);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [stripControl(key), neutral(inner)]));
}

/** As YAML that could be the configuration file, with the origin of each value as a comment. */
export function configText({ settings, origins }: Good): string {
  const rows: { text: string; origin?: string }[] = [];
  const walk = (section: string, depth: number) => {
    for (const name of sections.get(section)?.children ?? []) {
      const path = section ? `${section}.${name}` : name;
      const indent = '  '.repeat(depth);
      if (sections.has(path)) {
        const before = rows.length;
        rows.push({ text: `${indent}${name}:` });
        walk(path, depth + 1);
        if (rows.length === before + 1) rows.pop();
        continue;
      }
      const origin = origins.get(path)?.says;
      if (origin !== undefined) rows.push({ text: `${indent}${name}: ${inline(shownValue(settings, path))}`, origin });
    }
  };
  walk('', 0);
  const column = Math.min(56, Math.max(...rows.map((row) => row.text.length)));
  return rows
    .map(({ text, origin }) => (origin ? `${text.padEnd(column)}  # ${stripControl(redact(origin))}` : text))
    .join('\n');
}

/** One line of YAML, whatever the value holds. */
function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, defaultStringType: 'PLAIN' }).trim();
}

/** The same for programs: `{ version, profile, file, options: { PATH: { value, origin, layer } }, redirected }`. */
export function configJson({ settings, origins, redirected, file }: Good): object {
  const all = [...origins].map(([path, { says, layer }]) => [
    path,
    { value: shownValue(settings, path), origin: says, layer },
  ]);
  return { version: 1, profile: settings.profile, file: file ?? null, options: Object.fromEntries(all), redirected };
}
