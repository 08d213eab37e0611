// Which entries of a journal count beyond their incident: for alerts, and for what was done to a surface.
import type { Entry } from './event.ts';
import { projectIncident } from './incident.ts';

/** Entries of this account, and those of others that have effect in their incident. */
export function countingEntries(entries: readonly Entry[]): readonly Entry[] {
  const isOurs = ({ own, writer }: Entry) => own === true || writer.key === undefined;
  const foreign = new Set(entries.flatMap((entry) => (isOurs(entry) || !entry.incident ? [] : [entry.incident])));
  const effective = new Set([...foreign].flatMap((id) => projectIncident(id, entries)?.entries ?? []));
  return entries.filter((entry) => isOurs(entry) || effective.has(entry));
}
