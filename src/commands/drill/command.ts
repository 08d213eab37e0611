// `drill`: the embedded Bentham, with the cockpit on it or without.

import { Command, InvalidArgumentError, Option } from 'commander';
import { scenarioNamed, scenarios } from '../../../simulator/scenario.ts';
import { addSettingsFlags } from '../../config/flags.ts';
import { complain, print } from '../../config/output.ts';
import { nearest } from '../../core/text/did-you-mean.ts';

/** The scenario of the tour: it has an incident to take and an action to run. */
const tourScenario = 'api-outage';

/** Wrong usage, as sysexits.h has it. */
const usage = 64;

type Options = {
  serve?: boolean;
  list?: boolean;
  platform?: boolean;
  tour?: boolean;
  keepReport?: string;
  warRoom?: boolean;
  pods: number;
  jobs: number;
};

export function drillCommand(): Command {
  const command = addSettingsFlags(new Command('drill'))
    .description('practise on an embedded Bentham: real servers on loopback, deleted when you quit')
    .argument('[scenario]', `fault to practise: ${scenarios.map((s) => s.id).join(', ')}`, 'calm')
    .option('--list', 'list the scenarios')
    .option('--serve', 'no screen: print its environment variables, then `ready`, and run until stopped')
    .option('--platform', 'as the platform is, not as the runbook tells it: tables, API, logs and labels')
    .option('--tour', `a tour of one minute: each frame names the next key (scenario ${tourScenario})`)
    .option('--keep-report <file>', 'write the report of the incident to a new file when the drill ends')
    .option('--war-room', 'with a relay: prints the command with which a second terminal joins')
    .addOption(new Option('--pods <n>', 'number of extra pods, for load').argParser(whole).default(0))
    .addOption(new Option('--jobs <n>', 'number of extra finished jobs, for load').argParser(whole).default(0))
    .action(async (name: string, options: Options) => {
      if (options.list) {
        if (command.args.length > 0) command.error('error: --list takes no scenario');
        const widest = Math.max(...scenarios.map((s) => s.id.length));
        for (const { id, says } of scenarios) print(`${id.padEnd(widest)}  ${says}`);
        return;
      }
      if (options.keepReport !== undefined && options.serve)
        command.error('error: --keep-report needs a screen; it cannot be used with --serve');
      if (options.tour && options.serve) command.error('error: --tour needs a screen; it cannot be used with --serve');
      if (options.tour && command.args.length > 0 && name !== tourScenario)
        command.error(`error: --tour takes no scenario; it uses ${tourScenario}`);
      const scenario = scenarioNamed(options.tour ? tourScenario : name);
      if (!scenario) {
        const ids = scenarios.map((s) => s.id);
        const meant = nearest(name, ids);
        const hint = meant ? `Did you mean ${meant}?` : `Scenarios: ${ids.join(', ')}`;
        complain(`no scenario ${JSON.stringify(name.slice(0, 60))}. ${hint}`);
        process.exitCode = usage;
        return;
      }
      // Written out: the bundler leaves the simulator out of a packaged build.
      if (process.env.BENTHAM_COCKPIT_PACKAGED === 'yes') {
        complain('this package does not contain the drill. In a clone of the repository: npm ci && npm run drill');
        process.exitCode = usage;
        return;
      }
      if (options.serve) {
        const { serve } = await import('./serve.ts');
        const { pods, jobs, platform, warRoom } = options;
        return serve({ scenario, pods, jobs, platform, warRoom });
      }
      const { runDrillCockpit: practise } = await import('./drill-cockpit.ts');
      return practise(command, scenario.id, options);
    });
  return command;
}

function whole(text: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n > 100_000_000) throw new InvalidArgumentError('Give a whole number.');
  return n;
}
