// PagerDuty's Events API v2 and Slack's incoming webhooks. A message is sent once; what becomes of it is said, and a
// person sends it again or not.
import type { Settings } from '../../config/settings.ts';
import type { ChannelId } from '../../core/incident/channel.ts';
import type { ChannelState } from '../../core/incident/context.ts';
import type { Delivery, Purpose } from '../../core/incident/event.ts';
import { pagerDutyTexts, slackMessage } from '../../core/text/markup.ts';
import { type Ms, second } from '../../core/time.ts';
import { type Guarding, keptBack } from '../unencrypted.ts';
import { post } from './post.ts';

export type Message = {
  channel: ChannelId;
  purpose: Purpose;
  text: string;
  /** The same for all messages about one incident: PagerDuty makes one alert of them. */
  dedupKey: string;
  /** For PagerDuty. */
  severity: 'critical' | 'error' | 'warning' | 'info';
  /** Where it comes from: `PRODUCTION bentham-prod`. */
  source: string;
};

/** What became of a message, and what the channel said. */
export type Delivered = { delivery: Exclude<Delivery, 'sending'>; detail: string };

/** A channel that has not answered by then leaves it open whether the message arrived. */
const patience: Ms = 10 * second;

type Channels = Pick<Settings['channels'], 'slackAlerts' | 'slackOps'> & {
  pagerDuty: Pick<Settings['channels']['pagerDuty'], 'routingKey' | 'url'>;
};

export function channelStates(channels: Channels): readonly ChannelState[] {
  return [
    { id: 'pagerduty', name: 'PagerDuty', configured: Boolean(channels.pagerDuty.routingKey) },
    {
      id: 'slack-alerts',
      name: `Slack ${channels.slackAlerts.name}`,
      configured: Boolean(channels.slackAlerts.webhook),
    },
    { id: 'slack-ops', name: `Slack ${channels.slackOps.name}`, configured: Boolean(channels.slackOps.webhook) },
  ];
}

/** Sends it, once. Never throws; a channel that is not configured is `not-sent`. */
export async function deliver(
  settings: Guarding & { channels: Channels },
  message: Message,
  timeout = patience,
): Promise<Delivered> {
  const target = targetOf(settings.channels, message);
  if (!target) return { delivery: 'not-sent', detail: 'the channel is not configured: copy the text' };
  const url = new URL(target.url);
  const kept = keptBack(settings, 'channels', url, 'the message and its key were');
  if (kept) return { delivery: 'failed', detail: `${url.host}: ${kept.what}; ${kept.hint}` };
  const { delivery, detail, hint } = await post(message.channel, url, JSON.stringify(target.body), { timeout });
  return { delivery, detail: hint ? `${detail}; ${hint}` : detail };
}

type Target = { url: string; body: object };

function targetOf(channels: Channels, message: Message): Target | undefined {
  if (message.channel === 'pagerduty') {
    const { routingKey, url } = channels.pagerDuty;
    return routingKey ? { url, body: pagerDutyEvent(routingKey, message) } : undefined;
  }
  const { webhook } = message.channel === 'slack-alerts' ? channels.slackAlerts : channels.slackOps;
  return webhook ? { url: webhook, body: slackMessage(message.text) } : undefined;
}

/** https://developer.pagerduty.com/docs/events-api-v2 */
function pagerDutyEvent(routingKey: string, { purpose, text, dedupKey, severity, source }: Message): object {
  const event_action = purpose === 'acknowledge' ? 'acknowledge' : purpose === 'resolve' ? 'resolve' : 'trigger';
  const event = { routing_key: routingKey, event_action, dedup_key: dedupKey };
  if (event_action !== 'trigger') return event;
  const { summary, details } = pagerDutyTexts(text);
  return {
    ...event,
    client: 'bentham-cockpit',
    payload: { summary, source, severity, custom_details: { text: details } },
  };
}
