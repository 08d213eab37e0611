import type { Command } from 'commander';
import type { Action } from '../../core/actions/action.ts';

/** What the flags of `run` gave, beside the targets' own. */
export type RunFlags = {
  list?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
  arm?: string;
  reason?: string;
  target?: string;
} & Readonly<Record<string, unknown>>;

/** Carries out what a command line asks for, and gives the exit code. `command`: the one that was named. */
export type CarryOut = (command: Command, action: Action | undefined, flags: RunFlags) => Promise<number>;
