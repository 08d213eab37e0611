// The platform's API for studies: every key belongs to one tenant, and to it other tenants' studies do not exist.
import { randomBytes } from 'node:crypto';
import type { Orchestrator, Verb } from './orchestrator.ts';

export type Reply = { status: number; body: unknown };

export type PlatformApi = {
  /** A key's tenant; undefined if unknown. */
  tenantOf(token: string): Promise<string | undefined>;
  orchestrator: Orchestrator;
};

const newId = () => `req_${Date.now().toString(36)}_${randomBytes(5).toString('hex').slice(0, 9)}`;

const refusal = (status: number, code: string, message: string): Reply => ({
  status,
  body: { success: false, error: { code, message, requestId: newId() } },
});

const granted = (data: unknown): Reply => ({ status: 200, body: { success: true, data, requestId: newId() } });

const told: Record<Verb, { status: string; participle: string }> = {
  cancel: { status: 'cancelled', participle: 'cancelled' },
  pause: { status: 'paused', participle: 'paused' },
  resume: { status: 'running', participle: 'resumed' },
};

function verbOf(method: string, rest: string | undefined): Verb | 'look' | undefined {
  if (rest === undefined) return method === 'GET' ? 'look' : method === 'DELETE' ? 'cancel' : undefined;
  if (method !== 'POST') return undefined;
  return rest === 'pause' || rest === 'resume' ? rest : undefined;
}

/** Answers /v1/studies/:id and what is below it. */
export async function answerStudies(
  { tenantOf, orchestrator }: PlatformApi,
  method: string,
  pathname: string,
  token: string | undefined,
): Promise<Reply> {
  if (token === undefined) return refusal(401, 'UNAUTHORIZED', 'API key required');
  const tenant = await tenantOf(token);
  if (tenant === undefined) return refusal(401, 'INVALID_API_KEY', 'Invalid API key');
  const [, encoded = '', rest] = /^\/v1\/studies\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const verb = verbOf(method, rest);
  if (encoded === '' || verb === undefined)
    return refusal(404, 'RESOURCE_NOT_FOUND', `Route ${method} ${pathname} not found`);
  const id = decodeURIComponent(encoded);
  if (verb === 'look') {
    const study = await orchestrator.study(tenant, id);
    if (!study) return refusal(404, 'STUDY_NOT_FOUND', `Study ${id} not found`);
    const { studyId, status, total, completed, failed, surfaces } = study;
    const share = total > 0 ? Math.round((100 * (completed + failed)) / total) : 0;
    const progress = { totalJobs: total, completedJobs: completed, failedJobs: failed };
    const pendingJobs = total - completed - failed;
    return granted({ studyId, status, progress: { ...progress, pendingJobs, completionPercentage: share }, surfaces });
  }
  const { status, participle } = told[verb];
  if (!(await orchestrator.command(tenant, id, verb)))
    return refusal(404, 'STUDY_NOT_FOUND', `Study ${id} not found or cannot be ${participle}`);
  return granted({ studyId: id, status });
}

/** GET /v1/health: down only if nothing works. */
export function platformHealth(services: Readonly<Record<string, boolean>>, uptime: number): Reply {
  const well = Object.values(services);
  const status = well.every(Boolean) ? 'healthy' : well.some(Boolean) ? 'degraded' : 'unhealthy';
  const checks = Object.fromEntries(Object.entries(services).map(([name, works]) => [name, works ? 'ok' : 'error']));
  return { status: status === 'unhealthy' ? 503 : 200, body: { status, version: '0.0.1', uptime, checks } };
}

/** Requests a minute that one process answers to all who have no key: probes, load balancers, cockpits. */
const anonymousPerMinute = 100;

/** Counts anonymous requests by process; returns the seconds to wait after too many. */
export function createRateLimit(now: () => number = Date.now) {
  const windows = new Map<string, { from: number; count: number }>();
  return {
    take(process: string): number | undefined {
      const at = now();
      const before = windows.get(process);
      const window = before && at - before.from < 60_000 ? before : { from: at, count: 0 };
      window.count += 1;
      windows.set(process, window);
      return window.count > anonymousPerMinute ? Math.ceil((window.from + 60_000 - at) / 1000) : undefined;
    },
  };
}

export const rateLimited = (seconds: number): Reply => ({
  status: 429,
  body: { statusCode: 429, error: 'Too Many Requests', message: `Rate limit exceeded, retry in ${seconds} seconds` },
});
