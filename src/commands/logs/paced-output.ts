// Standard output at the pace of whoever reads it: what it does not take is not read from the cluster either.
import { once } from 'node:events';
import { isBehind, unblock } from '../terminal-waits.ts';

export class PacedOutput {
  readonly #out: NodeJS.WriteStream;
  readonly #signal: AbortSignal;
  #taken: Promise<unknown> | undefined;

  /** `signal`: nobody waits for the reader any more. */
  constructor(out: NodeJS.WriteStream, signal: AbortSignal) {
    this.#out = out;
    this.#signal = signal;
    unblock(out);
  }

  write(text: string): void {
    if (text === '' || this.#out.write(text) || this.#taken) return;
    this.#taken = once(this.#out, 'drain', { signal: this.#signal })
      .catch(() => {})
      .finally(() => {
        this.#taken = undefined;
      });
  }

  /** Resolves when the reader has taken what was written; undefined where it has. */
  readonly taken = (): Promise<unknown> | undefined => this.#taken;

  /** Whether something that was written has not been taken. */
  get isPending(): boolean {
    return isBehind(this.#out);
  }
}
