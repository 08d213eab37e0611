// The configuration file: YAML, read with line numbers so that a mistake is named where it stands.
import path from 'node:path';
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { clean, redact } from '../core/text.ts';
import { type Entry, entriesOf, type Origin, resolvePaths } from './layer.ts';
import { options, sections } from './options.ts';
import type { Problem } from './problem.ts';

/** A profile that the file defines, or a built-in one that it changes. */
export type FileProfile = { extends?: string; entries: readonly Entry[]; line: number };

/** What the file says. `entries` holds for every profile; a profile's own win over them. */
export type ConfigFile = {
  entries: readonly Entry[];
  profiles: ReadonlyMap<string, FileProfile>;
  problems: readonly Problem[];
};

/** The file's text as options, or what is wrong with it. */
export function readConfigFile(file: string, text: string, home: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map(
    (error): Problem => ({
      source: file,
      line: lines.linePos(error.pos[0]).line,
      right: `not YAML: ${clean(redact(error.message), 160)}`,
    }),
  );
  if (broken.length > 0) return { entries: [], profiles: new Map(), problems: broken };

  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const lineOf = (node: Node | null | undefined) => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const at = (line: number) => {
    const origin: Origin = { layer: 'file', says: `file ${path.basename(file)}:${line}` };
    return { origin, source: file, line };
  };

  const read = (map: YAMLMap, skip: readonly string[]) => {
    const entries: Entry[] = [];
    const problems: Problem[] = [];
    const walk = (node: unknown, prefix: string, line: number) => {
      const value = resolved(node);
      if (isAlias(node) && value === undefined)
        problems.push({
          source: file,
          line,
          option: prefix,
          right: `there is no &${clean(node.source, 40)} before it`,
        });
      if (sections.has(prefix) && isMap(value)) {
        for (const pair of value.items) {
          const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
          if (prefix === '' && skip.includes(key)) continue;
          walk(pair.value, prefix ? `${prefix}.${key}` : key, lineOf(pair.key as Node));
        }
        return;
      }
      const plain =
        value === null || value === undefined ? null : (value as Node).toJS(document, { maxAliasCount: 50 });
      const found = entriesOf(plain, () => at(line), prefix);
      entries.push(...found.entries.map((entry) => resolvePaths(entry, path.dirname(file), home)));
      problems.push(...found.problems);
    };
    walk(map, '', 1);
    return { entries, problems };
  };

  const root = resolved(document.contents);
  if (root === null || root === undefined) return { entries: [], profiles: new Map(), problems: [] };
  if (!isMap(root)) {
    const right = `must be a section with ${[...sections.keys()].filter(Boolean).slice(0, 4).join(', ')}, …`;
    return { entries: [], profiles: new Map(), problems: [{ source: file, line: 1, right }] };
  }

  const whole = read(root, ['profiles', '$schema']);
  const problems = [...whole.problems];
  const profiles = new Map<string, FileProfile>();
  const listed = root.items.find((pair) => isScalar(pair.key) && pair.key.value === 'profiles');
  const list = resolved(listed?.value);
  if (listed && list !== null && !isMap(list))
    problems.push({ ...place(file, lineOf(listed.key as Node)), option: 'profiles', right: rightProfiles });
  for (const pair of isMap(list) ? list.items : []) {
    const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const line = lineOf(pair.key as Node);
    const option = `profiles.${clean(name, 40)}`;
    const body = resolved(pair.value);
    if (!profileName.test(name)) problems.push({ ...place(file, line), option, right: rightName });
    else if (!isMap(body)) problems.push({ ...place(file, line), option, right: rightProfiles });
    else {
      const base = resolved(body.get('extends', true));
      const own = read(body, ['extends']);
      problems.push(...own.problems.map((p) => ({ ...p, option: `${option}.${p.option ?? ''}` })));
      const nested = own.entries.find((entry) => entry.path === 'profile');
      if (nested)
        problems.push({ ...place(file, nested.line ?? line), option: `${option}.profile`, right: rightNested });
      if (base !== undefined && !(isScalar(base) && typeof base.value === 'string'))
        problems.push({ ...place(file, line), option: `${option}.extends`, right: 'must be the name of a profile' });
      const entries = own.entries.filter((entry) => entry.path !== 'profile');
      profiles.set(name, { ...(isScalar(base) ? { extends: String(base.value) } : {}), entries, line });
    }
  }
  return { entries: whole.entries, profiles, problems };
}

const place = (source: string, line: number) => ({ source, line });
const profileName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$/;
const rightName = 'a profile’s name is made of letters, digits, - and _';
const rightProfiles = 'must be a section, as in profiles: { eu: { extends: production, kubernetes: { … } } }';
const rightNested = 'a profile cannot choose a profile; use extends';

/** Whether the file holds a secret, in whatever profile. */
export function holdsSecrets({ entries, profiles }: ConfigFile): boolean {
  const all = [...entries, ...[...profiles.values()].flatMap((profile) => profile.entries)];
  return all.some((entry) => options.get(entry.path)?.secret && entry.value !== null);
}
