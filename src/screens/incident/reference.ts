// The runbook's reference tables (runbook, Severity Levels, Alert Channels, Service Locations and Key Ports).

import { shortAge } from '../../core/text/format.ts';
import { alertChannels } from '../../runbook/channels.ts';
import { keyPorts, serviceLocations } from '../../runbook/services.ts';
import { severityLevels } from '../../runbook/severities.ts';
import type { State } from '../../store.ts';
import type { Screen } from '../screen.ts';
import { bold, dim, type Line, line, mark, span } from '../toolkit/line.ts';

const nothing = { rows: [], selectable: false };

export const severitiesScreen: Screen = {
  id: 'severities',
  title: () => 'SEVERITIES',
  palette: 'severity levels',
  view: () => ({ ...nothing, says: line(dim('when in doubt, the higher one')) }),
  table: () =>
    severityLevels.map(({ severity, description, example }) => ({ level: `SEV${severity}`, description, example })),
};

export const channelsScreen: Screen = {
  id: 'channels',
  title: () => 'ALERT CHANNELS',
  palette: 'alert channels and response times',
  also: 'webhook webhooks',
  view: (state) => ({
    ...nothing,
    says: line(dim('channel and response time of each level')),
    head: webhookLines(state),
  }),
  table: () =>
    alertChannels.map(({ level, channel, responseTime }) => ({
      severity: level,
      channel,
      'response time': responseTime,
    })),
};

/** The generic webhooks by their hosts, and what became of the last alert; empty where none is configured. */
function webhookLines({ incidentContext, world }: State): readonly Line[] {
  const all = incidentContext?.webhooks ?? [];
  return all.map(({ host, level, last, waiting, dropped }) => {
    const least = level === 'info' ? 'every alert' : level === 'warning' ? 'warning and critical' : 'critical';
    const ended = last
      ? line('  ', mark(last.ok ? 'ok' : 'warning'), ` ${last.says}, ${shortAge(world.now - last.at)} ago`)
      : dim('  nothing posted yet');
    const lost = dropped > 0 ? span(`  ${dropped} dropped`, 'warning') : undefined;
    return line(`webhook ${host}: ${least}`, ended, waiting > 0 ? dim(`  ${waiting} waiting`) : undefined, lost);
  });
}

export const locationsScreen: Screen = {
  id: 'locations',
  title: () => 'SERVICE LOCATIONS',
  palette: 'service locations',
  also: 'address addresses host hosts url urls endpoint endpoints production staging',
  view: (state) => ({ ...nothing, head: [...asTold(state), [], ...askedNow(state)] }),
};

/** The runbook's table; the column of the environment that this cockpit shows says so. */
function asTold({ world }: State): readonly Line[] {
  const here = world.scope.environment.toLowerCase();
  const headOf = (environment: string) => (environment === here ? `${environment} (here)` : environment);
  const rows = serviceLocations.map(({ service, production, staging }) => [service, production, staging] as const);
  const all = [['', headOf('production'), headOf('staging')] as const, ...rows];
  const wide = [0, 1].map((at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  return [
    line(dim('as the runbook tells them')),
    ...all.map(([service, production, staging], at) => {
      const text = `${service.padEnd(wide[0] ?? 0)}  ${production.padEnd(wide[1] ?? 0)}  ${staging}`;
      return line(at === 0 ? dim(text) : text);
    }),
  ];
}

/** What this cockpit asks, as it is configured: flags and the environment may point elsewhere than the runbook. */
function askedNow({ world, incidentContext }: State): readonly Line[] {
  const here = line(dim('asked now: '), bold(world.scope.environment), dim(`, namespace ${world.scope.namespace}`));
  if (!incidentContext) return [here];
  const { gatewayUrl, primary, replica, redis, bucket } = incidentContext.targets;
  const asked: readonly (readonly [string, string])[] = [
    ['API gateway', gatewayUrl],
    ['primary', `${primary.host}:${primary.port}`],
    ...(replica ? [['replica', `${replica.host}:${replica.port}`] as const] : []),
    ['Redis', `${redis.host}:${redis.port}`],
    ['evidence', `s3://${bucket}`],
  ];
  return [here, ...asked.map(([service, where]) => line(dim(`  ${service.padEnd(12)}`), where))];
}

export const portsScreen: Screen = {
  id: 'ports',
  title: () => 'KEY PORTS',
  palette: 'ports of the services',
  also: 'port protocol',
  view: () => ({ ...nothing, says: line(dim('as the runbook tells them')) }),
  table: () => keyPorts.map(({ service, port, protocol }) => ({ service, port: String(port), protocol })),
};
