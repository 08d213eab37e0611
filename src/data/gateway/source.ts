// The gateway as its clients meet it: GET /health and GET /v1/health (runbook, Health Endpoints), each on a connection
// of its own, so that a listener that is gone or a certificate that ran out is seen at once.
import { type Dispatcher, request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import { door } from '../../core/text/text.ts';
import type { Gateway, HealthEndpoint } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import { readBeginning } from '../body.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { type Outcome, poll, type Source, timedOut } from '../source.ts';
import { readHealthBody } from './health-body.ts';

/** A health body is some hundred bytes; more than this is not one. */
export const longestBody = 64 * 1024;

export function gatewaySource(settings: Settings): Source {
  const { health, detailed } = healthUrls(settings.gateway);
  const { gateway: every, timeout } = settings.intervals;
  // No keep-alive: each look makes its connection as a client would.
  const dispatcher = dispatcherFor(health, { pipelining: 0, allowH2: false });
  return poll({
    id: 'gateway',
    fact: 'gateway',
    every,
    // The looks have their own deadline, told with their endpoint; this one is the safety net.
    timeout: timeout + 500,
    from: `gateway ${health.host}`,
    where: health.host,
    read: (signal) => lookAtGateway(health, detailed, timeout, dispatcher, signal),
    close: () => dispatcher.destroy(),
  });
}

/** Asks both endpoints at once. A fault when neither gave an HTTP answer or a reason to distrust it. */
export async function lookAtGateway(
  healthUrl: URL,
  detailedUrl: URL,
  timeout: number,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Outcome<Gateway>> {
  const [first, second] = await Promise.all(
    [healthUrl, detailedUrl].map((url) => lookAtEndpoint(url, timeout, dispatcher, signal)),
  );
  if (!first || !second) throw new Error('two looks have two answers');
  if ('fault' in first && 'fault' in second)
    return { ok: false, fault: second.fault.kind === 'refused' ? second.fault : first.fault };
  const [health, more] = [endpointOf(first, healthUrl), endpointOf(second, detailedUrl)];
  return { ok: true, value: { health: withoutAbsence(health, more), detailed: withoutAbsence(more, health) } };
}

/** Not every version serves both forms, nor to everybody: the absence of one alone is no outage, the other decides. */
function withoutAbsence(one: HealthEndpoint, other: HealthEndpoint): HealthEndpoint {
  const notServed = ({ statusCode = 0 }: HealthEndpoint) => [401, 403, 404].includes(statusCode);
  if (!notServed(one)) return one;
  return { ...one, problem: 'not served', ...(notServed(other) ? {} : { absent: true, healthy: other.healthy }) };
}

type Look = { endpoint: HealthEndpoint } | { fault: Fault; latency: number };

function endpointOf(look: Look, url: URL): HealthEndpoint {
  if ('endpoint' in look) return look.endpoint;
  const { fault, latency } = look;
  return { url: door(url.href, 300), latency, services: [], problem: fault.what, fault: fault.kind, healthy: false };
}

async function lookAtEndpoint(url: URL, timeout: number, dispatcher: Dispatcher, signal: AbortSignal): Promise<Look> {
  const begun = performance.now();
  const passed = () => Math.round((performance.now() - begun) * 10) / 10;
  const limit = AbortSignal.timeout(timeout);
  const shown = door(url.href, 300);
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, limit]),
      headers: { accept: 'application/json', 'user-agent': 'bentham-cockpit' },
    });
    const { statusCode } = answer;
    const { text, cut } = await readBeginning(answer.body, longestBody);
    const latency = passed();
    if (statusCode >= 300 && statusCode < 400) {
      const to = door(answer.headers.location ?? 'nowhere', 120);
      const problem = `redirects to ${to} (${statusCode})`;
      return { endpoint: { url: shown, statusCode, latency, services: [], problem, healthy: false } };
    }
    const body = cut
      ? { services: [], healthy: false, problem: 'body too long for a health answer' }
      : readHealthBody(text);
    const healthy = body.healthy && statusCode < 300;
    const contradiction =
      body.healthy && !healthy ? `says ${body.status ?? 'healthy'} with status ${statusCode}` : undefined;
    const problem = body.problem ?? contradiction;
    const { status, services } = body;
    return {
      endpoint: {
        url: shown,
        statusCode,
        latency,
        ...(status === undefined ? {} : { status }),
        services,
        ...(problem === undefined ? {} : { problem }),
        healthy,
      },
    };
  } catch (error) {
    const latency = passed();
    if (limit.aborted) return { fault: timedOut(url.host, timeout), latency };
    const { kind, what, hint, tls } = explainNetworkError(error);
    // Somebody answered, and no client will talk to it: that is a finding, not a missing answer.
    if (tls) return { endpoint: { url: shown, latency, services: [], problem: what, healthy: false } };
    return { fault: { kind, where: url.host, what, hint }, latency };
  }
}

/** Where health is asked for. */
export function healthUrls({ url, healthPath, detailedHealthPath }: Settings['gateway']): {
  health: URL;
  detailed: URL;
} {
  return { health: join(url, healthPath), detailed: join(url, detailedHealthPath) };
}

/** Relative to the configured base, which may have a path of its own. */
function join(base: string, path: string): URL {
  return new URL(base.replace(/\/+$/, '') + (path.startsWith('/') ? path : `/${path}`));
}
