// Arguments → one command. A command's file only says what it is; what it does is imported when it runs, so that none
// pays for another's start-up.
import { CommanderError } from 'commander';
import { exitWith } from './commands/exit.ts';
import { OwnActions, ownByDefault, ownOfHelp } from './commands/run/own.ts';
import { taken } from './commands/terminal-waits.ts';
import { watchOutput } from './commands/whole-output.ts';
import { usageError } from './config/flags.ts';
import { tell } from './config/output.ts';
import type { Action } from './core/actions/action.ts';
import { debugLog } from './disk/debug-log.ts';
import { helpAsFlag, makeProgram } from './program.ts';

/** EX_SOFTWARE of sysexits.h. */
const bug = 70;

/** Runs the command that this process was given. `actions`: those that `run` offers. */
export async function main(actions: readonly Action[]): Promise<void> {
  // A reader that has read enough (`| head`) ends nothing that was begun, and the exit code says how it ended.
  process.stdout.on('error', () => {});
  watchOutput();
  const words = helpGiven(process.argv.slice(2), actions);
  const parse = (own: readonly Action[]) => makeProgram([...actions, ...own]).parseAsync(words, { from: 'user' });
  try {
    await parse(await ownBefore(words, actions));
  } catch (error) {
    if (!(error instanceof OwnActions)) end(error);
    // The same words again, with the commands of the user's own.
    await parse(error.actions).catch(end);
  }
  // What hangs (a credential plugin, a name look-up, a connection that is closed) must not keep the process.
  await Promise.all([taken(process.stdout), taken(process.stderr)]);
  exitWith(Number(process.exitCode ?? 0));
}

/** Only words that end so cost a tree of commands more. */
function helpGiven(given: readonly string[], actions: readonly Action[]): readonly string[] {
  return given.at(-1) === 'help' ? helpAsFlag(makeProgram(actions), given) : given;
}

/** The own commands that have to be known before the words are parsed. */
async function ownBefore(words: readonly string[], actions: readonly Action[]): Promise<readonly Action[]> {
  const helped = words[0] === 'help' && words[1] === 'run' ? ['run', '--help'] : words;
  if (helped[0] === 'run') return ownOfHelp((carryOut) => makeProgram(actions, carryOut), helped);
  return words[0] === '__complete' && words.includes('run') ? ownByDefault() : [];
}

function end(error: unknown): never {
  if (!(error instanceof CommanderError)) {
    // A bug. What it says may quote what came from outside.
    debugLog.error('bug', { error });
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(bug);
  }
  // Wrong usage, as sysexits.h has it: a 1 would mean a warning to monitoring that runs `status`.
  process.exit(error.exitCode === 0 ? 0 : usageError);
}
