import type { Update } from './protocol.ts';

/**
 * Merges updates until they may be delivered: facts, query answers and the like by key, everything else by the newest value.
 * The reader's pace decides how many there are, so a stalled terminal costs one merged update, not a queue.
 */
export function merge(before: Update | undefined, next: Update): Update {
  if (!before) return next;
  const merged: Update = { ...before, ...next };
  if (before.readings && next.readings) merged.readings = { ...before.readings, ...next.readings };
  if (before.runs && next.runs) merged.runs = { ...before.runs, ...next.runs };
  if (before.queries && next.queries) merged.queries = { ...before.queries, ...next.queries };
  return merged;
}
