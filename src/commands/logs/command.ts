// `logs`: the logs of a deployment or a label, merged, filtered and in order.
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import type { LogsOptions } from './filter.ts';

const again = (given: string, before: readonly string[] = []) => [...before, given];

function lines(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a number of lines.');
  return Number(text);
}

export function logsCommand(): Command {
  const command = addSettingsFlags(new Command('logs'))
    .description('logs of a deployment or a label: all its pods, merged in order of time')
    .argument('[deployment]', 'as --deployment')
    .option('-d, --deployment <name>', 'all pods of a deployment')
    .addOption(
      new Option(
        '-l, --selector <labels>',
        'all pods with these labels (default: the configured kubernetes.logSelector)',
      ).conflicts('deployment'),
    )
    .option('--pod <name>', 'only this pod')
    .option('-c, --container <name>', 'only containers of this name')
    .option('--level <level>', 'at least so bad: trace, debug, info, warn, error, fatal, or 10 to 60')
    .addOption(new Option('--field <name=value>', 'a field; again and again').argParser(again))
    .option('--study <id>', 'lines of a study')
    .option('--request <id>', 'lines of a request')
    .option('--tenant <id>', 'lines of a tenant')
    .option('--surface <id>', 'lines of a surface')
    .addOption(new Option('--grep <text>', 'lines with this text, or /expression/; again and again').argParser(again))
    .addOption(new Option('--exclude <text>', 'lines without it; again and again').argParser(again))
    .option('--filter <filter>', 'all of that in one line, as on the log screen')
    .option('--since <when>', '90s, 15m, 1h, 03:05 (UTC), 2026-01-17T03:05Z, or all', '15m')
    .option('--tail <lines>', 'at most so many lines of the past, of each container', lines)
    .option('--previous', 'also of the containers before their last restart')
    .option('-f, --follow', 'go on with what comes')
    .option('--json', 'one object a line, for programs')
    .addOption(new Option('--local', 'times of this machine instead of UTC').conflicts('utc'))
    .option('--utc', 'times in UTC (as it is)')
    .action(async (deployment: string | undefined, options: LogsOptions) => {
      if (deployment !== undefined && (options.deployment ?? options.selector) !== undefined)
        command.error('error: a deployment was given twice, or with --selector');
      const { runLogs } = await import('./run.ts');
      process.exitCode = await runLogs(command, { ...options, ...(deployment ? { deployment } : {}) });
    });
  return command;
}
