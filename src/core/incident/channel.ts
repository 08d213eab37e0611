/** How loud an alert is, in the runbook's words (runbook, Alert Channels). */
export type AlertLevel = 'critical' | 'warning' | 'info';

/** Where messages go. */
export const channelIds = ['pagerduty', 'slack-alerts', 'slack-ops'] as const;
export type ChannelId = (typeof channelIds)[number];

/** As people call them, where a message does not say what its channel was called (runbook, Alert Channels). */
const channelNames: Readonly<Record<ChannelId, string>> = {
  pagerduty: 'PagerDuty',
  'slack-alerts': 'Slack #alerts',
  'slack-ops': 'Slack #ops',
};

/** Where a message went, as people call it. */
export const calledBy = ({ channel, to }: { channel: ChannelId; to?: string }): string => to ?? channelNames[channel];
