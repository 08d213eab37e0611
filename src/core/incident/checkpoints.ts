// States of something long after so many of its items, so that a change near its end does not begin at its start.

/** A state is kept after so many items: fewer cost more memory, more of them time when one comes late. */
const usual = 256;

/**
 * The states that are kept lie the closer to each other the nearer they are to the end: of a hundred thousand items some
 * twenty, and to go back by any number of items takes up to twice as many again.
 */
export class Checkpoints<S> {
  readonly #every: number;
  #kept: readonly { count: number; state: S }[] = [];

  constructor(every: number = usual) {
    this.#every = every;
  }

  /** How many more items to take until a state is to be added. */
  left(count: number): number {
    return this.#every - (count % this.#every);
  }

  /** Adds the state after so many items; what is kept of more is forgotten. Other counts than `left` asks for are not kept. */
  add(count: number, state: S): void {
    if (count % this.#every !== 0) return;
    const stays = this.#kept.filter((one) => one.count < count && this.#isKept(one.count, count));
    this.#kept = [...stays, { count, state }];
  }

  /** The last state of at most so many items; what is kept of more is forgotten. */
  backTo(count: number): { count: number; state: S } | undefined {
    this.#kept = this.#kept.filter((one) => one.count <= count);
    return this.#kept.at(-1);
  }

  /** Of those within twice a distance from the end, the ones at its multiples stay; always the first. */
  #isKept(count: number, end: number): boolean {
    const steps = (end - count) / this.#every;
    return (count / this.#every) % 2 ** Math.floor(Math.log2(Math.max(1, steps / 2))) === 0;
  }
}
