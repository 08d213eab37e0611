// What may come next on a command line, read from commander's tree.
import type { Command, Option } from 'commander';

/** A word that may be typed, and what it means. */
export type Word = { name: string; about: string };

/** What may stand here: some words (`open`: their beginning only), the name of a file, or anything. */
export type Values = { kind: 'words' | 'open'; words: readonly Word[] } | { kind: 'file' } | { kind: 'text' };

/**
 * Words that the tree does not know, by the path of the command and the argument's name (`drill scenario`), or by the
 * flag (`--profile`).
 */
export type Vocabulary = Readonly<Record<string, () => Values | Promise<Values>>>;

/**
 * What may stand in place of the last of `typed`, the words after the program's name. `standard` is the command that
 * runs when none is named: its flags may be typed at once.
 */
export async function candidates(
  root: Command,
  typed: readonly string[],
  vocabulary: Vocabulary,
  standard?: string,
): Promise<Values> {
  const unnamed = root.commands.find((one) => one.name() === standard);
  const flags = (of: Command) => [...optionsOf(of), ...(of === root && unnamed ? optionsOf(unnamed) : [])];
  const before = typed.slice(0, -1);
  const current = typed.at(-1) ?? '';
  let command = root;
  const path: string[] = [];
  let operands = 0;
  let wanting: Option | undefined;
  for (const word of before) {
    if (wanting) {
      wanting = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const flag = flags(command).find((option) => option.short === word || option.long === word);
      if (flag && takesValue(flag)) wanting = flag;
      continue;
    }
    const below = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (below) {
      command = below;
      path.push(word);
    } else operands += 1;
  }
  if (wanting) return matching(await valuesOfFlag(wanting, vocabulary), current);
  if (current.startsWith('-')) {
    const words = flags(command).flatMap((option) =>
      [option.short, option.long].flatMap((name) => (name ? [{ name, about: option.description }] : [])),
    );
    const once = words.filter(({ name }, i) => words.findIndex((one) => one.name === name) === i);
    return matching({ kind: 'words', words: once }, current);
  }
  const commands = operands > 0 ? [] : commandsOf(command);
  const argument = await valuesOfArgument(command, path, operands, vocabulary);
  if (argument.kind === 'file' && commands.length === 0) return argument;
  const words = argument.kind === 'words' || argument.kind === 'open' ? argument.words : [];
  return matching({ kind: 'words', words: [...commands, ...words] }, current);
}

function matching(values: Values, current: string): Values {
  if (values.kind !== 'words' && values.kind !== 'open') return values;
  return { ...values, words: values.words.filter((word) => word.name.startsWith(current)) };
}

function optionsOf(command: Command): Option[] {
  const help = command.createHelp();
  const own = help.visibleOptions(command);
  return command.parent
    ? [...own, ...command.parent.options.filter((option) => !own.some((one) => one.long === option.long))]
    : own;
}

function commandsOf(command: Command): Word[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible
    .filter((one) => one.name() !== 'help')
    .map((one) => ({ name: one.name(), about: one.summary() || one.description() }));
}

const takesValue = (option: Option) => option.required || option.optional;
const plain = (names: readonly string[]): Values => ({
  kind: 'words',
  words: names.map((name) => ({ name, about: '' })),
});

async function valuesOfFlag(option: Option, vocabulary: Vocabulary): Promise<Values> {
  const known = vocabulary[option.long ?? ''];
  if (known) return known();
  return option.argChoices ? plain(option.argChoices) : byPlaceholder(/[<[]([^>\]]+)/.exec(option.flags)?.[1] ?? '');
}

async function valuesOfArgument(
  command: Command,
  path: readonly string[],
  index: number,
  vocabulary: Vocabulary,
): Promise<Values> {
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[index] ?? (last?.variadic ? last : undefined);
  if (!argument) return { kind: 'text' };
  const known = vocabulary[[...path, argument.name()].join(' ')];
  if (known) return known();
  return argument.argChoices ? plain(argument.argChoices) : byPlaceholder(argument.name());
}

/** A placeholder says whether a file is wanted: `<file>`, `<directory>`. */
function byPlaceholder(name: string): Values {
  return /^(files?|directory|path)$/.test(name) ? { kind: 'file' } : { kind: 'text' };
}
