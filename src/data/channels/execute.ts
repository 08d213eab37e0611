// Requests over HTTP: a health check between two steps, and messages to people.
import type { Call } from '../../core/actions/call.ts';
import { endpointSays } from '../../core/health/gateway.ts';
import { second } from '../../core/time.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { healthBudget } from '../gateway/budget.ts';
import { askHealthInTurn } from '../gateway/health-request.ts';
import { dispatcherFor } from '../proxy.ts';
import { keptBack } from '../unencrypted.ts';
import { post } from './post.ts';

const within = 10 * second;

/** Must answer 2xx and call itself healthy. */
export async function executeHttp(
  { url }: Extract<Call, { tool: 'http' }>,
  { signal, settings }: ExecutionContext,
): Promise<CallResult> {
  healthBudget(new URL(url), settings);
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const answer = await askHealthInTurn(new URL(url), { timeout: within, dispatcher, signal, fresh: true });
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped' };
    if ('fault' in answer) return { outcome: 'failed', says: `${url}: ${answer.fault.what}`, hint: answer.fault.hint };
    const says = `${url} answered ${endpointSays(answer.endpoint)}`;
    if (answer.endpoint.healthy) return { outcome: 'done', says };
    return { outcome: 'failed', says, hint: 'an earlier deploy is not healthy: the next calls were not made' };
  } finally {
    await dispatcher.destroy();
  }
}

/** Sends a message to where its call says. Where no channel is configured, a person has to carry it. */
export async function executeChannel(
  call: Extract<Call, { tool: 'channel' }>,
  means: ExecutionContext,
): Promise<CallResult> {
  const to = addressOf(call, means);
  if (!to)
    return { outcome: 'failed', says: `${call.channel} is not configured`, hint: 'copy the text and send it by hand' };
  const kept = keptBack(means.settings, 'channels', new URL(to.url), 'the message and its key were');
  if (kept) return { outcome: 'failed', says: `${call.channel}: ${kept.what}`, hint: kept.hint };
  const {
    delivery,
    detail,
    hint = '',
  } = await post(call.channel, new URL(to.url), to.body, {
    timeout: within,
    signal: means.signal,
  });
  if (delivery === 'sent') return { outcome: 'done', says: `${call.channel} answered ${detail}` };
  return { outcome: delivery, says: `${call.channel}: ${detail}`, hint };
}

/** The secrets are added here; all else is as it was shown. */
function addressOf(call: Extract<Call, { tool: 'channel' }>, { settings: { channels } }: ExecutionContext) {
  if (call.channel === 'pagerduty') {
    const { routingKey } = channels.pagerDuty;
    const body = { routing_key: routingKey, ...(JSON.parse(call.body) as object) };
    return routingKey ? { url: call.url, body: JSON.stringify(body) } : undefined;
  }
  const { webhook } = call.channel === 'slack-alerts' ? channels.slackAlerts : channels.slackOps;
  return webhook ? { url: webhook, body: call.body } : undefined;
}
