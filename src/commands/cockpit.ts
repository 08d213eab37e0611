// `bentham-cockpit`: the full screen.
import { Command } from 'commander';
import { addSettingsFlags } from '../config/flags.ts';
import { settingsFrom } from '../config/from-command.ts';

/** The default command. Without a terminal it prints the plain status instead, and says how to get the rest. */
export function cockpitCommand(): Command {
  const command = addSettingsFlags(new Command('cockpit'))
    .description('the full screen (the default)')
    .action(async (options: { color?: boolean }) => {
      const { settings } = await settingsFrom(command);
      const { whyNoScreen, runCockpit } = await import('./cockpit-run.ts');
      const why = whyNoScreen();
      if (why === undefined) process.exit(await runCockpit(settings, { colour: options.color !== false }));
      process.stderr.write(`bentham-cockpit: ${why}. This is the status once; see also status --help.\n`);
      const { runStatus } = await import('./status-run.ts');
      await runStatus(settings, options);
    });
  return command;
}
