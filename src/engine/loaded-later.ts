// A source whose code is loaded while the others ask already.
import { sanitize } from '../core/text/text.ts';
import type { FactId } from '../core/world/facts.ts';
import type { Running, Source, SourceUpdate } from '../data/source.ts';

/** Loads a source when it is started. What cannot be loaded is told as a fault of each of its facts. */
export function loadedLater(id: string, facts: readonly FactId[], load: () => Promise<Source>): Source {
  return {
    id,
    facts,
    start(tell, signal) {
      let running: Running | undefined;
      const ended = load().then(
        async (source) => {
          if (signal.aborted) return;
          running = source.start(tell, signal);
          await running.ended;
        },
        (error: unknown) => {
          const what = sanitize(error instanceof Error ? error.message : error, 200);
          const fault = {
            kind: 'malformed',
            where: id,
            what,
            hint: 'its code cannot be loaded: install again',
          } as const;
          // The union pairs each fact with its value; a fault is the same for all.
          for (const fact of facts) tell({ fact, at: Date.now(), fault } as SourceUpdate);
        },
      );
      return { refresh: () => running?.refresh(), ended };
    },
  };
}
