// A queue that can be read anywhere: what comes in goes out in the same order.

/** Adding, taking and reading take the same short time however long it is. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest out; undefined where there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#taken];
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    // Moved up once for as many as were taken: what was taken takes no more room than what is there.
    if (this.#taken > 1000 && this.#taken > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  /** The oldest is at 0; undefined outside. */
  at(i: number): T | undefined {
    return i < 0 ? undefined : this.#items[this.#taken + i];
  }
}
