// A queue of numbers of a fixed room: what comes in goes out in the same order, and can be read anywhere.

export class NumberQueue {
  readonly #cells: Float64Array;
  #first = 0;
  #end = 0;

  /** `room`: it never holds more. */
  constructor(room: number) {
    this.#cells = new Float64Array(room);
  }

  get length(): number {
    return this.#end - this.#first;
  }

  push(number: number): void {
    this.#cells[this.#end % this.#cells.length] = number;
    this.#end += 1;
  }

  /** Takes the oldest out. */
  shift(): void {
    if (this.length > 0) this.#first += 1;
  }

  clear(): void {
    this.#first = this.#end;
  }

  /** The oldest is at 0; not a number outside. */
  at(i: number): number {
    const inside = i >= 0 && i < this.length;
    return inside ? (this.#cells[(this.#first + i) % this.#cells.length] ?? Number.NaN) : Number.NaN;
  }
}
