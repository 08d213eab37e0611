// The gateway's own log (Fastify and pino, or any access log): which lines are answered requests, and how they went.
import type { Settings } from '../../config/settings.ts';
import { fieldAt } from '../../core/logs/log-fields.ts';
import {
  durationOf,
  levelOf,
  messageOf,
  namedField,
  type ReadLine,
  readLine,
  requestIdsOf,
  timeOf,
} from '../../core/logs/log-line.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute } from '../../core/time.ts';
import { ProbeRequests } from './probe-request.ts';

/** What became of one request of a person. `gaveUp`: the client disconnected before an answer. */
export type Answered = { ms?: Ms; status: number | 'gaveUp'; at?: Instant; tenant?: string | undefined };

/** Without an answer for so long it counts as given up: load balancers and people wait no longer. */
export const longestWait: Ms = minute;
/** Fastify names the URL when a request comes and not when it is answered; those under way are remembered. */
const remembered = 5000;

/** What servers log about a client that disconnected. */
const goneCodes = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'ECANCELED',
  'EPIPE',
  'ABORT_ERR',
  'ERR_STREAM_PREMATURE_CLOSE',
]);
const goneWords =
  /^(request (aborted|errored|cancell?ed|closed)|premature close|context canceled|(client|connection) (has )?(closed|aborted|disconnected|cancell?ed|gone))/i;
/** nginx's, an AWS load balancer's, and what Envoy and others write who sent no status. */
const goneStatuses = new Set([499, 460, 0]);

/** In a line that may tell of an answer: a name that means a duration, words of a cut connection, an access log. */
const mayBeAnswer =
  /(?:duration|latency|elapsed|took|time_?taken|(?:response|request|processing|service|execution)_?time)\w{0,12}(?:"\s?:|=)|(?:request|client|connection) (?:has )?(?:aborted|errored|cancell?ed|closed|disconnected|gone)|premature close| HTTP\/\d|\d ms\b|^\[GIN\]/i;

/** pino's number for an error. */
const errorLevel = 50;

/** Not let in, not allowed, or too many: whose requests they are is worth to know. */
export const isRefusal = (status: Answered['status']): status is number =>
  status === 401 || status === 403 || status === 429;

/** A request that came, by any of its ids. */
type Came = { ids: readonly string[]; at?: Instant | undefined };

/** Reads one container's lines, in their order. */
export class AccessLog {
  readonly #fields: Settings['logFields'];
  /** Names of durations that are not known as such. */
  readonly #marks: RegExp | undefined;
  readonly #came: RegExp;
  readonly #agents: RegExp;
  readonly #statuses: RegExp;
  readonly #probes: ProbeRequests;
  /** Requests that came and were not answered yet, by each of their ids, oldest first. */
  readonly #underWay = new Map<string, Came>();
  readonly #probesUnderWay = new Set<string>();
  /** Those that were counted before their last line came. */
  readonly #counted = new Set<string>();
  #answers = 0;

  constructor(settings: Pick<Settings, 'logFields' | 'gateway' | 'traffic'>) {
    this.#fields = settings.logFields;
    const names = [settings.logFields.responseTime, ...settings.logFields.durations];
    const others = names.filter((name) => !mayBeAnswer.test(`"${name}":`));
    this.#marks = others.length > 0 ? new RegExp(marks(others)) : undefined;
    this.#came = new RegExp(marks(settings.logFields.url));
    this.#agents = new RegExp(marks(settings.logFields.userAgent));
    this.#statuses = new RegExp(marks(settings.logFields.statusCode));
    this.#probes = new ProbeRequests(settings);
  }

  /** Whether a line may be an answered request, without parsing it. */
  isCandidate(line: string): boolean {
    return mayBeAnswer.test(line) || this.#marks?.test(line) === true;
  }

  /** A line that is no candidate may say that a request came, and for what. `hurried`: only probes are looked for. */
  notice(line: string, at?: Instant, hurried = false): void {
    if (hurried ? !this.#probes.mayBeIn(line) : !this.#came.test(line)) return;
    const read = readLine(line);
    if (!read.json || this.#url(read) === undefined) return;
    if (mayHave(line, this.#statuses) && this.#status(read) !== undefined) return;
    const ids = requestIdsOf(read, this.#fields);
    if (ids.length === 0) return;
    // An error names the URL, too: of a request that came before, beside another of its ids.
    if ((levelOf(read, this.#fields) ?? 0) >= errorLevel) return;
    const request = { ids, at: at ?? timeOf(read, this.#fields) };
    const isProbe = this.#isProbe(read, line);
    for (const id of ids) {
      this.#counted.delete(id);
      if (isProbe) this.#probesUnderWay.add(id);
      else this.#underWay.set(id, request);
    }
    forgetOldest(this.#underWay);
    forgetOldest(this.#probesUnderWay);
  }

  /** A candidate was skipped: which requests were answered is unknown from now on. */
  skip(): void {
    this.#underWay.clear();
  }

  /** A request of a person that was answered, or given up. `seen`: the time of the line, where it is known. */
  read(line: string, seen?: Instant): Answered | undefined {
    const read = readLine(line);
    const ms = durationOf(read, this.#fields);
    const isGone = this.#isGone(read, ms);
    const status = isGone ? 'gaveUp' : this.#status(read);
    // An application's error line may have a status too; an access log without a duration still tells what failed.
    if (status === undefined || (ms === undefined && !isGone && read.plain?.named?.statusCode === undefined))
      return undefined;
    const ids = requestIdsOf(read, this.#fields);
    const came = this.#cameWith(ids);
    if (!isGone) this.#answers += 1;
    const all = came ? [...new Set([...ids, ...came.ids])] : ids;
    let isKnown = false;
    for (const id of all) {
      this.#underWay.delete(id);
      if (this.#probesUnderWay.delete(id) || this.#counted.delete(id)) isKnown = true;
    }
    if (isKnown) return undefined;
    // A server may write more than one line about a client that went away.
    if (isGone) this.#count(all);
    // A connection that was upgraded lasts as long as its client likes.
    if (this.#isProbe(read, line) || status === 101) return undefined;
    const at = seen ?? timeOf(read, this.#fields);
    const took = ms ?? (came?.at === undefined || at === undefined ? undefined : Math.max(0, at - came.at));
    return { status, ms: took, at, tenant: isRefusal(status) ? this.#tenant(read) : undefined };
  }

  /** Client requests that have waited too long for an answer, each returned once; `now` by the log's clock. */
  givenUp(now: Instant): readonly Answered[] {
    // A log that tells no answers at all cannot tell those that are missing.
    if (this.#answers === 0) return [];
    const found: Answered[] = [];
    for (const { ids, at } of this.#underWay.values()) {
      if (at === undefined || now - at < longestWait) continue;
      for (const id of ids) this.#underWay.delete(id);
      this.#count(ids);
      found.push({ status: 'gaveUp', ms: now - at, at: now });
    }
    return found;
  }

  #count(ids: readonly string[]): void {
    for (const id of ids) this.#counted.add(id);
    forgetOldest(this.#counted);
  }

  #cameWith(ids: readonly string[]): Came | undefined {
    for (const id of ids) {
      const came = this.#underWay.get(id);
      if (came) return came;
    }
    return undefined;
  }

  /** An error line of the application may quote a connection that was reset: only a line about an answer counts. */
  #isGone(read: ReadLine, ms: Ms | undefined): boolean {
    if (read.plain) return read.plain.named?.gaveUp === true || this.#hasGoneStatus(read);
    const { record } = read;
    if (this.#hasGoneStatus(read)) return true;
    const status = this.#first(record, this.#fields.statusCode);
    if (Number(status) >= 500) return false;
    const flags = fieldAt(record, 'response_flags');
    if (typeof flags === 'string' && flags.split(',').includes('DC')) return true;
    if (status === null && ms !== undefined) return true;
    if (goneWords.test(messageOf(read, '', this.#fields)) && this.#isAboutRequest(read, ms)) return true;
    const code = fieldAt(record, 'err.code') ?? fieldAt(record, 'error.code');
    const why = fieldAt(record, 'err.message') ?? fieldAt(record, 'error.message');
    const isCut = goneCodes.has(String(code)) || (typeof why === 'string' && goneWords.test(why));
    return isCut && status !== undefined;
  }

  /** Other connections can be closed, too: to a database, to Redis. */
  #isAboutRequest(read: ReadLine, ms: Ms | undefined): boolean {
    const ids = requestIdsOf(read, this.#fields);
    const isUnderWay = ids.some((id) => this.#underWay.has(id) || this.#probesUnderWay.has(id));
    return ms !== undefined || isUnderWay || this.#url(read) !== undefined;
  }

  #hasGoneStatus(read: ReadLine): boolean {
    const status = namedField(read, 'statusCode', this.#fields);
    if (typeof status !== 'number' && typeof status !== 'string') return false;
    // Without a URL a status of 0 may be the exit code of anything.
    return goneStatuses.has(Number(status)) && (Number(status) !== 0 || this.#url(read) !== undefined);
  }

  /** The first of the names that the record has, if only as null. */
  #first(record: object, paths: readonly string[]): unknown {
    for (const path of paths) {
      const value = fieldAt(record, path);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #status(read: ReadLine): number | undefined {
    const value = namedField(read, 'statusCode', this.#fields);
    const status = typeof value === 'string' ? Number(/^\d{3}(?!\d)/.exec(value)?.[0]) : Number(value ?? Number.NaN);
    return status >= 100 && status < 600 ? status : undefined;
  }

  #tenant({ plain, record }: ReadLine): string | undefined {
    const value = plain ? undefined : fieldAt(record, this.#fields.tenantId);
    return typeof value === 'string' && value !== '' ? sanitize(value, 100) : undefined;
  }

  #url(read: ReadLine): unknown {
    return namedField(read, 'url', this.#fields);
  }

  /** Most lines name neither a URL nor a user agent: then none of their names is looked for. */
  #isProbe(read: ReadLine, line: string): boolean {
    const url = !read.json || mayHave(line, this.#came) ? this.#url(read) : undefined;
    const hasAgent = !read.json || mayHave(line, this.#agents);
    const agent = read.plain?.named?.userAgent ?? (hasAgent ? this.#agent(read.record) : undefined);
    return this.#probes.includes(url, agent);
  }

  /** The first text among the configured names; each line comes by here, so no arrays are made. */
  #agent(record: object): string | undefined {
    for (const path of this.#fields.userAgent) {
      const value = fieldAt(record, path);
      const said: unknown = Array.isArray(value) ? value.find((one) => typeof one === 'string') : value;
      if (typeof said === 'string') return said;
    }
    return undefined;
  }
}

/** Names as they stand in a line of JSON: whole, or the last part of a path. */
function marks(names: readonly string[]): string {
  const all = new Set(names.flatMap((name) => [name, name.split('.').at(-1) ?? name]));
  return [...all].map((name) => `"${name.replace(/[^\w ]/g, '\\$&')}"`).join('|');
}

/** Whether a line of JSON may have a field of these names: one that is written with escapes may be any. */
const mayHave = (line: string, names: RegExp): boolean => names.test(line) || line.includes('\\u');

function forgetOldest(some: Map<string, unknown> | Set<string>): void {
  if (some.size <= remembered) return;
  for (const oldest of some.keys()) {
    if (some.size <= remembered) return;
    some.delete(oldest);
  }
}
