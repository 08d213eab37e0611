// Request and answer of the log screen: a window on the merged log of a workload.

import type { Instant, Ms } from '../time.ts';
import type { Fault } from '../world/reading.ts';
import type { LogEntry } from './log.ts';

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
  /** Paused: the view stands still, and lines are still collected. */
  paused: boolean;
  /** While paused: the id of the line to show around; 0: from the oldest. Absent: unchanged. */
  around?: number;
};

/** Where the shown entries are among all that are kept and pass. */
export type LogsPosition = {
  /** The number of the first entry among all lines that passed since the filter was set; it stays the same when older lines are dropped. */
  offset: number;
  /** How many kept lines that pass come before it. */
  first: number;
  /** How many lines are kept and pass. */
  kept: number;
};

/** What is followed. */
export type LogStreams = {
  /** Streams that are open, and those that should be. */
  followed: number;
  expected: number;
  /** Containers left out because there are too many. */
  leftOut: number;
  /** Pods there are; absent while it is not known. */
  pods?: number;
  /** Those that have not started yet, and why; at most `mostUnstarted`. */
  unstarted: readonly { pod: string; why: string }[];
};

/** Pods that have not started, shown at most. */
export const mostUnstarted = 100;

/** The state of the view. */
export type LogsShown = {
  view: LogsView;
  /** Entries of different generations are unrelated. */
  generation: number;
  /** A window on those that pass the filter, oldest first, with rising ids; at most `mostShown` and a mark. */
  entries: readonly LogEntry[];
  position: LogsPosition;
  /** Lines collected, and those that pass the filter, since it was opened. */
  collected: number;
  passed: number;
  /** Lines a second, lately. */
  pace: number;
  /** Lines that were dropped, the oldest first, to stay within bounds. */
  forgotten: number;
  /** Passing lines that are newer than the entries. */
  waiting: number;
  streams: LogStreams;
  fault?: Fault;
  /** Parts of the filter that were not understood. */
  problems: readonly string[];
  saved?: LogsSaved;
  at: Instant;
};

/** The result of writing the view to a file. */
export type LogsSaved = { file: string; lines: number } | { problem: string };

/** Entries that the screen holds at a time. */
export const mostShown = 2000;
/** New lines that are sent at a time; where more come, only the newest are followed until it becomes calmer. */
export const mostFollowed = 250;
/** Closer than this to the end of the entries, the next ones are sent. */
export const nearEnd = 300;

/** The time ranges of the log screen (issue 5: since 1m … 24h). */
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
