// The configuration file: YAML, read with line numbers so that a mistake is named where it stands.
import path from 'node:path';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { redact, stripControl } from '../core/text/text.ts';
import { isTooDeep } from '../core/text/yaml-depth.ts';
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

/** A file refers to itself so often that it would never be read to its end. */
class RefersTooMuch extends Error {}

/** References, and pairs that are merged in; a file that a person wrote has some dozens. */
const mostReferences = 1000;
const mostMerged = 2000;
const deepest = 20;
/** Options, profiles and what is in them; a file that a person wrote has some hundreds. */
const mostPairs = 10_000;

/** The file's text as options, or what is wrong with it. */
export function readConfigFile(file: string, text: string, home: string): ConfigFile {
  try {
    return readDocument(file, text, home);
  } catch (error) {
    if (!(error instanceof RefersTooMuch)) throw error;
    return nothing([{ source: file, right: 'anchors and merges (&, *, <<) expand to too much: write the values out' }]);
  }
}

const nothing = (problems: readonly Problem[]): ConfigFile => ({ entries: [], profiles: new Map(), problems });

function readDocument(file: string, text: string, home: string): ConfigFile {
  if (isTooDeep(text)) return nothing([{ source: file, line: 1, right: tooDeep }]);
  const lines = new LineCounter();
  // Merge keys (<<) are of YAML 1.1, and editors know them.
  // The parser compares each key with each other, which is slow: duplicates are found here.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, uniqueKeys: false });
  const wrong = (offset: number, right: string): Problem => ({ source: file, line: lines.linePos(offset).line, right });
  // A parser without stack gives up anywhere: what it says after that is about itself.
  const deep = document.errors.find(({ message }) => outOfStack.test(message));
  const broken = (deep ? [deep] : document.errors.slice(0, mostTold)).map((error) =>
    wrong(error.pos[0], wrongYaml(error)),
  );
  if (broken.length > 0) return nothing(broken);
  const twice: Problem[] = [];
  let references = 0;
  let pairs = 0;
  visit(document, {
    Alias() {
      references += 1;
      if (references > mostReferences) throw new RefersTooMuch();
    },
    Map(_, { items }) {
      pairs += items.length;
      if (pairs > mostPairs) return visit.BREAK;
      const seen = new Set<string>();
      for (const pair of items) {
        const key = keyOf(pair);
        if (seen.has(key) && key !== mergeKey && twice.length < mostTold)
          twice.push(
            wrong((pair.key as Node).range?.[0] ?? 0, `${stripControl(key, 40)} is given twice: merge both sections`),
          );
        seen.add(key);
      }
      return undefined;
    },
  });
  if (pairs > mostPairs)
    return nothing([{ source: file, right: `has more than ${mostPairs} entries: check that this is the right file` }]);
  if (twice.length > 0) return nothing(twice);

  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  /** The pairs of a section, its own before what it merges in: the first of a name counts. */
  let merged = 0;
  const pairsOf = (map: YAMLMap, depth = 0): Pair[] => {
    const own = map.items.filter((pair) => keyOf(pair) !== mergeKey);
    const others = map.items
      .filter((pair) => keyOf(pair) === mergeKey)
      .flatMap((pair) => {
        const value = resolved(pair.value);
        return (isSeq(value) ? value.items.map(resolved) : [value]).flatMap((one) => {
          if (!isMap(one)) return [];
          merged += 1 + one.items.length;
          if (merged > mostMerged || depth > deepest) throw new RefersTooMuch();
          return pairsOf(one, depth + 1);
        });
      });
    const all = new Map<string, Pair>();
    for (const pair of [...own, ...others]) if (!all.has(keyOf(pair))) all.set(keyOf(pair), pair);
    return [...all.values()];
  };
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
          right: `no anchor &${stripControl(node.source, 40)} before it`,
        });
      if (sections.has(prefix) && isMap(value)) {
        for (const pair of pairsOf(value)) {
          const key = keyOf(pair);
          if (prefix === '' && (skip.includes(key) || shelf.test(key))) continue;
          walk(pair.value, prefix ? `${prefix}.${key}` : key, lineOf(pair.key as Node));
        }
        return;
      }
      let plain: unknown = null;
      try {
        if (value !== null && value !== undefined) plain = (value as Node).toJS(document, { maxAliasCount: 50 });
      } catch {
        problems.push({ source: file, line, option: prefix, right: 'expands to too much: write the values out' });
        return;
      }
      const found = entriesOf(plain, () => at(line), prefix);
      entries.push(...found.entries.map((entry) => resolvePaths(entry, path.dirname(file), home)));
      problems.push(...found.problems);
    };
    walk(map, '', 1);
    return { entries, problems };
  };

  const root = resolved(document.contents);
  if (root === null || root === undefined) return nothing([]);
  if (!isMap(root)) {
    const right = `must be a section with ${sections.get('')?.children.slice(1, 6).join(', ')}, …`;
    return nothing([{ source: file, line: 1, right }]);
  }

  const whole = read(root, ['profiles', '$schema']);
  const problems = [...whole.problems];
  const profiles = new Map<string, FileProfile>();
  const listed = root.items.find((pair) => keyOf(pair) === 'profiles');
  const list = resolved(listed?.value);
  if (listed && list !== null && !isMap(list))
    problems.push({ ...place(file, lineOf(listed.key as Node)), option: 'profiles', right: rightProfiles });
  for (const pair of isMap(list) ? pairsOf(list) : []) {
    const name = keyOf(pair);
    const line = lineOf(pair.key as Node);
    const option = `profiles.${stripControl(name, 40)}`;
    const body = resolved(pair.value);
    if (!profileName.test(name)) problems.push({ ...place(file, line), option, right: rightName });
    else if (!isMap(body)) problems.push({ ...place(file, line), option, right: rightProfiles });
    else {
      const base = resolved(pairsOf(body).find((one) => keyOf(one) === 'extends')?.value);
      const own = read(body, ['extends']);
      problems.push(...own.problems.map((p) => ({ ...p, option: `${option}.${p.option ?? ''}` })));
      const nested = own.entries.find((entry) => entry.path === 'profile');
      if (nested)
        problems.push({ ...place(file, nested.line ?? line), option: `${option}.profile`, right: rightNested });
      if (base !== undefined && !(isScalar(base) && typeof base.value === 'string'))
        problems.push({ ...place(file, line), option: `${option}.extends`, right: 'must be a profile name' });
      const entries = own.entries.filter((entry) => entry.path !== 'profile');
      profiles.set(name, { extends: isScalar(base) ? String(base.value) : undefined, entries, line });
    }
  }
  return { entries: whole.entries, profiles, problems };
}

/** Maximum number of errors printed at once. */
const mostTold = 20;

const mergeKey = '<<';
/** Where anchors may stand, as in Compose files: `x-office: &office { … }`. */
const shelf = /^x-/;

/** The parser has a symbol for the merge key. */
function keyOf({ key }: Pair): string {
  const value = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

/** How V8 says so, in calls and in regular expressions. */
const outOfStack = /Maximum call stack|Stack overflow/;

const tooDeep = 'invalid YAML: nested too deeply';

/** What is wrong and what would be right, where the parser speaks to programmers. */
function wrongYaml(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here (---): put everything in the first';
  if (outOfStack.test(error.message)) return tooDeep;
  return `invalid YAML: ${stripControl(redact(error.message), 160)}`;
}

const place = (source: string, line: number) => ({ source, line });
const profileName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$/;
const rightName = 'a profile name has only letters, digits, - and _';
const rightProfiles = 'must be a section, as in profiles: { eu: { extends: production, kubernetes: { … } } }';
const rightNested = 'a profile cannot set profile; use extends';

/** Whether the file holds a secret, in whatever profile. */
export function holdsSecrets({ entries, profiles }: ConfigFile): boolean {
  const all = [...entries, ...[...profiles.values()].flatMap((profile) => profile.entries)];
  return all.some((entry) => options.get(entry.path)?.secret && entry.value !== null);
}
