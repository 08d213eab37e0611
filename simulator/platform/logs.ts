// The log lines of the platform's own services: the gateway's access log has two ids and no tenant; executors and
// orchestrators write plain text with console.error.
import { randomBytes } from 'node:crypto';
import { pino } from '../kubernetes/pod-log-lines.ts';
import type { Conditions, SurfaceId } from '../scenario.ts';
import { type Answered, drawLatency, type Subject } from '../traffic.ts';
import { errorCodes } from './convert.ts';

let requests = 0;

/** Fastify's lines for one request: incoming, an error with the id that customers quote, completed. */
export function platformAccessLines(hostname: string, at: number, answered: Answered): { at: number; text: string }[] {
  requests += 1;
  const { method, url, statusCode, responseTime, error } = answered;
  const reqId = `req-${requests.toString(36)}`;
  const done = Math.round(at + responseTime);
  const line = (when: number, level: number, fields: Readonly<Record<string, unknown>>) => ({
    at: when,
    text: pino(hostname, when, level, { reqId, ...fields }),
  });
  const remotePort = 40_000 + (requests % 20_000);
  const req = { method, url, hostname: 'api.bentham.io', remoteAddress: '10.0.1.9', remotePort };
  const requestId = `req_${at.toString(36)}_${randomBytes(5).toString('hex').slice(0, 9)}`;
  const [type] = error?.split(':') ?? [];
  const err = { type, message: error, stack: `${error}\n    at Pool.query (/app/dist/database.js:61:17)` };
  return [
    line(at, 30, { req, msg: 'incoming request' }),
    ...(error ? [line(done, 50, { err, requestId, url, method, msg: error })] : []),
    line(done, 30, { res: { statusCode }, responseTime, msg: 'request completed' }),
  ];
}

const codeOf = (message: string) => {
  const [, code = 'INTERNAL_ERROR', retryable = true] =
    errorCodes.find(([pattern]) => message.startsWith(pattern)) ?? ([] as const);
  return `${code}${retryable ? '' : ', not retryable'}`;
};

/** What an executor prints about one job. */
export function platformJobLines(
  _hostname: string,
  _at: number,
  surface: SurfaceId,
  { study }: Subject,
  conditions: Conditions,
): string[] {
  const { failureShare, error } = conditions.surfaces[surface];
  const job = `c${randomBytes(12).toString('hex')}`;
  if (Math.random() >= failureShare)
    return [`[Executor] Job ${job} of ${study} on ${surface} completed in ${Math.round(drawLatency(2600))}ms`];
  const attempt = 1 + Math.floor(Math.random() * 3);
  const failed = `[Executor] Job ${job} of ${study} on ${surface} failed (attempt ${attempt}/3): ${codeOf(error)}: ${error}`;
  const stack = [
    `Error: ${error}`,
    `    at Session.ask (/app/dist/surfaces/${surface}.js:112:13)`,
    '    at async runJob (/app/dist/executor.js:74:18)',
  ];
  return Math.random() < 0.2 ? [failed, ...stack] : [failed];
}

/** What an orchestrator prints. */
export const platformPlanLine = (healthy: boolean, study: string): string =>
  healthy
    ? `[Orchestrator] Study ${study}: planned 40 jobs, checkpoint written`
    : `[Orchestrator] Study ${study}: failed to reach api-gateway: connect ECONNREFUSED`;
