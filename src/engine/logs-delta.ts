// Log entries cross the thread as differences: two thousand of them copied four times a second would delay keys.
import type { LogEntry } from '../core/logs/log.ts';
import type { LogsShown } from '../core/logs/log-view.ts';

/** A window as a difference from the one sent before: of that one, the entries from `from` to `to` remain. */
export type LogsDelta = {
  shown: Omit<LogsShown, 'entries'>;
  from: number;
  to: number;
  before: readonly LogEntry[];
  after: readonly LogEntry[];
};

type Entries = readonly LogEntry[];
const nothing = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY, before: [] };

/** Remembers what was sent. */
export function logsEncoder(): (shown: LogsShown) => LogsDelta {
  let key = '';
  let sent: Entries = [];
  return ({ entries, ...shown }) => {
    const { workload, pod, since, from, previous } = shown.view;
    // Ids restart with each collected log.
    const now = JSON.stringify([workload, pod, since, from, previous]);
    const delta = now === key ? difference(sent, entries) : { ...nothing, after: entries };
    key = now;
    sent = entries;
    return { shown, ...delta };
  };
}

function difference(sent: Entries, entries: Entries): Omit<LogsDelta, 'shown'> {
  const known = new Set(sent.map(({ id }) => id));
  const first = entries.findIndex(({ id }) => known.has(id));
  const last = entries.findLastIndex(({ id }) => known.has(id));
  const from = entries[first]?.id;
  const to = entries[last]?.id;
  if (from === undefined || to === undefined) return { ...nothing, after: entries };
  // The shared entries must be contiguous in both.
  const standing = sent.filter(({ id }) => id >= from && id <= to).length;
  if (standing !== last - first + 1 || entries.slice(first, last + 1).some(({ id }) => !known.has(id)))
    return { ...nothing, after: entries };
  return { from, to, before: entries.slice(0, first), after: entries.slice(last + 1) };
}

/** Reassembles the windows. */
export function logsDecoder(): (delta: LogsDelta) => LogsShown {
  let entries: Entries = [];
  return ({ shown, from, to, before, after }) => {
    const standing = entries.filter(({ id }) => id >= from && id <= to);
    // An unchanged list stays the same object, so its rows stay memoized.
    if (before.length > 0 || after.length > 0 || standing.length < entries.length)
      entries = [...before, ...standing, ...after];
    return { ...shown, entries };
  };
}
