// Hands the merged lines to the listener, at the listener's pace.
import type { LogLine } from '../../../core/logs/log.ts';
import type { LogMerge } from './log-merge.ts';
import type { LogsListener } from './logs-request.ts';

/** Lines handed over at once: a listener that prints them needs memory for so many. */
const mostAtOnce = 250;

export class LogDelivery {
  readonly #order: LogMerge;
  readonly #listener: LogsListener;
  /** In order, and not taken yet. */
  #out: readonly LogLine[] = [];

  constructor(order: LogMerge, listener: LogsListener) {
    this.#order = order;
    this.#listener = listener;
  }

  /** Hands over what is in order, as long as it is taken; `all`: also what would wait for earlier lines. */
  deliver(all = false): void {
    if (this.#out.length === 0) this.#out = this.#order.release(performance.now(), all);
    let taken = 0;
    while (taken < this.#out.length && !this.#listener.ready?.()) {
      this.#listener.lines(this.#out.slice(taken, taken + mostAtOnce));
      taken += mostAtOnce;
    }
    this.#out = this.#out.slice(taken);
  }

  /** Resolves when streams may bring more lines; undefined: they may now. */
  ready(): Promise<unknown> | undefined {
    if (this.#order.isCrowded || this.#out.length > 0) this.deliver();
    return this.#listener.ready?.();
  }

  /** Hands over the rest. */
  async finish(): Promise<void> {
    do {
      await this.#listener.ready?.();
      this.deliver(true);
    } while (this.#out.length > 0 || this.#order.waits);
  }
}
