// API p95 and error rate from Prometheus, where one is configured: two instant queries.
import { type Dispatcher, request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import { evaluateValue } from '../../core/world/thresholds.ts';
import { decoded, readBeginning } from '../body.ts';
import { networkFault } from '../network.ts';
import { dispatcherFor, proxyFor } from '../proxy.ts';
import { reachOf } from '../reach.ts';
import { aMinute } from '../shared-looks/own-check.ts';
import { measured } from '../shared-looks/schemas.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { poll, type Result, type Source } from '../source.ts';
import { type Guarding, keptBack } from '../unencrypted.ts';

const longestAnswer = 1024 * 1024;

type Prometheus = NonNullable<Settings['prometheus']>;

/** Where to ask, and whether a login may go there in clear. */
type Asked = Guarding & { prometheus: Prometheus };

/** `shared`: cockpits of one user on one host share each look, and those of one incident on several hosts. */
export function prometheusSource(
  settings: Settings,
  prometheus: Prometheus,
  { shared }: { shared: boolean } = { shared: false },
): Source {
  const base = new URL(prometheus.url);
  const dispatcher = dispatcherFor(base, { allowH2: false });
  const { timeout, gateway: every } = settings.intervals;
  return poll({
    id: 'prometheus',
    fact: 'traffic',
    every,
    timeout,
    from: `prometheus ${base.host}`,
    where: base.host,
    read: (signal) => askPrometheus({ prometheus, environment: settings.environment }, dispatcher, signal),
    // What a login may see is its own.
    sharing:
      shared && !prometheus.bearerToken && !base.username
        ? shareLooks(settings, {
            fact: 'traffic',
            parts: [prometheus.url, prometheus.p95Query, prometheus.errorRateQuery, proxyFor(base)?.host],
            value: measured,
            every,
            timeout,
            check: {
              ...aMinute,
              reach: reachOf(base, timeout),
              verdict: (value) => verdictOf(value, settings),
              // By whatever way a host reaches it.
              parts: [prometheus.url, prometheus.p95Query, prometheus.errorRateQuery],
            },
          })
        : undefined,
    close: () => dispatcher.destroy(),
  });
}

/** Of each figure: it may be another Prometheus on another host, or the same behind a balancer. */
function verdictOf(
  { p95, errorRate }: Pick<Traffic, 'p95' | 'errorRate'>,
  { thresholds }: Pick<Settings, 'thresholds'>,
) {
  const of = (id: 'p95' | 'errorRate', value: number | undefined) =>
    value === undefined ? 'unknown' : evaluateValue(value, thresholds[id]);
  return `${of('p95', p95)} ${of('errorRate', errorRate === undefined ? undefined : errorRate * 100)}`;
}

export async function askPrometheus(
  { prometheus, environment }: Asked,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Result<Traffic>> {
  const url = new URL(prometheus.url);
  const login = Boolean(prometheus.bearerToken || url.username);
  const kept = login ? keptBack({ environment }, 'prometheus', url, 'the login was') : undefined;
  if (kept) return { ok: false, fault: kept };
  const [p95, rate] = await Promise.all(
    [prometheus.p95Query, prometheus.errorRateQuery].map((q) => query(prometheus, q, dispatcher, signal)),
  );
  if (!p95 || !rate) throw new Error('both queries need an answer');
  if (!p95.ok) return p95;
  if (!rate.ok) return rate;
  if ((rate.value ?? 0) > 1 || (rate.value ?? 0) < 0) {
    const what = `errorRateQuery returns ${rate.value}, not a ratio from 0 to 1`;
    const hint = 'divide percent by 100 in prometheus.errorRateQuery';
    return { ok: false, fault: { kind: 'malformed', where: url.host, what, hint } };
  }
  return {
    ok: true,
    value: {
      p95: p95.value,
      errorRate: rate.value,
      samples: 0,
      sampling: 1,
      // The window is the query's own; five minutes is what the runbook's metrics are about.
      window: 5 * minute,
      source: 'prometheus',
    },
  };
}

/** One instant query; undefined when there is nothing to measure it from (no series, NaN). */
async function query(
  { url, bearerToken }: Prometheus,
  text: string,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Result<number | undefined>> {
  const asked = new URL(`${url.replace(/(?<!\/)\/+$/, '')}/api/v1/query`);
  const { username, password, host: where } = asked;
  const user = decodeURIComponent(username);
  asked.username = '';
  asked.password = '';
  asked.searchParams.set('query', text);
  const basic = `Basic ${Buffer.from(`${user}:${decodeURIComponent(password)}`).toString('base64')}`;
  const authorization = bearerToken ? `Bearer ${bearerToken}` : user ? basic : undefined;
  const wrong = (what: string, hint: string): Result<never> => ({
    ok: false,
    fault: { kind: 'malformed', where, what, hint },
  });
  try {
    const answer = await request(asked, {
      dispatcher,
      signal,
      headers: { accept: 'application/json', authorization },
    });
    const { text: body } = await readBeginning(decoded(answer.body, answer.headers['content-encoding']), longestAnswer);
    if (answer.statusCode === 401 || answer.statusCode === 403) {
      const what = `not allowed to query (${answer.statusCode})`;
      const hint = 'add user:password to prometheus.url, or set BENTHAM_PROMETHEUS_BEARER_TOKEN';
      return { ok: false, fault: { kind: 'forbidden', where, what, hint } };
    }
    if (answer.statusCode >= 500) {
      const what = `answered ${answer.statusCode}`;
      return { ok: false, fault: { kind: 'unreachable', where, what, hint: 'check Prometheus' } };
    }
    // A query that is wrong is answered 400 or 422 with the reason in JSON.
    const aside = answer.statusCode >= 300 && !body.trimStart().startsWith('{');
    const parsed = aside ? { problem: `answered ${answer.statusCode}` } : readPrometheus(body);
    return 'problem' in parsed
      ? wrong(parsed.problem, 'check prometheus.url and its queries')
      : { ok: true, value: parsed.value };
  } catch (error) {
    return { ok: false, fault: networkFault(error, where) };
  }
}

/** The number in an answer: a scalar, or a vector of one. */
export function readPrometheus(body: string): { value: number | undefined } | { problem: string } {
  let answer: { status?: unknown; error?: unknown; data?: { resultType?: unknown; result?: unknown } } | null;
  try {
    answer = JSON.parse(body);
  } catch {
    return { problem: 'answer is not JSON' };
  }
  if (answer?.status !== 'success')
    return { problem: `query failed: ${sanitize(answer?.error, 160) || 'no reason given'}` };
  const { resultType, result } = answer.data ?? {};
  if (resultType === 'scalar') return { value: numberOf(result) };
  if (resultType !== 'vector' || !Array.isArray(result))
    return { problem: `query returns ${sanitize(resultType, 20) || 'nothing'}, not one number` };
  if (result.length > 1) return { problem: `query returns ${result.length} series, not one number: sum them` };
  const [only] = result as readonly { value?: unknown }[];
  return { value: only === undefined ? undefined : numberOf(only?.value) };
}

/** `[time, "12.5"]`; NaN (0/0, a rate without requests) and infinities are no measure. */
function numberOf(pair: unknown): number | undefined {
  const text = Array.isArray(pair) ? String(pair[1]).trim() : '';
  // Not parseFloat: `12 of 40` is no number.
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
