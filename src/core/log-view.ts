// What the log screen asks for and gets: a window on the merged log of a workload.
import type { LogEntry } from './log.ts';
import type { Fault } from './reading.ts';
import type { Instant, Ms } from './time.ts';

/** A deployment by its name, pods by their labels (empty: the configured logSelector), or one pod. */
export type Workload = { deployment: string } | { selector: string } | { pod: string };

/** What to follow, and what of it to show. */
export type LogsView = {
  workload: Workload;
  /** Only this pod. */
  pod?: string;
  /** How far back. */
  since: Ms;
  /** From this time on, instead. */
  from?: Instant;
  /** Also of the containers before their last restart. */
  previous: boolean;
  /** As `parseFilter` reads it. */
  filter: string;
  /** What is shown stands still; the log is collected on. */
  paused: boolean;
};

/** What is known of the view. */
export type LogsShown = {
  view: LogsView;
  /** Entries of different generations have nothing to do with each other. */
  generation: number;
  /** The newest that pass the filter, oldest first, with rising ids; at most `mostShown`. */
  entries: readonly LogEntry[];
  /** Lines collected, and those that pass the filter, since it was opened. */
  collected: number;
  passed: number;
  /** Lines a second, lately. */
  pace: number;
  /** Lines that pass and are not shown because they came too fast; a filter or a pause shows them. */
  skipped: number;
  /** Lines that were forgotten to stay within bounds. */
  forgotten: number;
  /** While paused: passing lines that wait. */
  waiting: number;
  streams: { followed: number; expected: number; leftOut: number };
  fault?: Fault;
  /** What of the filter was not understood. */
  problems: readonly string[];
  saved?: LogsSaved;
  at: Instant;
};

/** How writing the view to a file went. */
export type LogsSaved = { file: string; lines: number } | { problem: string };

/** The screen holds so many entries. */
export const mostShown = 2000;

/** How far back one can look (issue 5: since 1m … 24h). */
export const sinces: readonly (readonly [string, Ms])[] = [
  ['1m', 60_000],
  ['5m', 300_000],
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['6h', 21_600_000],
  ['24h', 86_400_000],
];

/** Whether two views collect the same lines. */
export function collectsSame(a: LogsView, b: LogsView): boolean {
  const of = ({ workload, pod, since, from, previous }: LogsView) =>
    JSON.stringify([workload, pod, since, from, previous]);
  return of(a) === of(b);
}
