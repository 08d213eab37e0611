// The moments since which a screen counts: the first snapshot that was taken for each, kept while the program runs.
import type { Session } from './session.ts';

/** Moments that are kept for each server; the one that was not asked for longest goes first. */
const mostMoments = 4;

/** The snapshot that each moment began with, by server. */
export class Moments<T> {
  readonly #kept = new WeakMap<Session, Map<string, T>>();

  /** The first snapshot of a moment: `now`, where none is known yet. */
  begun(session: Session, moment: string, now: T): T {
    const kept = this.#kept.get(session) ?? new Map<string, T>();
    this.#kept.set(session, kept);
    const first = kept.get(moment) ?? now;
    kept.delete(moment);
    kept.set(moment, first);
    for (const old of kept.keys()) if (kept.size > mostMoments) kept.delete(old);
    return first;
  }
}
