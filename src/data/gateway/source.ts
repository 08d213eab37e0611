// The gateway as its clients meet it: GET /v1/health, which tells all, and GET /health (runbook, Health Endpoints), each
// on a connection of its own, so that a listener that is gone or a certificate that ran out is seen at once.
import type { Dispatcher } from 'undici';
import type { Settings } from '../../config/settings.ts';
import { evaluateEndpoint } from '../../core/health/gateway.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Gateway, HealthEndpoint } from '../../core/world/facts.ts';
import { dispatcherFor, proxyFor } from '../proxy.ts';
import { reachOf } from '../reach.ts';
import { aMinute } from '../shared-looks/own-check.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { poll, type Result, type Sharing, type Source } from '../source.ts';
import { type HealthBudget, healthBudget } from './budget.ts';
import { askHealth, askHealthInTurn } from './health-request.ts';
import { gateway, type HealthAnswer, isWithin } from './shared-health.ts';

/** While all is well the path that tells less, or is not served, is asked so seldom; else more often. */
const seldom: Ms = 2 * minute;
const often: Ms = 30 * second;
/** Where another host tells of it, this one asks it itself so seldom. */
const rarely: Ms = 10 * minute;

/** A poll requested by a person: only an answer of another cockpit younger than this counts. */
const justNow: Ms = 2 * second;

type SourceSettings = Pick<Settings, 'intervals' | 'journal' | 'environment'>;

/** `once`: for a single poll. */
export function gatewaySource(settings: Settings, { once = false } = {}): Source {
  const urls = healthUrls(settings.gateway);
  const { gateway: every, timeout } = settings.intervals;
  // No keep-alive: each poll opens a connection as a client would.
  const dispatcher = dispatcherFor(urls.health, { pipelining: 0, allowH2: false });
  const look = new GatewayLook(urls, settings, dispatcher, once ? justNow : every);
  return poll({
    id: 'gateway',
    fact: 'gateway',
    every,
    // The requests have their own deadlines, one after the other at most; this one is the safety net.
    timeout: timeout * 2 + 500,
    firstPause: every,
    from: `gateway ${urls.health.host}`,
    where: urls.health.host,
    turn: (signal) => look.turn(signal),
    sharing: once ? undefined : sharedHealth(settings, urls, (...told) => look.told(...told)),
    read: (signal) => look.read(signal),
    close: () => dispatcher.destroy(),
  });
}

/**
 * One cockpit of a host asks for all there, and hosts in turn. What a login is told is shared by the budget's file alone; so is
 * what a gateway did not say itself.
 */
function sharedHealth(
  settings: Settings,
  { health, detailed }: Urls,
  taken: (value: Gateway, at: Instant) => void,
): Sharing<Gateway> | undefined {
  if (health.username || health.password) return undefined;
  const { gateway: every, timeout } = settings.intervals;
  const parts = [health.href, detailed.href];
  return shareLooks(settings, {
    fact: 'gateway',
    parts: [...parts, proxyFor(health)?.host],
    value: gateway,
    every,
    timeout,
    // Of a gateway that hangs both paths are asked, one after the other.
    patience: Math.min(every, timeout * 2 + second),
    isForAll: (value) => [value.health, value.detailed].every(({ statusCode }) => statusCode !== undefined),
    // A gateway that gives no answer is noticed by all hosts as fast as by one.
    check: { ...aMinute, verdict: saying, patience: second, reach: reachOf(health, timeout), parts },
    taken,
  });
}

/** What the endpoints say, without what differs between any two looks. */
const saying = ({ health, detailed }: Gateway): string =>
  JSON.stringify(
    [health, detailed].map(({ statusCode, status, services, problem }) => [
      statusCode,
      status,
      problem,
      services.map(({ name, word }) => [name, word]),
    ]),
  );

type Urls = { health: URL; detailed: URL };
type Path = keyof Urls;
type Looked = Result<Gateway> & { wait?: Ms; at?: Instant };
type Answers = Partial<Record<Path, { answer: HealthAnswer; at: Instant }>>;

/**
 * Polls one path while it is conclusive, and both if something is wrong or they disagree. What another cockpit
 * of this user was answered since is taken as it is: of several, one asks.
 */
class GatewayLook {
  readonly #urls: Urls;
  /** How old another cockpit's answer may be. */
  readonly #fresh: Ms;
  readonly #timeout: Ms;
  readonly #dispatcher: Dispatcher;
  readonly #budget: HealthBudget;
  #last: Answers = {};
  /** The previous result, and what to request now. */
  #before: Answers = {};
  #turn: readonly Path[] = [];
  /** When this cockpit asked itself. */
  readonly #asked: Partial<Record<Path, { at: Instant }>> = {};

  constructor(urls: Urls, { intervals, ...shared }: SourceSettings, dispatcher: Dispatcher, fresh: Ms) {
    this.#urls = urls;
    this.#fresh = fresh;
    this.#timeout = intervals.timeout;
    this.#dispatcher = dispatcher;
    this.#budget = healthBudget(urls.health, shared);
  }

  /** Waits until a due request may be sent, or another cockpit has sent it. */
  async turn(signal: AbortSignal): Promise<void> {
    this.#before = { ...this.#last };
    const wanted = (late: boolean) => {
      this.#adopt(late ? minute : this.#fresh);
      const asked = this.#news();
      return this.#due().filter((path) => !asked.includes(path));
    };
    const hrefs = (late: boolean) => wanted(late).map((path) => this.#urls[path].href);
    const turn = (await this.#budget.take(hrefs, this.#timeout, signal)) ?? [];
    this.#turn = paths.filter((path) => turn.includes(this.#urls[path].href));
  }

  async read(signal: AbortSignal): Promise<Looked> {
    const ask = (which: Iterable<Path>) => Promise.all([...which].map((path) => this.#ask(path, signal)));
    const asked = new Set([...this.#turn, ...this.#news()]);
    const isAllWell = (answers: Answers) => [...asked].every((path) => isWell(answers[path]?.answer));
    const wasWell = isAllWell(this.#before);
    await ask(this.#turn);
    // What turned ill is seen beside the other path at once, and from then on as often as it may be asked; so is what
    // was rate limited, once the limit is over.
    const other = paths.find((path) => !asked.has(path));
    const last = other && this.#last[other];
    const wanted = isAllWell(this.#last) ? last && isLimited(last.answer) : wasWell || isOlder(last, often);
    if (other && wanted && (await this.#budget.takeNow(this.#urls[other].href, this.#timeout))) await ask([other]);
    const { health, detailed } = this.#last;
    if (!health || !detailed) throw new Error('both paths were requested on the first poll');
    return { ...gatewayOf(health.answer, detailed.answer, this.#urls), at: Math.max(health.at, detailed.at) };
  }

  async #ask(path: Path, signal: AbortSignal): Promise<void> {
    const answer = await askHealth(this.#urls[path], this.#timeout, this.#dispatcher, signal);
    this.#last[path] = { answer, at: Date.now() };
    this.#asked[path] = { at: Date.now() };
  }

  /** Another host's look: where all is well there, the path that is asked seldom is not asked for it here. */
  told(value: Gateway, at: Instant): void {
    for (const path of paths) {
      const answer = { endpoint: value[path] };
      if (isWell(answer) && !isOlder(this.#asked[path], rarely))
        this.#last[path] = { answer, at: Math.min(at, value[path].at) };
    }
  }

  /** Takes answers of other cockpits since then, not older than `age`. */
  #adopt(age: Ms): void {
    for (const path of paths) {
      const known = this.#budget.answerOfOthers(this.#urls[path].href);
      if (known && known.at > (this.#last[path]?.at ?? 0) && isWithin(known.at, age)) this.#last[path] = known;
    }
  }

  /** Answers of others since the previous poll. */
  #news(): readonly Path[] {
    return paths.filter((path) => this.#last[path] !== this.#before[path]);
  }

  /** Both at first. A path that is not served gives way to the other; the shorter one is asked more often in trouble. */
  #due(): readonly Path[] {
    const { health, detailed } = this.#last;
    if (!health || !detailed) return paths;
    if (isLimited(detailed.answer)) return ['detailed'];
    if (isAbsent(detailed.answer)) return isOlder(detailed, seldom) ? paths : ['health'];
    const well = isAbsent(health.answer) || (isWell(health.answer) && isWell(detailed.answer));
    return isOlder(health, well ? seldom : often) || isLimited(health.answer) ? paths : ['detailed'];
  }
}

const paths: readonly Path[] = ['detailed', 'health'];

const isOlder = (asked: { at: Instant } | undefined, age: Ms): boolean =>
  asked === undefined || Math.abs(Date.now() - asked.at) >= age;

const isLimited = (answer: HealthAnswer): boolean => 'fault' in answer && answer.fault.kind === 'limited';

const isWell = (answer: HealthAnswer | undefined): boolean =>
  answer !== undefined && 'endpoint' in answer && evaluateEndpoint(answer.endpoint) === 'ok';

/** Not every version serves both forms, nor to everybody. */
const isAbsent = (answer: HealthAnswer): boolean =>
  'endpoint' in answer &&
  [401, 403, 404].includes(answer.endpoint.statusCode ?? 0) &&
  answer.endpoint.services.length === 0;

/** Asks both endpoints at once. A fault when neither gave an HTTP answer or a reason to distrust it. */
export async function readGateway(
  health: URL,
  detailed: URL,
  timeout: Ms,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Looked> {
  const ask = (url: URL) => askHealthInTurn(url, { timeout, dispatcher, signal });
  return gatewayOf(...(await Promise.all([ask(health), ask(detailed)])), { health, detailed });
}

function gatewayOf(first: HealthAnswer, second: HealthAnswer, urls: Urls): Looked {
  const wait = healthBudget(urls.health).held || undefined;
  if ('fault' in first && 'fault' in second) {
    const faults = [first.fault, second.fault];
    const telling = faults.find((f) => f.kind === 'refused') ?? faults.find((f) => f.kind === 'limited') ?? first.fault;
    return { ok: false, fault: telling, wait };
  }
  const [health, detailed] = [endpointOf(first, urls.health), endpointOf(second, urls.detailed)];
  const value = { health: withoutAbsence(health, detailed), detailed: withoutAbsence(detailed, health) };
  return { ok: true, value, wait };
}

/** The absence of one alone is no outage, the other decides. */
function withoutAbsence(one: HealthEndpoint, other: HealthEndpoint): HealthEndpoint {
  if (!isAbsent({ endpoint: one })) return one;
  const alone = !isAbsent({ endpoint: other });
  const without = { ...one, problem: 'not served' };
  return alone ? { ...without, absent: true, healthy: other.healthy } : without;
}

function endpointOf(answer: HealthAnswer, url: URL): HealthEndpoint {
  if ('endpoint' in answer) return answer.endpoint;
  const { fault, latency } = answer;
  const shown = sanitize(url.href, 300);
  return { url: shown, latency, services: [], problem: fault.what, fault: fault.kind, healthy: false, at: Date.now() };
}

/** Where health is asked for. */
export function healthUrls({ url, healthPath, detailedHealthPath }: Settings['gateway']): Urls {
  return { health: join(url, healthPath), detailed: join(url, detailedHealthPath) };
}

/** Relative to the configured base, which may have a path of its own. */
function join(base: string, path: string): URL {
  return new URL(base.replace(/(?<!\/)\/+$/, '') + (path.startsWith('/') ? path : `/${path}`));
}
