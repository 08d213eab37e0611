// The user's own commands on the command line of `run`: which there are, only the settings tell, and those are read when a
// command runs. So the words are parsed once more where they name one.
import type { Command } from 'commander';
import { type Flags, flagsOf } from '../../config/flags.ts';
import { complain } from '../../config/output.ts';
import type { Action } from '../../core/actions/action.ts';
import type { CarryOut } from './flags.ts';

/** The word names a command of the user's own: the tree is to be made again with these. */
export class OwnActions extends Error {
  readonly actions: readonly Action[];

  constructor(actions: readonly Action[]) {
    super('own actions');
    this.actions = actions;
  }
}

/** The own commands of a command's settings. */
export async function findOwn(command: Command): Promise<{ actions: readonly Action[]; problems: readonly string[] }> {
  const [{ loadWithOwn }, { ownActions }] = await Promise.all([
    import('../own-commands.ts'),
    import('../../actions/own.ts'),
  ]);
  const { own } = (await loadWithOwn(command)).settings;
  return own ? { actions: ownActions(own), problems: own.problems } : { actions: [], problems: [] };
}

/**
 * For `run --help` and `run NAME --help`, which commander answers before anything else: the own commands. Of `NAME` only if
 * the words name one. `make`: the tree of commands, with what `run` is to do.
 */
export async function ownOfHelp(
  make: (carryOut: CarryOut) => Command,
  words: readonly string[],
): Promise<readonly Action[]> {
  const rest = words.filter((word) => word !== '--help' && word !== '-h');
  if (rest.length === words.length) return [];
  let asked: Command | undefined;
  const program = make(async (command, action) => {
    if (!action) asked = command;
    return 0;
  });
  silence(program);
  try {
    await program.parseAsync(rest, { from: 'user' });
  } catch (error) {
    if (error instanceof OwnActions) return error.actions;
  }
  if (!asked) return [];
  const { actions, problems } = await ownOf(flagsOf(asked));
  for (const text of problems) complain(`own commands are off: ${text}`);
  return actions;
}

function silence(command: Command): void {
  command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined, outputError: () => undefined });
  command.commands.forEach(silence);
}

/** For completion: what the settings without flags have; nothing where they are wrong. */
export const ownByDefault = async (): Promise<readonly Action[]> => (await ownOf({})).actions;

/** The own commands with these flags. Wrong settings are a problem, not an end. */
async function ownOf(flags: Flags): Promise<{ actions: readonly Action[]; problems: readonly string[] }> {
  const [{ loadSettings }, { here }, { configPath }, { loadOwnCommands }, { isActionId }, { ownActions }] =
    await Promise.all([
      import('../../config/load.ts'),
      import('../../config/load-for-command.ts'),
      import('../../config/config-path.ts'),
      import('../../config/own-commands/load.ts'),
      import('../../actions/index.ts'),
      import('../../actions/own.ts'),
    ]);
  const place = { flags, ...here() };
  const loaded = await loadSettings(place);
  if (!loaded.ok)
    return { actions: [], problems: ['the configuration has errors: see `bentham-cockpit config check`'] };
  const { settings } = loaded;
  const own = await loadOwnCommands({ settings, config: configPath(place), home: place.home, taken: isActionId });
  return { actions: ownActions(own), problems: own.problems };
}
