// p95 and error rate over a sliding window, in bounded memory: a histogram for every ten seconds.
// Only the histogram that is used: the package's index decodes a WebAssembly and a compressor at each start.
import * as int32 from 'hdr-histogram-js/dist/Int32Histogram.js';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import { type Answered, isRefusal } from './access-log.ts';
import { countRefusal, type Refused, refusalsFrom } from './refusals.ts';

/** Five minutes (issue 2: API p95 and error rate). */
export const trafficWindow: Ms = 5 * minute;
const slotSpan: Ms = 10 * second;
/** Longer is counted as this long. */
const longest: Ms = 10 * minute;

/** The package is CommonJS: what Node gives as its default export is the module, with the class as its `default`. */
const { default: exported } = int32;
const Int32Histogram = (exported as unknown as typeof int32).default ?? exported;
type Histogram = InstanceType<typeof Int32Histogram>;

type Slot = { start: Instant; times: Histogram; parsed: number; refusedBy: Refused } & Counts;

/** `served`: those that the platform took on. The others were refused: too many (429), or wrong (other 4xx). */
type Counts = Record<'served' | 'failed' | 'gaveUp' | 'limited' | 'refused', number>;
const noCounts: Counts = { served: 0, failed: 0, gaveUp: 0, limited: 0, refused: 0 };
const kinds = Object.keys(noCounts) as readonly (keyof Counts)[];

/** From one millisecond to the longest, to three significant digits. */
const histogram = (): Histogram => new Int32Histogram(1, longest, 3);

export type Figures = Pick<Traffic, 'p95' | 'errorRate' | 'shares' | 'served' | 'samples' | 'refusals'> & {
  weight: number;
};

export class TrafficMeter {
  readonly #slots: Slot[] = [];
  readonly #sum = histogram();
  /** Of all slots but the newest: it is summed up again only when one of them changes. */
  readonly #older = histogram();
  #olderIsTrue = false;

  /** One request, that stands for `weight` of them. A refusal is quick, and says nothing about what people wait for. */
  add(
    at: Instant,
    now: Instant,
    { ms, status, tenant }: Pick<Answered, 'ms' | 'status' | 'tenant'>,
    weight: number,
  ): void {
    const slot = this.#slot(at, now);
    if (!slot) return;

    if (slot !== this.#slots.at(-1)) this.#olderIsTrue = false;
    slot.parsed += 1;
    if (isRefusal(status)) countRefusal(slot.refusedBy, status, tenant, weight);
    if (status === 429) slot.limited += weight;
    else if (status !== 'gaveUp' && status >= 400 && status < 500) slot.refused += weight;
    else {
      slot.served += weight;
      if (status === 'gaveUp') slot.gaveUp += weight;
      else if (status >= 500) slot.failed += weight;
      if (ms !== undefined) slot.times.recordValueWithCount(Math.min(longest, Math.max(1, Math.round(ms))), weight);
    }
  }

  /** The figures of the window that ends now. */
  read(now: Instant): Figures {
    this.#forget(now);
    this.#sumUp();
    const sum = { ...noCounts };
    let samples = 0;
    for (const slot of this.#slots) {
      for (const kind of kinds) sum[kind] += slot[kind];
      samples += slot.parsed;
    }
    const weight = sum.served + sum.limited + sum.refused;
    if (samples === 0) return { samples, weight: 0 };
    const share = (part: number) => part / weight;
    return {
      p95: this.#sum.totalCount > 0 ? this.#sum.getValueAtPercentile(95) : undefined,
      errorRate: sum.served > 0 ? (sum.failed + sum.gaveUp) / sum.served : undefined,
      shares: {
        failed: share(sum.failed),
        gaveUp: share(sum.gaveUp),
        limited: share(sum.limited),
        refused: share(sum.refused),
      },
      served: sum.served,
      refusals: refusalsFrom(this.#slots.map(({ refusedBy }) => refusedBy)),
      samples,
      weight,
    };
  }

  #sumUp(): void {
    if (!this.#olderIsTrue) {
      this.#older.reset();
      for (const { times } of this.#slots.slice(0, -1)) this.#older.add(times);
      this.#olderIsTrue = true;
    }
    this.#sum.reset();
    this.#sum.add(this.#older);
    const newest = this.#slots.at(-1);
    if (newest) this.#sum.add(newest.times);
  }

  /** The slot of an instant; undefined when it is out of the window. A time ahead of ours counts as now. */
  #slot(at: Instant, now: Instant): Slot | undefined {
    const start = Math.floor(Math.min(at, now) / slotSpan) * slotSpan;
    if (start <= now - trafficWindow) return undefined;
    const found = this.#slots.findLast((slot) => slot.start === start);
    if (found) return found;
    this.#forget(now);
    const slot = { start, times: histogram(), parsed: 0, refusedBy: new Map(), ...noCounts };
    this.#slots.push(slot);
    this.#olderIsTrue = false;
    return slot;
  }

  #forget(now: Instant): void {
    for (let i = this.#slots.length - 1; i >= 0; i -= 1) {
      const slot = this.#slots[i];
      // A clock that was set back would keep slots of the future for ever.
      if (slot && (slot.start <= now - trafficWindow || slot.start > now + slotSpan)) this.#drop(i);
    }
  }

  #drop(at: number): void {
    this.#slots.splice(at, 1);
    this.#olderIsTrue = false;
  }
}
