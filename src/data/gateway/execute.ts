// A change through the gateway's API: sent once, redirects are not followed.
import { request } from 'undici';
import type { ApiCall } from '../../core/actions/call.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { decoded, readBeginning } from '../body.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { retryAfterOf } from '../retry-after.ts';
import { keptBack } from '../unencrypted.ts';

const within = 10 * second;
const longestAnswer = 16 * 1024;
const lookFirst = 'check the study before you retry';

/** Only the API's own answer says that it was done: a page of a load balancer with 200 does not. */
export async function executeApi({ method, url }: ApiCall, means: ExecutionContext): Promise<CallResult> {
  const { adminApiKey } = means.settings.gateway;
  const failed = (says: string, hint: string): CallResult => ({
    outcome: 'failed',
    says: `nothing was changed: ${says}`,
    hint,
  });
  if (!adminApiKey) return failed('ADMIN_API_KEY is not set', 'set ADMIN_API_KEY to a key of the study’s tenant');
  const kept = keptBack(means.settings, 'gateway', new URL(url), 'ADMIN_API_KEY was');
  if (kept) return failed(kept.what, kept.hint);
  const limit = AbortSignal.timeout(within);
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      method,
      headers: { authorization: `Bearer ${adminApiKey}`, accept: 'application/json', 'user-agent': 'bentham-cockpit' },
      signal: AbortSignal.any([means.signal, limit]),
    });
    const retryAfter = retryAfterOf(String(headers['retry-after'] ?? ''), Date.now());
    const { text } = await readBeginning(decoded(body, headers['content-encoding']), longestAnswer).catch(() => ({
      text: '',
    }));
    return resultOf(statusCode, text, retryAfter);
  } catch (error) {
    if (limit.aborted) return { outcome: 'unknown', says: `no answer within ${within / second} s`, hint: lookFirst };
    const { what, hint, tls, unsaid } = explainNetworkError(error);
    return tls || unsaid ? failed(what, hint) : { outcome: 'unknown', says: what, hint: lookFirst };
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}

function resultOf(status: number, text: string, retryAfter: number | undefined): CallResult {
  const { own, says } = readAnswer(text);
  const answered = `the API answered ${status}${says ? `: ${says}` : ''}`;
  if (status === 204 || (status >= 200 && status < 300 && own)) return { outcome: 'done', says: answered };
  if (status >= 200 && status < 300)
    return { outcome: 'unknown', says: `${answered}, but not as the platform’s API does`, hint: lookFirst };
  if (status >= 500) return { outcome: 'unknown', says: answered, hint: lookFirst };
  const failed = (hint: string): CallResult => ({ outcome: 'failed', says: `nothing was changed: ${answered}`, hint });
  if (status === 404) return failed('the study is over, or the key belongs to another tenant');
  if (status === 401 || status === 403) return failed('set ADMIN_API_KEY to a key of the study’s tenant');
  if (status === 429)
    return failed(`rate limited: try again${retryAfter === undefined ? ' later' : ` in ${formatAge(retryAfter)}`}`);
  return failed('check the gateway’s logs');
}

/** Whether it is the platform's own answer, and what it says of an error. */
function readAnswer(text: string): { own: boolean; says: string | undefined } {
  try {
    const body = JSON.parse(text) as {
      success?: unknown;
      error?: { message?: unknown } | string | null;
      message?: unknown;
    } | null;
    const error = typeof body?.error === 'object' ? body.error?.message : (body?.message ?? body?.error);
    return { own: body?.success === true, says: typeof error === 'string' ? sanitize(error, 200) : undefined };
  } catch {
    return { own: false, says: undefined };
  }
}
