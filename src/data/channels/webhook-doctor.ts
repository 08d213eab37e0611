// Generic webhooks: whether their URLs may be used, and with `send` whether each takes a message.
import { hostname } from 'node:os';
import { ulid } from 'ulid';
import type { Settings } from '../../config/settings.ts';
import type { Checkup } from '../../core/health/checkup.ts';
import { type WebhookMessage, webhookKey, webhookVersion } from '../../core/incident/webhook.ts';
import { sanitize } from '../../core/text/text.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { keptBack } from '../unencrypted.ts';
import { postWebhook } from './webhook-post.ts';

const area = 'channels';

/** None where no webhook is configured. */
export function webhookProbes(settings: Settings, send: boolean): readonly DoctorCheck[] {
  return settings.channels.webhooks.urls.map((url) => {
    const { host } = new URL(url);
    const about = { area, what: `webhook ${sanitize(host, 100)}` };
    return {
      ...about,
      where: host,
      essential: false,
      run: async (signal) => [{ ...about, ...(await look(settings, url, send, signal)) }],
    };
  });
}

async function look(
  settings: Settings,
  url: string,
  send: boolean,
  signal: AbortSignal,
): Promise<Omit<Checkup, 'area' | 'what'>> {
  const kept = keptBack(settings, 'channels', new URL(url), 'an alert is');
  if (kept) return { verdict: 'warning', answer: kept.what, todo: kept.hint };
  if (!send) return { verdict: 'ok', answer: 'configured (nothing was sent; doctor --send posts a test)' };
  const result = await postWebhook(settings, settings.channels.webhooks, url, testMessage(settings), { signal });
  if (result.ok) return { verdict: 'ok', answer: `took the test message: ${result.says}` };
  return {
    verdict: 'warning',
    answer: `test message not delivered: ${result.says}`,
    todo: 'check channels.webhooks: url, authorization and signingKey',
  };
}

function testMessage(settings: Settings): WebhookMessage {
  const { environment, kubernetes, drill } = settings;
  const scope = { environment: environment.name, namespace: kubernetes.namespace, drill };
  const message: WebhookMessage = {
    version: webhookVersion,
    id: ulid(),
    key: webhookKey(scope, 'test'),
    status: 'test',
    level: 'info',
    at: new Date().toISOString(),
    environment: scope.environment,
    namespace: scope.namespace,
    subject: 'test',
    summary: 'A test of bentham-cockpit doctor: no alert.',
    sender: { program: 'bentham-cockpit', host: sanitize(hostname(), 100) },
  };
  if (scope.drill !== undefined) message.drill = scope.drill;
  return message;
}
