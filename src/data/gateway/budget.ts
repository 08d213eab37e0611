// How often health is asked for. The gateway lets all callers without a key ask 100 times a minute together, the
// kubelet's probes included: a client that asks too often starves the probes, and the kubelet restarts the pods.
import { randomUUID } from 'node:crypto';
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { retryAfterOf } from '../retry-after.ts';
import { pause } from '../source.ts';
import { type HealthAnswer, HealthFile, type KnownAnswer, nothingKnown, type SharedHealth } from './shared-health.ts';

/** Requests a minute to all health paths of one gateway, from all cockpits of one user on this host. */
export const healthRequestsPerMinute = 6;

/** A gateway that is rate limited is asked again after this where it does not say, and never later than the longest. */
const defaultHold: Ms = minute;
const longestHold: Ms = 5 * minute;

/** So soon it is looked again whether another cockpit's answer has come, or whether its turn is over. */
const shortWait: Ms = 100;
const longWait: Ms = second;

/** Who asks, in what is shared: a cockpit is a process. */
const self = randomUUID();

/** All who ask one gateway for its health ask here first, in the order in which they come. */
export class HealthBudget {
  #known: SharedHealth = nothingKnown();
  /** When this process sent its own: they count also where nothing is shared. */
  #sent: Instant[] = [];
  #file: HealthFile | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** From now on the state is shared with the other cockpits of this user. */
  share(file: HealthFile): void {
    this.#file ??= file;
  }

  /** The last answer of a URL, from any cockpit. */
  answer(url: string): KnownAnswer | undefined {
    return this.#known.answers[url];
  }

  /** The same, from another cockpit. */
  answerOfOthers(url: string): KnownAnswer | undefined {
    const known = this.answer(url);
    return known?.by === self ? undefined : known;
  }

  /**
   * Waits until these URLs may be asked, and counts a request for each; undefined if the signal aborted first. `wanted` is
   * asked again while it waits (`late`: longer than for another cockpit's answer): what others got meanwhile is no
   * longer wanted. `within`: how long an answer may take.
   */
  async take(
    wanted: (late: boolean) => readonly string[],
    within: Ms,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const before = this.#last;
    const turn = (async () => {
      await Promise.race([before, aborted(signal)]);
      for (let late = false; !signal.aborted; ) {
        await this.#look();
        if (wanted(late).length === 0) return [];
        const { urls, wait } = await this.#reserve(() => wanted(late), within);
        if (wait <= 0) return urls;
        late ||= wait > shortWait;
        await pause(Math.min(wait, this.#file ? longWait : wait), signal);
      }
      return undefined;
    })();
    this.#last = Promise.all([before, turn]);
    return turn;
  }

  /** Counts a request that is sent now, if one may be; never waits. */
  async takeNow(url: string, within: Ms): Promise<boolean> {
    return (await this.#reserve(() => [url], within)).wait <= 0;
  }

  /** Shares an answer. `asked`: when the request was sent. */
  async answered(url: string, answer: HealthAnswer, asked: Instant): Promise<void> {
    await this.#change((known) => {
      delete known.asking[url];
      known.answers[url] = { by: self, asked, at: Date.now(), answer };
    });
  }

  /** How long the gateway wants to be left alone. */
  get held(): Ms {
    return Math.max(0, Math.min(longestHold, this.#known.heldUntil - Date.now()));
  }

  /** How long until a request may be sent. */
  get wait(): Ms {
    return Math.max(0, this.#wait(this.#known, 1));
  }

  /** After a 429: nobody asks until then. Gives how long that is. */
  async hold(retryAfter: string | undefined, now = Date.now()): Promise<Ms> {
    const told = retryAfterOf(retryAfter, now) ?? defaultHold;
    const wait = Math.min(longestHold, Math.max(second, told));
    await this.#change((known) => {
      known.heldUntil = Math.max(Math.min(known.heldUntil, now + longestHold), now + wait);
    });
    return wait;
  }

  /** Entries of others, if they can be read. */
  async #look(): Promise<void> {
    const read = this.#file?.read();
    if (read) this.#merge(read);
  }

  /** The shared state counts from now on, and this process's own: an observer writes no file. */
  #merge(read: SharedHealth): void {
    for (const [url, own] of Object.entries(this.#known.answers))
      if ((read.answers[url]?.at ?? 0) < own.at) read.answers[url] = own;
    read.heldUntil = Math.max(read.heldUntil, this.#known.heldUntil);
    this.#known = read;
  }

  /** Applies it to the shared note, or to this process's own state if nothing can be shared. */
  async #change(edit: (known: SharedHealth) => void): Promise<void> {
    const changed = await this.#file?.change((known) => {
      this.#merge(known);
      edit(known);
    });
    if (changed !== 'done') edit(this.#known);
  }

  /** Which of the wanted requests may be sent now, and counts them; or how long to wait. */
  async #reserve(wanted: () => readonly string[], within: Ms): Promise<{ urls: readonly string[]; wait: Ms }> {
    let turn: { urls: readonly string[]; wait: Ms } = { urls: [], wait: shortWait };
    const reserve = (known: SharedHealth) => {
      const now = Date.now();
      const urls = wanted();
      const wait = Math.max(this.#wait(known, urls.length, now), others(known, urls, now) ? shortWait : 0);
      turn = { urls, wait: urls.length === 0 ? 0 : wait };
      if (turn.wait > 0) return;
      const sent = urls.map(() => now);
      this.#sent = [...this.#sent, ...sent];
      known.sent = [...known.sent, ...sent];
      for (const url of urls) known.asking[url] = { by: self, until: now + within + second };
    };
    const changed = await this.#file?.change((known) => {
      this.#merge(known);
      reserve(known);
    });
    // If others hold the lock, it is retried; if nothing can be shared, this process asks alone.
    if (changed === undefined || changed === 'impossible') reserve(this.#known);
    return turn;
  }

  #wait(known: SharedHealth, requests: number, now = Date.now()): Ms {
    // A clock that was set back leaves instants ahead of it: they count like those of now, and pass.
    const recent = (all: readonly Instant[]) => all.filter((at) => Math.abs(now - at) < minute).sort((a, b) => a - b);
    known.sent = recent(known.sent);
    this.#sent = recent(this.#sent);
    const next = (sent: readonly Instant[]) => sent[sent.length + requests - 1 - healthRequestsPerMinute];
    const free = Math.max(next(known.sent) ?? 0, next(this.#sent) ?? 0);
    return Math.max(Math.min(longestHold, known.heldUntil - now), free === 0 ? 0 : free + minute - now);
  }
}

/** Whether another cockpit asks one of them now. */
const others = ({ asking }: SharedHealth, urls: readonly string[], now: Instant): boolean =>
  urls.some((url) => {
    const one = asking[url];
    return one !== undefined && one.by !== self && one.until > now && one.until < now + minute;
  });

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const budgets = new Map<string, HealthBudget>();

/** The one budget of a gateway: of its scheme, host and port. With settings it is shared beside their journal. */
export function healthBudget({ origin }: URL, settings?: Pick<Settings, 'journal' | 'environment'>): HealthBudget {
  const found = budgets.get(origin) ?? new HealthBudget();
  budgets.set(origin, found);
  const { journal, environment } = settings ?? {};
  if (journal?.directory && environment) found.share(new HealthFile(journal.directory, environment, origin));
  return found;
}
