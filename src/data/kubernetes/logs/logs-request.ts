// The request for a log, and its events.
import type { LogLine } from '../../../core/logs/log.ts';
import type { LogStreams, Workload } from '../../../core/logs/log-view.ts';
import type { Instant } from '../../../core/time.ts';
import type { Fault } from '../../../core/world/reading.ts';

export type LogsAsk = {
  workload: Workload;
  /** Only this pod of it. */
  pod?: string;
  /** Only containers of this name. */
  container?: string;
  /** The start; absent: the oldest kept line. */
  since?: Instant;
  /** Maximum number of past lines of each container. */
  tail?: number;
  /** Also of the instance before the last restart. */
  previous: boolean;
  follow: boolean;
};

export type LogsState = LogStreams & {
  /** Why a stream, or all, cannot be read. */
  fault?: Fault;
};

export type LogsListener = {
  /** In order; ids rise. */
  lines(lines: readonly LogLine[]): void;
  state(state: LogsState): void;
  /** Resolves when more lines may come; undefined: they may now. Until then they stay with the server. */
  ready?(): Promise<unknown> | undefined;
};
