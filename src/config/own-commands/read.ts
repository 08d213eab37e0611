// commands.yaml, read with line numbers: every mistake is named where it stands, and what would be right. A file with a
// mistake offers nothing: half of what a person wrote is not what was meant.
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { wrongArgument } from '../../core/actions/own/argv-rules.ts';
import type { OwnArgv, OwnCommand, OwnVerify } from '../../core/actions/own/command.ts';
import { partsOf, placeholdersOf } from '../../core/actions/own/placeholders.ts';
import { areas } from '../../core/health/finding.ts';
import { nearest } from '../../core/text/did-you-mean.ts';
import { redact, stripControl } from '../../core/text/text.ts';
import { isTooDeep } from '../../core/text/yaml-depth.ts';
import { second } from '../../core/time.ts';
import { resolvePath } from '../layer.ts';
import { type Problem, shown } from '../problem.ts';
import { mostCommands, type OwnCommandInput, ownCommandSchema, ownFileSchema } from './schema.ts';

const mostAliases = 50;

type Path = readonly PropertyKey[];

/** `taken`: names that are not free (actions). */
export type ReadOptions = { file: string; home: string; directory: string; taken(name: string): boolean };

export function readOwnCommands(
  text: string,
  { file, home, directory, taken }: ReadOptions,
): { commands: readonly OwnCommand[]; problems: readonly Problem[]; withheld?: readonly OwnCommand[] } {
  if (isTooDeep(text))
    return { commands: [], problems: [{ source: file, line: 1, right: 'invalid YAML: nested too deeply' }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.slice(0, mostTold).map((error) => ({
    source: file,
    line: lines.linePos(error.pos[0]).line,
    right: `invalid YAML: ${stripControl(redact(error.message), 160)}`,
  }));
  if (problems.length > 0) return { commands: [], problems };
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: mostAliases });
  } catch {
    return { commands: [], problems: [{ source: file, right: 'anchors expand to too much: write the values out' }] };
  }
  // An empty file, or one of comments only.
  if (plain === null || plain === undefined) return { commands: [], problems: [] };

  if (!isMap(document.contents)) {
    const right = 'must begin with commands: and a list below it';
    return { commands: [], problems: [{ source: file, line: 1, right }] };
  }

  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const parent = document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      const pair = isMap(parent) ? parent.items.find((one) => isScalar(one.key) && one.key.value === key) : undefined;
      const node = pair?.key ?? document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const wrong = (path: Path, right: string, value?: unknown): void => {
    if (problems.length >= mostTold) return;
    problems.push({
      source: file,
      line: lineOf(path),
      option: path
        .map((part) => (typeof part === 'number' ? `[${part + 1}]` : String(part)))
        .join('.')
        .replaceAll('.[', '['),
      value: shown(value, false),
      right,
    });
  };

  const parsed = ownFileSchema.safeParse(plain);
  for (const issue of parsed.error?.issues ?? []) told(issue, [], plain, wrong);
  const seen = new Map<string, number>();
  // Each on its own, so that all mistakes are named at once.
  const commands = listOf(plain).flatMap((one, at): readonly OwnCommand[] => {
    const read = ownCommandSchema.safeParse(one);
    if (!read.success) return [];
    const input = read.data;
    const base: Path = ['commands', at];
    if (taken(input.name)) wrong([...base, 'name'], 'an action of the cockpit has this name', input.name);
    if (seen.has(input.name)) wrong([...base, 'name'], 'is given twice: choose another name', input.name);
    seen.set(input.name, at);
    checkArguments(input, base, wrong);
    return [
      commandOf(input, {
        from: `${file}:${lineOf([...base, 'name'])}`,
        directory: input.directory === undefined ? undefined : resolvePath(input.directory, directory, home),
      }),
    ];
  });
  if (problems.length === 0) return { commands, problems };
  return { commands: [], problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)), withheld: commands };
}

function listOf(plain: unknown): readonly unknown[] {
  const list: unknown = typeof plain === 'object' && plain !== null ? Reflect.get(plain, 'commands') : undefined;
  return Array.isArray(list) ? list.slice(0, mostCommands) : [];
}

/** Maximum number of errors told at once. */
const mostTold = 50;

function commandOf(input: OwnCommandInput, { from, directory }: Pick<OwnCommand, 'from' | 'directory'>): OwnCommand {
  const { name, title = name, where, command, look, risk, confirm, verify, undo, key, environment } = input;
  const looked = look === undefined || Array.isArray(look) ? { command: look, unchanged: false } : look;
  return {
    name,
    title,
    where,
    command,
    look: looked.command,
    lookUnchanged: looked.unchanged || undefined,
    risk,
    confirm,
    verify: verifyOf(verify),
    undo,
    key,
    environment,
    directory,
    within: input.timeoutSeconds * second,
    from,
  };
}

function verifyOf(verify: OwnCommandInput['verify']): OwnVerify | undefined {
  if (verify === undefined) return undefined;
  if (Array.isArray(verify)) return { command: verify, within: 30 * second };
  const within = verify.withinSeconds * second;
  if (verify.command) return { command: verify.command, within };
  return verify.check === undefined ? undefined : { check: verify.check, within };
}

type Wrong = (path: Path, right: string, value?: unknown) => void;

/** The argument lists: their placeholders exist, and stand where they can do no harm. */
function checkArguments(input: OwnCommandInput, base: Path, wrong: Wrong): void {
  const { where, look, verify } = input;
  const known = placeholdersOf(where).map(({ name }) => name);
  const text = (argument: string, path: Path) => {
    const parts = partsOf(argument);
    if (!parts) return wrong(path, 'braces without their pair: write {{name}}', argument);
    for (const part of parts) {
      if ('text' in part || known.includes(part.placeholder)) continue;
      const meant = nearest(part.placeholder, known);
      const isTemplate = part.placeholder.startsWith('.');
      const is = isTemplate
        ? 'write a Go template as JSONPath, as in {.metadata.name}'
        : meant === undefined
          ? `where: ${where} has ${known.join(', ')}`
          : `did you mean {{${meant}}}?`;
      wrong(path, `there is no {{${stripControl(part.placeholder, 40)}}}: ${is}`, argument);
    }
  };
  const list = (argv: OwnArgv, path: Path) => {
    for (const [at, argument] of argv.entries()) text(argument, [...path, at]);
    const found = wrongArgument(argv);
    if (found) wrong([...path, found.at], found.right, argv[found.at]);
  };
  list(input.command, [...base, 'command']);
  if (Array.isArray(look)) list(look, [...base, 'look']);
  else if (look) list(look.command, [...base, 'look', 'command']);
  if (Array.isArray(verify)) list(verify, [...base, 'verify']);
  else if (verify?.command) list(verify.command, [...base, 'verify', 'command']);
  else if (verify?.check !== undefined) {
    const path = [...base, 'verify', 'check'];
    text(verify.check, path);
    const [area = ''] = verify.check.split('/', 1);
    if (!checks.includes(area)) {
      const meant = nearest(area, checks);
      wrong(path, meant ? `did you mean ${meant}?` : `begins with one of ${checks.join(', ')}`, verify.check);
    }
  }
}

/** What the ids of findings begin with. */
const checks: readonly string[] = [...areas, 'metric', 'surface', 'traffic'];

/** An issue of the schema. Of a list or a section the one is meant that was written. */
function told(issue: z.core.$ZodIssue, base: Path, plain: unknown, wrong: Wrong): void {
  const path = [...base, ...issue.path];
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    plain,
  );
  if (issue.code === 'invalid_union') {
    const [list = [], section = []] = issue.errors;
    for (const one of Array.isArray(value) || typeof value !== 'object' ? list : section) told(one, path, plain, wrong);
    return;
  }
  if (issue.code !== 'unrecognized_keys') {
    wrong(path, value === undefined ? `is missing: ${issue.message}` : issue.message, scalar(value));
    return;
  }
  const known = path.length === 0 ? ['commands'] : path.length === 2 ? Object.keys(ownCommandSchema.shape) : [];
  for (const key of issue.keys) {
    const meant = nearest(key, known);
    const has = known.length > 0 ? `; there is ${known.join(', ')}` : '';
    wrong([...path, key], meant === undefined ? `unknown${has}` : `unknown: did you mean ${meant}?`);
  }
}

const scalar = (value: unknown): unknown => (typeof value === 'object' ? undefined : value);
