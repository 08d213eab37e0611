// One message to a generic webhook, signed as Standard Webhooks has it (https://www.standardwebhooks.com). Only 2xx is taken
// for an answer; redirects are not followed.
import { createHmac } from 'node:crypto';
import { request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import type { WebhookMessage } from '../../core/incident/webhook.ts';
import { redact } from '../../core/text/redact.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { decoded, readBeginning } from '../body.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { type Guarding, keptBack } from '../unencrypted.ts';

type Webhooks = Settings['channels']['webhooks'];

/** `again`: it may be sent again, with the same id. */
export type Posted = { ok: true; says: string } | { ok: false; says: string; again: boolean };

const patience: Ms = 10 * second;

/** `v1,BASE64`: HMAC-SHA256 of `id.timestamp.body`. A key that begins with whsec_ is base64. */
export function signature(key: string, id: string, timestamp: number, body: string): string {
  const secret = key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key);
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The body as it goes out: a secret in a text of the platform goes nowhere. */
export const webhookBody = (message: WebhookMessage): string =>
  JSON.stringify(message, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value));

/** Posts it once. Never throws. */
export async function postWebhook(
  settings: Guarding,
  { authorization, signingKey }: Pick<Webhooks, 'authorization' | 'signingKey'>,
  to: string,
  message: WebhookMessage,
  { signal, timeout = patience, now = Date.now() }: { signal: AbortSignal; timeout?: Ms; now?: number },
): Promise<Posted> {
  const url = new URL(to);
  const kept = keptBack(settings, 'channels', url, 'the alert was');
  if (kept) return { ok: false, says: `${kept.what}; ${kept.hint}`, again: false };
  const body = webhookBody(message);
  const timestamp = Math.floor(now / second);
  const limit = AbortSignal.timeout(timeout);
  const dispatcher = dispatcherFor(url);
  try {
    const answer = await request(url, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'bentham-cockpit',
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signingKey ? signature(signingKey, message.id, timestamp, body) : undefined,
        authorization,
      },
      body,
      signal: AbortSignal.any([signal, limit]),
    });
    const { statusCode } = answer;
    const said = await readBeginning(decoded(answer.body, answer.headers['content-encoding']), 200).catch(
      () => undefined,
    );
    if (statusCode >= 200 && statusCode < 300) return { ok: true, says: `answered ${statusCode}` };
    const words = sanitize(said?.text ?? '', 120).trim();
    const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    return { ok: false, says: `answered ${statusCode}${words ? `: ${words}` : ''}`, again };
  } catch (error) {
    if (limit.aborted) return { ok: false, says: `no answer in ${timeout / second} s`, again: true };
    return { ok: false, says: explainNetworkError(error).what, again: true };
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}
