// p95 and error rate over a sliding window, in bounded memory: a histogram for every ten seconds.
// Only the histogram that is used: the package's index decodes a WebAssembly and a compressor at each start.
import * as int32 from 'hdr-histogram-js/dist/Int32Histogram.js';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';

/** Five minutes (issue 2: API p95 and error rate). */
export const trafficWindow: Ms = 5 * minute;
const slotSpan: Ms = 10 * second;
/** Longer is counted as this long. */
const longest: Ms = 10 * minute;

/** The package is CommonJS: what Node gives as its default export is the module, with the class as its `default`. */
const { default: exported } = int32;
const Int32Histogram = (exported as unknown as typeof int32).default ?? exported;
type Histogram = InstanceType<typeof Int32Histogram>;

type Slot = { start: Instant; times: Histogram; requests: number; errors: number; parsed: number };

/** From one millisecond to the longest, to three significant digits. */
const histogram = (): Histogram => new Int32Histogram(1, longest, 3);

export class TrafficMeter {
  readonly #slots: Slot[] = [];
  readonly #sum = histogram();

  /** One answered request, that stands for `weight` of them. */
  add(at: Instant, now: Instant, ms: Ms, status: number, weight: number): void {
    const slot = this.#slot(at, now);
    if (!slot) return;
    slot.times.recordValueWithCount(Math.min(longest, Math.max(1, Math.round(ms))), weight);
    slot.requests += weight;
    slot.parsed += 1;
    if (status >= 500) slot.errors += weight;
  }

  /** The figures of the window that ends now. */
  read(now: Instant): { p95?: Ms; errorRate?: number; samples: number; weight: number } {
    this.#forget(now);
    this.#sum.reset();
    let requests = 0;
    let errors = 0;
    let samples = 0;
    for (const slot of this.#slots) {
      this.#sum.add(slot.times);
      requests += slot.requests;
      errors += slot.errors;
      samples += slot.parsed;
    }
    if (samples === 0) return { samples, weight: 0 };
    return { p95: this.#sum.getValueAtPercentile(95), errorRate: errors / requests, samples, weight: requests };
  }

  /** The slot of an instant; undefined when it is out of the window. A time ahead of ours counts as now. */
  #slot(at: Instant, now: Instant): Slot | undefined {
    const start = Math.floor(Math.min(at, now) / slotSpan) * slotSpan;
    if (start <= now - trafficWindow) return undefined;
    const found = this.#slots.findLast((slot) => slot.start === start);
    if (found) return found;
    this.#forget(now);
    const slot = { start, times: histogram(), requests: 0, errors: 0, parsed: 0 };
    this.#slots.push(slot);
    return slot;
  }

  #forget(now: Instant): void {
    for (let i = this.#slots.length - 1; i >= 0; i -= 1) {
      const slot = this.#slots[i];
      // A clock that was set back would keep slots of the future for ever.
      if (slot && (slot.start <= now - trafficWindow || slot.start > now + slotSpan)) this.#slots.splice(i, 1);
    }
  }
}
