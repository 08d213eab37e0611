// Reads that may be dear: exact while the server can afford it, an estimate otherwise.
import { type Instant, type Ms, minute } from '../../core/time.ts';
import { sqlState } from './faults.ts';

/** What a dear read gave. */
export type Estimated<T> = { value: T; exact: boolean };

/** The server spends at most 1/n of its time on one of our queries. */
const share = 15;
/** After an exact read took too long, the estimate is used for this long. */
const restAfterTimeout: Ms = 2 * minute;

/**
 * Repeats a read so seldom that it costs the server at most a fifteenth of one core: its answer is given again until
 * fifteen times its duration has passed. When it takes too long, the estimate answers instead, for two minutes.
 */
export class BudgetedQuery<T> {
  #kept: Estimated<T> | undefined;
  #freshUntil: Instant = 0;
  #estimateUntil: Instant = 0;
  readonly #clock: () => Instant;

  constructor(clock: () => Instant = () => performance.now()) {
    this.#clock = clock;
  }

  /** `exact` may fail with a timeout of the server; `estimate` must be quick. */
  async read(exact: () => Promise<T>, estimate: () => Promise<T>): Promise<Estimated<T>> {
    const begun = this.#clock();
    if (this.#kept && begun < this.#freshUntil) return this.#kept;
    this.#kept = await this.#measure(begun, exact, estimate);
    const now = this.#clock();
    this.#freshUntil = now + (now - begun) * share;
    return this.#kept;
  }

  async #measure(begun: Instant, exact: () => Promise<T>, estimate: () => Promise<T>): Promise<Estimated<T>> {
    if (begun >= this.#estimateUntil) {
      try {
        return { value: await exact(), exact: true };
      } catch (error) {
        if (sqlState(error) !== '57014') throw error;
        this.#estimateUntil = this.#clock() + restAfterTimeout;
      }
    }
    return { value: await estimate(), exact: false };
  }
}
