import { type Dispatcher, request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { endpointSays, evaluateEndpoint } from '../../core/health/gateway.ts';
import type { Ms } from '../../core/time.ts';
import type { HealthEndpoint } from '../../core/world/facts.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { networkFault } from '../network.ts';
import { askPrometheus } from '../prometheus/source.ts';
import { dispatcherFor } from '../proxy.ts';
import { timedOut } from '../source.ts';
import { keptBack } from '../unencrypted.ts';
import { healthBudget } from './budget.ts';
import { healthUrls, readGateway } from './source.ts';

const area = 'gateway';

/** A study that does not exist: a gateway that accepts the key says 404, one that does not says 401. */
const noStudy = 'bentham-cockpit-doctor';

/** Both health endpoints, and whether the admin key is accepted. */
export function gatewayProbe(settings: Settings, timeout: Ms): DoctorCheck {
  const { url } = settings.gateway;
  const { health, detailed } = healthUrls(settings.gateway);
  healthBudget(health, settings);
  const base = url.replace(/(?<!\/)\/+$/, '');
  return {
    area,
    what: 'health',
    where: new URL(url).host,
    essential: true,
    async run(signal) {
      const dispatcher = dispatcherFor(new URL(url));
      try {
        const [looked, key] = await Promise.all([
          readGateway(health, detailed, timeout, dispatcher, signal),
          adminKey(settings, base, timeout, dispatcher, signal),
        ]);
        if (!looked.ok) return [faulty({ area, what: 'health' }, looked.fault, true), key];
        const { value } = looked;
        return [endpoint('health', value.health), endpoint('detailed health', value.detailed), key];
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}

function endpoint(what: string, look: HealthEndpoint): Checkup {
  const verdict = evaluateEndpoint(look);
  const bad = look.services.filter((service) => !service.healthy).map(({ name, word }) => `${name} ${word}`);
  const answer = [endpointSays(look), ...bad, `${Math.round(look.latency)} ms`, look.url].filter(Boolean).join(', ');
  return { area, what, verdict, answer, todo: verdict === 'ok' ? undefined : `curl -i ${look.url}` };
}

async function adminKey(
  settings: Settings,
  base: string,
  timeout: Ms,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Checkup> {
  const { adminApiKey, studyPath } = settings.gateway;
  const about = { area, what: 'admin API key' };
  if (!adminApiKey)
    return { ...about, verdict: 'warning', answer: 'not set', todo: 'set ADMIN_API_KEY to read studies from the API' };
  const url = new URL(`${base}${studyPath.replace(/(?<!\/)\/+$/, '')}/${noStudy}`);
  const kept = keptBack(settings, 'gateway', url, 'ADMIN_API_KEY was');
  if (kept) return faulty(about, kept, false);
  const limit = AbortSignal.timeout(timeout);
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.any([signal, limit]),
      headers: { authorization: `Bearer ${adminApiKey}`, accept: 'application/json', 'user-agent': 'bentham-cockpit' },
    });
    await answer.body.dump();
    const { statusCode } = answer;
    if (statusCode === 401 || statusCode === 403)
      return { ...about, verdict: 'warning', answer: `refused (${statusCode})`, todo: 'get a valid ADMIN_API_KEY' };
    // 429, a redirect to a login, a proxy's page: the key was not checked.
    if (statusCode !== 404 && statusCode !== 200)
      return {
        ...about,
        verdict: 'unknown',
        answer: `the gateway answered ${statusCode}`,
        todo: statusCode === 429 ? 'rate limited: retry in a minute' : 'fix the gateway first',
      };
    return { ...about, verdict: 'ok', answer: `accepted (${statusCode} for a study that does not exist)` };
  } catch (error) {
    return faulty(about, limit.aborted ? timedOut(url.host, timeout) : networkFault(error, url.host), false);
  }
}

/** The Prometheus of the configuration, with both queries; nothing where none is configured. */
export function prometheusProbes({ prometheus, environment }: Settings): DoctorCheck[] {
  if (!prometheus) return [];
  const area = 'prometheus';
  const { host } = new URL(prometheus.url);
  return [
    {
      area,
      what: 'queries',
      where: host,
      essential: true,
      async run(signal) {
        const dispatcher = dispatcherFor(new URL(prometheus.url));
        try {
          const answer = await askPrometheus({ prometheus, environment }, dispatcher, signal);
          if (!answer.ok) return [faulty({ area, what: 'queries' }, answer.fault, true)];
          const row = (what: string, value: number | undefined, option: string): Checkup =>
            value === undefined
              ? { area, what, verdict: 'warning', answer: 'no value', todo: `check prometheus.${option}` }
              : { area, what, verdict: 'ok', answer: 'has a value' };
          const { p95, errorRate } = answer.value;
          return [
            row('API p95', p95, 'p95Query'),
            row('error rate', errorRate, 'errorRateQuery (no errors, no series? … or vector(0))'),
          ];
        } finally {
          await dispatcher.destroy();
        }
      },
    },
  ];
}
