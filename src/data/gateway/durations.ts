// How often each duration occurred, to three significant digits: a list of counts, as long as the longest duration needs.
import type { Ms } from '../../core/time.ts';

/** Durations below 2 ** (precision + 1) ms are exact; of a longer one as many leading bits count. */
const precision = 10;
const half = 2 ** precision;
/** The shortest list: most answers take less than this, in milliseconds. */
const fewest = 256;

/** Where a duration is counted. */
function placeOf(ms: Ms): number {
  const shift = Math.max(0, 31 - Math.clz32(ms) - precision);
  return shift * half + (ms >>> shift);
}

/** The longest duration that is counted there. */
function longestAt(place: number): Ms {
  const shift = Math.max(0, Math.floor(place / half) - 1);
  return (place - shift * half + 1) * 2 ** shift - 1;
}

export class Durations {
  #counts = new Uint32Array(fewest);
  #total = 0;

  /** How many were counted. */
  get total(): number {
    return this.#total;
  }

  /** Counts a duration in whole milliseconds, below 2 ** 31, `times` times. */
  count(ms: Ms, times: number): void {
    this.#countAt(placeOf(ms), times);
  }

  /** Counts what another one has counted. */
  add(other: Durations): void {
    const counts = other.#counts;
    // The highest place first: the list grows once.
    for (let place = counts.length - 1; place >= 0; place -= 1) {
      const times = counts[place];
      if (times) this.#countAt(place, times);
    }
  }

  /** At most this long, to three significant digits, is this share (0 to 1) of all; 0 where nothing was counted. */
  within(share: number): Ms {
    // Of a share that no number can hold exactly, no more than is meant: 95 of 100.
    const wanted = Math.max(1, Math.ceil(share * this.#total - 1e-6));
    let seen = 0;
    for (let place = 0; place < this.#counts.length; place += 1) {
      seen += this.#counts[place] ?? 0;
      if (seen >= wanted) return longestAt(place);
    }
    return 0;
  }

  #countAt(place: number, times: number): void {
    if (place >= this.#counts.length) {
      const longer = new Uint32Array(2 ** Math.ceil(Math.log2(place + 1)));
      longer.set(this.#counts);
      this.#counts = longer;
    }
    this.#counts[place] = (this.#counts[place] ?? 0) + times;
    this.#total += times;
  }
}
