// A stream that was lost is opened again by the pod's name. Where a stateful set has made the pod anew meanwhile, it already
// reads the new pod's log, and the stream of the new pod would read it a second time.
import type { Instant } from '../../../core/time.ts';

/** As many lines of a reopened stream are remembered. */
const mostLines = 10_000;

/** Detects lines that the stream of an earlier pod with the same name has read. */
export class Repeated {
  readonly #before: ReadonlySet<string> | undefined;
  readonly #own = new Set<string>();
  #remembers = false;

  constructor(before: Repeated | undefined) {
    this.#before = before && before.#own.size > 0 ? before.#own : undefined;
  }

  /** From now on the stream may read another pod's log. */
  reopened(): void {
    this.#remembers = true;
  }

  /** Whether the line was read before. */
  has(text: string, at: Instant | undefined): boolean {
    if (!this.#remembers && !this.#before) return false;
    const line = `${at} ${text}`;
    if (this.#remembers && this.#own.size < mostLines) this.#own.add(line);
    return this.#before?.has(line) ?? false;
  }
}
