/** The level of an alert, in the runbook's words (runbook, Alert Channels). */
export type AlertLevel = 'critical' | 'warning' | 'info';

/** Where messages go. */
export const channelIds = ['pagerduty', 'slack-alerts', 'slack-ops'] as const;
export type ChannelId = (typeof channelIds)[number];

/** Default names of the channels, for messages without one (runbook, Alert Channels). */
const channelNames: Readonly<Record<ChannelId, string>> = {
  pagerduty: 'PagerDuty',
  'slack-alerts': 'Slack #alerts',
  'slack-ops': 'Slack #ops',
};

/** The channel's name in a message. */
export const calledBy = ({ channel, to }: { channel: ChannelId; to?: string }): string => to ?? channelNames[channel];
