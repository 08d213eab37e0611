// Requests over HTTP: a health check between two steps, and messages to people.
import { request } from 'undici';
import type { Call, Channel } from '../../core/actions/call.ts';
import { endpointSays } from '../../core/health/gateway.ts';
import { door } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { readBeginning } from '../body.ts';
import { type Means, type Performed, performedFault } from '../call-result.ts';
import { askHealthInTurn } from '../gateway/health-request.ts';
import { explainNetworkError, networkFault } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { keptBack } from '../unencrypted.ts';

const within = 10 * second;
const arrived = 'look whether it arrived before you send it again';

/** Must answer 2xx and call itself healthy. */
export async function performHttp({ url }: Extract<Call, { tool: 'http' }>, { signal }: Means): Promise<Performed> {
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const answer = await askHealthInTurn(new URL(url), { timeout: within, dispatcher, signal, fresh: true });
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped' };
    if ('fault' in answer) return { outcome: 'failed', says: `${url}: ${answer.fault.what}`, hint: answer.fault.hint };
    const says = `${url} answered ${endpointSays(answer.endpoint)}`;
    if (answer.endpoint.healthy) return { outcome: 'done', says };
    return { outcome: 'failed', says, hint: 'what came before is not well: nothing after it was done' };
  } finally {
    await dispatcher.destroy();
  }
}

/** Sends a message. Where no channel is configured, a person has to carry it. */
export async function performChannel(call: Extract<Call, { tool: 'channel' }>, means: Means): Promise<Performed> {
  const to = addressOf(call.channel, means);
  if (!to)
    return { outcome: 'failed', says: `${call.channel} is not configured`, hint: 'copy the text and send it by hand' };
  const kept = keptBack(means.settings, 'channels', new URL(to.url), 'the message and its key were');
  if (kept) return { outcome: 'failed', says: `${call.channel}: ${kept.what}`, hint: kept.hint };
  const dispatcher = dispatcherFor(new URL(to.url));
  try {
    const answer = await request(to.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: to.body(call.body),
      signal: AbortSignal.any([means.signal, AbortSignal.timeout(within)]),
      dispatcher,
    });
    const { statusCode } = answer;
    // The status has told what became of it; what it says besides may be lost.
    const body = await readBeginning(answer.body, 1000).catch(() => undefined);
    const said = body ? door(body.text, 120) : 'its words were lost';
    if (statusCode < 300) return { outcome: 'done', says: `${call.channel} answered ${statusCode} ${said}`.trim() };
    const says = `${call.channel} answered ${statusCode}: ${said}`;
    // A server or a proxy in trouble may have taken it.
    if (statusCode >= 500) return { outcome: 'unknown', says, hint: arrived };
    return { outcome: 'failed', says, hint: 'check webhook or routing key' };
  } catch (error) {
    const fault = networkFault(error, call.channel);
    // It was sent: an answer that nobody understands is none.
    if (fault.kind === 'malformed' && !explainNetworkError(error).tls)
      return { outcome: 'unknown', says: `${fault.where}: ${fault.what}`, hint: arrived };
    return performedFault(fault);
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
