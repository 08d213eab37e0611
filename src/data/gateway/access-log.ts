// The gateway's own log (Fastify and pino, or any access log): which lines are answered requests, and how they went.
import type { Settings } from '../../config/settings.ts';
import { fieldAt } from '../../core/logs/log-fields.ts';
import {
  durationOf,
  idsWrittenIn,
  isIdName,
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
import { RequestsUnderWay, type SaidToCome } from './requests-under-way.ts';

/** What became of one request of a person. `gaveUp`: the client disconnected before an answer. */
export type Answered = { ms?: Ms; status: number | 'gaveUp'; at?: Instant; tenant?: string | undefined };

/** Without an answer for so long it counts as given up: load balancers and people wait no longer. */
export const longestWait: Ms = minute;
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

/** Where the error stands that cut a request off. */
const errorNames = /"err(?:or)?[".]/;

/** pino's number for an error. */
const errorLevel = 50;

/** Not let in, not allowed, or too many: whose requests they are is worth to know. */
export const isRefusal = (status: Answered['status']): status is number =>
  status === 401 || status === 403 || status === 429;

/** A longer line, in characters, is read at once: those that wait take memory. */
const longestUnread = 2000;

/** Reads one container's lines, in their order. */
export class AccessLog {
  readonly #fields: Settings['logFields'];
  /** Names of durations that are not known as such. */
  readonly #marks: RegExp | undefined;
  readonly #came: RegExp;
  readonly #askedNames: RegExp;
  readonly #statuses: RegExp;
  readonly #probes: ProbeRequests;
  /** Whether the configured names of ids are names that mean an id wherever they stand. */
  readonly #namesIds: boolean;
  /** The names of a URL, each with its value where that is a text, and those of a user agent. */
  readonly #asked: RegExp;
  readonly #underWay = new RequestsUnderWay((line, at) => this.#saidToCome(line, at));
  #answers = 0;

  constructor(settings: Pick<Settings, 'logFields' | 'gateway' | 'traffic'>) {
    this.#fields = settings.logFields;
    const names = [settings.logFields.responseTime, ...settings.logFields.durations];
    const others = names.filter((name) => !mayBeAnswer.test(`"${name}":`));
    this.#marks = others.length > 0 ? new RegExp(marks(others)) : undefined;
    this.#came = new RegExp(marks(settings.logFields.url));
    const urls = marks(settings.logFields.url);
    this.#asked = new RegExp(`(?:(${marks(settings.logFields.userAgent)})|${urls})\\s*:\\s*(?:"([^"]*)")?`, 'g');
    this.#namesIds = settings.logFields.requestId.every(isIdName);
    this.#askedNames = new RegExp(marks([...settings.logFields.url, ...settings.logFields.userAgent]));
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
    this.#underWay.note(line, at, hurried ? undefined : this.#idsOf(line));
  }

  /** What a line says that is no candidate: a request that came; undefined where none did. */
  #saidToCome(line: string, at?: Instant): SaidToCome | undefined {
    const read = readLine(line);
    if (!read.json || this.#url(read) === undefined) return undefined;
    if (mayHave(line, this.#statuses) && this.#status(read) !== undefined) return undefined;
    const ids = requestIdsOf(read, this.#fields);
    if (ids.length === 0) return undefined;
    // An error names the URL, too: of a request that came before, beside another of its ids.
    if ((levelOf(read, this.#fields) ?? 0) >= errorLevel) return undefined;
    return { ids, at: at ?? timeOf(read, this.#fields), isProbe: this.#isProbe(read, line) };
  }

  /** At least the ids of the request, where its line need not be read for them, and it is certainly no probe. */
  #idsOf(line: string): readonly string[] | undefined {
    if (!this.#namesIds || line.length > longestUnread) return undefined;
    const ids = idsWrittenIn(line);
    return ids?.length && !this.#mayBeToProbe(line) ? ids : undefined;
  }

  #mayBeToProbe(line: string): boolean {
    this.#asked.lastIndex = 0;
    for (let found = this.#asked.exec(line); found; found = this.#asked.exec(line)) {
      const [, agent, url] = found;
      if (agent !== undefined || url === undefined || this.#probes.includes(url, undefined)) return true;
    }
    return false;
  }

  /** A candidate was skipped: which requests were answered is unknown from now on. */
  skip(): void {
    this.#underWay.forget();
  }

  /** A request of a person that was answered, or given up. `seen`: the time of the line, where it is known. */
  read(line: string, seen?: Instant): Answered | undefined {
    const read = readLine(line);
    const ms = durationOf(read, this.#fields);
    const isGone = this.#isGone(read, ms, line);
    const status = isGone ? 'gaveUp' : this.#status(read);
    // An application's error line may have a status too; an access log without a duration still tells what failed.
    if (status === undefined || (ms === undefined && !isGone && read.plain?.named?.statusCode === undefined))
      return undefined;
    const ids = requestIdsOf(read, this.#fields);
    if (!isGone) this.#answers += 1;
    const { isKnown, ids: all, at: came } = this.#underWay.answer(ids, ms === undefined);
    if (isKnown) return undefined;
    // A server may write more than one line about a client that went away.
    if (isGone) this.#underWay.count(all);
    // A connection that was upgraded lasts as long as its client likes.
    if (this.#isProbe(read, line) || status === 101) return undefined;
    const at = seen ?? timeOf(read, this.#fields);
    const took = ms ?? (came === undefined || at === undefined ? undefined : Math.max(0, at - came));
    return { status, ms: took, at, tenant: isRefusal(status) ? this.#tenant(read) : undefined };
  }

  /** Client requests that have waited too long for an answer, each returned once; `now` by the log's clock. */
  givenUp(now: Instant): readonly Answered[] {
    // A log that tells no answers at all cannot tell those that are missing.
    if (this.#answers === 0) return [];
    return this.#underWay.takeOlder(now - longestWait).map(({ at }) => ({ status: 'gaveUp', ms: now - at, at: now }));
  }

  /** An error line of the application may quote a connection that was reset: only a line about an answer counts. */
  #isGone(read: ReadLine, ms: Ms | undefined, line: string): boolean {
    if (read.plain) return read.plain.named?.gaveUp === true || this.#hasGoneStatus(read);
    const { record } = read;
    if (this.#hasGoneStatus(read)) return true;
    const status = this.#first(record, this.#fields.statusCode);
    if (Number(status) >= 500) return false;
    const flags = fieldAt(record, 'response_flags');
    if (typeof flags === 'string' && flags.split(',').includes('DC')) return true;
    if (status === null && ms !== undefined) return true;
    if (goneWords.test(messageOf(read, '', this.#fields)) && this.#isAboutRequest(read, ms)) return true;
    if (!mayHave(line, errorNames)) return false;
    const code = fieldAt(record, 'err.code') ?? fieldAt(record, 'error.code');
    const why = fieldAt(record, 'err.message') ?? fieldAt(record, 'error.message');
    const isCut = goneCodes.has(String(code)) || (typeof why === 'string' && goneWords.test(why));
    return isCut && status !== undefined;
  }

  /** Other connections can be closed, too: to a database, to Redis. */
  #isAboutRequest(read: ReadLine, ms: Ms | undefined): boolean {
    const ids = requestIdsOf(read, this.#fields);
    return ms !== undefined || this.#url(read) !== undefined || this.#underWay.has(ids);
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
    if (read.json && !mayHave(line, this.#askedNames)) return false;
    return this.#probes.includes(this.#url(read), read.plain?.named?.userAgent ?? this.#agent(read.record));
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
