// `doctor`: checks every backend, tool and permission, and prints the fixes.

import { Command, InvalidArgumentError } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { print } from '../../config/output.ts';
import { describeProblem } from '../../config/problem.ts';
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
    .option('--timeout <seconds>', 'timeout of one request to one backend', seconds, 4)
    .addHelpText('after', '\nExit code: 0 ok, 1 an optional part is missing, 2 an essential part is broken, 3 unknown.')
    .action(async (options: { json?: boolean; timeout: number }) => {
      const loaded = await loadForCommand(command);
      const { settings, redirected, ignored } = loaded;
      const [
        { doctorChecks: probesFor },
        { runCheck: examine },
        { checkupTable, overall, summary },
        { describeRedirection },
        verdict,
        format,
      ] = await Promise.all([
        import('../../data/doctor.ts'),
        import('../../data/doctor-check.ts'),
        import('../../core/health/checkup.ts'),
        import('../../config/load.ts'),
        import('../../core/health/status.ts'),
        import('../../core/text/format.ts'),
      ]);
      const timeout = options.timeout * second;
      const at = Date.now();
      const found = await examine(probesFor(settings, timeout), 3 * timeout, new AbortController().signal);
      const elsewhere = redirected.map((one) => ({
        area: 'configuration',
        what: one.option,
        verdict: 'warning' as const,
        answer: describeRedirection(one),
        todo: `if this is not intended, check ${one.origin.says}`,
      }));
      const passedOver = ignored.map((one) => ({
        area: 'configuration',
        what: one.option ?? one.source,
        verdict: 'ok' as const,
        answer: describeProblem(one),
      }));
      const all = [...elsewhere, ...passedOver, ...found];
      const worst = overall(all);
      process.exitCode = verdict.exitCode[worst];
      if (options.json) {
        const report = {
          version: 1,
          at: new Date(at).toISOString(),
          profile: settings.profile,
          verdict: worst,
          checkups: all,
        };
        print(JSON.stringify(report, null, 2));
        return;
      }
      const where = [
        settings.environment.name,
        settings.drill ? `DRILL ${settings.drill}` : `profile ${settings.profile}`,
      ];
      print(`${where.join('  ')}  ${format.formatInstant(at)}\n`);
      print(`${checkupTable(all, Math.min(process.stdout.columns ?? 100, 120))}\n`);
      print(`${verdict.glyph[worst]} ${summary(all)}`);
    });
  return command;
}
