import type { Instant, Ms } from '../time.ts';

/** One entry of the command log; reads are logged, too. */
export type LoggedCommand = {
  at: Instant;
  run: string;
  kind: 'look' | 'change';
  says: string;
  took: Ms;
  ok: boolean;
  /** The error or the answer. */
  what?: string;
};

export const keptCommands = 500;
