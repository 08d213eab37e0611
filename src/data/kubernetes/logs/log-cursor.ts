// Timestamps of the kubelet, and which lines of a log were read before.
import type { Instant } from '../../../core/time.ts';

/** Distinguishes lines that were read before from new ones, after a stream was resumed. */
export class Seen {
  last: Instant | undefined;
  #fraction = '';
  /** Number of lines already read with the last timestamp. */
  #same = 0;
  #resuming = false;
  #skip = 0;

  resume(): void {
    this.#resuming = this.last !== undefined;
    this.#skip = this.#same;
  }

  isNew({ at, text }: Stamp): boolean {
    const fraction = fractionOf(text);
    const sameAsLast = at === this.last && fraction === this.#fraction;
    if (this.#resuming && this.last !== undefined) {
      if (at < this.last || (at === this.last && fraction < this.#fraction)) return false;
      if (sameAsLast && this.#skip > 0) {
        this.#skip -= 1;
        return false;
      }
      // From the first new line on all are new, even if the node's clock is set back.
      this.#resuming = false;
    }
    this.#same = sameAsLast ? this.#same + 1 : 1;
    this.last = at;
    this.#fraction = fraction;
    return true;
  }
}

/** Nanoseconds of the second, in nine digits: Go leaves zeros at the end out. */
function fractionOf(text: string): string {
  return (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0');
}

export type Stamp = { at: Instant; text: string };

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?= |$)/;

/** The kubelet's timestamp in front of a line. */
export function stampOf(line: string): Stamp | undefined {
  // A line starts with a timestamp or with JSON: the first character distinguishes most of them.
  const first = line.charCodeAt(0);
  if (first < 48 || first > 57) return undefined;
  const text = stampPattern.exec(line)?.[0];
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : { at, text };
}
