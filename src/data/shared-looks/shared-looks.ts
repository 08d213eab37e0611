// Cockpits of one user on one host share each look at a backend: one asks, the others take its answer; hosts share some
// over a relay. Nothing depends on it: what is late, wrong or missing makes a cockpit ask itself. The one that asks goes on
// asking, as what is dear to read is kept in its process.
import { randomUUID } from 'node:crypto';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { processStart } from '../../disk/process-start.ts';
import { longestPause, type OthersLook, type OwnLook, pause, type Sharing } from '../source.ts';
import { carrierOf } from './look-carrier.ts';
import { isPast, type Known, type KnownAnswer, LookFile, type Participant } from './look-file.ts';
import { lookKey } from './look-key.ts';
import type { SharedLooksOptions } from './look-options.ts';
import { RelayedLooks } from './relayed-looks.ts';

/** Others look for an answer so soon after it is due, at most: not all at the same instant. */
const longestLag: Ms = 400;
/** A deadline that is noticed later than this was missed by a busy process. */
const longestDelay: Ms = 250;
const firstRecheck: Ms = 50;
const longestRecheck: Ms = 400;

/** The looks at one fact, shared; undefined where there is no journal to keep them beside. */
export function shareLooks<T>(
  settings: Pick<Settings, 'journal' | 'environment' | 'incident'>,
  options: SharedLooksOptions<T>,
): Sharing<T> | undefined {
  const { journal, environment } = settings;
  if (!journal.directory) return undefined;
  const { fact, parts, value, every, timeout } = options;
  const what = [environment.name, environment.guarded, every, timeout, parts];
  const file = new LookFile(journal.directory, { name: lookKey(fact, what), value, writes: !environment.observe });
  const onHost = new SharedLooks(file, options);
  const relayed = relayLooks(settings, options);
  return relayed ? twofold(onHost, relayed) : onHost;
}

/** Between hosts; undefined where nothing tells that it is the same. */
function relayLooks<T>(
  settings: Pick<Settings, 'environment' | 'incident'>,
  options: SharedLooksOptions<T>,
): RelayedLooks<T> | undefined {
  const { environment } = settings;
  const { fact, parts, every, timeout, identity, check } = options;
  if (!identity && !check) return undefined;
  const what = [environment.name, environment.guarded, every, timeout, check?.parts ?? parts];
  const name = () => {
    const server = identity ? identity() : 'checked';
    return server === undefined ? undefined : lookKey(fact, [what, server], []);
  };
  return new RelayedLooks(options, { carrier: () => carrierOf(settings), name });
}

/** One cockpit of each host looks on the relay, and tells the others of its host what it found there. */
function twofold<T>(onHost: SharedLooks<T>, relayed: RelayedLooks<T>): Sharing<T> {
  return {
    async await(signal) {
      const near = await onHost.await(signal);
      if (near) relayed.told(near.at);
      if (near || signal.aborted) return near;
      const far = await relayed.await(signal);
      if (!far) return undefined;
      const { result, at, rest, by } = far;
      await onHost.publish({ asked: at, at, next: Date.now() + rest, result }, by);
      return far;
    },
    async publish(look) {
      await Promise.all([onHost.publish(look), relayed.publish(look)]);
    },
    async leave() {
      await Promise.all([onHost.leave(), relayed.leave()]);
    },
  };
}

class SharedLooks<T> implements Sharing<T> {
  readonly #file: LookFile<T>;
  readonly #options: SharedLooksOptions<T>;
  readonly #self: Participant = { by: randomUUID(), pid: process.pid, born: processStart(process.pid) };
  /** An asker that is this much late is not waited for. */
  readonly #grace: Ms;
  /** When the newest answer that was told came. */
  #seen: Instant = 0;

  constructor(file: LookFile<T>, options: SharedLooksOptions<T>) {
    this.#file = file;
    this.#options = options;
    this.#grace = options.patience ?? Math.min(options.every, options.timeout + second);
  }

  async await(signal: AbortSignal): Promise<OthersLook<T> | undefined> {
    for (let recheck = firstRecheck; !signal.aborted; recheck = Math.min(longestRecheck, recheck * 1.5)) {
      const note = this.#file.read();
      const answer = note && this.#news(note.known);
      const result = answer && this.#file.resultOf(note);
      if (result) return this.#take(answer, result);
      // An answer that is none is not waited for a second time.
      const wait = answer ? 0 : this.#wait(note?.known);
      // Who asks already goes on; it takes a lock for its answer only.
      const goesOn = answer === undefined && note?.known.asker?.by === this.#self.by;
      if (wait <= 0 && (goesOn || (await this.#begin(answer)))) return undefined;
      await pause(Math.max(0, Math.min(wait > 0 ? wait : recheck, recheck)), signal);
    }
    return undefined;
  }

  /** `elsewhere`: who asked, if it was not this cockpit. */
  async publish({ asked, at, next, result }: OwnLook<T>, elsewhere?: string): Promise<void> {
    this.#seen = at;
    // A process that was stopped, or too busy to look at its clock, tells nothing of the server.
    const late = at - asked - this.#options.timeout;
    const isShared = late <= (result.ok ? second : longestDelay) && this.#isForAll(result);
    await this.#file.change(({ asker, answer }) => {
      const others = asker && asker.by !== this.#self.by && isRunning(asker);
      if (!isShared) return others ? undefined : { known: { answer } };
      if (answer && isPast(answer.at, Date.now()) && answer.at > at) return undefined;
      return {
        known: {
          asker: others ? asker : { ...this.#self, since: asked },
          answer: { ...this.#self, asked, at, next, aside: this.#options.aside?.give(), elsewhere },
        },
        result: result.ok ? { ok: true, value: result.value } : { ok: false, fault: result.fault },
      };
    });
  }

  async leave(): Promise<void> {
    const note = this.#file.read();
    if (note?.known.asker?.by !== this.#self.by) return;
    await this.#file.change(({ asker, answer }) => (asker?.by === this.#self.by ? { known: { answer } } : undefined));
  }

  /** Another cockpit's answer that was not told yet, and is young enough. */
  #news({ answer }: Known): KnownAnswer | undefined {
    if (!answer || answer.by === this.#self.by) return undefined;
    const now = Date.now();
    const { every } = this.#options;
    // The clock was moved back.
    if (!isPast(this.#seen, now)) this.#seen = 0;
    const isYoung = isPast(answer.at, now) && now - answer.at < every && answer.asked <= answer.at;
    return isYoung && answer.at > this.#seen && now < this.#due(answer, now) + this.#grace ? answer : undefined;
  }

  #take({ pid, at, next, aside, elsewhere }: KnownAnswer, result: OthersLook<T>['result']): OthersLook<T> {
    const now = Date.now();
    this.#seen = at;
    if (aside !== undefined) this.#options.aside?.take(aside);
    if (result.ok) this.#options.taken?.(result.value, at);
    const by = elsewhere === undefined ? `process ${pid}` : sanitize(elsewhere, 100);
    const lag = Math.min(longestLag, this.#options.every / 10) * (0.25 + Math.random() * 0.75);
    return {
      result,
      at,
      rest: Math.max(0, this.#due({ at, next }, now) - now) + lag,
      by,
      isFar: elsewhere !== undefined,
    };
  }

  /** When the next answer is asked for; now, where what is written cannot be. */
  #due({ at, next }: Pick<KnownAnswer, 'at' | 'next'>, now: Instant): Instant {
    return next > Math.min(at, now) + Math.max(this.#options.every, longestPause * 1.25) + second ? now : next;
  }

  /** How long another cockpit is waited for; 0: it is our turn. */
  #wait(known: Known | undefined): Ms {
    const { asker, answer } = known ?? {};
    if (!asker || asker.by === this.#self.by || !isRunning(asker)) return 0;
    const now = Date.now();
    if (!isPast(asker.since, now)) return 0;
    const due = answer && isPast(answer.at, now) ? this.#due(answer, now) : asker.since;
    // An old answer that is not followed by another soon: a fault, after which its asker rests.
    if (due > now && answer && answer.at > this.#seen) return 0;
    const begins = !answer || asker.since > answer.at;
    const grace = begins ? (this.#options.beginning ?? this.#grace) : this.#grace;
    return Math.max(asker.since, due) + grace - now;
  }

  /** Becomes the one that asks, if nobody else did meanwhile; true also where nothing can be shared. */
  async #begin(wrong: KnownAnswer | undefined): Promise<boolean> {
    let isOurs = true;
    await this.#file.change((known) => {
      const isWrong = wrong !== undefined && known.answer?.by === wrong.by && known.answer.at === wrong.at;
      isOurs = isWrong || (this.#news(known) === undefined && this.#wait(known) <= 0);
      if (!isOurs || known.asker?.by === this.#self.by) return undefined;
      return { known: { asker: { ...this.#self, since: Date.now() }, answer: isWrong ? undefined : known.answer } };
    });
    return isOurs;
  }

  #isForAll(result: OwnLook<T>['result']): boolean {
    return result.ok ? (this.#options.isForAll?.(result.value) ?? true) : isOfServer(result.fault);
  }
}

/** A process that ended, even if another one has its number now, asks no more. */
const isRunning = ({ pid, born }: Participant): boolean => processStart(pid) === born;

/** Of this process: its limits, and what its user may open. */
const ofProcess = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EPERM', 'ENOBUFS', 'EADDRNOTAVAIL']);

/** Whether a fault would be the same for all; what is said of a login or an option may be another cockpit's own. */
export function isOfServer({ kind, code }: Fault): boolean {
  return ['unreachable', 'refused', 'timeout'].includes(kind) && !ofProcess.has(code ?? '');
}
