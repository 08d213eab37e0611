// The user's own commands on the command line of `run`: which there are, only the settings tell, and those are read when a
// command runs. So the words are parsed once more where they name one.
import type { Command } from 'commander';
import type { Action } from '../../core/actions/action.ts';

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

/** For `run NAME --help`, which commander answers before anything else: the own commands if the words name one. */
export async function ownOfHelp(program: Command, words: readonly string[]): Promise<readonly Action[]> {
  const rest = words.filter((word) => word !== '--help' && word !== '-h');
  if (rest.length === words.length) return [];
  silence(program);
  try {
    await program.parseAsync(rest, { from: 'user' });
  } catch (error) {
    if (error instanceof OwnActions) return error.actions;
  }
  return [];
}

function silence(command: Command): void {
  command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined, outputError: () => undefined });
  command.commands.forEach(silence);
}

/** For completion: what the settings without flags have; nothing where they are wrong. */
export async function ownByDefault(): Promise<readonly Action[]> {
  const [{ loadSettings }, { here }, { configPath }, { loadOwnCommands }, { isActionId }, { ownActions }] =
    await Promise.all([
      import('../../config/load.ts'),
      import('../../config/load-for-command.ts'),
      import('../../config/config-path.ts'),
      import('../../config/own-commands/load.ts'),
      import('../../actions/index.ts'),
      import('../../actions/own.ts'),
    ]);
  const place = { flags: {}, ...here() };
  const loaded = await loadSettings(place);
  if (!loaded.ok) return [];
  const { settings } = loaded;
  return ownActions(
    await loadOwnCommands({ settings, config: configPath(place), home: place.home, taken: isActionId }),
  );
}
