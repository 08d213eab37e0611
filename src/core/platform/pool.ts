// The accounts and browser sessions that a surface is asked with, by what their states mean.
import { formatCount } from '../text/format.ts';

/** Of accounts or sessions: how many have a state. `group`: of sessions, the proxy provider. */
export type PoolCount = { group?: string | undefined; state: string; count: number };

export type PoolKind = 'account' | 'session';

/** `usable`: jobs can be run with it; `gone`: taken out of the pool, so that it counts nowhere. */
type PoolMeaning = 'usable' | 'spent' | 'gone';

const meanings: Record<PoolKind, Readonly<Record<string, PoolMeaning>>> = {
  account: {
    available: 'usable',
    in_use: 'usable',
    cooling_down: 'spent',
    flagged: 'spent',
    blocked: 'spent',
    retired: 'gone',
  },
  session: {
    warming: 'usable',
    idle: 'usable',
    active: 'usable',
    cooling: 'spent',
    expired: 'spent',
    invalid: 'spent',
  },
};

const meaningOf = (kind: PoolKind, state: string) => meanings[kind][state.toLowerCase()];

export type PoolHealth = {
  /** `0 of 7 usable (3 FLAGGED, 2 BLOCKED, 2 COOLING_DOWN)`. */
  says: string;
  usable: number;
  /** What is usable, spent, or in an unknown state. */
  all: number;
  /** In an unknown state: never counted as usable. */
  unclear: number;
};

/** One pool, or one proxy's part of it. */
export function poolHealth(kind: PoolKind, counts: readonly PoolCount[]): PoolHealth {
  const sum = (some: readonly PoolCount[]) => some.reduce((all, { count }) => all + count, 0);
  const here = counts.filter(({ state }) => meaningOf(kind, state) !== 'gone');
  const usable = sum(here.filter(({ state }) => meaningOf(kind, state) === 'usable'));
  const others = here
    .filter(({ state }) => meaningOf(kind, state) !== 'usable')
    .toSorted((a, b) => b.count - a.count || (a.state < b.state ? -1 : 1));
  const unknown = others.filter(({ state }) => meaningOf(kind, state) === undefined);
  const words = others.map(({ state, count }) => {
    const known = meaningOf(kind, state) !== undefined;
    return `${formatCount(count)} ${state || 'without a state'}${known ? '' : ' (not understood)'}`;
  });
  const all = sum(here);
  const says = `${formatCount(usable)} of ${formatCount(all)} usable${words.length > 0 ? ` (${words.join(', ')})` : ''}`;
  return { says, usable, all, unclear: sum(unknown) };
}

/** The pools of each proxy provider, the one with fewest usable sessions first. */
export function byProxy(sessions: readonly PoolCount[]): readonly { proxy: string; health: PoolHealth }[] {
  const proxies = [...new Set(sessions.map(({ group }) => group ?? ''))];
  return proxies
    .map((proxy) => ({
      proxy: proxy || 'no proxy',
      health: poolHealth(
        'session',
        sessions.filter(({ group }) => (group ?? '') === proxy),
      ),
    }))
    .filter(({ health }) => health.all > 0)
    .toSorted((a, b) => a.health.usable / a.health.all - b.health.usable / b.health.all || b.health.all - a.health.all);
}
