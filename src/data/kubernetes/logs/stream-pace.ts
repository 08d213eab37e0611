// When a stream may be read on: at the listener's pace, and not far ahead of the others.
import type { Ms } from '../../../core/time.ts';
import type { LogDelivery } from './log-delivery.ts';
import type { LogMerge } from './log-merge.ts';

/** After a rest that was longer, the streams have time again before their silence counts. */
const longRest: Ms = 200;

export class StreamPace {
  readonly #order: LogMerge;
  readonly #delivery: LogDelivery;
  /** The streams that are ahead of others, and what lets them go on. */
  readonly #ahead = new Map<string, () => void>();

  constructor(order: LogMerge, delivery: LogDelivery) {
    this.#order = order;
    this.#delivery = delivery;
  }

  /** Resolves when the stream may be read on, or the signal aborts; undefined: it may now. */
  ready(key: string, signal: AbortSignal): Promise<unknown> | undefined {
    const taken = this.#delivery.ready();
    if (taken) return this.#rest(taken).then(() => this.ready(key, signal));
    let isAhead = this.#order.ahead(performance.now());
    if (isAhead(key)) {
      this.#delivery.deliver();
      isAhead = this.#order.ahead(performance.now());
    }
    this.wake(isAhead);
    return isAhead(key) ? this.#othersComeUp(key, signal) : undefined;
  }

  /** Lets the streams go on that the others have caught up with. */
  wake(isAhead = this.#order.ahead(performance.now())): void {
    for (const [key, go] of this.#ahead) if (!isAhead(key)) go();
  }

  async #rest(taken: Promise<unknown>): Promise<void> {
    const begun = performance.now();
    await taken;
    const now = performance.now();
    if (now - begun > longRest) this.#order.resume(now);
  }

  #othersComeUp(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#ahead.delete(key);
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.#ahead.set(key, go);
      signal.addEventListener('abort', go);
      if (signal.aborted) go();
    });
  }
}
