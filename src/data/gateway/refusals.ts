// Refused requests by tenant, in bounded memory: a flood of names from outside must not fill it.
import type { Refusal } from '../../core/world/facts.ts';

/** How many, by status and tenant; the empty name: the log names none. */
export type Refused = Map<string, { status: number; tenant: string; count: number }>;

/** More tenants than this in ten seconds are counted without their names. */
const mostNames = 100;
const mostTold = 20;

export function countRefusal(into: Refused, status: number, tenant = '', weight = 1): void {
  const named = `${status} ${tenant}`;
  const known = into.get(named) ?? (into.size < mostNames ? undefined : into.get(`${status} `));
  if (known) known.count += weight;
  else if (into.size < mostNames) into.set(named, { status, tenant, count: weight });
  else into.set(`${status} `, { status, tenant: '', count: weight });
}

/** All of them together, most first; undefined where there are none. */
export function refusalsFrom(all: readonly Refused[]): readonly Refusal[] | undefined {
  const sum: Refused = new Map();
  for (const { status, tenant, count } of all.flatMap((one) => [...one.values()])) {
    const key = `${status} ${tenant}`;
    sum.set(key, { status, tenant, count: (sum.get(key)?.count ?? 0) + count });
  }
  if (sum.size === 0) return undefined;
  const told = [...sum.values()].toSorted((a, b) => b.count - a.count || a.status - b.status).slice(0, mostTold);
  return told.map(({ status, tenant, count }) => ({ status, tenant: tenant || undefined, count }));
}
