// What a module has begun and does not wait for, until the engine stops.

export class Tasks {
  readonly #running = new Set<Promise<unknown>>();

  /** A failure is nobody's here: it ends the engine as any unexpected one. */
  add(task: Promise<unknown>): void {
    this.#running.add(task);
    void task.finally(() => this.#running.delete(task));
  }

  /** When all that runs now has ended, in whatever way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
