// What became of a call. Nothing here is ever tried again: a second attempt could do it twice.
import type { Settings } from '../config/settings.ts';
import type { ActionContext, KeptRows } from '../core/actions/preflight.ts';
import type { Progress } from '../core/actions/progress.ts';
import { type Ms, second } from '../core/time.ts';
import type { Fault } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';

/** How long somebody who stops a run waits for the answer to what was sent already. Without it the outcome is unknown. */
export const answerWithin: Ms = 5 * second;

export type CallResult =
  /** `recorded`: what the journal keeps of it: exit code and the end of its output. */
  | { outcome: 'done'; says: string; recorded?: string }
  /** Proven: it was not done, or the platform said that it went wrong. */
  | { outcome: 'failed'; says: string; hint: string }
  /** Outcome unknown: the answer was lost, or did not come in time. */
  | { outcome: 'unknown'; says: string; hint: string }
  /** What the plan rests on was not there any more; nothing was changed. */
  | { outcome: 'moved'; says: string }
  /** Stopped by a person before anything was changed. */
  | { outcome: 'cancelled'; says: string };

export type ExecutionContext = {
  settings: Settings;
  context: ActionContext;
  /** Aborts when a person wants it stopped. */
  signal: AbortSignal;
  /** What the call says while it runs; already through the door. */
  tell(lines: readonly string[]): void;
  /** How far it is, while it runs; each word replaces the one before. */
  progress?(says: string | undefined, counted?: Progress): void;
  /** Keeps rows as they were, on disk, before they are changed. */
  keep(kept: KeptRows): Promise<void>;
  /** What the cockpit knows of the platform now. Absent: nothing polls. */
  world?: (() => Promise<World>) | undefined;
};

/** A change whose answer is a fault: only a server that was never reached has certainly done nothing. */
export function failedCall(fault: Fault): CallResult {
  const says = `${fault.where}: ${fault.what}`;
  if (fault.kind === 'timeout' || fault.kind === 'unreachable')
    return { outcome: 'unknown', says, hint: 'check whether it was done before you retry' };
  return { outcome: 'failed', says, hint: fault.hint };
}
