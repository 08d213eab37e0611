// An evidence archive: what it holds, and what a check of it found.
import type { Instant } from '../time.ts';

/** `redacted`: without what looks like a secret. `whole`: byte for byte, secrets included. */
export type Content = 'redacted' | 'whole';

/** Below the archive's own directory. `partial`: why it is not all of it. */
export type ArchivedFile = { name: string; bytes: number; sha256: string; partial?: string | undefined };

/** What could not be saved, and why. */
export type MissingFile = { name: string; why: string };

export type ArchiveProblem = {
  kind:
    | 'changed'
    | 'missing'
    | 'unlisted'
    | 'duplicate'
    | 'unsafe-name'
    | 'no-manifest'
    | 'bad-manifest'
    | 'truncated'
    | 'not-an-archive'
    | 'data-behind'
    | 'other-hash';
  /** The file in the archive; what was read, where it is no archive. */
  what: string;
};

/** What reading an archive from its first byte to its last showed. */
export type ArchiveReport = {
  file: string;
  /** Of the file itself, and its hash. */
  bytes: number;
  sha256: string;
  /** Absent where there is no manifest to tell. */
  manifest?: {
    name: string;
    content: Content;
    environment: string;
    begun: string;
    ended: string;
    complete: boolean;
    /** Files that are not whole. */
    partial: readonly ArchivedFile[];
    missing: readonly MissingFile[];
  };
  files: number;
  /** Of all files together, unpacked. */
  contentBytes: number;
  problems: readonly ArchiveProblem[];
};

/** An archive that was begun and is not done. */
export type Unfinished = {
  name: string;
  content: Content;
  begun: Instant;
  /** Unpacked, and files that are done. */
  bytes: number;
  files: number;
};

/** Where an archive would be written. */
export type ArchivePlace = {
  directory: string;
  /** Of the file system, for this user. */
  freeBytes: number;
  unfinished?: Unfinished | undefined;
};

/** How much there is to save, before anything is read as a whole. */
export type Preservable = {
  pods: number;
  containers: number;
  /** Containers whose instance before the last restart may still have a log. */
  previous: number;
  /** Of all logs, by the rate of lines in a sample and the time of the oldest one. */
  logBytes: number;
  /** Containers whose log was sampled. */
  sampled: number;
  /** Of the journal's files. */
  journalBytes: number;
};
