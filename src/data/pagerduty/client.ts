// Requests to PagerDuty's REST API v2 (https://developer.pagerduty.com/api-reference): bounded, and with what a refusal means.
import { request } from 'undici';
import * as z from 'zod';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { decoded, readBeginning } from '../body.ts';
import { networkFault } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { retryAfterOf } from '../retry-after.ts';
import type { Result } from '../source.ts';
import { keptBack } from '../unencrypted.ts';

/** The settings that a request needs. */
export type PagerSettings = Pick<Settings, 'channels' | 'environment'>;

/** An answer, with how long PagerDuty wants to be left alone. */
export type Asked<T> = Result<T> & { wait?: Ms };

/** A page of a hundred incidents is about 300 kB. */
const longestAnswer = 4 * 1024 * 1024;
/** Entries of one answer, PagerDuty's most, and answers of one list. */
const pageSize = 100;
const mostPages = 3;

type Query = readonly (readonly [name: string, value: string])[];

/** Headers of every request. The token is added here and stands nowhere else. */
export const headersOf = (token: string): Record<string, string> => ({
  authorization: `Token token=${token}`,
  accept: 'application/vnd.pagerduty+json;version=2',
  'user-agent': 'bentham-cockpit',
});

/** Where a path of the API is. */
export function apiUrl({ apiUrl: base }: { apiUrl: string }, path: string, query: Query = []): URL {
  const url = new URL(`${base.replace(/(?<!\/)\/+$/, '')}/${path}`);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url;
}

/** One GET. Expected failures are values; honours the signal. */
export async function get<T>(
  settings: PagerSettings,
  path: string,
  schema: z.ZodType<T>,
  signal: AbortSignal,
  query: Query = [],
): Promise<Asked<T>> {
  const { pagerDuty } = settings.channels;
  const url = apiUrl(pagerDuty, path, query);
  const where = url.host;
  if (!pagerDuty.apiToken) {
    const hint = 'set channels.pagerDuty.apiToken (BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN)';
    return { ok: false, fault: { kind: 'unconfigured', where, what: 'PagerDuty has no API token', hint } };
  }
  const kept = keptBack(settings, 'channels', url, 'the token was');
  if (kept) return { ok: false, fault: kept };
  const dispatcher = dispatcherFor(url, { allowH2: false });
  try {
    const answer = await request(url, { dispatcher, signal, headers: headersOf(pagerDuty.apiToken) });
    const { text } = await readBeginning(decoded(answer.body, answer.headers['content-encoding']), longestAnswer);
    const { statusCode } = answer;
    if (statusCode !== 200) return refusal(statusCode, answer.headers, text, where);
    const read = schema.safeParse(parsed(text));
    if (read.success) return { ok: true, value: read.data };
    const what = `the answer to /${path} is not PagerDuty's`;
    return { ok: false, fault: { kind: 'malformed', where, what, hint: 'check channels.pagerDuty.apiUrl' } };
  } catch (error) {
    return { ok: false, fault: networkFault(error, where) };
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}

/** A list, page after page, at most three. `more`: there are more entries. */
export async function list<T>(
  settings: PagerSettings,
  path: string,
  entry: z.ZodType<T>,
  signal: AbortSignal,
  query: Query = [],
): Promise<Asked<{ all: readonly T[]; more: boolean }>> {
  const page = z.object({ [path]: z.array(entry).max(pageSize), more: z.boolean().optional() });
  const all: T[] = [];
  for (let at = 0; at < mostPages; at += 1) {
    const bounds: Query = [
      ['limit', String(pageSize)],
      ['offset', String(at * pageSize)],
    ];
    const answer = await get(settings, path, page, signal, [...query, ...bounds]);
    if (!answer.ok) return answer;
    const { [path]: entries, more } = answer.value;
    if (!Array.isArray(entries)) break;
    all.push(...entries);
    if (more !== true) return { ok: true, value: { all, more: false } };
  }
  return { ok: true, value: { all, more: true } };
}

/** What a status that is no success means. */
export function refusal(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  text: string,
  where: string,
): { ok: false; fault: Fault; wait?: Ms } {
  const says = errorOf(text);
  const what = `answered ${status}${says ? `: ${says}` : ''}`;
  const fault = (kind: Fault['kind'], hint: string): Fault => ({ kind, where, what, hint, code: String(status) });
  if (status === 401)
    return { ok: false, fault: fault('forbidden', 'check channels.pagerDuty.apiToken: it is no valid token here') };
  if (status === 403) return { ok: false, fault: fault('forbidden', 'use a token that may read and change incidents') };
  if (status === 404) return { ok: false, fault: fault('malformed', 'check channels.pagerDuty.service and apiUrl') };
  if (status === 429) {
    const wait = waitOf(headers, Date.now());
    const hint = `rate limited: retry in ${Math.ceil(wait / second)} s`;
    return { ok: false, fault: fault('limited', hint), wait };
  }
  if (status >= 500) return { ok: false, fault: fault('unreachable', 'see status.pagerduty.com') };
  return { ok: false, fault: fault('malformed', 'check channels.pagerDuty in the configuration') };
}

/** PagerDuty says it in `ratelimit-reset`, in seconds; a proxy in Retry-After. A minute where neither does; at most five. */
export function waitOf(headers: Readonly<Record<string, string | string[] | undefined>>, now: number): Ms {
  const said = String(headers['ratelimit-reset'] ?? headers['retry-after'] ?? '');
  return Math.min(300 * second, Math.max(second, retryAfterOf(said, now) ?? 60 * second));
}

const errorBody = z.object({
  error: z.object({ message: z.string().optional(), errors: z.array(z.string()).optional() }),
});

/** What PagerDuty says of an error: `Invalid Input Provided: Escalation level is invalid`. */
export function errorOf(text: string): string {
  const read = errorBody.safeParse(parsed(text));
  if (!read.success) return '';
  const { message, errors = [] } = read.data.error;
  return sanitize([message, errors.slice(0, 3).join('; ')].filter(Boolean).join(': '), 200);
}

/** The value of a JSON text; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
