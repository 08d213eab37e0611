// How far a rollout comes under the quotas and on the nodes that there are: the moves of the deployment controller
// (kubernetes, pkg/controller/deployment/rolling.go), played through in numbers. New pods are taken to become ready.
import type { Charge, Place, Quota, RolloutPod, Room } from './room.ts';

export type RolloutStart = Pick<Room, 'pod' | 'rollout'> & {
  /** Pods of the revision that it becomes; they stay. */
  kept: readonly RolloutPod[];
  /** Pods of all other revisions; they go. */
  old: readonly RolloutPod[];
  quotas: readonly Quota[];
  /** Absent: unknown, and not checked. */
  places?: readonly Place[] | undefined;
};

/** What no further pod fits into. */
export type Obstacle =
  | { by: 'quota'; name: string; resource: string; most: number; used: number; each: number }
  | { by: 'nodes' };

export type Forecast = {
  /** Pods of the new revision at its end; less than desired: it gets stuck. */
  made: number;
  /** Pods that run at its end, old and new. */
  running: number;
  /** Pods that stay up during the rollout, if they were up before. */
  least: number;
  obstacle?: Obstacle | undefined;
};

export function forecastRollout({
  kept,
  old,
  pod,
  rollout: { desired, recreate, surge, unavailable },
  quotas,
  places,
}: RolloutStart): Forecast {
  const room = new RoomLeft(quotas, places);
  const ready = kept.filter((one) => one.ready).length;
  // Unhealthy pods go first, as in the controller.
  const going = old.toSorted((a, b) => Number(a.ready) - Number(b.ready));
  let made = kept.length;
  let obstacle: Obstacle | undefined;
  const available = () => made - kept.length + ready + going.filter((one) => one.ready).length;
  const least = recreate ? 0 : Math.min(Math.max(0, desired - unavailable), available());
  const letGo = () => {
    const gone = going.shift();
    if (gone) room.give(gone);
    return gone !== undefined;
  };
  if (recreate) while (letGo());
  for (let moved = true; moved; ) {
    moved = false;
    obstacle = undefined;
    while (made < desired && (recreate || made + going.length < desired + surge)) {
      obstacle = room.take(pod);
      if (obstacle) break;
      made += 1;
      moved = true;
    }
    const mayGo = (one: RolloutPod | undefined) => one && available() - Number(one.ready) >= desired - unavailable;
    while (mayGo(going[0]) && letGo()) moved = true;
  }
  return { made, running: available(), least, obstacle: made < desired ? obstacle : undefined };
}

/** How many more of these pods fit: none of the old ones goes. */
export function fits(pod: Charge, most: number, quotas: readonly Quota[], places?: readonly Place[]) {
  const room = new RoomLeft(quotas, places);
  for (let n = 0; n < most; n += 1) {
    const obstacle = room.take(pod);
    if (obstacle) return { pods: n, obstacle };
  }
  return { pods: most };
}

/** A little slack: 3 × 0.1 is more than 0.3. */
const slack = 1e-6;

class RoomLeft {
  readonly #quotas: readonly { name: string; limits: { resource: string; most: number; used: number }[] }[];
  readonly #places: { name: string; free: Record<string, number>; alone: boolean; beside: string[] }[] | undefined;
  #taken = 0;

  constructor(quotas: readonly Quota[], places: readonly Place[] | undefined) {
    this.#quotas = quotas.map(({ name, limits }) => ({ name, limits: limits.map((one) => ({ ...one })) }));
    this.#places = places?.map((one) => ({ ...one, free: { ...one.free }, beside: [...one.beside] }));
  }

  /** Reserves the room for one pod, or returns what has none. */
  take(pod: Charge): Obstacle | undefined {
    for (const { name, limits } of this.#quotas)
      for (const { resource, most, used } of limits) {
        const each = pod[resource] ?? 0;
        if (each > 0 && used + each > most + slack) return { by: 'quota', name, resource, most, used, each };
      }
    const place = this.#places?.find(
      ({ free, beside }) =>
        beside.length === 0 && Object.entries(free).every(([what, left]) => (pod[what] ?? 0) <= left + slack),
    );
    if (this.#places && !place) return { by: 'nodes' };
    for (const { limits } of this.#quotas) for (const limit of limits) limit.used += pod[limit.resource] ?? 0;
    if (!place) return undefined;
    this.#taken += 1;
    for (const what of Object.keys(place.free)) place.free[what] = (place.free[what] ?? 0) - (pod[what] ?? 0);
    if (place.alone) place.beside.push(`new ${this.#taken}`);
    return undefined;
  }

  /** A pod goes: its room is free. */
  give({ name, charge, node }: RolloutPod): void {
    for (const { limits } of this.#quotas) for (const limit of limits) limit.used -= charge[limit.resource] ?? 0;
    const place = this.#places?.find((one) => one.name === node);
    if (!place) return;
    for (const what of Object.keys(place.free)) place.free[what] = (place.free[what] ?? 0) + (charge[what] ?? 0);
    place.beside = place.beside.filter((one) => one !== name);
  }
}
