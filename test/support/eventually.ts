// Waits for a state, however busy the machine is: it ends as soon as it is so.
import { vi } from 'vitest';

/** Generous, since a machine may have other things to do. */
const patience = 60_000;

/** Tries until it no longer throws; gives what it gave. */
export function eventually<T>(what: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(what, { timeout: patience, interval: 20 });
}
