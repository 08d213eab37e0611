// `support-bundle`: everything that a bug report needs, in one file.
import { Command } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';

/** Exit code: 0 written, 1 not written. */
export function supportBundleCommand(): Command {
  const command = addSettingsFlags(new Command('support-bundle'))
    .description('pack log, versions, configuration, doctor and status for a bug report')
    .option('--output <file>', 'output file (default: ./bentham-cockpit-support-TIME.tar.gz)')
    .option('--no-doctor', 'skip doctor, for example if a backend hangs')
    .addHelpText(
      'after',
      '\nSecrets are redacted; names of hosts, users and objects are not. Read the bundle before you send it.' +
        '\nExit code: 0 written, 1 not written.',
    )
    .action(async (options: { output?: string; doctor: boolean }) => {
      const loaded = await loadForCommand(command);
      const { supportBundle } = await import('./run.ts');
      await supportBundle(loaded, options);
    });
  return command;
}
