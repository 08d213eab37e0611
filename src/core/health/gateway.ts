// The gateway's health endpoints as verdict and words: the pane, `status` and `doctor` agree by it.
import type { Gateway, HealthEndpoint } from '../world/facts.ts';
import { isWorse, type Verdict } from './status.ts';

/** What versions and frameworks say when it works, with something missing (health+json: `warn`). */
const impaired = new Set(['degraded', 'warn', 'warning', 'partial', 'impaired']);

/**
 * A health endpoint as a verdict. An answer other than healthy is critical, an impaired one a warning. What gave no
 * answer, or did not let us ask, proves nothing: unknown. A refused connection does.
 */
export function judgeEndpoint(e: HealthEndpoint): Verdict {
  if (e.healthy || e.absent) return 'ok';
  if (e.fault !== undefined) return e.fault === 'refused' ? 'critical' : 'unknown';
  if (e.statusCode === 401 || e.statusCode === 403) return 'unknown';
  return impaired.has(e.status ?? '') && (e.statusCode ?? 500) < 500 ? 'warning' : 'critical';
}

/** The endpoint that decides. */
export function worseEndpoint({ health, detailed }: Gateway): HealthEndpoint {
  return health.absent || isWorse(judgeEndpoint(detailed), judgeEndpoint(health)) ? detailed : health;
}

/** `503 unhealthy`, `200 ok`, `certificate expired`; `/v1/health timed out after 2 s` where the other one answers. */
export function gatewaySays(gateway: Gateway): string {
  const worse = worseEndpoint(gateway);
  const says = endpointSays(worse);
  const other = worse === gateway.health ? gateway.detailed : gateway.health;
  if (other.absent || judgeEndpoint(worse) === judgeEndpoint(other) || worse.statusCode === other.statusCode)
    return says;
  return `${URL.parse(worse.url)?.pathname ?? worse.url} ${says}`;
}

/** One endpoint in few words. */
export function endpointSays(e: HealthEndpoint): string {
  return [e.statusCode, e.problem ?? e.status].filter((word) => word !== undefined).join(' ') || 'no answer';
}
