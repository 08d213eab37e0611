// `doctor`: checks every backend, tool and permission, and prints the fixes.

import { Command, InvalidArgumentError } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { print, printText } from '../../config/output.ts';
import { second } from '../../core/time.ts';

const seconds = (text: string) => {
  const value = Number(text);
  if (!(value > 0 && value <= 300)) throw new InvalidArgumentError('Give a number of seconds, at most 300.');
  return value;
};

/** Exit code: 0 ok, 1 an optional part is missing, 2 an essential part is broken, 3 unknown. */
export function doctorCommand(): Command {
  const command = addSettingsFlags(new Command('doctor'))
    .description('check every backend, tool and permission, and print how to fix each problem')
    .option('--json', 'machine-readable output')
    .option('--send', 'post a test message to each of channels.webhooks')
    .option('--timeout <seconds>', 'timeout of one request to one backend', seconds, 4)
    .addHelpText('after', '\nExit code: 0 ok, 1 an optional part is missing, 2 an essential part is broken, 3 unknown.')
    .action(async (options: { json?: boolean; send?: boolean; timeout: number }) => {
      const loaded = await loadForCommand(command);
      const { settings } = loaded;
      const [{ doctorReport }, { checkupTable, summary }, { exitCode, glyph }, { formatInstant }] = await Promise.all([
        import('./report.ts'),
        import('../../core/health/checkup.ts'),
        import('../../core/health/status.ts'),
        import('../../core/text/format.ts'),
      ]);
      const report = await doctorReport(loaded, options.timeout * second, options.send);
      process.exitCode = exitCode[report.verdict];
      if (options.json) return print(JSON.stringify(report, null, 2));
      const where = [
        settings.environment.name,
        settings.drill ? `DRILL ${settings.drill}` : `profile ${settings.profile}`,
      ];
      printText(`${where.join('  ')}  ${formatInstant(Date.parse(report.at))}\n`);
      printText(`${checkupTable(report.checkups, Math.min(process.stdout.columns ?? 100, 120))}\n`);
      printText(`${glyph[report.verdict]} ${summary(report.checkups)}`);
    });
  return command;
}
