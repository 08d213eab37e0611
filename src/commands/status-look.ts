// One look at everything: each source once, side by side, none waited for longer than the deadline.
import { scopeOf } from '../config/scope.ts';
import type { Settings } from '../config/settings.ts';
import { type Ms, second } from '../core/time.ts';
import { type FactId, factIds } from '../core/world/facts.ts';
import type { World } from '../core/world/world.ts';
import type { News } from '../data/source.ts';
import { Keeper } from '../engine/keeper.ts';
import { sourcesFor } from '../engine/sources.ts';

/** Connections get so long to say goodbye. */
const farewell: Ms = 400;

export type Look = {
  world: World;
  /** Lets go of every connection; the report need not wait for it. */
  end(): Promise<void>;
};

/** Resolves when every source has told a value or a fault, at the latest after `timeout`. */
export async function lookOnce(settings: Settings, timeout: Ms): Promise<Look> {
  // Each look ends before the whole does, so that it can say itself what it was waiting for.
  const patient = { ...settings, intervals: { ...settings.intervals, timeout: Math.ceil(timeout * 0.85) } };
  const keeper = new Keeper(scopeOf(settings));
  const over = new AbortController();
  const sources = await sourcesFor(patient, { once: true });
  const waiting = new Set<FactId>(sources.flatMap((source) => source.facts));
  const running = await new Promise<Promise<void>[]>((resolve) => {
    const started: Promise<void>[] = [];
    const done = () => {
      clearTimeout(deadline);
      resolve(started);
    };
    const deadline = setTimeout(done, timeout);
    for (const source of sources) {
      const run = source.start((news) => {
        if (over.signal.aborted) return;
        keeper.take(news);
        waiting.delete(news.fact);
        if (waiting.size === 0) done();
      }, over.signal);
      started.push(run.ended);
    }
    if (waiting.size === 0) done();
  });
  const at = Date.now();
  for (const fact of factIds)
    if (waiting.has(fact)) {
      const where = sources.find((source) => source.facts.includes(fact))?.id ?? fact;
      const what = `no answer within ${timeout / second} s`;
      const fault = { kind: 'timeout', where, what, hint: 'give it more time: --timeout 15' } as const;
      // The union pairs each fact with its value; a fault is the same for all.
      keeper.take({ fact, at, fault } as News);
    }
  keeper.tick(at);
  const { world } = keeper;
  over.abort();
  return {
    world,
    async end() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, farewell).unref());
      await Promise.race([Promise.allSettled(running), late]);
    },
  };
}
