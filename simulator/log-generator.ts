// The log lines of executors and orchestrators: jobs of each surface, with the outcomes that the conditions demand.

import type { Kubernetes } from './kubernetes/kubernetes.ts';
import type { Pod } from './kubernetes/object.ts';
import { pino } from './kubernetes/pod-log-lines.ts';
import { platformJobLines, platformPlanLine } from './platform/logs.ts';
import { type Conditions, type SurfaceId, surfaceIds } from './scenario.ts';
import { type Ms, minute, second } from './time.ts';
import { drawLatency, type Subject } from './traffic.ts';

const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];

let jobs = 48_000;

/** Lines about one job; an uncaught browser error leaves a stack that is not JSON. */
export function jobLines(
  hostname: string,
  at: number,
  surface: SurfaceId,
  subject: Subject,
  conditions: Conditions,
): string[] {
  jobs += 1;
  const { failureShare, error } = conditions.surfaces[surface];
  const context = {
    surfaceId: surface,
    surface_id: surface,
    studyId: subject.study,
    tenantId: subject.tenant,
    jobId: jobs,
    reqId: `job-${jobs}`,
  };
  const durationMs = Math.round(drawLatency(2600));
  if (Math.random() >= failureShare) {
    return [pino(hostname, at, 30, { ...context, durationMs, msg: 'job completed' })];
  }
  const attempt = 1 + Math.floor(Math.random() * 3);
  const stack = `Error: ${error}\n    at Session.ask (/app/dist/surfaces/${surface}.js:112:13)\n    at async runJob (/app/dist/executor.js:74:18)`;
  const failed = pino(hostname, at, 50, {
    ...context,
    attempt,
    durationMs,
    err: { type: 'SurfaceError', message: error, stack },
    msg: `job failed: ${error}`,
  });
  const retried = pino(hostname, at, 40, { ...context, attempt, msg: 'job is tried again later' });
  // One failure in five also prints what the browser threw.
  return [failed, ...(attempt < 3 ? [retried] : []), ...(Math.random() < 0.2 ? stack.split('\n') : [])];
}

export type ChatterOptions = {
  kubernetes: Kubernetes;
  conditions: Conditions;
  subjects(): readonly Subject[];
  linesPerSecond?: number;
  /** Lines as the platform's own services write them. */
  platform?: boolean;
};

const history: Ms = 10 * minute;

/** Starts with ten minutes behind it. */
export function startLogGenerator({
  kubernetes,
  conditions,
  subjects,
  linesPerSecond = 3,
  platform = false,
}: ChatterOptions): () => void {
  const write = (pod: Pod, at: number, lines: readonly string[]) => {
    for (const line of lines) kubernetes.logs.write(pod.metadata.uid, line, at);
  };
  const linesOf = platform ? platformJobLines : jobLines;
  const work = (from: number, until: number, rate: number) => {
    const executors = kubernetes.ready('executor');
    const known = subjects();
    const surfaces = surfaceIds.filter((id) => !conditions.surfaces[id].disabled);
    for (let at = from; at < until; at += (1000 / rate) * 2 * Math.random()) {
      const pod = pick(executors);
      const surface = pick(surfaces);
      const subject = pick(known);
      const when = Math.round(at);
      if (pod && surface && subject) write(pod, when, linesOf(pod.metadata.name, when, surface, subject, conditions));
    }
  };
  const plan = (at: number) => {
    const pod = pick(kubernetes.ready('orchestrator'));
    const subject = pick(subjects());
    if (!pod || !subject) return;
    const { study: studyId, tenant: tenantId } = subject;
    const healthy = conditions.gateway.services.orchestrator;
    if (platform) return write(pod, at, [platformPlanLine(healthy, studyId)]);
    const line = healthy
      ? pino(pod.metadata.name, at, 30, { studyId, tenantId, msg: 'study planned', jobs: 40 })
      : pino(pod.metadata.name, at, 50, { studyId, tenantId, msg: 'cannot reach api-gateway: connection refused' });
    write(pod, at, [line]);
  };
  const began = Date.now();
  for (let at = began - history; at < began; at += 10 * second) {
    work(at, Math.min(began, at + 10 * second), 1);
    plan(at);
  }
  let last = began;
  let turns = 0;
  const timer = setInterval(() => {
    const now = Date.now();
    work(last, now, linesPerSecond);
    last = now;
    turns += 1;
    if (turns % 8 === 0) plan(now);
  }, 500);
  return () => clearInterval(timer);
}
