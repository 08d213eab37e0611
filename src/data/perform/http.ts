// Requests over HTTP: a health check between two steps, and messages to people.
import { request } from 'undici';
import type { Call, Channel } from '../../core/actions/call.ts';
import { door } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { readBeginning } from '../body.ts';
import { longestBody } from '../gateway.ts';
import { readHealthBody } from '../health-body.ts';
import { networkFault } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { type Means, type Performed, performedFault } from './performed.ts';

const within = 10 * second;

/** Must answer 2xx and call itself healthy. */
export async function performHttp({ url }: Extract<Call, { tool: 'http' }>, { signal }: Means): Promise<Performed> {
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const both = AbortSignal.any([signal, AbortSignal.timeout(within)]);
    const answer = await request(url, { signal: both, dispatcher });
    const body = readHealthBody((await readBeginning(answer.body, longestBody)).text);
    const says = `${url} answered ${answer.statusCode} ${body.status ?? ''}`.trim();
    if (answer.statusCode < 300 && body.healthy) return { outcome: 'done', says };
    return { outcome: 'failed', says, hint: 'what came before is not well: nothing after it was done' };
  } catch (error) {
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped' };
    const { what, hint } = networkFault(error, url);
    return { outcome: 'failed', says: `${url}: ${what}`, hint };
  } finally {
    await dispatcher.destroy();
  }
}

/** Sends a message. Where no channel is configured, a person has to carry it. */
export async function performChannel(call: Extract<Call, { tool: 'channel' }>, means: Means): Promise<Performed> {
  const to = addressOf(call.channel, means);
  if (!to)
    return { outcome: 'failed', says: `${call.channel} is not configured`, hint: 'copy the text and send it by hand' };
  const dispatcher = dispatcherFor(new URL(to.url));
  try {
    const answer = await request(to.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: to.body(call.body),
      signal: AbortSignal.any([means.signal, AbortSignal.timeout(within)]),
      dispatcher,
    });
    const said = door((await readBeginning(answer.body, 1000)).text, 120);
    if (answer.statusCode < 300)
      return { outcome: 'done', says: `${call.channel} answered ${answer.statusCode} ${said}`.trim() };
    return {
      outcome: 'failed',
      says: `${call.channel} answered ${answer.statusCode}: ${said}`,
      hint: 'check webhook or routing key',
    };
  } catch (error) {
    return performedFault(networkFault(error, call.channel));
  } finally {
    await dispatcher.destroy();
  }
}

function addressOf(channel: Channel, { settings: { channels } }: Means) {
  const { routingKey, url } = channels.pagerDuty;
  if (channel === 'pagerduty')
    return routingKey
      ? { url, body: (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), routing_key: routingKey }) }
      : undefined;
  const { webhook } = channel === 'slack-alerts' ? channels.slackAlerts : channels.slackOps;
  return webhook ? { url: webhook, body: (text: string) => text } : undefined;
}
