// What a failing surface is asked with: accounts that are left, and sessions by proxy provider.
import type { Evidence } from '../core/incident/checklist.ts';
import { byProxy, type PoolHealth, poolHealth } from '../core/platform/pool.ts';
import { known, newest } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import { failingSurfaces } from './evidence.ts';

/** Surfaces whose pools are told. */
const most = 2;

/** Nothing where the database tells none of them. */
export function pools(world: World): readonly Evidence[] {
  const at = newest(world.readings.surfaces)?.at;
  const all = known(world.readings.surfaces, world.now)?.surfaces ?? [];
  return failingSurfaces(world)
    .slice(0, most)
    .flatMap(({ id }) => {
      const { accounts, sessions } = all.find((one) => one.id === id) ?? {};
      const told: readonly (readonly [string, PoolHealth])[] = [
        ...(accounts ? [[`${id} accounts`, poolHealth('account', accounts)] as const] : []),
        ...byProxy(sessions ?? []).map(({ proxy, health }) => [`${id} sessions, ${proxy}`, health] as const),
      ];
      return told.map(([subject, health]): Evidence => ({ subject, at, ...judged(health) }));
    });
}

/** None is usable: that is why it fails. Unknown states prove nothing. */
function judged({ says, usable, unclear }: PoolHealth): Pick<Evidence, 'state' | 'because'> {
  const state = usable > 0 ? 'pass' : unclear > 0 ? 'unknown' : 'fail';
  return { state, because: says };
}
