// `status`: the same judgements once, for a glance, a script or a status bar. It never loads the screen.
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { type Ms, second } from '../../core/time.ts';

const seconds = (text: string): Ms => {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('Give a number of seconds.');
  return value * second;
};

/** Exit code as monitoring plugins have it: 0 ok, 1 warning, 2 critical, 3 unknown. */
export function statusCommand(): Command {
  const command = addSettingsFlags(new Command('status'))
    .description('print the status once; the exit code tells the health')
    .option('-a, --all', 'include healthy items, one table per area')
    .option('--json', 'machine-readable output (docs/status.schema.json); with --watch one object per line')
    .addOption(new Option('--line', 'one line, for a prompt or a status bar').conflicts(['json', 'all']))
    .option('--timeout <seconds>', 'maximum wait (default: 5; 900 with --rollout; no limit with --watch)', seconds)
    .addOption(new Option('-w, --watch', 'print a line on every change').conflicts(['all', 'line']))
    .addOption(
      new Option(
        '--rollout <deployment>',
        'follow a rollout to its end: 0 complete, 2 stuck, 3 unknown in time',
      ).conflicts(['all', 'line']),
    )
    .addHelpText('after', '\nExit code: 0 ok, 1 warning, 2 critical (or down), 3 unknown (no answer).')
    .action(async (options) => {
      const { settings } = await loadForCommand(command);
      const { runStatus } = await import('./run.ts');
      await runStatus(settings, options);
    });
  return command;
}
