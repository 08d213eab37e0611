// A study as the gateway answers for it: GET /v1/studies/:id (runbook, Checking Study Status, via API).
import { request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import type { ApiStudy } from '../../core/queries/study.ts';
import { sanitize } from '../../core/text/text.ts';
import { studyUrl } from '../../core/world/targets.ts';
import { decoded, readBeginning } from '../body.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { keptBack } from '../unencrypted.ts';

/** An answer is some kilobytes; the beginning of a longer one is not JSON. */
const longestBody = 256 * 1024;

/** Requests once. A failure is returned as a text: the database's data is shown without it. */
export async function readApiStudy(settings: Settings, study: string, signal: AbortSignal): Promise<ApiStudy> {
  const { url: gatewayUrl, studyPath, adminApiKey } = settings.gateway;
  const url = studyUrl({ gatewayUrl, studyPath }, study);
  const shown = sanitize(url, 300);
  const refused = (refusal: ApiStudy['refusal'], problem: string): ApiStudy => ({ url: shown, refusal, problem });
  if (!adminApiKey) return refused('no-key', 'not queried: ADMIN_API_KEY is not set');
  const kept = keptBack(settings, 'gateway', new URL(url), 'ADMIN_API_KEY was');
  if (kept) return refused('other', `${kept.what}; ${kept.hint}`);
  const { timeout } = settings.intervals;
  const dispatcher = dispatcherFor(new URL(url));
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { authorization: `Bearer ${adminApiKey}`, accept: 'application/json', 'user-agent': 'bentham-cockpit' },
    });
    const { text } = await readBeginning(decoded(answer.body, answer.headers['content-encoding']), longestBody);
    if (answer.statusCode === 404)
      return refused('not-found', '404: no such study, or ADMIN_API_KEY belongs to another tenant');
    if (answer.statusCode === 401 || answer.statusCode === 403)
      return refused('key', `${answer.statusCode}: ADMIN_API_KEY is not accepted`);
    if (answer.statusCode !== 200) return refused('other', `answered ${answer.statusCode}`);
    const found = parseApiStudy(text);
    return found ? { url: shown, answer: found } : refused('other', 'the answer is not a study as JSON');
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    return refused('other', late ? `timed out after ${timeout / 1000} s` : explainNetworkError(error).what);
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a study from the API's JSON: bare, or within `data` or `study`; in either way of writing names. */
export function parseApiStudy(text: string): ApiStudy['answer'] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const outer = fields(body);
  if (!outer) return undefined;
  const study = fields(outer.data) ?? fields(outer.study) ?? outer;
  const progress = fields(study.progress);
  const completion = progress?.completionPercentage ?? study.completionPercentage;
  const tenant = study.tenantId ?? study.tenant_id;
  if (study.status === undefined && tenant === undefined) return undefined;
  return {
    status: typeof study.status === 'string' ? sanitize(study.status, 40) : undefined,
    tenant: typeof tenant === 'string' ? sanitize(tenant, 100) : undefined,
    completion: typeof completion === 'number' && Number.isFinite(completion) ? completion : undefined,
    controls: fields(outer.data)?.studyId === undefined ? undefined : true,
  };
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
