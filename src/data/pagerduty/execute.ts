// A change through PagerDuty's REST API: sent once. Only PagerDuty's own answer says that it was done.
import { request } from 'undici';
import * as z from 'zod';
import type { PagerCall } from '../../core/actions/call.ts';
import { shortAge } from '../../core/text/format.ts';
import { second } from '../../core/time.ts';
import { decoded, readBeginning } from '../body.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { keptBack } from '../unencrypted.ts';
import { errorOf, headersOf, parsed, waitOf } from './client.ts';

const within = 10 * second;
const longestAnswer = 256 * 1024;
const lookFirst = 'check the page in PagerDuty before you retry';

/** What a change is answered with: the incident or the note. */
const own = z.union([z.object({ incident: z.looseObject({}) }), z.object({ note: z.looseObject({}) })]);

export async function executePager(
  { method, url, from, body }: PagerCall,
  means: ExecutionContext,
): Promise<CallResult> {
  const { apiToken } = means.settings.channels.pagerDuty;
  const failed = (says: string, hint: string): CallResult => ({
    outcome: 'failed',
    says: `nothing was changed: ${says}`,
    hint,
  });
  if (!apiToken) return failed('PagerDuty has no API token', 'set channels.pagerDuty.apiToken');
  const kept = keptBack(means.settings, 'channels', new URL(url), 'the token was');
  if (kept) return failed(kept.what, kept.hint);
  const limit = AbortSignal.timeout(within);
  const dispatcher = dispatcherFor(new URL(url), { allowH2: false });
  const named = from === undefined ? {} : { from };
  try {
    const answer = await request(url, {
      dispatcher,
      method,
      headers: { ...headersOf(apiToken), ...named, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.any([means.signal, limit]),
    });
    const { statusCode, headers } = answer;
    const { text } = await readBeginning(decoded(answer.body, headers['content-encoding']), longestAnswer).catch(
      () => ({
        text: '',
      }),
    );
    const says = errorOf(text);
    const answered = `PagerDuty answered ${statusCode}${says ? `: ${says}` : ''}`;
    if (statusCode >= 200 && statusCode < 300)
      return own.safeParse(parsed(text)).success
        ? { outcome: 'done', says: answered }
        : { outcome: 'unknown', says: `${answered}, but not as PagerDuty does`, hint: lookFirst };
    if (statusCode >= 500) return { outcome: 'unknown', says: answered, hint: lookFirst };
    return failed(answered, hintFor(statusCode, from, shortAge(waitOf(headers, Date.now()))));
  } catch (error) {
    if (limit.aborted) return { outcome: 'unknown', says: `no answer within ${within / second} s`, hint: lookFirst };
    const { what, hint, tls, unsaid } = explainNetworkError(error);
    return tls || unsaid ? failed(what, hint) : { outcome: 'unknown', says: what, hint: lookFirst };
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}

function hintFor(status: number, from: string | undefined, wait: string): string {
  if (status === 429) return `rate limited: try again in ${wait}`;
  if (status === 401 || status === 403) return 'use a token that may change incidents (channels.pagerDuty.apiToken)';
  if (status === 400 && from === undefined) return 'set channels.pagerDuty.from: a token of the account needs it';
  return status === 400 ? 'check channels.pagerDuty.from: it has to be a user who may respond' : 'check the page';
}
