// What is made of a workload stays until it, one of its pods or the time makes something else of it: of hundreds, few
// change in a second.
import type { Instant } from '../time.ts';
import type { Controller, Deployment, Pod } from '../world/facts.ts';
import { unsettled } from './pod-groups.ts';
import { judgedUntil } from './pods.ts';
import { actsWithin } from './rules/pods.ts';

type Of = Deployment | Controller;
type Kept<A, R> = { pods: readonly Pod[] | undefined; more: A; from: Instant; until: Instant; made: R };

/**
 * Keeps the last result for each workload. `make` may take from `now` only how the workload and its pods are judged;
 * `pods`: the workload's own, undefined where they are not known. Whatever else it reads is among `more`.
 */
export function keptPerWorkload<D extends Of, A extends readonly unknown[], R>(
  make: (d: D, pods: readonly Pod[] | undefined, now: Instant, ...more: A) => R,
): typeof make {
  const memory = new WeakMap<D, Kept<A, R>>();
  return (d, pods, now, ...more) => {
    const kept = memory.get(d);
    const isSame = kept?.pods === pods && kept?.more.every((one, at) => Object.is(one, more[at]));
    // A clock that jumped back may make something else of it, too.
    if (kept && isSame && kept.from <= now && now < kept.until) return kept.made;
    const made = make(d, pods, now, ...more);
    memory.set(d, { pods, more, from: now, until: untilOf(d, pods, now), made });
    return made;
  };
}

/** Up to when time alone makes nothing else of a workload. */
function untilOf({ unobservedSince }: Of, pods: readonly Pod[] | undefined, now: Instant): Instant {
  const acts = unobservedSince === undefined ? Number.NEGATIVE_INFINITY : unobservedSince + actsWithin;
  let until = acts < now ? Number.POSITIVE_INFINITY : acts;
  for (const pod of pods ? unsettled(pods) : []) until = Math.min(until, judgedUntil(pod, now));
  return until;
}
