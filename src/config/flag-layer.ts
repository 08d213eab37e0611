// Flags as a layer.
import type { Flags } from './flags.ts';
import { type Entry, type Layer, resolvePaths, unknownOption } from './layer.ts';
import { options, parseText, sections } from './options.ts';
import type { Problem } from './problem.ts';
import { passwordOption, splitRedisUrl } from './redis-url.ts';

const named: readonly (readonly [keyof Flags, string, string])[] = [
  ['kubeconfig', '--kubeconfig', 'kubernetes.kubeconfig'],
  ['context', '--context', 'kubernetes.context'],
  ['namespace', '--namespace', 'kubernetes.namespace'],
  ['readOnly', '--read-only', 'environment.readOnly'],
  ['observe', '--observe', 'environment.observe'],
  ['theme', '--theme', 'display.theme'],
  ['as', '--as', 'person.name'],
  ['logFile', '--log-file', 'log.file'],
  ['logLevel', '--log-level', 'log.level'],
];

/** What the flags give. A secret is refused: other users of the machine see a program's arguments. */
export function readFlags(flags: Flags, cwd: string, home: string): Layer {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const give = (path: string, value: unknown, flag: string) =>
    entries.push(
      resolvePaths({ path, value, origin: { layer: 'flag', says: `flag ${flag}` }, source: `flag ${flag}` }, cwd, home),
    );

  for (const [name, flag, path] of named) if (flags[name] !== undefined) give(path, flags[name], flag);
  if (flags.ascii) give('display.glyphs', 'ascii', '--ascii');
  if (flags.color === false) give('display.theme', 'mono', '--no-color');
  for (const given of flags.set ?? []) {
    const at = given.indexOf('=');
    const path = given.slice(0, at).trim();
    const text = given.slice(at + 1);
    const option = options.get(path);
    const secret = option?.secret || URL.parse(text)?.password;
    if (secret) problems.push({ source: 'flag --set', option: path, value: '•••', right: refusal(path) });
    else if (option) give(path, parseText(option, text), '--set');
    else if (sections.get(path)?.optional && text === 'null') give(path, null, '--set');
    else if (sections.has(path))
      problems.push({
        source: 'flag --set',
        option: path,
        right: `is a section: give one of its options, as in ${path}.${sections.get(path)?.children[0]}=…`,
      });
    else problems.push(unknownOption(path, { source: 'flag --set' }));
  }
  return { entries: entries.flatMap(splitRedisUrl), problems, warnings: [] };
}

function refusal(path: string): string {
  const variable = options.get(passwordOption(path))?.environment;
  return `is a secret, and other users can see the command line: use ${variable} or the configuration file`;
}
