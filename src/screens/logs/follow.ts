// Sends the engine the request of the log screen.
import type { Command } from '../../engine/protocol.ts';
import type { CockpitStore, State } from '../../store.ts';
import { wantedLogs } from './view.ts';

/** Sends the wanted view whenever it changes; returns how to stop. */
export function followLogs(store: CockpitStore, send: (command: Command) => void): () => void {
  let asked = '';
  let stack: State['ui']['stack'] | undefined;
  const follow = (state: State) => {
    if (state.ui.stack === stack) return;
    stack = state.ui.stack;
    const view = wantedLogs(state);
    const now = view ? JSON.stringify(view) : '';
    if (now === asked) return;
    asked = now;
    send(view ? { kind: 'logs', view } : { kind: 'logs' });
  };
  follow(store.getState());
  return store.subscribe(follow);
}
