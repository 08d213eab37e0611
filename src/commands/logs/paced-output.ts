// Standard output at the pace of whoever reads it: what it does not take is not read from the cluster either.
import { once } from 'node:events';

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
    return this.#out.writableLength > 0;
  }
}

/** What Node has of a terminal and does not document. */
type Handle = { fd?: number; setBlocking?(on: boolean): void };

/**
 * Node waits in its writes to a terminal: while that takes nothing (Ctrl+S, a connection that hangs), no signal would come
 * through. Only where Node has opened the terminal for itself: else other programs would write to it without waiting, too.
 */
function unblock(out: NodeJS.WriteStream): void {
  const { _handle: handle } = out as { _handle?: Handle };
  if (out.isTTY && handle?.fd !== 1) handle?.setBlocking?.(false);
}
