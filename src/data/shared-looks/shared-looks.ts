// Cockpits of one user on one host share each look at a backend: one asks, the others take its answer. Nothing depends on
// it: what is late, wrong or missing makes a cockpit ask itself. The one that asks goes on asking, as what is dear to
// read is kept in its process.
import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { processStart } from '../../disk/process-start.ts';
import { longestPause, type OthersLook, type OwnLook, pause, type Sharing } from '../source.ts';
import { isPast, type Known, type KnownAnswer, LookFile, type Participant } from './look-file.ts';
import { lookKey } from './look-key.ts';

export type SharedLooksOptions<T> = {
  fact: string;
  /** All that decides what is asked and what may be seen, but no secret. */
  parts: unknown;
  value: z.ZodType<T>;
  every: Ms;
  timeout: Ms;
  /** Whether an answer would be the same for all; all are by default. */
  isForAll?(value: T): boolean;
  /** A number that goes with the answers: whoever asks gives it. */
  aside?: { give(): number; take(given: number): void };
  /** Another cockpit's value was taken: what is counted between two looks goes on from it. */
  taken?(value: T, at: Instant): void;
};

/** Others look for an answer so soon after it is due, at most: not all at the same instant. */
const longestLag: Ms = 400;
/** A deadline that is noticed later than this was missed by a busy process. */
const longestDelay: Ms = 250;
const firstRecheck: Ms = 50;
const longestRecheck: Ms = 400;

/** The looks at one fact, shared; undefined where there is no journal to keep them beside. */
export function shareLooks<T>(
  { journal, environment }: Pick<Settings, 'journal' | 'environment'>,
  options: SharedLooksOptions<T>,
): Sharing<T> | undefined {
  if (!journal.directory) return undefined;
  const { fact, parts, value, every, timeout } = options;
  const name = lookKey(fact, [environment.name, environment.guarded, every, timeout, parts]);
  const file = new LookFile(journal.directory, { name, value, writes: !environment.observe });
  return new SharedLooks(file, options);
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
    this.#grace = Math.min(options.every, options.timeout + second);
  }

  async await(signal: AbortSignal): Promise<OthersLook<T> | undefined> {
    for (let recheck = firstRecheck; !signal.aborted; recheck = Math.min(longestRecheck, recheck * 1.5)) {
      const note = await this.#file.read();
      const answer = note && this.#news(note.known);
      const result = answer && this.#file.resultOf(note);
      if (result) return this.#take(answer, result);
      // An answer that is none is not waited for a second time.
      const wait = answer ? 0 : this.#wait(note?.known);
      if (wait <= 0 && (await this.#begin(answer))) return undefined;
      await pause(Math.max(0, Math.min(wait > 0 ? wait : recheck, recheck)), signal);
    }
    return undefined;
  }

  async publish({ asked, at, next, result }: OwnLook<T>): Promise<void> {
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
          answer: { ...this.#self, asked, at, next, aside: this.#options.aside?.give() },
        },
        result: result.ok ? { ok: true, value: result.value } : { ok: false, fault: result.fault },
      };
    });
  }

  async leave(): Promise<void> {
    const note = await this.#file.read();
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

  #take({ pid, at, next, aside }: KnownAnswer, result: OthersLook<T>['result']): OthersLook<T> {
    const now = Date.now();
    this.#seen = at;
    if (aside !== undefined) this.#options.aside?.take(aside);
    if (result.ok) this.#options.taken?.(result.value, at);
    const lag = Math.min(longestLag, this.#options.every / 10) * (0.25 + Math.random() * 0.75);
    return { result, at, rest: Math.max(0, this.#due({ at, next }, now) - now) + lag, pid };
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
    return Math.max(asker.since, due) + this.#grace - now;
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
