// What a journal is opened with, and how it is.
import type { JournalTrouble } from '../../core/incident/context.ts';
import type { Writer } from '../../core/incident/event.ts';
import type { Instant } from '../../core/time.ts';
import type { Place } from './directory.ts';

export type JournalOptions = {
  place: Place;
  /** Who writes; the session is made here. */
  writer: Omit<Writer, 'session' | 'key'>;
  environment: string;
  drill?: string;
  /** Observes only: nothing is written, and no directory is created. */
  observing?: boolean;
  /** Others get lines of this journal, and it receives theirs: they are kept in memory as they are signed. */
  shares?: boolean;
  /** Gets how much of what is there when it is opened has been read, from 0 to 1. */
  reading?(share: number): void;
  /** For tests: the wall clock. */
  now?(): Instant;
};

/** How the journal is: `trouble` says what is in the way, and how much waits in memory. */
export type JournalState = { directory: string; trouble?: JournalTrouble; unwritten: number; notes: readonly string[] };
