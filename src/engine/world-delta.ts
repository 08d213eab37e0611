// The world crosses the thread as a difference: a value that is the same object as before is not copied again, only when
// it was measured; of a trend, which has half an hour of samples, what came and what became too old.
import { sharedStart } from '../core/growing.ts';
import { derive, newest, type Reading } from '../core/world/reading.ts';
import type { Sample } from '../core/world/world.ts';
import type { Update } from './protocol.ts';

/** A trend as its difference from the one sent before: that one without the first `drop` samples, and `add` behind it. */
type TrendDelta = { drop: number; add: readonly Sample[] };

/** What is left out of an update. */
export type WorldDelta = {
  /** By fact: readings of a value that was sent before. */
  same?: Readonly<Record<string, Reading<undefined>>>;
  /** By metric. */
  trends?: Readonly<Record<string, TrendDelta>>;
};

type Lean = { update: Update; world?: WorldDelta };

const entriesOf = <T>(all: { readonly [name in string]?: T }) =>
  Object.entries(all).flatMap(([name, one]): [string, T][] => (one === undefined ? [] : [[name, one]]));

/** Remembers what was sent. */
export function worldEncoder(): (update: Update) => Lean {
  const sent = new Map<string, unknown>();
  let trends: Readonly<Record<string, readonly Sample[]>> = {};
  return ({ readings, history, ...rest }) => {
    const update: Update = rest;
    const world: WorldDelta = {};
    if (readings) {
      const all = entriesOf<Reading<unknown>>(readings);
      const isSame = ([fact, reading]: [string, Reading<unknown>]) => {
        const value = newest(reading)?.value;
        return value !== undefined && sent.get(fact) === value;
      };
      const same = all.filter(isSame);
      const news = all.filter((one) => !isSame(one));
      for (const [fact, reading] of news) sent.set(fact, newest(reading)?.value);
      const told = news.map(([fact, reading]) => [fact, reading]);
      update.readings = Object.fromEntries(told);
      if (same.length > 0)
        world.same = Object.fromEntries(same.map(([fact, reading]) => [fact, derive(reading, () => undefined)]));
    }
    if (history) {
      const before = trends;
      trends = Object.fromEntries(entriesOf(history));
      world.trends = Object.fromEntries(
        Object.entries(trends).map(([metric, samples]) => [metric, trendDelta(before[metric] ?? [], samples)]),
      );
    }
    return world.same || world.trends ? { update, world } : { update };
  };
}

/** Reassembles the updates. */
export function worldDecoder(): (lean: Lean) => Update {
  const known = new Map<string, unknown>();
  let trends: Readonly<Record<string, readonly Sample[]>> = {};
  return ({ update, world }) => {
    const whole: Update = { ...update };
    for (const [fact, reading] of entriesOf<Reading<unknown>>(update.readings ?? {}))
      known.set(fact, newest(reading)?.value);
    if (world?.same) {
      const same = entriesOf(world.same).map(([fact, reading]) => [fact, derive(reading, () => known.get(fact))]);
      whole.readings = { ...update.readings, ...Object.fromEntries(same) };
    }
    if (world?.trends) {
      const before = trends;
      trends = Object.fromEntries(
        entriesOf(world.trends).map(([metric, delta]) => [metric, withTrend(before[metric] ?? [], delta)]),
      );
      whole.history = trends;
    }
    return whole;
  };
}

/** The later trend. An unchanged one stays the same object. */
function withTrend(before: readonly Sample[], { drop, add }: TrendDelta): readonly Sample[] {
  return drop === 0 && add.length === 0 ? before : [...before.slice(drop), ...add];
}

function trendDelta(before: readonly Sample[], after: readonly Sample[]): TrendDelta {
  if (before === after) return { drop: 0, add: [] };
  const [first] = after;
  const drop = first ? before.indexOf(first) : -1;
  const kept = drop < 0 ? [] : before.slice(drop);
  // It begins anew: the clock was moved back.
  if (sharedStart(kept, after) < kept.length || kept.length === 0) return { drop: before.length, add: after };
  return { drop, add: after.slice(kept.length) };
}
