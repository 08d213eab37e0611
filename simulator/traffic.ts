// The gateway's access log: what Fastify writes for each request, from simulated users.

import { pino } from './kubernetes/pod-log-lines.ts';
import type { Ms } from './time.ts';

/** The state of the API: its median response time and the share of answers with 5xx. */
export type Fare = { latency: Ms; errorShare: number; why: string };

/** Who asks about what. */
export type Subject = { study: string; tenant: string };

export type Answered = {
  method: string;
  url: string;
  statusCode: number;
  responseTime: Ms;
  subject?: Subject;
  /** Of a 5xx. */
  error?: string;
};

/** How far the tail reaches: with 0.5 the 95th percentile is 2.3 times the median. */
const spread = 0.5;

/** A response time around a median, as response times are distributed. */
export function drawLatency(median: Ms, random: () => number = Math.random): Ms {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, median * Math.exp(spread * normal));
}

const asks: readonly ((subject: Subject) => readonly [method: string, url: string, status: number])[] = [
  ({ study }) => ['GET', `/v1/studies/${study}`, 200],
  ({ study }) => ['GET', `/v1/studies/${study}/results?limit=100`, 200],
  ({ study }) => ['GET', `/v1/studies/${study}/jobs?status=failed`, 200],
  () => ['GET', '/v1/studies?status=executing', 200],
  () => ['POST', '/v1/studies', 201],
  ({ study }) => ['GET', `/v1/studies/${study}/evidence`, 304],
  () => ['GET', '/v1/studies/study_gone', 404],
  () => ['POST', '/v1/studies', 429],
];
// Most requests ask for a study; few are refused.
const weights = [40, 20, 8, 14, 6, 9, 2, 1];

function pickAsk(random: () => number) {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return asks[index] ?? asks[0];
}

/** One request and its outcome. */
export function drawRequest(fare: Fare, subject: Subject, random: () => number = Math.random): Answered {
  const [method, url, status] = pickAsk(random)?.(subject) ?? ['GET', '/v1/studies', 200];
  const responseTime = Math.round(drawLatency(fare.latency, random) * 100) / 100;
  if (random() >= fare.errorShare) return { method, url, statusCode: status, responseTime, subject };
  const statusCode = random() < 0.7 ? 500 : random() < 0.5 ? 502 : 503;
  return { method, url, statusCode, responseTime, subject, error: fare.why };
}

let requests = 0;

/** Fastify's lines for one request, which came at `at`: incoming, an error of it, completed. */
export function accessLines(hostname: string, at: number, answered: Answered): { at: number; text: string }[] {
  requests += 1;
  const { method, url, statusCode, responseTime, subject, error } = answered;
  const reqId = `req-${requests.toString(36)}`;
  const context = {
    reqId,
    requestId: reqId,
    tenantId: subject?.tenant,
    studyId: subject?.study,
  };
  const req = {
    method,
    url,
    host: 'api.bentham.io',
    remoteAddress: '10.0.1.9',
    remotePort: 40_000 + (requests % 20_000),
  };
  const done = Math.round(at + responseTime);
  const line = (when: number, level: number, fields: Readonly<Record<string, unknown>>) => ({
    at: when,
    text: pino(hostname, when, level, { ...context, ...fields }),
  });
  const type = error?.split(':')[0] ?? 'Error';
  const stack = `${error}\n    at Pool.query (/app/dist/database.js:61:17)\n    at async handler (/app/dist/routes/studies.js:28:20)`;
  return [
    line(at, 30, { req, msg: 'incoming request' }),
    ...(error ? [line(done, 50, { req, res: { statusCode }, err: { type, message: error, stack }, msg: error })] : []),
    line(done, 30, { res: { statusCode }, responseTime, msg: 'request completed' }),
  ];
}
