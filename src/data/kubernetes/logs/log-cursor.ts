// Timestamps of the kubelet, and which lines of a log were read before.
import type { Instant } from '../../../core/time.ts';

/** Distinguishes lines that were read before from new ones, after a stream was resumed. */
export class Seen {
  last: Instant | undefined;
  /** Nanoseconds of its second. */
  #nanos = 0;
  /** Number of lines already read with the last timestamp. */
  #same = 0;
  #resuming = false;
  #skip = 0;

  resume(): void {
    this.#resuming = this.last !== undefined;
    this.#skip = this.#same;
  }

  isNew({ at, text }: Stamp): boolean {
    const nanos = nanosOf(text);
    const sameAsLast = at === this.last && nanos === this.#nanos;
    if (this.#resuming && this.last !== undefined) {
      if (at < this.last || (at === this.last && nanos < this.#nanos)) return false;
      if (sameAsLast && this.#skip > 0) {
        this.#skip -= 1;
        return false;
      }
      // From the first new line on all are new, even if the node's clock is set back.
      this.#resuming = false;
    }
    this.#same = sameAsLast ? this.#same + 1 : 1;
    this.last = at;
    this.#nanos = nanos;
    return true;
  }
}

/** Nanoseconds of the second: nine digits, of which Go leaves zeros at the end out. */
function nanosOf(text: string): number {
  const dot = text.indexOf('.');
  if (dot < 0) return 0;
  let nanos = 0;
  let at = dot + 1;
  for (let digit = 0; digit < 9; digit += 1) {
    const code = text.charCodeAt(at);
    nanos *= 10;
    if (!isDigit(code)) continue;
    nanos += code - 48;
    at += 1;
  }
  return nanos;
}

export type Stamp = { at: Instant; text: string };

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)(?= |$)/;

/** The kubelet's timestamp in front of a line. */
export function stampOf(line: string): Stamp | undefined {
  // A line starts with a timestamp or with JSON: the first character distinguishes most of them.
  const first = line.charCodeAt(0);
  if (first < 48 || first > 57) return undefined;
  const utc = utcStampOf(line);
  if (utc) return utc;
  const text = stampPattern.exec(line)?.[0];
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : { at, text };
}

/** The day of the last stamp, and when it began: those of a log are mostly of one day. */
let day = { text: '', begun: Number.NaN };

/** The kubelet's usual stamp, `2026-11-29T05:53:49.123456789Z`; undefined for another, though it may be one. */
function utcStampOf(line: string): Stamp | undefined {
  if (line[10] !== 'T' || line[13] !== ':' || line[16] !== ':' || line[19] !== '.') return undefined;
  const hours = digits(line, 11, 13);
  const minutes = digits(line, 14, 16);
  const seconds = digits(line, 17, 19);
  const ms = digits(line, 20, 23);
  let end = 23;
  while (isDigit(line.charCodeAt(end))) end += 1;
  const behind = line.charCodeAt(end + 1);
  if (line[end] !== 'Z' || !(behind === 32 || Number.isNaN(behind))) return undefined;
  if (!(hours < 24 && minutes < 60 && seconds < 60 && ms < 1000)) return undefined;
  if (!line.startsWith(day.text) || day.text === '') {
    const text = line.slice(0, 10);
    day = { text, begun: dayPattern.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN };
  }
  const at = day.begun + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
  return Number.isNaN(at) ? undefined : { at, text: line.slice(0, end + 1) };
}

const dayPattern = /^\d{4}-\d\d-\d\d$/;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The number that these digits are; not a number where one is none. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    number = isDigit(code) ? number * 10 + code - 48 : Number.NaN;
  }
  return number;
}
