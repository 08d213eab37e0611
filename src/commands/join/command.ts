// `join`: the cockpit on an incident that others share over a relay.
import { Command } from 'commander';
import { addSettingsFlags, usageError } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { complain } from '../../config/output.ts';
import { exitWith } from '../exit.ts';

export function joinCommand(): Command {
  const command = addSettingsFlags(new Command('join'))
    .description('join an open incident that others share: opens the cockpit on its relay')
    .argument(
      '<url>',
      'redis:// or rediss:// URL of the relay, its password in BENTHAM_INCIDENT_RELAY_PASSWORD; or the name of a drill on this host',
    )
    .action(async (text: string, options: { color?: boolean }) => {
      const isDrill = /^bentham-drill-[\w-]+$/.test(text);
      const why = (isDrill ? undefined : wrongUrl(text)) ?? (await noScreen());
      if (why !== undefined) return refuse(why);
      const joined = isDrill ? await drillNamed(text) : undefined;
      if (joined === 'refused') return;
      if (!joined)
        command.setOptionValueWithSource('set', [...(command.opts().set ?? []), `incident.relay=${text}`], 'cli');
      const { runCockpit } = await import('../cockpit/run.ts');
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

function wrongUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol))
    return 'give a redis:// or rediss:// URL, or the name of a drill on this host: bentham-drill-…';
  if (url.password || url.username)
    return 'other users can see the command line: set BENTHAM_INCIDENT_RELAY_USERNAME and BENTHAM_INCIDENT_RELAY_PASSWORD';
  return undefined;
}

async function noScreen(): Promise<string | undefined> {
  const { whyNoScreen } = await import('../cockpit/run.ts');
  const why = whyNoScreen();
  return why && `${why}, and join needs a full screen`;
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
