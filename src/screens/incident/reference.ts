// The runbook's reference tables (runbook, Severity Levels and Alert Channels).
import { alertChannels } from '../../runbook/channels.ts';
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
