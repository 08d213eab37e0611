// `bentham-cockpit`: the full screen.

import { Command } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { complain } from '../../config/output.ts';
import { nearest } from '../../core/text/did-you-mean.ts';
import { exitWith } from '../exit.ts';
import { loadWithOwn } from '../own-commands.ts';

/** The default command. Without a terminal it prints the plain status instead, and says how to get the rest. */
export function cockpitCommand(): Command {
  const command = addSettingsFlags(new Command('cockpit'))
    .description('full screen (default command)')
    // Here comes every word that is no command.
    .allowExcessArguments()
    .action(async (options: { color?: boolean }) => {
      const [word] = command.args;
      if (word !== undefined) unknownCommand(command.parent ?? command, word);
      const { settings } = await loadWithOwn(command);
      const { whyNoScreen, runCockpit } = await import('./run.ts');
      const why = whyNoScreen();
      if (why === undefined) exitWith(await runCockpit(settings, { colour: options.color !== false }));
      complain(`${why}: printing the status once; see status --help`);
      const { runStatus } = await import('../status/run.ts');
      await runStatus(settings, options);
    });
  return command;
}

function unknownCommand(root: Command, word: string): never {
  const names = root.commands.map((one) => one.name()).filter((name) => !name.startsWith('_'));
  if (names.includes(word))
    root.error(`error: put options after the command: bentham-cockpit ${word} …`, {
      code: 'commander.unknownCommand',
    });
  const meant = nearest(word, names);
  root.error(
    `error: unknown command '${word}'. ${meant ? `Did you mean ${meant}?` : `Commands: ${names.join(', ')}; see --help.`}`,
    { code: 'commander.unknownCommand' },
  );
}
