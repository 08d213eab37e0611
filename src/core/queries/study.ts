// The details of a study, and lists of any length. Plain data: it crosses a thread.
import { meaningOf } from '../platform/mapping.ts';
import type { Instant } from '../time.ts';

/** One row of the list of all studies. */
export type StudyRow = {
  id: string;
  tenant: string;
  status: string;
  /** 0–100; absent when the platform did not say. */
  completion?: number;
  /** 0 where the table does not say it. */
  createdAt: Instant;
  progressedAt: Instant;
  deadline?: Instant | undefined;
};

/** Newest first. `more`: there are older ones. */
export type StudyList = { rows: readonly StudyRow[]; more: boolean };

export type Job = {
  id: string;
  surface: string;
  status: string;
  attempts: number;
  /** 0 where the table does not say it. */
  createdAt: Instant;
  /** When it was begun, of one that runs, where the table says it. */
  begunAt?: Instant | undefined;
  /** Absent while it is not finished, or where the table does not say. */
  endedAt?: Instant | undefined;
  error?: string | undefined;
  /** The platform's code of the error: SESSION_EXPIRED, QUOTA_EXCEEDED … */
  code?: string | undefined;
  /** Whether the platform may try it again; absent where the table does not say. */
  retryable?: boolean | undefined;
};

/** What the gateway answers for a study (runbook, Checking Study Status, via API). */
export type ApiStudy = {
  url: string;
  /** Absent when it gave no such answer. */
  answer?: {
    status?: string | undefined;
    tenant?: string | undefined;
    completion?: number | undefined;
    /** It answers as the platform's own API does, which cancels, pauses and resumes too. */
    controls?: true | undefined;
  };
  /** Why there is none: `not-found`, to this key at least. */
  refusal?: 'no-key' | 'key' | 'not-found' | 'other' | undefined;
  /** The same in words: `timed out after 2 s`. */
  problem?: string;
};

export type SurfaceCount = { surface: string; status: string; count: number };

/** A study by the database and by the API, with its jobs. */
export type StudyDetail = {
  /** Absent: the database has no such study. */
  row?: StudyRow;
  api: ApiStudy;
  /** Jobs by surface and status. */
  counts: readonly SurfaceCount[];
  /** False: only the first so many were counted. */
  exact: boolean;
  /** True when the jobs could not be read in time: the lists below say nothing. */
  jobsUncounted?: boolean;
  /** Failures by message, most frequent first; `final`: how many of them no retry can fix. */
  errors: readonly { message: string; code?: string | undefined; count: number; final?: number | undefined }[];
  /** What it has cost so far, in the platform's currency; absent where there are no records of it. */
  cost?: number | undefined;
  /** Executing, oldest first. */
  running: readonly Job[];
  /** Finished, longest first; empty where the table does not say when a job ended. */
  slowest: readonly Job[];
};

/** Newest first. */
export type JobList = { rows: readonly Job[]; more: boolean };

/** A failed job and its study. */
export type FailedJob = Job & { study: string };

/** Why a surface fails: its failures of the last hour (runbook, SEV2: Check error messages). */
export type SurfaceDetail = {
  /** Most frequent first. */
  errors: readonly { message: string; count: number; studies: number }[];
  /** Failures by study, most first. */
  studies: readonly { study: string; count: number }[];
  /** The newest ones. */
  newest: readonly FailedJob[];
  /** False: only the first so many failures were counted. */
  exact: boolean;
};

/** The same word in any case, or two words for one thing. */
function sameState(a: string, b: string): boolean {
  const meaning = meaningOf('study', a);
  return a.toLowerCase() === b.toLowerCase() || (meaning !== undefined && meaning === meaningOf('study', b));
}

/** The differences between database and API, in words. */
export function disagreements({ row, api }: Pick<StudyDetail, 'row' | 'api'>): readonly string[] {
  const { answer } = api;
  if (!answer) return [];
  if (!row) return ['known to the API, not to the database'];
  const differ: string[] = [];
  if (answer.status !== undefined && !sameState(answer.status, row.status)) differ.push('status');
  if (answer.tenant !== undefined && answer.tenant !== row.tenant) differ.push('tenant');
  // Both are read one after the other, and jobs finish in between.
  if (
    answer.completion !== undefined &&
    row.completion !== undefined &&
    Math.abs(answer.completion - row.completion) > 2
  )
    differ.push('completion');
  return differ;
}
