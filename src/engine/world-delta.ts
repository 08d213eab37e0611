// The world crosses the thread as a difference: a value that is the same object as before is not copied again, only when
// it was measured; of a list of objects those that are new; of a trend, which has half an hour of samples, what came and
// what became too old. So what did not change stays the same object on the screen, too.
import { sharedStart } from '../core/growing.ts';
import { derive, newest, type Reading } from '../core/world/reading.ts';
import type { Sample } from '../core/world/world.ts';
import type { Update } from './protocol.ts';

/** A trend as its difference from the one sent before: that one without the first `drop` samples, and `add` behind it. */
type TrendDelta = { drop: number; add: readonly Sample[] };

/** A list as its difference from the one sent before: a member that is new, or the place that it had there. */
type ListDelta = { reading: Reading<undefined>; members: readonly (number | object)[] };

/** What is left out of an update. */
export type WorldDelta = {
  /** By fact: readings of a value that was sent before. */
  same?: Readonly<Record<string, Reading<undefined>>>;
  /** By fact: readings of lists, such as the deployments. */
  lists?: Readonly<Record<string, ListDelta>>;
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
      const lists = news.flatMap(([fact, reading]): [string, ListDelta][] => {
        const members = membersAfter(sent.get(fact), newest(reading)?.value);
        return members ? [[fact, { reading: derive(reading, () => undefined), members }]] : [];
      });
      for (const [fact, reading] of news) sent.set(fact, newest(reading)?.value);
      const partly = new Set(lists.map(([fact]) => fact));
      update.readings = Object.fromEntries(news.filter(([fact]) => !partly.has(fact)));
      if (lists.length > 0) world.lists = Object.fromEntries(lists);
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
    return world.same || world.lists || world.trends ? { update, world } : { update };
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
    const told = (fact: string, reading: Reading<undefined>) => [fact, derive(reading, () => known.get(fact))];
    if (world?.lists) {
      const lists = entriesOf(world.lists);
      for (const [fact, { members }] of lists) known.set(fact, withMembers(known.get(fact), members));
      const read = lists.map(([fact, { reading }]) => told(fact, reading));
      whole.readings = { ...whole.readings, ...Object.fromEntries(read) };
    }
    if (world?.same) {
      const same = entriesOf(world.same).map(([fact, reading]) => told(fact, reading));
      whole.readings = { ...whole.readings, ...Object.fromEntries(same) };
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

const isObject = (one: unknown): one is object => typeof one === 'object' && one !== null;

/** Undefined where it is not a list of objects, or none was sent before. */
function membersAfter(before: unknown, after: unknown): ListDelta['members'] | undefined {
  if (!Array.isArray(before) || !Array.isArray(after) || !after.every(isObject)) return undefined;
  const places = new Map<unknown, number>(before.map((one, at) => [one, at]));
  return after.map((one) => places.get(one) ?? one);
}

function withMembers(before: unknown, members: ListDelta['members']): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(before) ? before : [];
  return members.map((one) => (typeof one === 'number' ? list[one] : one));
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
