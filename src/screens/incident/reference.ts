// The runbook's reference tables (runbook, Severity Levels, Alert Channels, Service Locations and Key Ports).
import { alertChannels } from '../../runbook/channels.ts';
import { keyPorts, serviceLocations } from '../../runbook/services.ts';
import { severityLevels } from '../../runbook/severities.ts';
import type { Screen } from '../screen.ts';
import { dim, line } from '../toolkit/line.ts';

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
  view: () => ({ ...nothing, says: line(dim('channel and response time of each level')) }),
  table: () =>
    alertChannels.map(({ level, channel, responseTime }) => ({
      severity: level,
      channel,
      'response time': responseTime,
    })),
};

export const locationsScreen: Screen = {
  id: 'locations',
  title: () => 'SERVICE LOCATIONS',
  palette: 'service locations',
  also: 'address addresses host hosts url urls endpoint endpoints production staging',
  view: () => ({ ...nothing, says: line(dim('as the runbook tells them')) }),
  table: () => serviceLocations.map(({ service, production, staging }) => ({ service, production, staging })),
};

export const portsScreen: Screen = {
  id: 'ports',
  title: () => 'KEY PORTS',
  palette: 'ports of the services',
  also: 'port protocol',
  view: () => ({ ...nothing, says: line(dim('as the runbook tells them')) }),
  table: () => keyPorts.map(({ service, port, protocol }) => ({ service, port: String(port), protocol })),
};
