// `drill`: the embedded Bentham, with the cockpit on it or without.

import { Command, InvalidArgumentError, Option } from 'commander';
import { scenarioNamed, scenarios } from '../../../simulator/scenario.ts';
import { addSettingsFlags } from '../../config/flags.ts';
import { complain, print } from '../../config/output.ts';

/** Wrong usage, as sysexits.h has it. */
const usage = 64;

type Options = { serve?: boolean; list?: boolean; pods: number; jobs: number };

export function drillCommand(): Command {
  const command = addSettingsFlags(new Command('drill'))
    .description('practise on an embedded Bentham: real servers on loopback, gone when you leave')
    .argument('[scenario]', `what is wrong: ${scenarios.map((s) => s.id).join(', ')}`, 'calm')
    .option('--list', 'name the scenarios')
    .option('--serve', 'no screen: print the environment that reaches it, then `ready`, and run until stopped')
    .addOption(new Option('--pods <n>', 'so many pods more, for load').argParser(whole).default(0))
    .addOption(new Option('--jobs <n>', 'so many finished jobs more, for load').argParser(whole).default(0))
    .action(async (name: string, options: Options) => {
      if (options.list) {
        if (command.args.length > 0) command.error('error: --list names all scenarios: leave the scenario out');
        const widest = Math.max(...scenarios.map((s) => s.id.length));
        for (const { id, says } of scenarios) print(`${id.padEnd(widest)}  ${says}`);
        return;
      }
      const scenario = scenarioNamed(name);
      if (!scenario) {
        complain(
          `no scenario ${JSON.stringify(name.slice(0, 60))}. There are: ${scenarios.map((s) => s.id).join(', ')}`,
        );
        process.exitCode = usage;
        return;
      }
      if (options.serve) {
        const { serve } = await import('./serve.ts');
        return serve({ scenario, pods: options.pods, jobs: options.jobs });
      }
      const { runDrillCockpit: practise } = await import('./drill-cockpit.ts');
      return practise(command, scenario.id, options);
    });
  return command;
}

function whole(text: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n > 100_000_000) throw new InvalidArgumentError('a whole number is needed.');
  return n;
}
