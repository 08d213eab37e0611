// A runner without the engine's thread and without a screen: a journal of its own, and the same lifecycle.
import type { Settings } from '../../config/settings.ts';
import type { Run } from '../../core/actions/run.ts';
import { Recorder } from '../../engine/incident/recorder.ts';
import { Runner, type RunnerOptions } from '../../engine/runs/runner.ts';

export type OneShot = {
  runner: Runner;
  recorder: Recorder;
  /** Stops what runs, and closes the journal; once, however often it is called. */
  close(): Promise<void>;
};

export type OneShotOptions = Pick<RunnerOptions, 'patient' | 'changed' | 'logged' | 'world'> & {
  /** Why nothing may be changed now. */
  forbids(recorder: Recorder, run: Pick<Run, 'onlyReads'>): string | undefined;
};

/** Resolves when the journal has been read. */
export async function oneShotRunner(settings: Settings, options: OneShotOptions): Promise<OneShot> {
  const over = new AbortController();
  const recorder = new Recorder(settings);
  await recorder.ready;
  recorder.shared?.start({ carries: false });
  const runner = new Runner({
    ...options,
    settings,
    recorder,
    signal: over.signal,
    forbids: (run) => options.forbids(recorder, run),
    asPerson: true,
  });
  let closed: Promise<void> | undefined;
  return {
    runner,
    recorder,
    close() {
      over.abort();
      closed ??= recorder.journal.close().then(() => recorder.shared?.stop());
      return closed;
    },
  };
}
