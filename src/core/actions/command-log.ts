import type { Instant, Ms } from '../time.ts';

/** One entry of the command log; reads are logged, too. */
export type LoggedCommand = {
  at: Instant;
  run: string;
  kind: 'look' | 'change';
  says: string;
  /** Of a change, the whole command: `says` counts long lists, and pasted would be another one. */
  command?: string | undefined;
  took: Ms;
  ok: boolean;
  /** The error or the answer. */
  what?: string;
};

export const keptCommands = 500;
