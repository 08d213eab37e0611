// What all that is saved shares: the archive, how much of it is allowed, and when it has to end.
import type { Content } from '../../core/preserve/archive.ts';
import type { Ms } from '../../core/time.ts';
import type { PartialArchive } from './partial-archive.ts';

/** Between two reports of the progress. */
const reportEvery: Ms = 1000;

export class Collecting {
  readonly archive: PartialArchive;
  readonly content: Content;
  /** A person wants it stopped: what is there is kept for the next run. */
  readonly stopped: AbortSignal;
  /** Stopped, or the time is up: then the archive ends with what is there. */
  readonly over: AbortSignal;
  readonly #mostBytes: number;
  readonly #report: (bytes: number) => void;
  #bytes: number;
  #reportedAt = 0;

  constructor(
    archive: PartialArchive,
    limits: { mostBytes: number; within: Ms },
    { stopped, report }: { stopped: AbortSignal; report(bytes: number): void },
  ) {
    this.archive = archive;
    this.content = archive.begun.content;
    this.stopped = stopped;
    this.over = AbortSignal.any([stopped, AbortSignal.timeout(limits.within)]);
    this.#mostBytes = limits.mostBytes;
    this.#report = report;
    this.#bytes = archive.bytes;
  }

  /** Whether so many bytes more may be saved; counts them. */
  takes(bytes: number): boolean {
    if (this.#bytes + bytes > this.#mostBytes) return false;
    this.#bytes += bytes;
    const now = performance.now();
    if (now - this.#reportedAt >= reportEvery) {
      this.#reportedAt = now;
      this.#report(this.#bytes);
    }
    return true;
  }

  /** Why no more is read, for the manifest; undefined while it goes on. */
  get ending(): string | undefined {
    if (this.stopped.aborted) return 'stopped';
    return this.over.aborted ? 'the time limit was reached' : undefined;
  }
}

export const fullReason = 'the size limit was reached';
