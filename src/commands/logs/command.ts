// `logs`: the logs of a deployment or a label, merged, filtered and in order.
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import type { LogsOptions } from './filter.ts';

const again = (given: string, before: readonly string[] = []) => [...before, given];

function lines(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a number of lines.');
  return Number(text);
}

export function logsCommand(): Command {
  const command = addSettingsFlags(new Command('logs'))
    .description('print the logs of a deployment or label: all its pods, merged by time')
    .argument('[deployment]', 'same as --deployment')
    .option('-d, --deployment <name>', 'all pods of a deployment')
    .addOption(
      new Option('-l, --selector <labels>', 'all pods with these labels (default: kubernetes.logSelector)').conflicts(
        'deployment',
      ),
    )
    .option('--pod <name>', 'only this pod')
    .option('-c, --container <name>', 'only containers with this name')
    .option('--level <level>', 'minimum level: trace, debug, info, warn, error, fatal, or 10 to 60')
    .addOption(new Option('--field <name=value>', 'only lines with this field (repeatable)').argParser(again))
    .option('--study <id>', 'only lines of this study')
    .option('--request <id>', 'only lines of this request')
    .option('--tenant <id>', 'only lines of this tenant')
    .option('--surface <id>', 'only lines of this surface')
    .addOption(
      new Option('--grep <text>', 'only lines with this text or /regular expression/ (repeatable)').argParser(again),
    )
    .addOption(
      new Option('--exclude <text>', 'only lines without this text or /regular expression/ (repeatable)').argParser(
        again,
      ),
    )
    .option('--filter <filter>', 'all filters in one line, as on the log screen')
    .option('--since <when>', 'start: 90s, 15m, 1h, 03:05 (UTC), 2026-01-17T03:05Z, or all', '15m')
    .option('--tail <lines>', 'maximum number of past lines of each container', lines)
    .option('--previous', 'include the containers before their last restart')
    .option('-f, --follow', 'follow new lines')
    .option('--json', 'machine-readable output, one object per line')
    .addOption(new Option('--local', 'local times instead of UTC').conflicts('utc'))
    .option('--utc', 'times in UTC (default)')
    .action(async (deployment: string | undefined, options: LogsOptions) => {
      if (deployment !== undefined && (options.deployment ?? options.selector) !== undefined)
        command.error('error: give one deployment, without --selector');
      const { runLogs } = await import('./run.ts');
      process.exitCode = await runLogs(command, { ...options, deployment: deployment ?? options.deployment });
    });
  return command;
}
