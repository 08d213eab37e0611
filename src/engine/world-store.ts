// Holds the world: turns source updates into readings with age, last good value and trend.

import { metrics } from '../core/health/metrics.ts';
import type { SurfaceAct } from '../core/platform/surface-acts.ts';
import { type Instant, type Ms, second } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import { lose, type Reading } from '../core/world/reading.ts';
import { emptyWorld, type History, type Sample, type Scope, trendSpan, type World } from '../core/world/world.ts';
import type { SourceUpdate } from '../data/source.ts';

/** How dense the samples of a trend are. */
const sampleEvery: Ms = 5 * second;

/** Pushed by watches; the other facts are polled every few seconds, and may wait for the next batch. */
const watched: readonly FactId[] = ['pods', 'deployments', 'workloads'];

/** What changed since the last call. */
export type Changes = { facts: ReadonlySet<FactId>; history: boolean };

/** The one place that holds the world. Not thread-safe. */
export class WorldStore {
  #world: World;
  #changed = new Set<FactId>();
  #historyChanged = false;

  constructor(scope: Scope, now: Instant = Date.now()) {
    this.#world = emptyWorld(scope, now);
  }

  get world(): World {
    return this.#world;
  }

  /** Applies a source update. Returns whether to show it at once: a source answered or was lost, a watch saw a change. */
  apply(news: SourceUpdate): boolean {
    const before = this.#world.readings[news.fact] as Reading<unknown>;
    const after: Reading<unknown> =
      'fault' in news
        ? lose(before, news.fault, news.at, news.retryAt)
        : {
            state: 'live',
            value: news.value,
            at: news.at,
            staleAfter: news.staleAfter,
            from: news.from,
            by: news.by,
          };
    this.#world = { ...this.#world, readings: { ...this.#world.readings, [news.fact]: after } };
    this.#changed.add(news.fact);
    const value = (of: Reading<unknown>) => (of.state === 'live' ? of.value : undefined);
    return before.state !== after.state || (watched.includes(news.fact) && value(before) !== value(after));
  }

  /** What the journal records of surfaces. */
  learn(surfaceActs: readonly SurfaceAct[]): void {
    this.#world = { ...this.#world, surfaceActs };
  }

  /** Moves the clock and, every five seconds, adds a sample of each metric that has a fresh value. */
  tick(now: Instant): void {
    this.#world = { ...this.#world, now };
    const history: { -readonly [M in keyof History]: History[M] } = { ...this.#world.history };
    let grew = false;
    for (const metric of metrics) {
      const reading = metric.measure(this.#world);
      if (reading.state !== 'live' || reading.value.value === undefined) continue;
      const samples = history[metric.id] ?? [];
      const newest = samples.at(-1);
      // A clock that jumped backwards would stop the trend: start it again.
      const kept: readonly Sample[] = newest && newest.at > now ? [] : samples;
      if (kept.length > 0 && newest && (now - newest.at < sampleEvery || reading.at <= newest.at)) continue;
      const { value, margin } = reading.value;
      const sample: Sample = { at: now, value, margin, lasts: reading.staleAfter };
      history[metric.id] = [...kept.filter((s) => now - s.at <= trendSpan), sample];
      grew = true;
    }
    if (!grew) return;
    this.#world = { ...this.#world, history };
    this.#historyChanged = true;
  }

  /** What changed since the last call. */
  changes(): Changes {
    const changes = { facts: this.#changed, history: this.#historyChanged };
    this.#changed = new Set();
    this.#historyChanged = false;
    return changes;
  }
}
