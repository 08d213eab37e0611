// What a channel's answer says about a message: only the channel's own words for success are one.
import { formatClock } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { retryAfterOf } from '../retry-after.ts';

/** What became of a message, and what the channel said. `hint`: the next move, where it was not sent. */
export type Told = { delivery: 'sent' | 'failed' | 'unknown'; detail: string; hint?: string };

export type ChannelAnswer = {
  statusCode: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body; undefined where it was lost. */
  text: string | undefined;
};

const arrived = 'check whether it arrived before you send it again';
const wrongPlace = 'check webhook, routing key and proxy: the answer is not from the channel';

/**
 * PagerDuty's Events API v2 says `{"status":"success"}`; a webhook `ok` (Slack, Mattermost), `{"ok":true}` (Slack's Web
 * API), `{"success":true}` (Rocket.Chat), `1` (Teams), or nothing at all. hooks.slack.com says `ok` and nothing else.
 */
export function readAnswer(channel: 'pagerduty' | 'webhook', url: URL, answer: ChannelAnswer, now = Date.now()): Told {
  const { statusCode, headers, text } = answer;
  const says = text === undefined ? 'answer truncated' : sanitize(text, 200).trim();
  const detail = `${statusCode}${says ? ` ${says}` : ''}`;
  if (statusCode === 429) {
    const wait = retryAfterOf(String(headers['retry-after'] ?? ''), now);
    const when = wait === undefined ? 'in a minute' : `after ${formatClock(now + wait + second)}`;
    return { delivery: 'failed', detail: `${detail}: rate limited`, hint: `not delivered: send it again ${when}` };
  }
  if (statusCode >= 300 && statusCode < 400) {
    const to = sanitize(headers.location ?? 'nowhere', 120);
    return { delivery: 'failed', detail: `${statusCode} redirect to ${to}, not followed`, hint: wrongPlace };
  }
  // A server or a proxy in trouble may have taken it.
  if (statusCode >= 500) return { delivery: 'unknown', detail, hint: arrived };
  if (statusCode < 200 || statusCode >= 400)
    return { delivery: 'failed', detail, hint: 'check webhook and routing key' };
  if (text === undefined) return { delivery: 'unknown', detail, hint: arrived };
  const taken = channel === 'pagerduty' ? takenByPagerDuty(text) : takenByWebhook(text, url);
  // Slack sends its `ok` as text/html: its word comes before its type.
  if (taken === true) return { delivery: 'sent', detail };
  if (isPage(headers['content-type'], text))
    return { delivery: 'failed', detail: `${statusCode} with a web page: ${says}`, hint: wrongPlace };
  if (taken === false)
    return { delivery: 'failed', detail: `${detail}: refused`, hint: 'read the answer of the channel' };
  return { delivery: 'unknown', detail: `${detail}: not an answer of the channel`, hint: arrived };
}

const isPage = (type: string | string[] | undefined, text: string): boolean =>
  /\bhtml\b/i.test(String(type ?? '')) || /^\s*(<!doctype|<html|<head|<body|<\?xml|<script)/i.test(text);

/** True and false are its own words; undefined is anything else. */
function takenByPagerDuty(text: string): boolean | undefined {
  const status = parse(text)?.status;
  if (status === 'success') return true;
  return typeof status === 'string' ? false : undefined;
}

function takenByWebhook(text: string, { hostname }: URL): boolean | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === 'ok') return true;
  const own = parse(text);
  const said = own?.ok ?? own?.success;
  if (typeof said === 'boolean') return said;
  if (own?.error !== undefined) return false;
  if (hostname === 'hooks.slack.com') return undefined;
  return plain === '' || plain === '1' ? true : undefined;
}

function parse(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
