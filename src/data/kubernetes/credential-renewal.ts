// Credentials that have to be renewed: one attempt at a time for all who need them, and growing pauses between attempts
// that did not help. How they are obtained stands elsewhere.
import { type Ms, minute } from '../../core/time.ts';

export type RenewalOptions<T> = {
  obtain(): Promise<T>;
  /** Whether it is still valid; otherwise it is renewed first. */
  usable(value: T): boolean;
  /** The pause after the first attempt in vain; 0: obtaining costs nothing, none is made. */
  first: Ms;
  /** Milliseconds on a clock that never jumps. */
  clock?: () => Ms;
};

/** Pauses grow up to this. */
const longestPause: Ms = 2 * minute;

export class Renewal<T> {
  readonly #options: RenewalOptions<T>;
  readonly #clock: () => Ms;
  #held: { value: T } | undefined;
  #pending: Promise<T> | undefined;
  #failure: { error: unknown } | undefined;
  #inVain = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: RenewalOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** A person brought a value: it counts, also before an attempt that is still under way. */
  replace(value: T): void {
    this.#pending = undefined;
    this.#failure = undefined;
    this.#held = { value };
    this.#inVain = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  /** Whether an attempt is under way. */
  get pending(): boolean {
    return this.#pending !== undefined;
  }

  /** How long no new attempt is made. */
  get #rest(): Ms {
    return Math.max(0, this.#notBefore - this.#clock());
  }

  /** The current value, or the result of the running attempt. Within a pause: the last value or its failure. */
  async get(): Promise<T> {
    const { usable } = this.#options;
    if (this.#pending) return this.#pending;
    if (this.#held && (usable(this.#held.value) || this.#rest > 0)) return this.#held.value;
    if (this.#failure && this.#rest > 0) throw this.#failure.error;
    return this.#attempt();
  }

  /** The value, as far as that takes no attempt that costs anything; undefined: only `get` tells. */
  async known(): Promise<T | undefined> {
    const { usable, first } = this.#options;
    if (!this.#pending && this.#held && usable(this.#held.value)) return this.#held.value;
    return first === 0 ? this.get().catch(() => undefined) : undefined;
  }

  /** The server refused this value. True when another one may be had now: it was renewed since, or is being renewed. */
  refused(value: T): boolean {
    if (this.#pending || this.#held?.value !== value) return true;
    if (this.#rest > 0) return false;
    this.#wait();
    void this.#attempt().catch(() => {});
    return true;
  }

  /** The server accepted this value: resets the pauses. */
  accepted(value: T): void {
    if (this.#held?.value !== value || !this.#options.usable(value)) return;
    this.#inVain = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  /** A person asks: the next attempt need not wait. */
  hasten(): void {
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  #attempt(): Promise<T> {
    const attempt = this.#options.obtain().then(
      (value) => {
        if (this.#pending !== attempt) return value;
        this.#pending = undefined;
        this.#failure = undefined;
        this.#held = { value };
        // A value that is already expired on arrival is used, and not renewed again at once.
        if (!this.#options.usable(value)) this.#wait();
        return value;
      },
      (error: unknown) => {
        // Replaced meanwhile: those who wait get the new value.
        if (this.#pending !== attempt && this.#held) return this.#held.value;
        this.#pending = undefined;
        this.#held = undefined;
        this.#failure = { error };
        this.#wait();
        throw error;
      },
    );
    this.#pending = attempt;
    return attempt;
  }

  #wait(): void {
    const { first } = this.#options;
    if (first === 0) return;
    this.#inVain += 1;
    const grown = first * 2 ** Math.min(this.#inVain - 1, 10);
    // Many cockpits do not ask the same provider at the same instant.
    this.#notBefore = this.#clock() + Math.min(longestPause, grown) * (0.875 + Math.random() * 0.25);
  }
}
