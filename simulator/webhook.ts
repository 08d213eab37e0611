// A receiver of generic webhooks: it checks Authorization and signature (Standard Webhooks) and keeps what arrived.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { listen, locate, readBody, sendJson, sendText } from './http.ts';

/** One message that was accepted. */
export type WebhookReceived = { at: number; id: string; body: unknown };

export type WebhookReceiver = Awaited<ReturnType<typeof startWebhook>>;

const kept = 1000;

/** Whether it is signed with the key, as https://www.standardwebhooks.com has it. */
function isSigned({ headers }: IncomingMessage, body: string, key: Buffer): boolean {
  const wanted = createHmac('sha256', key)
    .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
    .digest();
  return String(headers['webhook-signature'] ?? '')
    .split(' ')
    .some((each) => {
      const given = Buffer.from(each.replace(/^v1,/, ''), 'base64');
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    });
}

export async function startWebhook() {
  const received: WebhookReceived[] = [];
  const key = randomBytes(24);
  const path = `/hook/${randomBytes(9).toString('base64url')}`;
  const authorization = `Bearer ${randomBytes(12).toString('base64url')}`;
  let failing: number | 'hang' | undefined;
  const server = await listen(async (request, response) => {
    const { pathname, searchParams } = locate(request);
    if (pathname === '/webhooks') return sendJson(response, 200, received);
    if (pathname === '/fail' && request.method === 'POST') {
      // ?how=500, hang, or nothing for: works again.
      const how = searchParams.get('how');
      failing = how === 'hang' ? how : how ? Number(how) || 500 : undefined;
      return sendText(response, 200, 'ok');
    }
    if (pathname !== path || request.method !== 'POST') return sendText(response, 404, 'not found');
    if (failing === 'hang') return;
    if (failing !== undefined) return sendText(response, failing, 'told to fail');
    const body = (await readBody(request, 1024 * 1024)).toString();
    if (request.headers.authorization !== authorization) return sendText(response, 401, 'wrong Authorization');
    if (!isSigned(request, body, key)) return sendText(response, 401, 'wrong signature');
    received.push({ at: Date.now(), id: String(request.headers['webhook-id']), body: JSON.parse(body) });
    if (received.length > kept) received.shift();
    sendText(response, 204, '');
  });
  return {
    url: server.url + path,
    list: `${server.url}/webhooks`,
    signingKey: `whsec_${key.toString('base64')}`,
    authorization,
    received: (): readonly WebhookReceived[] => received,
    /** Without `how` it works again. */
    fail(how?: number | 'hang'): void {
      failing = how;
    },
    stop: server.stop,
  };
}
