// The health of a whole world, evaluated once per world.
import { evaluate, type Finding } from '../../core/health/evaluate.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { rankedByVerdict, worst } from '../../core/health/status.ts';
import type { World } from '../../core/world/world.ts';
import type { Place } from '../../store.ts';
import type { Row } from '../screen.ts';
import { memoize } from './memoize.ts';

export type WorldHealth = {
  /** Worst first. */
  findings: readonly Finding[];
  worst: HealthStatus;
  count: Readonly<Record<HealthStatus, number>>;
  /** The health of one finding; unknown where there is none. */
  of(id: string): HealthStatus;
};

export const healthOf = memoize((world: World): WorldHealth => {
  const findings = rankedByVerdict(evaluate(world));
  const count = { ok: 0, unknown: 0, warning: 0, critical: 0 };
  for (const f of findings) count[f.verdict] += 1;
  const byId = new Map(findings.map((f) => [f.id, f.verdict]));
  return { findings, worst: worst(byId.values()), count, of: (id) => byId.get(id) ?? 'unknown' };
});

/** What the selected row opens, or else the open screen, is about. */
export function aboutOf({ of }: Place, row: Row | undefined): Place['of'] {
  return row?.opens?.kind === 'open' ? { ...of, ...row.opens.of } : of;
}
