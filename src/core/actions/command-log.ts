import type { Instant, Ms } from '../time.ts';

/** One thing that was run, reads too: the command log. */
export type LoggedCommand = {
  at: Instant;
  run: string;
  kind: 'look' | 'change';
  says: string;
  took: Ms;
  ok: boolean;
  /** What went wrong, or what it answered. */
  what?: string;
};

export const keptCommands = 500;
