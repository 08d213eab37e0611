// Log entries cross the thread as differences: two thousand of them copied four times a second would delay keys.
import type { LogEntry } from '../core/log.ts';
import type { LogsShown } from '../core/log-view.ts';

/** A window whose entries are a difference from the one sent before: entries older than `from` are gone. */
export type LogsDelta = { shown: Omit<LogsShown, 'entries'>; anew: boolean; from: number; more: readonly LogEntry[] };

/** Remembers what was sent. */
export function logsEncoder(): (shown: LogsShown) => LogsDelta {
  let key = '';
  let last = 0;
  return ({ entries, ...shown }) => {
    const { workload, pod, since, from, previous } = shown.view;
    const now = JSON.stringify([workload, pod, since, from, previous, shown.generation]);
    const anew = now !== key;
    const more = anew ? entries : entries.filter((entry) => entry.id > last);
    key = now;
    last = entries.at(-1)?.id ?? (anew ? 0 : last);
    return { shown, anew, from: entries[0]?.id ?? Number.POSITIVE_INFINITY, more };
  };
}

/** Puts the windows together again. */
export function logsDecoder(): (delta: LogsDelta) => LogsShown {
  let entries: readonly LogEntry[] = [];
  return ({ shown, anew, from, more }) => {
    if (anew) entries = more;
    else if (more.length > 0 || (entries[0]?.id ?? from) < from)
      entries = [...entries.filter((entry) => entry.id >= from), ...more];
    return { ...shown, entries };
  };
}
