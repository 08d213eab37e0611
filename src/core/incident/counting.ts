// Which entries of a journal count beyond their incident: for alerts, and for what was done to a surface.
import type { ReadonlyList } from '../growing.ts';
import type { Entry } from './event.ts';
import { Projection } from './projection.ts';

/** Entries of this account, and those of others that have effect in their incident. */
export function countingEntries(entries: ReadonlyList<Entry>): ReadonlyList<Entry> {
  const projection = new Projection();
  projection.take(entries);
  return projection.counting;
}
