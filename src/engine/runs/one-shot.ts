// A runner without the engine's thread and without a screen: journal, locks and lifecycle, as `run` needs them.
import type { Settings } from '../../config/settings.ts';
import { keptFiles } from '../../data/journal/kept-rows.ts';
import { RunLocks } from '../../data/journal/run-locks.ts';
import { actionContextOf } from '../action-context.ts';
import { openIncident, Recorder, recordRun } from '../incident/recorder.ts';
import type { RunnerOptions } from './options.ts';
import { Runner } from './runner.ts';

export type OneShot = {
  runner: Runner;
  recorder: Recorder;
  locks: RunLocks;
  /** Stops what runs, and closes the journal; once, however often it is called. */
  close(): Promise<void>;
};

export type OneShotOptions = Pick<RunnerOptions, 'patient' | 'changed' | 'logged'> & {
  /** Why nothing may be changed now. */
  forbids(recorder: Recorder): string | undefined;
};

/** Resolves when the journal has been read. */
export async function oneShotRunner(settings: Settings, options: OneShotOptions): Promise<OneShot> {
  const over = new AbortController();
  const recorder = new Recorder(settings);
  await recorder.ready;
  const journal = settings.journal.directory ?? '';
  const locks = new RunLocks(journal);
  const runner = new Runner({
    ...options,
    settings,
    context: actionContextOf(settings),
    by: recorder.journal.writer.name,
    locks,
    kept: keptFiles(journal),
    signal: over.signal,
    incident: () => openIncident(recorder, Date.now()),
    forbids: () => options.forbids(recorder),
    record: async (news) => (await recordRun(recorder, news)).ok,
    acted: () => undefined,
  });
  let closed: Promise<void> | undefined;
  return {
    runner,
    recorder,
    locks,
    close() {
      over.abort();
      closed ??= recorder.journal.close();
      return closed;
    },
  };
}
