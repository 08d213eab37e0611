// A module whose code is loaded with its first command, as most cockpits never get one.
import { sanitize } from '../core/text/text.ts';
import type { CreateModule, EngineModule } from './module.ts';
import type { Command } from './protocol.ts';

/** Loads a module with the first command of these kinds; it gets all of them, in their order. */
export function moduleLater(kinds: readonly Command['kind'][], load: () => Promise<CreateModule>): CreateModule {
  return (context) => {
    let made: Promise<EngineModule | undefined> | undefined;
    const make = async () => {
      try {
        return (await load())(context);
      } catch (error) {
        // The next command tries again.
        made = undefined;
        const why = sanitize(error instanceof Error ? error.message : error, 200);
        context.emit({ said: { says: `cannot be loaded: ${why}; install again`, verdict: 'warning' } });
        return undefined;
      }
    };
    return {
      handle(command) {
        if (!kinds.includes(command.kind)) return;
        made ??= make();
        void made.then((module) => module?.handle?.(command));
      },
      async stop() {
        await (await made)?.stop?.();
      },
    };
  };
}
