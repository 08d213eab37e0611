// The gateway's health endpoints as verdict and words: the pane, `status` and `doctor` agree by it.
import type { Gateway, HealthEndpoint, ServiceHealth } from '../world/facts.ts';
import { evaluateWord, isDatabase } from './health-words.ts';
import { type HealthStatus, isWorse, worst } from './status.ts';

/**
 * A health endpoint as a verdict. Its own word counts, and each service's: the database's at full weight whatever the
 * whole calls itself and whatever the status code, another's as a warning where the whole says that it is impaired. An answer that is no success,
 * or tells no health, is critical. What gave no answer, did not let us ask, or says what nobody knows: unknown. A
 * refused connection proves that nothing listens.
 */
export function evaluateEndpoint(e: HealthEndpoint): HealthStatus {
  if (e.absent) return 'ok';
  if (e.services.some(({ name, word }) => isDatabase(name) && evaluateWord(word) === 'critical')) return 'critical';
  if (e.fault !== undefined) return e.fault === 'refused' ? 'critical' : 'unknown';
  if (e.statusCode === 401 || e.statusCode === 403) return 'unknown';
  if (e.statusCode === undefined || e.statusCode < 200 || e.statusCode >= 300) return 'critical';
  if (e.status === undefined && e.services.length === 0) return 'critical';
  const whole = e.status === undefined ? 'ok' : evaluateWord(e.status);
  return worst([whole, ...e.services.map((service) => judgeService(service, whole))]);
}

/** Whether it answers that all is well, whatever it says of its services. */
export const claimsToBeWell = ({ services: _, ...whole }: HealthEndpoint): boolean =>
  whole.status !== undefined && evaluateEndpoint({ ...whole, services: [] }) === 'ok';

/** A degraded whole has told that a service is missing; where it claims to be well, the service contradicts it. */
function judgeService({ name, word }: ServiceHealth, whole: HealthStatus): HealthStatus {
  const verdict = evaluateWord(word);
  return verdict === 'critical' && whole === 'warning' && !isDatabase(name) ? 'warning' : verdict;
}

/** The endpoint that decides. */
export function worseEndpoint({ health, detailed }: Gateway): HealthEndpoint {
  return health.absent || isWorse(evaluateEndpoint(detailed), evaluateEndpoint(health)) ? detailed : health;
}

/** `503 unhealthy`, `certificate expired`; where the endpoints disagree, both: `/health 503 unhealthy; /v1/health 200 ok`. */
export function gatewaySays(gateway: Gateway): string {
  const told = telling(gateway);
  if (told.length === 1) return told.map(endpointSays).join();
  return told.map((e) => `${URL.parse(e.url)?.pathname ?? e.url} ${endpointSays(e)}`).join('; ');
}

/** The worse endpoint; both where they disagree. */
function telling(gateway: Gateway): readonly HealthEndpoint[] {
  const worse = worseEndpoint(gateway);
  const other = worse === gateway.health ? gateway.detailed : gateway.health;
  return other.absent || evaluateEndpoint(worse) === evaluateEndpoint(other) ? [worse] : [worse, other];
}

/** What the endpoints answer, and which services are not healthy. */
export function gatewayState(gateway: Gateway): readonly string[] {
  const answers = telling(gateway).flatMap((e) => [e.statusCode, e.fault, e.status].map((part) => String(part ?? '')));
  const bad = [gateway.health, gateway.detailed].flatMap((e) => e.services.filter(({ healthy }) => !healthy));
  return [...answers, ...new Set(bad.map(({ name, word }) => `${name} ${word}`))];
}

/** One endpoint in few words. */
export function endpointSays(e: HealthEndpoint): string {
  return [e.statusCode, e.problem ?? e.status].filter((word) => word !== undefined).join(' ') || 'no answer';
}
