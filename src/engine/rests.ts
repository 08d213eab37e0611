// Work that would never end, such as reading logs that come without a pause, rests between: the rest of the time is for
// what else the thread does, for whoever is at the keys, and for the other programs of a small host.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../core/time.ts';

/** As long it may work before it rests: shorter than a person notices. */
const longestWork: Ms = 20;
/** What another module works through does not make it rest longer than this. */
const longestRest: Ms = 100;

/**
 * Gives a function that tells when there is time: undefined where there is now, else it resolves then. `rest`: how much of
 * it there is to be for each part of work; 1 leaves half of the thread's time.
 */
export function rests(signal: AbortSignal, rest: () => number): () => Promise<unknown> | undefined {
  let begun = performance.eventLoopUtilization();
  let resting: Promise<unknown> | undefined;
  return () => {
    if (resting || signal.aborted) return resting;
    const { active, idle } = performance.eventLoopUtilization(begun);
    if (active < longestWork) return undefined;
    begun = performance.eventLoopUtilization();
    const owed = active * rest() - idle;
    if (owed <= 0) return undefined;
    resting = sleep(Math.min(owed, longestRest), undefined, { signal })
      .catch(() => {})
      .finally(() => {
        resting = undefined;
        begun = performance.eventLoopUtilization();
      });
    return resting;
  };
}
