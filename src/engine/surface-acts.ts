// Tells the world which surfaces were disabled, enabled or tested, as the journal grows.
import type { Settings } from '../config/settings.ts';
import type { ReadonlyList } from '../core/growing.ts';
import type { Entry } from '../core/incident/event.ts';
import { surfaceRecord } from '../core/incident/surface-record.ts';
import type { Journal } from '../data/journal/journal.ts';
import { Recorder } from './incident/recorder.ts';
import type { CreateModule } from './module.ts';

/** Follows the journal of one environment. It writes nothing. */
export const surfaceActsModule =
  (recorder: { readonly counting: ReadonlyList<Entry>; journal: Pick<Journal, 'onNews'> }): CreateModule =>
  ({ scope, learn }) => {
    const recordOf = surfaceRecord(scope);
    let told = '[]';
    const look = () => {
      const acts = recordOf(recorder.counting);
      const text = JSON.stringify(acts);
      if (text === told) return;
      told = text;
      learn(acts);
    };
    look();
    const stop = recorder.journal.onNews(look);
    return {
      async stop() {
        stop();
      },
    };
  };

/** The same with a journal of its own, for a command without a cockpit. */
export function watchedSurfaceActs(settings: Settings): CreateModule {
  const recorder = new Recorder({ ...settings, environment: { ...settings.environment, observe: true } });
  return (context) => {
    const module = surfaceActsModule(recorder)(context);
    return {
      async stop() {
        await module.stop?.();
        await recorder.journal.close();
      },
    };
  };
}
