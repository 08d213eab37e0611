// Facts of the platform's tables: studies, the queue, surfaces.
import type { Form } from '../platform/form.ts';
import type { PoolCount } from '../platform/pool.ts';
import type { Doubt, Unclear } from '../platform/unclear.ts';
import type { Instant } from '../time.ts';

/**
 * A count that may stop counting: `exact` false means at least, or, with a `margin`, an estimate. The true number is within
 * the margin of it, at least when the sample was one of the better 95 of 100.
 */
export type Count = { value: number; exact: boolean; margin?: number | undefined };

export type Study = {
  id: string;
  tenant: string;
  /** As the platform writes it; `meaningOf` tells what it means. */
  status: string;
  /** 0–100; absent when the platform did not say. */
  completion?: number;
  failedJobs: number;
  totalJobs: number;
  /** True when the jobs could not be counted in time: both numbers say nothing. */
  jobsUncounted?: boolean;
  createdAt: Instant;
  /** studies.updated_at, or when the newest of its jobs moved. */
  progressedAt: Instant;
  /** When it is due; absent where the platform does not say. */
  deadline?: Instant | undefined;
};

/** `oldest`: the one that runs longest. */
export type StuckJobs = {
  count: Count;
  oldest?: { job: string; study: string; surface: string; since: Instant } | undefined;
};

export type Studies = {
  /** Jobs that wait (runbook, Key Metrics: Queue Depth); absent when they could not even be estimated in time. */
  queueDepth?: Count;
  /** When the dear ones were counted: on a large platform that is not done at each look. */
  countedAt?: { queueDepth: Instant; lastHour: Instant };
  /** Tables of which row level security hides rows from us: every number is too small. */
  partial?: readonly string[];
  /** Names and states of the tables. */
  form?: Form;
  /** Unknown states, with their row counts. */
  unclear?: readonly Unclear[];
  /** Figures that say nothing, or only a part, and why. */
  doubts?: { queueDepth?: Doubt; active?: Doubt; lastHour?: Doubt };
  /** Not over, oldest progress first. Bounded; `activeCount` tells how many there are. */
  active: readonly Study[];
  activeCount: Count;
  /** Of them, those that are held (paused); absent where no state means it. */
  held?: Count | undefined;
  /** Of them, those past their deadline; absent where the table has none. */
  overdue?: Count | undefined;
  /** Jobs that run longer than platform.jobTimeout; absent where the table does not say when a job began. */
  stuckJobs?: StuckJobs | undefined;
  /** They could not be counted in time. */
  stuckUncounted?: true | undefined;
  /** Of the last hour. A study failed if its status says so, or if more than half of its jobs failed. */
  finishedLastHour: number;
  failedLastHour: number;
  /** Studies that completed in the last hour with more than 50 % of their jobs failed (runbook, SEV2). */
  mostlyFailedLastHour: number;
  /** Studies that moved in the last hour and may have failed: their state, or that of their jobs, is not understood. */
  unclearLastHour?: number;
  /** False when the three rest on the newest studies only, or on the studies' own status alone. */
  lastHourExact?: boolean;
  /** Created in the last ten minutes (runbook, SEV1: no new studies). */
  newLastTenMinutes: number;
  newestCreatedAt?: Instant;
};

export type Surface = {
  id: string;
  failures: number;
  finished: number;
  /** Jobs of the hour in an unknown state. */
  unclear?: number;
  /** Of a sample: how far off the share of failures may be either way, in percent of jobs (95 of 100 samples are nearer). */
  margin?: number | undefined;
  /** The same of the number of failures, in jobs. */
  failuresMargin?: number | undefined;
  /** The same of all jobs of the hour, and of those in an unknown state. */
  jobsMargin?: number | undefined;
  unclearMargin?: number | undefined;
  affectedStudies: number;
  /** The most frequent error message of the hour. */
  topError?: string;
  topErrorCount?: number;
  /** Of a sample: how far off that number may be either way, in jobs. */
  topErrorMargin?: number | undefined;
  /** The accounts and sessions that it is asked with, by state; absent where the database has none for it. */
  accounts?: readonly PoolCount[] | undefined;
  sessions?: readonly PoolCount[] | undefined;
  /** What the runbook's statement counts (SEV2, failure patterns): failed jobs that were created within the hour. */
  created?: { failures: number; studies: number; margin?: number | undefined };
  /** When a job of it failed, and completed, last, within the hour. */
  lastFailedAt?: Instant | undefined;
  lastDoneAt?: Instant | undefined;
};

export type Surfaces = {
  /** Over the last hour, by failures. */
  surfaces: readonly Surface[];
  /** The runbook's messages of failed jobs that were created within the hour (SEV2), of most jobs first. */
  messages?: readonly { error: string; count: number; margin?: number | undefined }[];
  /** Why no share can be told: a state that it takes does not exist. */
  doubt?: Doubt;
  /** The newest job that finished before the hour, for an empty pane. */
  lastFinished?: { at: Instant; study: string };
  /** When the newest job of the hour finished; absent if only some were read. */
  lastFinishedAt?: Instant;
  /** True when the rows were sampled or estimated. */
  estimated: boolean;
  /** When the rows were read: on a large platform that is not done at each look. Absent: they could not be in time. */
  countedAt?: Instant | undefined;
  /** Which pools the database tells; absent: not read yet, or not in time. */
  pools?: { accounts: boolean; sessions: boolean } | undefined;
};
