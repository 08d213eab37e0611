// What a pod counts against a quota: itself, and what its containers request and are limited to.
import type { Container, PodSpec } from './object.ts';
import { quantity } from './quantity.ts';

/** By the quota's names: `pods`, `requests.cpu`, `limits.memory`. */
export type Charge = Readonly<Record<string, number>>;

type Sized = Container & { restartPolicy?: string };

const inits = (spec: PodSpec) => (spec.initContainers ?? []) as readonly Sized[];

/** Containers as they are charged: an init container that goes on is one of them. */
export const everyContainer = (spec: PodSpec): readonly Sized[] => [...inits(spec), ...spec.containers];

function amounts(spec: PodSpec, which: 'requests' | 'limits'): Map<string, number> {
  const total = new Map<string, number>();
  const peak = new Map<string, number>();
  const add = (to: Map<string, number>, { resources }: Sized) => {
    for (const [name, text] of Object.entries(resources?.[which] ?? {}))
      to.set(name, (to.get(name) ?? 0) + (quantity(text) ?? 0));
  };
  for (const init of inits(spec)) {
    if (init.restartPolicy === 'Always') {
      add(total, init);
      continue;
    }
    // It runs alone, but for the sidecars that were started before it.
    const now = new Map(total);
    add(now, init);
    for (const [name, amount] of now) peak.set(name, Math.max(peak.get(name) ?? 0, amount));
  }
  for (const container of spec.containers) add(total, container);
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount));
  return total;
}

export function chargeOf(spec: PodSpec): Charge {
  const charge: Record<string, number> = { pods: 1, 'count/pods': 1 };
  for (const [name, amount] of amounts(spec, 'requests')) {
    charge[`requests.${name}`] = amount;
    if (!name.includes('/')) charge[name] = amount;
  }
  for (const [name, amount] of amounts(spec, 'limits')) charge[`limits.${name}`] = amount;
  return charge;
}

/** No container requests or limits anything. */
export const isBestEffort = (spec: PodSpec): boolean =>
  everyContainer(spec).every(
    ({ resources }) => Object.keys({ ...resources?.requests, ...resources?.limits }).length === 0,
  );
