// The settings with the user's own commands (commands.yaml), for the commands that offer them.
import type { Command } from 'commander';
import { flagsOf } from '../config/flags.ts';
import type { Loaded } from '../config/load.ts';
import { here, loadForCommand } from '../config/load-for-command.ts';

type WithOwn = Extract<Loaded, { ok: true }>;

/** Mistakes in commands.yaml are among `settings.own.problems`: they end nothing. */
export async function loadWithOwn(command: Command): Promise<WithOwn> {
  const loaded = await loadForCommand(command);
  // Imported when a command runs, as load-for-command.ts does.
  const [{ configPath }, { loadOwnCommands }, { isActionId }] = await Promise.all([
    import('../config/config-path.ts'),
    import('../config/own-commands/load.ts'),
    import('../actions/index.ts'),
  ]);
  const place = here();
  const own = await loadOwnCommands({
    settings: loaded.settings,
    config: configPath({ flags: flagsOf(command), ...place }),
    home: place.home,
    taken: isActionId,
  });
  return { ...loaded, settings: { ...loaded.settings, own } };
}
