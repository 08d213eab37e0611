// A look at an amount that grows with the platform: how it is ended, and how far it came.
import type { Progress } from '../core/actions/progress.ts';
import type { Ms } from '../core/time.ts';

/** `signal` ends it. `told`: how far it came, as often as it wants. */
export type Look = { signal?: AbortSignal | undefined; told?: ((progress: Progress) => void) | undefined };

/** Between two counts that a person is told. */
const tellEvery: Ms = 250;

/** Tells the first count, and then one in a while: each is an update of the screen. */
export function paced(tell: (progress: Progress) => void): (progress: Progress) => void {
  let at = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - at < tellEvery) return;
    at = now;
    tell(progress);
  };
}
