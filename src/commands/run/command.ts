// `run`: the same actions as on the screen, from the command line. Each action is a command of its own, with the flags of
// its fields: what belongs to another one is unknown there.
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags, givenTo } from '../../config/flags.ts';
import { complain } from '../../config/output.ts';
import type { Action, Field } from '../../core/actions/action.ts';
import { describeField, wrongValue } from '../../core/actions/field.ts';
import { isOwnAction, nameOfAction } from '../../core/actions/plan-text.ts';
import { nearest } from '../../core/text/did-you-mean.ts';
import type { CarryOut, RunFlags } from './flags.ts';
import { findOwn, OwnActions } from './own.ts';

export const runExitCodes =
  'Exit code: 0 verified, 1 done but not verified in time, 2 failed, 3 outcome unknown,\n' +
  '4 refused, unavailable, cancelled or state changed (nothing was done), 64 wrong usage.\n' +
  'On a terminal, the command prompts for missing flags.';

const fromFile: CarryOut = async (...asked) => {
  // A run may work for half an hour on a bastion that others use: V8 would let its heap grow to twice of what is needed.
  setFlagsFromString('--optimize-for-size');
  return (await import('./action.ts')).runAction(...asked);
};

/** The flags that every action takes, before its name or behind it. */
function addRunFlags(command: Command): Command {
  return addSettingsFlags(command)
    .option('--list', 'list actions with risk and flags')
    .option('--dry-run', 'only show the plan')
    .option('-y, --yes', 'do not ask for confirmation; irreversible actions always ask')
    .option('--json', 'machine-readable output')
    .addOption(
      new Option('--arm <reason>', 'arm a read-only environment for this run; the reason is recorded').conflicts(
        'reason',
      ),
    )
    .option('--reason <text>', 'same as --arm');
}

/** Commander's name of a flag: `older-than` becomes olderThan. */
const attribute = (flag: string) => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function fieldOption(field: Field): Option {
  const { name, optional, preset } = field;
  const group = optional || preset !== undefined ? 'Target, optional:' : 'Target:';
  return judged(new Option(`--${name} <value>`, describeField(field)).helpGroup(group), field);
}

/** A value is checked while it is parsed: before anything is asked. */
function judged(option: Option, field: Field): Option {
  const { oneOf = [] } = field;
  option.argParser((text: string) => {
    const wrong = wrongValue(field, text);
    if (!wrong) return text;
    const meant = nearest(text, oneOf);
    throw new InvalidArgumentError(`It ${wrong.why}: ${wrong.hint}.${meant ? ` Did you mean ${meant}?` : ''}`);
  });
  if (oneOf.length > 0) option.argChoices = [...oneOf];
  return option;
}

function actionCommand(action: Action, carryOut: CarryOut): Command {
  const { title, risk, about, fields } = action;
  const id = nameOfAction(action.id);
  const command = new Command(id).summary(`${title} (${risk})`).description(`${title}: ${about.does}`);
  // As journal and status name it.
  if (id !== action.id) command.alias(action.id);
  if (isOwnAction(action.id)) command.helpGroup('Your own commands:');
  for (const field of fields) command.addOption(fieldOption(field));
  const [first] = fields;
  if (first) {
    const same = new Option('--target <value>', `same as --${first.name}`).conflicts(attribute(first.name));
    command.addOption(judged(same, first));
  }
  return addRunFlags(command)
    .showHelpAfterError(
      `${id} takes ${fields.map(({ name }) => `--${name}`).join(', ') || 'no target'}; see run ${id} --help`,
    )
    .addHelpText('after', `\nUndo: ${about.undo}\n${runExitCodes}`)
    .action(async () => {
      process.exitCode = await carryOut(command, action, givenTo<RunFlags>(command));
    });
}

const isGiven = (word: string, actions: readonly Action[]): boolean =>
  actions.some(({ id }) => id === word || nameOfAction(id) === word);

/** `actions`: those that it offers. */
export function runCommand(actions: readonly Action[], carryOut: CarryOut = fromFile): Command {
  const command = addRunFlags(new Command('run'))
    .description('carry out a remediation: show the plan, confirm, execute and verify')
    .usage('[options] ACTION [action flags]')
    .enablePositionalOptions()
    .argument('[action]', 'action to run')
    // What follows a word that is no action is no mistake of its own.
    .allowUnknownOption()
    .allowExcessArguments()
    .commandsGroup('Actions:')
    .addHelpText('after', `\nSee \`run ACTION --help\` for the flags of an action.\n${runExitCodes}`)
    .action(async () => {
      const [word] = command.args;
      if (word !== undefined) {
        const own = await findOwn(command);
        if (own.actions.some(({ id }) => id === word || nameOfAction(id) === word) && !isGiven(word, actions))
          throw new OwnActions(own.actions);
        for (const text of own.problems) complain(`own commands are off: ${text}`);
        notAnAction(command, word, [...actions, ...own.actions]);
      }
      process.exitCode = await carryOut(command, undefined, command.opts<RunFlags>());
    });
  for (const action of actions) command.addCommand(actionCommand(action, carryOut));
  return command;
}

function notAnAction(command: Command, word: string, actions: readonly Action[]): never {
  if (word.startsWith('-')) {
    const name = word.replace(/=.*/, '');
    const owners = actions.filter(({ fields }) => fields.some((field) => `--${field.name}` === name));
    const [first] = owners;
    const where = first ? `. Put it after its action: run ${nameOfAction(first.id)} ${name} …` : '; see run --help';
    command.error(`error: unknown option '${name}'${where}`, { code: 'commander.unknownOption' });
  }
  const ids = actions.map(({ id }) => nameOfAction(id));
  const within = ids.filter((id) => id.split('-').includes(word));
  const near = nearest(word, ids);
  const meant = within.length > 0 ? within : near ? [near] : [];
  const hint = meant.length > 0 ? `. Did you mean ${meant.join(' or ')}?` : '; see `run --list`';
  command.error(`error: unknown action ${word}${hint}`, { code: 'commander.invalidArgument' });
}
