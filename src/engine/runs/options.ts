// What a runner needs of whoever drives it: the screen's engine, `run`, a test.
import type { Settings } from '../../config/settings.ts';
import type { LoggedCommand } from '../../core/actions/command-log.ts';
import type { ActionContext, OpenIncident } from '../../core/actions/preflight.ts';
import type { Run } from '../../core/actions/run.ts';
import type { KeptFiles } from '../../data/journal/kept-rows.ts';
import type { RunLocks } from '../../data/journal/run-locks.ts';
import type { RunNews } from '../incident/recorder.ts';

export type RunnerOptions = {
  settings: Settings;
  context: ActionContext;
  by: string;
  locks: RunLocks;
  kept: KeptFiles;
  /** Aborts when the engine ends. */
  signal: AbortSignal;
  /** Where the outcome is not known, the facts are asked until they tell; else for as long as the action says. */
  patient: boolean;
  /** The incident that is open. */
  incident(): OpenIncident | undefined;
  /** Why nothing may be changed now: read-only, observing, another cockpit drives. */
  forbids(): string | undefined;
  /** Written and flushed when it resolves; false: it could not be, and nobody allowed to go on without. */
  record(news: RunNews): Promise<boolean>;
  changed(run: Run): void;
  logged(command: LoggedCommand): void;
  /** Something was changed: look at the facts now. */
  acted(): void;
};
