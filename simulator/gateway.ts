// The API gateway behind its load balancer: /health, /v1/health and one study, and the traffic of everyone else. All
// of it, probes too, stands in the logs of the gateway's pods.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, locate, sendJson, sendText } from './http.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import type { Pod } from './kubernetes/object.ts';
import { answerStudies, createRateLimit, type PlatformApi, platformHealth, rateLimited } from './platform/api.ts';
import { platformAccessLines } from './platform/logs.ts';
import type { Conditions } from './scenario.ts';
import { knownStudies } from './studies.ts';
import { type Ms, minute, second } from './time.ts';
import { type Answered, accessLines, drawLatency, drawRequest, type Fare, type Subject } from './traffic.ts';

export type GatewayOptions = {
  kubernetes: Kubernetes;
  /** Read at every turn. */
  conditions: Conditions;
  /** Whether a bearer token is good: the platform's ADMIN_API_KEY, or a key that was created. */
  admits(token: string): boolean | Promise<boolean>;
  /** The API's answer for a study; undefined if it does not exist. Throws while the database is down. */
  study(id: string): Promise<unknown>;
  /** Who asks for what, besides us. */
  subjects?(): readonly Subject[];
  requestsPerSecond?: number;
  /** The form of the health answer: the runbook's, or that of some versions. */
  form?: 'runbook' | 'checks';
  /** The platform's own API, health and log lines instead. */
  platform?: PlatformApi;
  port?: number;
};

type Answer = { status: number; body: unknown; headers?: Readonly<Record<string, string>> };

export type Gateway = Awaited<ReturnType<typeof startGateway>>;

const history: Ms = 5 * minute;

const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];

/** The state of the API under these conditions with this number of ready pods: more pods than usual share the load. */
export function fareOf(conditions: Conditions, ready: number): Fare {
  const { latency, errorShare, services } = conditions.gateway;
  const usual = conditions.deployments['api-gateway'].replicas;
  const relief = Math.min(1, (usual / Math.max(1, ready)) ** 2);
  const why = !services.database
    ? 'DatabaseError: connect ECONNREFUSED db-primary.bentham.io:5432'
    : !services.redis
      ? 'RedisError: connection is closed'
      : services.orchestrator
        ? 'InternalError: unexpected end of result'
        : 'UpstreamError: orchestrator did not answer within 2000 ms';
  return { latency: latency * relief, errorShare, why };
}

export async function startGateway(options: GatewayOptions) {
  const { kubernetes, conditions, platform } = options;
  const linesOf = platform ? platformAccessLines : accessLines;
  const limit = createRateLimit();
  const subjects = options.subjects ?? (() => knownStudies);
  const started = Date.now();
  const fare = () => fareOf(conditions, kubernetes.ready('api-gateway').length);

  /** Pods that take a request; without ready ones a load balancer tries those that run. */
  const serving = (): readonly Pod[] => {
    const ready = kubernetes.ready('api-gateway');
    if (ready.length > 0) return ready;
    return kubernetes.podsOf('api-gateway').filter((pod) => pod.status.containerStatuses?.[0]?.state.running);
  };
  // A request is answered a while after it came: its lines wait for their time, among those of others.
  let waiting: { uid: string; at: number; text: string }[] = [];
  const write = (pod: Pod, at: number, answered: Answered) => {
    const { uid, name } = pod.metadata;
    for (const line of linesOf(name, at, answered)) waiting.push({ uid, ...line });
  };
  const flush = (until: number) => {
    // Lines that a pod had not written when it died are lost.
    const alive = new Set(serving().map((pod) => pod.metadata.uid));
    const due = waiting.filter((line) => line.at <= until && alive.has(line.uid)).sort((a, b) => a.at - b.at);
    for (const { uid, at, text } of due) kubernetes.logs.write(uid, text, at);
    waiting = waiting.filter((line) => line.at > until);
  };

  const health = (detailed: boolean): { status: number; body: unknown } => {
    const services = {
      database: conditions.gateway.services.database,
      redis: conditions.gateway.services.redis,
      orchestrator: conditions.gateway.services.orchestrator && kubernetes.ready('orchestrator').length > 0,
    };
    if (platform)
      return detailed
        ? platformHealth(services, Math.round((Date.now() - started) / 1000))
        : { status: 200, body: { status: 'ok' } };
    const ok = Object.values(services).every(Boolean);
    const told = Object.entries(services);
    if (options.form === 'checks') {
      const checks = Object.fromEntries(told.map(([name, well]) => [name, well ? 'ok' : 'error']));
      return { status: 200, body: { status: ok ? 'ok' : 'degraded', checks: detailed ? checks : undefined } };
    }
    const worded = Object.fromEntries(told.map(([name, well]) => [name, well ? 'healthy' : 'unhealthy']));
    const more = detailed ? { version: '2026.11.3', uptime: Math.round((Date.now() - started) / 1000) } : {};
    return { status: ok ? 200 : 503, body: { status: ok ? 'healthy' : 'unhealthy', services: worded, ...more } };
  };

  const answer = async (request: IncomingMessage, pod: Pod): Promise<Answer> => {
    const { pathname } = locate(request);
    if (pathname === '/health' || pathname === '/v1/health') {
      const wait = platform && limit.take(pod.metadata.uid);
      if (wait !== undefined) return { ...rateLimited(wait), headers: { 'retry-after': String(wait) } };
      return health(pathname === '/v1/health');
    }
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (platform) {
      const { errorShare, why } = fare();
      if (Math.random() < errorShare)
        return { status: 500, body: { success: false, error: { code: 'INTERNAL_ERROR', message: why } } };
      return answerStudies(platform, request.method ?? 'GET', pathname, token);
    }
    const refused = { error: 'Unauthorized', message: 'missing or unknown API key', statusCode: 401 };
    if (token === undefined || !(await options.admits(token))) return { status: 401, body: refused };
    const { errorShare, why } = fare();
    if (Math.random() < errorShare) {
      return { status: 500, body: { error: 'Internal Server Error', message: why, statusCode: 500 } };
    }
    const id = /^\/v1\/studies\/([^/]+)$/.exec(pathname)?.[1];
    const study = id === undefined ? undefined : await options.study(decodeURIComponent(id));
    if (study !== undefined) return { status: 200, body: study };
    return { status: 404, body: { error: 'Not Found', message: `no ${pathname}`, statusCode: 404 } };
  };

  const pauses = new Set<NodeJS.Timeout>();
  const pause = (ms: Ms) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        pauses.delete(timer);
        resolve();
      }, ms);
      pauses.add(timer);
    });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = Date.now();
    const pod = pick(serving());
    if (!pod) {
      // The load balancer's own page: it is not JSON.
      const page = '<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>\r\n';
      return sendText(response, 503, page, 'text/html');
    }
    // Health needs no query: it takes a small part of what a request takes.
    const share = request.url?.includes('health') ? 0.1 : 1;
    const [{ status, body, headers }] = await Promise.all([
      answer(request, pod).catch(
        (error: unknown): Answer => ({
          status: 500,
          body: {
            error: 'Internal Server Error',
            message: error instanceof Error ? error.message : '',
            statusCode: 500,
          },
        }),
      ),
      pause(Math.min(20 * second, drawLatency(fare().latency * share))),
    ]);
    write(pod, at, {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      statusCode: status,
      responseTime: Date.now() - at,
      error: status >= 500 && share === 1 ? fare().why : undefined,
    });
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
    sendJson(response, status, body);
  };

  const perSecond = options.requestsPerSecond ?? 12;
  const traffic = (from: number, until: number) => {
    const pods = serving();
    if (pods.length === 0) return;
    const now = fare();
    const known = subjects();
    for (let at = from; at < until; at += (1000 / perSecond) * 2 * Math.random()) {
      const pod = pick(pods);
      const subject = pick(known) ?? pick(knownStudies);
      if (pod && subject) write(pod, Math.round(at), drawRequest(now, subject));
    }
  };
  const probes = (at: number) => {
    for (const pod of serving()) {
      if (platform) limit.take(pod.metadata.uid);
      const { status } = health(false);
      write(pod, at, { method: 'GET', url: '/health', statusCode: status, responseTime: 0.4 + Math.random() });
    }
  };
  for (let at = started - history; at < started; at += 5 * second) {
    probes(at);
    traffic(at, Math.min(started, at + 5 * second));
  }
  flush(started);
  let last = started;
  let turns = 0;
  const timer = setInterval(() => {
    const now = Date.now();
    traffic(last, now);
    last = now;
    turns += 1;
    if (turns % 20 === 0) probes(now);
    flush(now);
  }, 250);

  const server = await listen(handle, options.port ? { port: options.port } : {});
  return {
    url: server.url,
    async stop(): Promise<void> {
      clearInterval(timer);
      for (const waiting of pauses) clearTimeout(waiting);
      await server.stop();
    },
  };
}
