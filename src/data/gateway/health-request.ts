// One health request and its result. The caller has taken it from the budget (budget.ts).
import { type Dispatcher, request } from 'undici';
import { formatClock } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { decoded, readBeginning } from '../body.ts';
import { explainNetworkError } from '../network.ts';
import { timedOut } from '../source.ts';
import { timeLimit } from '../time-limit.ts';
import { healthBudget } from './budget.ts';
import { readHealthBody } from './health-body.ts';
import { type HealthAnswer, isWithin, type KnownAnswer } from './shared-health.ts';

/** A health body is some hundred bytes; more than this is not one. */
const longestBody = 64 * 1024;

/** Maximum age of an answer before an action; a verification asks again. */
const recent: Ms = 10 * second;
/** And so old where it may not be asked now. */
const keptFor: Ms = minute;
/** A person waits no longer than this for a turn. */
const patience: Ms = 5 * second;

export type HealthAsk = {
  timeout: Ms;
  dispatcher: Dispatcher;
  signal: AbortSignal;
  /** Takes no answer that is older than the question. */
  fresh?: boolean;
};

/** Asks a health path beside the source that asks all the time: from its last answer, or in its turn. */
export async function askHealthInTurn(
  url: URL,
  { timeout, dispatcher, signal, fresh }: HealthAsk,
): Promise<HealthAnswer> {
  const budget = healthBudget(url);
  const begun = Date.now();
  const known = (since: (answer: KnownAnswer) => Instant, age: Ms) => {
    const answer = budget.answer(url.href);
    return answer && isWithin(since(answer), age) ? answer.answer : undefined;
  };
  const useful = () => (fresh ? known(({ asked }) => asked, Date.now() - begun + 1) : known(({ at }) => at, recent));
  const waiting = timeLimit(patience, signal);
  const turn = await budget.take(() => (useful() ? [] : [url.href]), timeout, waiting.signal).finally(waiting.end);
  // Without a turn an answer with its age is more than none: a contradiction is not forgotten.
  const answer = turn?.length === 0 ? useful() : turn || fresh ? undefined : known(({ at }) => at, keptFor);
  if (answer) return answer;
  if (turn) return askHealth(url, timeout, dispatcher, signal);
  return { fault: limited(url, Date.now() + budget.wait, 'request budget used up'), latency: 0 };
}

/** Requests one health path now, and shares the answer. Follows no redirect; never throws. */
export async function askHealth(
  url: URL,
  timeout: Ms,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<HealthAnswer> {
  const asked = Date.now();
  const answer = await send(url, timeout, dispatcher, signal);
  await healthBudget(url).answered(url.href, answer, asked);
  return answer;
}

async function send(url: URL, timeout: Ms, dispatcher: Dispatcher, signal: AbortSignal): Promise<HealthAnswer> {
  const begun = performance.now();
  const passed = () => Math.round((performance.now() - begun) * 10) / 10;
  const limit = timeLimit(timeout, signal);
  let statusCode: number | undefined;
  const about = () => ({ url: sanitize(url.href, 300), latency: passed(), at: Date.now() });
  try {
    const answer = await request(url, {
      dispatcher,
      signal: limit.signal,
      headers: { accept: 'application/json', 'user-agent': 'bentham-cockpit' },
    });
    statusCode = answer.statusCode;
    if (statusCode === 429) {
      const latency = passed();
      await answer.body.dump({ limit: longestBody, signal: limit.signal }).catch(() => undefined);
      const wait = await healthBudget(url).hold(String(answer.headers['retry-after'] ?? ''));
      return { fault: limited(url, Date.now() + wait), latency };
    }
    const { text, cut } = await readBeginning(decoded(answer.body, answer.headers['content-encoding']), longestBody);
    if (statusCode >= 300 && statusCode < 400) {
      const problem = `redirects to ${sanitize(answer.headers.location ?? 'nowhere', 120)} (${statusCode})`;
      return { endpoint: { ...about(), statusCode, services: [], problem, healthy: false } };
    }
    const body = cut
      ? { services: [], healthy: false, problem: 'body too long for a health response' }
      : readHealthBody(text);
    const healthy = body.healthy && statusCode < 300;
    const contradiction =
      body.healthy && !healthy ? `says ${body.status ?? 'healthy'} with status ${statusCode}` : undefined;
    const problem = body.problem ?? contradiction;
    const { status, services } = body;
    return {
      endpoint: {
        ...about(),
        statusCode,
        status,
        services,
        problem,
        healthy,
      },
    };
  } catch (error) {
    // The status alone says it, whatever became of the body.
    if (statusCode !== undefined && statusCode >= 500 && !signal.aborted)
      return { endpoint: { ...about(), statusCode, services: [], problem: 'body incomplete', healthy: false } };
    if (limit.isOver) return { fault: timedOut(url.host, timeout), latency: passed() };
    const { kind, what, hint, tls } = explainNetworkError(error);
    // A server answered, but no client will accept it: that is a finding, not a missing answer.
    if (tls) return { endpoint: { ...about(), services: [], problem: what, healthy: false } };
    if (statusCode !== undefined) {
      const cut = { kind, where: url.host, what: `answer cut off after status ${statusCode}` };
      return { fault: { ...cut, hint: 'a proxy or the server cut it: try it by hand' }, latency: passed() };
    }
    return { fault: { kind, where: url.host, what, hint }, latency: passed() };
  } finally {
    limit.end();
  }
}

/** The fault of a gateway that is asked too often, by whomever: it says nothing about its health. */
function limited(url: URL, until: Instant, why = 'rate limited (429)'): Fault {
  return {
    kind: 'limited',
    where: url.host,
    what: `${why}, next at ${formatClock(until)}`,
    hint: 'wait: the kubelet probes share the gateway rate limit; find the client that sends too many requests',
  };
}
