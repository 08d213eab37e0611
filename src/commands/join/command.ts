// `join`: the cockpit on an incident that others share over a relay.
import { Command } from 'commander';
import { addSettingsFlags, usageError } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { complain } from '../../config/output.ts';
import { isLoopback } from '../../core/loopback.ts';
import { exitWith } from '../exit.ts';

export function joinCommand(): Command {
  const command = addSettingsFlags(new Command('join'))
    .description('join an open incident that others share: opens the cockpit on its relay')
    .argument('<url>', 'redis:// or rediss:// URL of the relay; its password in BENTHAM_INCIDENT_RELAY_PASSWORD')
    .action(async (text: string, options: { color?: boolean }) => {
      const url = URL.parse(text);
      if (!url || !/^rediss?:$/.test(url.protocol)) return refuse('give a redis:// or rediss:// URL');
      if (url.password || url.username)
        return refuse(
          'other users can see the command line: set BENTHAM_INCIDENT_RELAY_USERNAME and BENTHAM_INCIDENT_RELAY_PASSWORD',
        );
      const { whyNoScreen, runCockpit } = await import('../cockpit/run.ts');
      const why = whyNoScreen();
      if (why !== undefined) return refuse(`${why}, and join needs a full screen`);
      const [, drill] = /^\/(bentham-drill-[\w-]+)$/.exec(url.pathname) ?? [];
      const joined = drill !== undefined && isLoopback(url.hostname) ? await drillNamed(drill) : undefined;
      if (joined === 'refused') return;
      if (!joined)
        command.setOptionValueWithSource('set', [...(command.opts().set ?? []), `incident.relay=${text}`], 'cli');
      let code = 1;
      try {
        const { settings } = await loadForCommand(command);
        code = await runCockpit(settings, { colour: options.color !== false, start: 'incidents', joins: true });
      } finally {
        await joined?.end();
      }
      exitWith(code);
    });
  return command;
}

function refuse(says: string): undefined {
  complain(`join: ${says}`);
  process.exitCode = usageError;
}

async function drillNamed(name: string): Promise<{ end(): Promise<void> } | 'refused'> {
  // Written out: the bundler leaves the simulator out of a packaged build.
  if (process.env.BENTHAM_COCKPIT_PACKAGED === 'yes') {
    refuse('this package does not contain the drill');
    return 'refused';
  }
  const { joinDrill } = await import('../drill/join-drill.ts');
  try {
    return await joinDrill(name);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
    return 'refused';
  }
}
