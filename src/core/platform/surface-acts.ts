// What was done to surfaces. The platform does not report which of them are enabled: only the record of who disabled,
// enabled or tested one tells.
import type { Instant } from '../time.ts';

/** One act on a surface. `unknown`: its outcome is unknown; of a test, `failed`: it did not pass. */
export type SurfaceAct = {
  surface: string;
  did: 'disabled' | 'enabled' | 'tested';
  at: Instant;
  by: string;
  outcome: 'done' | 'failed' | 'unknown';
};

/** How a surface stands after its acts. */
export type SurfaceStanding = {
  id: string;
  /** Whether it was disabled or enabled last; absent: neither, only tested. */
  switched?: { to: 'disabled' | 'enabled'; at: Instant; by: string; certain: boolean };
  /** The live tests since then, and the last of them. */
  tests?: { passed: number; of: number; last: { passed: boolean; at: Instant } };
};

/** The surfaces that were acted on, the last one first. */
export function surfaceStandings(acts: readonly SurfaceAct[]): readonly SurfaceStanding[] {
  const all = new Map<string, SurfaceStanding>();
  for (const { surface: id, did, at, by, outcome } of acts.toSorted((a, b) => a.at - b.at)) {
    const before = all.get(id) ?? { id };
    const after = did === 'tested' ? tested(before, at, outcome) : switched(before, did, { at, by, outcome });
    if (after === before) continue;
    all.delete(id);
    all.set(id, after);
  }
  return [...all.values()].toReversed();
}

function tested(before: SurfaceStanding, at: Instant, outcome: SurfaceAct['outcome']): SurfaceStanding {
  if (outcome === 'unknown') return before;
  const passed = outcome === 'done';
  const { passed: passes, of } = before.tests ?? { passed: 0, of: 0 };
  return { ...before, tests: { passed: passes + Number(passed), of: of + 1, last: { passed, at } } };
}

/** One that failed changed nothing. Tests from before say nothing about what is so since. */
function switched(
  before: SurfaceStanding,
  to: 'disabled' | 'enabled',
  { at, by, outcome }: Pick<SurfaceAct, 'at' | 'by' | 'outcome'>,
): SurfaceStanding {
  if (outcome === 'failed') return before;
  return { id: before.id, switched: { to, at, by, certain: outcome === 'done' } };
}

/** When and by whom a surface was disabled; undefined while it is not, as far as is recorded. */
export function disabledSince(acts: readonly SurfaceAct[] | undefined, id: string): SurfaceStanding['switched'] {
  if (!acts || acts.length === 0) return undefined;
  const found = surfaceStandings(acts).find((one) => one.id === id)?.switched;
  return found?.to === 'disabled' ? found : undefined;
}
