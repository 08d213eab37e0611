import type { Fault } from '../world/reading.ts';

/** A value, or an expected failure. */
export type Answer<T> = { ok: true; value: T } | { ok: false; fault: Fault };
