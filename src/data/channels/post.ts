// One message to a channel: sent once, followed nowhere, and what became of it.
import { request } from 'undici';
import type { ChannelId } from '../../core/incident/channel.ts';
import { type Ms, second } from '../../core/time.ts';
import { decoded, readBeginning } from '../body.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { readAnswer, type Told } from './answer.ts';

/** Enough for a channel's own words. */
const longestAnswer = 2000;

/** Posts JSON. Never throws; without an answer in time it may have arrived. */
export async function post(
  channel: ChannelId,
  url: URL,
  body: string,
  { timeout, signal }: { timeout: Ms; signal?: AbortSignal },
): Promise<Told> {
  const limit = AbortSignal.timeout(timeout);
  const dispatcher = dispatcherFor(url);
  try {
    const {
      statusCode,
      headers,
      body: said,
    } = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'bentham-cockpit' },
      body,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const words = await readBeginning(decoded(said, headers['content-encoding']), longestAnswer).catch(() => undefined);
    return readAnswer(channel === 'pagerduty' ? 'pagerduty' : 'webhook', url, {
      statusCode,
      headers,
      text: words?.text,
    });
  } catch (error) {
    const hint = 'check whether it arrived before you send it again';
    if (limit.aborted) {
      const detail = `${url.host} did not answer in ${timeout / second} s: it may have arrived`;
      return { delivery: 'unknown', detail, hint };
    }
    const { what, hint: next, tls, unsaid } = explainNetworkError(error);
    return tls || unsaid
      ? { delivery: 'failed', detail: `${url.host}: ${what}`, hint: next }
      : { delivery: 'unknown', detail: `${url.host}: ${what}; it may have arrived`, hint };
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}
