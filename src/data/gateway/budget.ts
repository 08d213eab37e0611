// How often health is asked for. The gateway lets all callers without a key ask 100 times a minute together, the
// kubelet's probes included: a client that asks too often starves the probes, and the kubelet restarts the pods.
import { type Ms, minute, second } from '../../core/time.ts';
import { retryAfterOf } from '../retry-after.ts';
import { pause } from '../source.ts';

/** Requests a minute to all health paths of one gateway, from this process. */
export const healthRequestsPerMinute = 6;

/** A gateway that is rate limited is asked again after this where it does not say, and never later than the longest. */
const defaultHold: Ms = minute;
const longestHold: Ms = 5 * minute;

/** All who ask one gateway for its health ask here first, in the order in which they come. */
export class HealthBudget {
  #spent: number[] = [];
  #heldUntil = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Waits until this number of requests fits the budget, and counts them; false if the signal aborted first. */
  async take(requests: number, signal: AbortSignal): Promise<boolean> {
    const before = this.#last;
    const turn = (async () => {
      await Promise.race([before, aborted(signal)]);
      for (let wait = this.#wait(requests); wait > 0 && !signal.aborted; wait = this.#wait(requests))
        await pause(wait, signal);
      if (signal.aborted) return false;
      this.#spent.push(...Array.from({ length: requests }, () => performance.now()));
      return true;
    })();
    this.#last = Promise.all([before, turn]);
    return turn;
  }

  /** Counts a request that is sent now, if one may be; never waits. */
  takeNow(): boolean {
    if (this.#wait(1) > 0) return false;
    this.#spent.push(performance.now());
    return true;
  }

  /** How long the gateway wants to be left alone. */
  get held(): Ms {
    return Math.max(0, this.#heldUntil - performance.now());
  }

  /** How long until a request may be sent. */
  get wait(): Ms {
    return Math.max(0, this.#wait(1));
  }

  /** After a 429: nobody asks until then. Gives how long that is. */
  hold(retryAfter: string | undefined, now = Date.now()): Ms {
    const told = retryAfterOf(retryAfter, now) ?? defaultHold;
    const wait = Math.min(longestHold, Math.max(second, told));
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + wait);
    return wait;
  }

  #wait(requests: number): Ms {
    const now = performance.now();
    this.#spent = this.#spent.filter((at) => now - at < minute);
    const next = this.#spent[this.#spent.length + requests - 1 - healthRequestsPerMinute];
    return Math.max(this.#heldUntil - now, next === undefined ? 0 : next + minute - now);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const budgets = new Map<string, HealthBudget>();

/** The one budget of a gateway: of its scheme, host and port. */
export function healthBudget({ origin }: URL): HealthBudget {
  const found = budgets.get(origin) ?? new HealthBudget();
  budgets.set(origin, found);
  return found;
}
