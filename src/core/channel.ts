/** How loud an alert is, in the runbook's words (runbook, Alert Channels). */
export type AlertLevel = 'critical' | 'warning' | 'info';

/** Where messages go. */
export const channelIds = ['pagerduty', 'slack-alerts', 'slack-ops'] as const;
export type ChannelId = (typeof channelIds)[number];
