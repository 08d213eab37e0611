// No effect by chance: enter, a digit, or enter in the palette lead somewhere on every screen, and ask the engine for
// nothing that changes anything. Only a suggested severity is opened by enter alone.
import { expect, test } from 'vitest';
import type { Command } from '../../src/engine/protocol.ts';
import { screens } from '../../src/screens/index.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import type { Intent, State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { pressing } from '../support/worlds.ts';

const size = { columns: 100, rows: 30 };
const looks = ['refresh', 'subscribe', 'unsubscribe', 'logs'];
/** A plan only reads: the palette's first entry may be the action that the evidence points to. */
const onlyReads = (command: Command) =>
  looks.includes(command.kind) || (command.kind === 'run' && command.what.do === 'plan');
const effects = (intents: readonly Intent[]) =>
  intents.flatMap((one) => (one.kind === 'send' && !onlyReads(one.command) ? [one.command] : []));

function without({ incident: _, ...state }: State): State {
  return state;
}

test.each(screens.flatMap(({ id }) => [[id, 'an incident'] as const, [id, 'no incident'] as const]))(
  'on %s with %s',
  (id, which) => {
    const start = which === 'an incident' ? showing(id, {}) : without(showing(id, {}));
    expect(effects(dispatchKey(start, frame(start, size), 'enter'))).toEqual([]);
    const palette = pressing(start, size, ':');
    expect(effects(dispatchKey(palette, frame(palette, size), 'enter'))).toEqual([]);
    for (const digit of '0123456789') expect(effects(dispatchKey(start, frame(start, size), digit)), digit).toEqual([]);
  },
);
