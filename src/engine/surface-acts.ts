// Tells the world which surfaces were disabled, enabled or tested, as the journal grows.
import type { Settings } from '../config/settings.ts';
import { surfaceActs } from '../core/incident/surface-record.ts';
import type { Journal } from '../data/journal/journal.ts';
import { Recorder } from './incident/recorder.ts';
import type { CreateModule } from './module.ts';

/** Follows the journal of one environment. It writes nothing. */
export const surfaceActsModule =
  (journal: Pick<Journal, 'entries' | 'onNews'>): CreateModule =>
  ({ scope, learn }) => {
    let told = '[]';
    const look = () => {
      const acts = surfaceActs(journal.entries, scope);
      const text = JSON.stringify(acts);
      if (text === told) return;
      told = text;
      learn(acts);
    };
    look();
    const stop = journal.onNews(look);
    return {
      async stop() {
        stop();
      },
    };
  };

/** The same with a journal of its own, for a command without a cockpit. */
export function watchedSurfaceActs(settings: Settings): CreateModule {
  const { journal } = new Recorder({ ...settings, environment: { ...settings.environment, observe: true } });
  return (context) => {
    const module = surfaceActsModule(journal)(context);
    return {
      async stop() {
        await module.stop?.();
        await journal.close();
      },
    };
  };
}
