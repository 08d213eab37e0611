// Refused requests by tenant, in bounded memory: a flood of names from outside must not fill it.
import type { Refusal } from '../../core/world/facts.ts';

/** How many, by status and tenant; the empty name: the log names none. `spread`: the sum of w² - w of their weights w. */
export type Refused = Map<string, { status: number; tenant: string; count: number; spread: number }>;

/** More tenants than this in ten seconds are counted without their names. */
const mostNames = 100;
const mostTold = 20;

export function countRefusal(into: Refused, status: number, tenant = '', weight = 1): void {
  const named = `${status} ${tenant}`;
  const spread = weight * weight - weight;
  const known = into.get(named) ?? (into.size < mostNames ? undefined : into.get(`${status} `));
  if (known) {
    known.count += weight;
    known.spread += spread;
  } else if (into.size < mostNames) into.set(named, { status, tenant, count: weight, spread });
  else into.set(`${status} `, { status, tenant: '', count: weight, spread });
}

/**
 * How far off a count of requests may be that were chosen by chance, each with the probability 1 / w: twice the standard
 * error, the root of `spread`, the sum of w² - w; where each was counted for one, three of the requests that the `heaviest`
 * line stands for may have been missed (95 %: the rule of three). 0 where all lines were read.
 */
export const marginOfCount = (spread: number, heaviest: number): number =>
  Math.ceil(spread > 0 ? 2 * Math.sqrt(spread) : 3 * heaviest);

/** All of them together, most first; undefined where there are none. `heaviest`: of how many a line of any kind stood. */
export function refusalsFrom(all: readonly Refused[], heaviest = 0): readonly Refusal[] | undefined {
  const sum: Refused = new Map();
  for (const { status, tenant, count, spread } of all.flatMap((one) => [...one.values()])) {
    const key = `${status} ${tenant}`;
    const before = sum.get(key);
    sum.set(key, { status, tenant, count: (before?.count ?? 0) + count, spread: (before?.spread ?? 0) + spread });
  }
  if (sum.size === 0) return undefined;
  const told = [...sum.values()].toSorted((a, b) => b.count - a.count || a.status - b.status).slice(0, mostTold);
  return told.map(({ status, tenant, count, spread }) => ({
    ...{ status, tenant: tenant || undefined, count },
    margin: marginOfCount(spread, heaviest) || undefined,
  }));
}
