// Alert channels and response times (runbook, Alert Channels).
import type { AlertLevel, ChannelId } from '../core/incident/channel.ts';
import { hour, type Instant, type Ms, minute } from '../core/time.ts';

export type AlertChannel = {
  level: AlertLevel;
  /** As the runbook writes it. */
  channel: string;
  channels: readonly ChannelId[];
  /** As the runbook writes it. */
  responseTime: string;
  /** The deadline of the response. */
  due(raisedAt: Instant): Instant;
};

const within = (time: Ms) => (raisedAt: Instant) => raisedAt + time;

export const alertChannels: readonly AlertChannel[] = [
  {
    level: 'critical',
    channel: 'PagerDuty + Slack #alerts',
    channels: ['pagerduty', 'slack-alerts'],
    responseTime: '15 min',
    due: within(15 * minute),
  },
  {
    level: 'warning',
    channel: 'Slack #alerts',
    channels: ['slack-alerts'],
    responseTime: '1 hour',
    due: within(hour),
  },
  {
    level: 'info',
    channel: 'Slack #ops',
    channels: ['slack-ops'],
    responseTime: 'Next business day',
    due: nextBusinessDay,
  },
];

export function alertChannel(level: AlertLevel): AlertChannel {
  const found = alertChannels.find((one) => one.level === level);
  if (!found) throw new Error(`no alert channel for ${level}`);
  return found;
}

/** The end of the next day from Monday to Friday, UTC. */
export function nextBusinessDay(from: Instant): Instant {
  const date = new Date(from);
  const next = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1));
  while (next.getUTCDay() === 0 || next.getUTCDay() === 6) next.setUTCDate(next.getUTCDate() + 1);
  return next.getTime() + 24 * hour - 1000;
}
