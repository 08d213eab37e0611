// p95 and error rate over a sliding window, in bounded memory: a histogram for every ten seconds.
// Only the histogram that is used: the package's index decodes a WebAssembly and a compressor at each start.
import * as int32 from 'hdr-histogram-js/dist/Int32Histogram.js';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { RequestKind, Traffic } from '../../core/world/facts.ts';
import { type Answered, isRefusal } from './access-log.ts';
import { countRefusal, marginOfCount, type Refused, refusalsFrom } from './refusals.ts';

/** Five minutes (issue 2: API p95 and error rate). */
export const trafficWindow: Ms = 5 * minute;
const slotSpan: Ms = 10 * second;
/** Longer is counted as this long. */
const longest: Ms = 10 * minute;

/** The package is CommonJS: what Node gives as its default export is the module, with the class as its `default`. */
const { default: exported } = int32;
const Int32Histogram = (exported as unknown as typeof int32).default ?? exported;
type Histogram = InstanceType<typeof Int32Histogram>;

type Slot = { start: Instant; times: Histogram; parsed: number; refusedBy: Refused } & Counts & Spread;

/** `served`: those that the platform took on. The others were refused: too many (429), or wrong (other 4xx). */
type Counts = Record<'served' | 'failed' | 'gaveUp' | 'limited' | 'refused', number>;
const noCounts: Counts = { served: 0, failed: 0, gaveUp: 0, limited: 0, refused: 0 };

/**
 * What the margins of a sample are made of: sums of w² - w over requests that stand for w each, of those that were served,
 * of those that failed, of those with a time, and of the refused; and the greatest w, of the served and of all. All 0 where
 * every line was counted.
 */
type Spread = Record<(typeof spreads)[number] | (typeof greatest)[number], number>;
const spreads = ['servedSpread', 'failedSpread', 'timedSpread', 'limitedSpread', 'refusedSpread'] as const;
const greatest = ['heaviest', 'heaviestOfAll'] as const;
const noSpread: Spread = {
  ...{ servedSpread: 0, failedSpread: 0, timedSpread: 0, limitedSpread: 0, refusedSpread: 0 },
  ...{ heaviest: 0, heaviestOfAll: 0 },
};
/** What is summed up over the slots. */
const kinds = ['served', 'failed', 'gaveUp', 'limited', 'refused', ...spreads] as const;

/** From one millisecond to the longest, to three significant digits. */
const histogram = (): Histogram => new Int32Histogram(1, longest, 3);

export type Figures = Pick<Traffic, 'p95' | 'errorRate' | 'margins' | 'shares' | 'served' | 'samples' | 'refusals'> & {
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
    const spread = weight * weight - weight;
    if (weight > 1) slot.heaviestOfAll = Math.max(slot.heaviestOfAll, weight);
    if (status === 429) {
      slot.limited += weight;
      slot.limitedSpread += spread;
    } else if (status !== 'gaveUp' && status >= 400 && status < 500) {
      slot.refused += weight;
      slot.refusedSpread += spread;
    } else {
      slot.served += weight;
      slot.servedSpread += spread;
      if (weight > 1) slot.heaviest = Math.max(slot.heaviest, weight);
      if (status === 'gaveUp' || status >= 500) slot.failedSpread += spread;
      if (status === 'gaveUp') slot.gaveUp += weight;
      else if (status >= 500) slot.failed += weight;
      if (ms === undefined) return;
      slot.timedSpread += spread;
      slot.times.recordValueWithCount(Math.min(longest, Math.max(1, Math.round(ms))), weight);
    }
  }

  /** The figures of the window that ends now. */
  read(now: Instant): Figures {
    this.#forget(now);
    this.#sumUp();
    const sum = { ...noCounts, ...noSpread };
    let samples = 0;
    for (const slot of this.#slots) {
      for (const kind of kinds) sum[kind] += slot[kind];
      for (const kind of greatest) sum[kind] = Math.max(sum[kind], slot[kind]);
      samples += slot.parsed;
    }
    const weight = sum.served + sum.limited + sum.refused;
    if (samples === 0) return { samples, weight: 0 };
    const share = (part: number) => part / weight;
    return {
      p95: this.#sum.totalCount > 0 ? this.#sum.getValueAtPercentile(95) : undefined,
      errorRate: sum.served > 0 ? (sum.failed + sum.gaveUp) / sum.served : undefined,
      margins:
        sum.heaviestOfAll > 0
          ? {
              p95: sum.servedSpread > 0 ? this.#marginOfP95(sum) : undefined,
              errorRate: sum.servedSpread > 0 ? marginOfErrors(sum) : undefined,
              counts: marginsOfCounts(sum),
            }
          : undefined,
      shares: {
        failed: share(sum.failed),
        gaveUp: share(sum.gaveUp),
        limited: share(sum.limited),
        refused: share(sum.refused),
      },
      served: sum.served,
      refusals: refusalsFrom(
        this.#slots.map(({ refusedBy }) => refusedBy),
        sum.heaviestOfAll,
      ),
      samples,
      weight,
    };
  }

  /** From the ranks between which the true one lies: twice the standard error of the share of faster requests. */
  #marginOfP95({ timedSpread }: Spread): Ms | undefined {
    const all = this.#sum.totalCount;
    if (all === 0) return undefined;
    const off = (200 * Math.sqrt(timedSpread * 0.95 * 0.05)) / all;
    const [low, p95, high] = [95 - off, 95, 95 + off].map((rank) =>
      this.#sum.getValueAtPercentile(Math.min(100, Math.max(0, rank))),
    );
    return low === undefined || p95 === undefined || high === undefined ? undefined : Math.max(p95 - low, high - p95);
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
    const slot = { start, times: histogram(), parsed: 0, refusedBy: new Map(), ...noCounts, ...noSpread };
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

/**
 * Twice the standard error of the share of failures, whose lines were chosen by chance; where none failed, or all did,
 * three of the requests that the heaviest stands for (95 %: the rule of three).
 */
function marginOfErrors({ served, failed, gaveUp, servedSpread, failedSpread, heaviest }: Counts & Spread): number {
  const share = (failed + gaveUp) / served;
  if (share === 0 || share === 1) return Math.min(1, (3 * heaviest) / served);
  return (2 * Math.sqrt(failedSpread * (1 - share) ** 2 + (servedSpread - failedSpread) * share ** 2)) / served;
}

function marginsOfCounts(sum: Spread): Record<RequestKind, number> {
  const { servedSpread: served, failedSpread: failed, limitedSpread: limited, refusedSpread: refused } = sum;
  const of = (spread: number) => marginOfCount(spread, sum.heaviestOfAll);
  return {
    ...{ seen: of(served + limited + refused), served: of(served), failed: of(failed) },
    ...{ limited: of(limited), refused: of(refused) },
  };
}
