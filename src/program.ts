// The tree of commands, and what holds for all of them: options belong to the command that they stand behind, a value is
// given once and is not empty, and a mistake is named before anything is done.
import { Command, type Option } from 'commander';
import { versionSays } from './build.ts';
import { cockpitCommand } from './commands/cockpit/command.ts';
import { completeCommand, completionCommand } from './commands/completion/command.ts';
import { configCommand } from './commands/config/command.ts';
import { doctorCommand } from './commands/doctor/command.ts';
import { drillCommand } from './commands/drill/command.ts';
import { incidentCommand } from './commands/incident/command.ts';
import { initCommand } from './commands/init/command.ts';
import { joinCommand } from './commands/join/command.ts';
import { logsCommand } from './commands/logs/command.ts';
import { lookCommands } from './commands/look/command.ts';
import { runCommand } from './commands/run/command.ts';
import type { CarryOut } from './commands/run/flags.ts';
import { statusCommand } from './commands/status/command.ts';
import { supportBundleCommand } from './commands/support-bundle/command.ts';
import { commanderOutput } from './config/output.ts';
import type { Action } from './core/actions/action.ts';

const version = [versionSays(), '-V, --version', 'print version, commit and build'] as const;

/** `actions`: those that `run` offers; `carryOut`: what it does with them. Throws commander's errors. */
export function makeProgram(actions: readonly Action[], carryOut?: CarryOut): Command {
  const program = new Command('bentham-cockpit')
    .description("The screen an on-call engineer opens when Bentham's pager goes off")
    .version(...version)
    .enablePositionalOptions()
    // The default command reads what stands behind one of its options, as in --observe --version.
    .addCommand(cockpitCommand().version(...version), { isDefault: true })
    .addCommand(completionCommand())
    .addCommand(completeCommand(), { hidden: true })
    .addCommand(configCommand())
    .addCommand(initCommand())
    .addCommand(statusCommand())
    .addCommand(doctorCommand())
    .addCommand(supportBundleCommand())
    .addCommand(drillCommand())
    .addCommand(joinCommand())
    .addCommand(logsCommand())
    .addCommand(incidentCommand())
    .addCommand(runCommand(actions, carryOut));
  for (const look of lookCommands()) program.addCommand(look);
  makeStrict(program);
  program.hook('preAction', (_, command) => refuseMisplaced(command));
  return program;
}

/**
 * The words with `--help` for a last word `help` behind the name of a command, as `run help`, `run --json ACTION help`.
 * Behind `--`, or as the value of an option, it is a word like any other.
 */
export function helpAsFlag(program: Command, words: readonly string[]): readonly string[] {
  const last = words.length - 1;
  if (words[last] !== 'help') return words;
  let command = program;
  for (let at = 0; at < last; at += 1) {
    const word = words[at] ?? '';
    const option = command.options.find(({ long, short }) => word === long || word === short);
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (option) at += option.required ? 1 : 0;
    else if (next) command = next;
    else if (!word.startsWith('-') || word === '--') return words;
    // The value of an option is no word of its own.
    if (at >= last) return words;
  }
  return command === program ? words : [...words.slice(0, last), '--help'];
}

function makeStrict(command: Command): void {
  command.exitOverride().configureOutput(commanderOutput);
  for (const option of command.options) if (option.required || option.optional) takeOnce(command, option);
  command.commands.forEach(makeStrict);
}

/** What may be repeated gathers its values itself. */
const repeatable = new Set(['--set', '--field', '--grep', '--exclude']);

function takeOnce(command: Command, option: Option): void {
  let given = 0;
  command.on(`option:${option.name()}`, (value: unknown) => {
    given += 1;
    if (typeof value === 'string' && value.trim() === '')
      command.error(`error: ${option.long} is empty: give a value or omit it`);
    if (given > 1 && !repeatable.has(option.long ?? '')) command.error(`error: ${option.long} was given twice`);
  });
}

/** An option before a command's name that the command does not have, or that stands behind it again. */
function refuseMisplaced(command: Command): void {
  for (let above = command.parent; above; above = above.parent)
    for (const { long, required, attributeName } of above.options.map(described)) {
      if (above.getOptionValueSource(attributeName) !== 'cli') continue;
      const own = command.options.find((option) => option.long === long);
      if (!own) command.error(`error: ${command.name()} has no ${long}`);
      if (required && !repeatable.has(long) && command.getOptionValueSource(attributeName) === 'cli')
        command.error(`error: ${long} was given twice`);
    }
}

const described = (option: Option) => ({
  long: option.long ?? '',
  required: option.required || option.optional,
  attributeName: option.attributeName(),
});
