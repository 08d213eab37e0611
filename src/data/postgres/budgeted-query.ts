// Reads that may be dear: exact while the server can afford it, an estimate otherwise.
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { sqlState } from './faults.ts';

/** What a dear read gave, and when. */
export type Estimated<T> = { value: T; exact: boolean; at: Instant };

/** All cockpits together take at most 1/n of one core of the server for reads that are due at the same time. */
const share = 600;
/** The share where a person asks for it, or acted and looks for what came of it. */
const shareWhenAsked = 15;
/** However dear, an answer is not given for longer than this: what it says would be history. */
const longestKept: Ms = minute;
/** The pause after the first answer is no longer: at a start it may have been slow. */
const firstPause: Ms = 5 * second;
/** After an exact read took too long, the estimate answers: at first for this long, doubled with each further time. */
const firstRest: Ms = 3 * minute;
const longestRest: Ms = 30 * minute;

/** What decides how often a server is asked what is dear. */
export type ReadBudget = {
  /** Cockpits that read from the server now, ourselves included. */
  cockpits: number;
};

/**
 * Repeats a read so seldom that all cockpits together cost the server little of one core: its answer is given again until
 * 600 times its duration has passed, for each cockpit, a minute at most. The quicker of the last two durations counts, so
 * that one slow answer makes no figure old. Where it takes too long, the estimate answers instead: for three minutes at
 * first, for half an hour at most.
 */
export class BudgetedQuery<T> {
  #kept: Estimated<T> | undefined;
  #freshUntil: Instant = 0;
  #took: Ms | undefined;
  #freshUntilAsked: Instant = 0;
  #estimateUntil: Instant = 0;
  #rest: Ms = firstRest;
  readonly #clock: () => Instant;
  readonly #budget: ReadBudget;

  constructor(budget: ReadBudget = { cockpits: 1 }, clock: () => Instant = () => performance.now()) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** `exact` may fail with a timeout of the server, and is not tried where it is `tooLarge`; `estimate` must be quick. */
  async read(exact: () => Promise<T>, estimate: () => Promise<T>, tooLarge = false): Promise<Estimated<T>> {
    const begun = this.#clock();
    if (this.#kept && begun < this.#freshUntil) return this.#kept;
    this.#kept = await this.#measure(begun, exact, estimate, tooLarge);
    const now = this.#clock();
    const took = now - begun;
    const usual = Math.min(took, this.#took ?? took) * this.#budget.cockpits;
    const pause = Math.min(usual * share, this.#took === undefined ? firstPause : longestKept);
    this.#took = took;
    this.#freshUntil = now + pause;
    this.#freshUntilAsked = now + Math.min(pause, usual * shareWhenAsked);
    return this.#kept;
  }

  /** A person wants to know it now: the next read comes sooner. */
  renew(): void {
    this.#freshUntil = Math.min(this.#freshUntil, this.#freshUntilAsked);
  }

  async #measure(
    begun: Instant,
    exact: () => Promise<T>,
    estimate: () => Promise<T>,
    tooLarge: boolean,
  ): Promise<Estimated<T>> {
    if (!tooLarge && begun >= this.#estimateUntil) {
      try {
        const value = await exact();
        this.#rest = firstRest;
        return { value, exact: true, at: Date.now() };
      } catch (error) {
        if (sqlState(error) !== '57014') throw error;
        this.#estimateUntil = this.#clock() + this.#rest;
        this.#rest = Math.min(longestRest, this.#rest * 2);
      }
    }
    return { value: await estimate(), exact: false, at: Date.now() };
  }
}
