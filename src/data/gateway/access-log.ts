// The gateway's own JSON log (Fastify and pino): which lines are answered requests, and how they went.
import type { Settings } from '../../config/settings.ts';
import { toMs } from '../../core/logs/duration.ts';
import { fieldAt } from '../../core/logs/log-fields.ts';
import { type Instant, type Ms, minute } from '../../core/time.ts';
import { ProbeRequests } from './probe-request.ts';

/** What became of one request of a person. `gaveUp`: the client disconnected before an answer. */
export type Answered = { ms?: Ms; status: number | 'gaveUp'; at?: Instant };

/** Without an answer for so long it counts as given up: load balancers and people wait no longer. */
export const longestWait: Ms = minute;
/** Fastify names the URL when a request comes and not when it is answered; those under way are remembered. */
const remembered = 5000;

/** What servers write of a client that went away. 499 is nginx's. */
const goneCodes = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE']);
const goneWords = /^(request (aborted|errored)|premature close|client (closed|aborted|disconnected))/i;

/** Reads one container's lines, in their order. */
export class AccessLog {
  readonly #fields: Settings['logFields'];
  readonly #durations: readonly string[];
  readonly #marks: RegExp;
  readonly #came: RegExp;
  readonly #probes: ProbeRequests;
  /** Requests that came and were not answered yet: when, by their id, oldest first. */
  readonly #underWay = new Map<string, Instant | undefined>();
  readonly #probesUnderWay = new Set<string>();
  /** Those that were counted before their last line came. */
  readonly #counted = new Set<string>();
  #answers = 0;

  constructor(settings: Pick<Settings, 'logFields' | 'gateway' | 'traffic'>) {
    this.#fields = settings.logFields;
    this.#durations = [settings.logFields.responseTime, ...settings.logFields.durations];
    this.#marks = new RegExp(`${marks(this.#durations)}|request aborted|request errored|premature close`, 'i');
    this.#came = new RegExp(marks(settings.logFields.url));
    this.#probes = new ProbeRequests(settings);
  }

  /** Whether a line may be an answered request, without parsing it. */
  isCandidate(line: string): boolean {
    return this.#marks.test(line);
  }

  /** A line that is no candidate may say that a request came, and for what. `hurried`: only probes are looked for. */
  notice(line: string, at?: Instant, hurried = false): void {
    if (hurried ? !this.#probes.mayBeIn(line) : !this.#came.test(line)) return;
    const record = parse(line);
    const id = record && this.#requestId(record);
    if (!record || id === undefined || this.#url(record) === undefined || this.#status(record) !== undefined) return;
    this.#counted.delete(id);
    if (this.#isProbe(record)) this.#probesUnderWay.add(id);
    else this.#underWay.set(id, at ?? this.#time(record));
    forgetOldest(this.#underWay);
    forgetOldest(this.#probesUnderWay);
  }

  /** A candidate was passed over: nobody knows any more which requests were answered. */
  skip(): void {
    this.#underWay.clear();
  }

  /** A request of a person that was answered, or given up. */
  read(line: string, seen?: Instant): Answered | undefined {
    const record = parse(line);
    if (!record) return undefined;
    const isGone = this.#isGone(record);
    const ms = this.#duration(record);
    const status = isGone ? 'gaveUp' : this.#status(record);
    if (status === undefined || (ms === undefined && !isGone)) return undefined;
    const id = this.#requestId(record);
    const came = id === undefined ? undefined : this.#underWay.get(id);
    if (!isGone) this.#answers += 1;
    if (id !== undefined) {
      this.#underWay.delete(id);
      if (this.#probesUnderWay.delete(id) || this.#counted.delete(id)) return undefined;
      // A server may write more than one line about a client that went away.
      if (isGone) this.#count(id);
    }
    if (this.#isProbe(record)) return undefined;
    const at = this.#time(record);
    const over = seen ?? at;
    const took = ms ?? (came === undefined || over === undefined ? undefined : Math.max(0, over - came));
    return { status, ms: took, at };
  }

  /** Requests of people that came and have waited too long for an answer, each told once; `now` by the log's clock. */
  givenUp(now: Instant): readonly Answered[] {
    // A log that tells no answers at all cannot tell those that are missing.
    if (this.#answers === 0) return [];
    const found: Answered[] = [];
    for (const [id, at] of this.#underWay) {
      if (at === undefined || now - at < longestWait) continue;
      this.#underWay.delete(id);
      this.#count(id);
      found.push({ status: 'gaveUp', ms: now - at, at: now });
    }
    return found;
  }

  #count(id: string): void {
    this.#counted.add(id);
    forgetOldest(this.#counted);
  }

  /** An error line of the application may quote a connection that was reset: only a line about an answer counts. */
  #isGone(record: object): boolean {
    const status = first(record, this.#fields.statusCode);
    if (Number(status) === 499) return true;
    if (Number(status) >= 500) return false;
    if (status === null && this.#duration(record) !== undefined) return true;
    const said = fieldAt(record, this.#fields.message);
    if (typeof said === 'string' && goneWords.test(said)) return true;
    const code = fieldAt(record, 'err.code') ?? fieldAt(record, 'error.code');
    const why = fieldAt(record, 'err.message') ?? fieldAt(record, 'error.message');
    const isCut = goneCodes.has(String(code)) || (typeof why === 'string' && goneWords.test(why));
    return isCut && status !== undefined;
  }

  #status(record: object): number | undefined {
    const status = Number(first(record, this.#fields.statusCode) ?? Number.NaN);
    return status >= 100 && status < 600 ? status : undefined;
  }

  #duration(record: object): Ms | undefined {
    for (const name of this.#durations) {
      const ms = toMs(fieldAt(record, name), name);
      if (ms !== undefined) return ms;
    }
    return undefined;
  }

  #time(record: object): Instant | undefined {
    const time = fieldAt(record, this.#fields.time);
    const at = typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  }

  #requestId(record: object): string | undefined {
    const id = first(record, this.#fields.requestId) ?? fieldAt(record, 'req.id');
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
  }

  #url(record: object): unknown {
    return first(record, this.#fields.url);
  }

  #isProbe(record: object): boolean {
    return this.#probes.includes(this.#url(record), first(record, this.#fields.userAgent));
  }
}

/** Names as they stand in a line of JSON: whole, or the last part of a path. */
function marks(names: readonly string[]): string {
  const all = new Set(names.flatMap((name) => [name, name.split('.').at(-1) ?? name]));
  return [...all].map((name) => `"${name.replace(/[^\w ]/g, '\\$&')}"`).join('|');
}

function forgetOldest(some: Map<string, unknown> | Set<string>): void {
  for (const oldest of some.keys()) {
    if (some.size <= remembered) return;
    some.delete(oldest);
  }
}

function first(record: object, paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = fieldAt(record, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

function parse(line: string): object | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}
