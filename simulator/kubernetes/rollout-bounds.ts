// How far a rollout may leave the desired number of pods: maxSurge and maxUnavailable, as numbers or percentages.
import type { Deployment } from './object.ts';

const share = (value: number | string | undefined, of: number, round: (n: number) => number): number => {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '25%')?.[1];
  return round((Number(percent ?? 25) / 100) * of);
};

/** How many pods above and below the desired number a rollout may use. */
export function bounds({ spec }: Deployment): { surge: number; unavailable: number } {
  if (spec.strategy?.type === 'Recreate') return { surge: 0, unavailable: spec.replicas };
  const surge = share(spec.strategy?.rollingUpdate?.maxSurge, spec.replicas, Math.ceil);
  const unavailable = share(spec.strategy?.rollingUpdate?.maxUnavailable, spec.replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
