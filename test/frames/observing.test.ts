// Who only observes: whatever key is pressed wherever, nothing is asked of the engine that changes anything, and what
// does not work says so before it is pressed.
import { describe, expect, test } from 'vitest';
import { bindingsOf } from '../../src/keymap.ts';
import { entries, screens } from '../../src/screens/index.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, type Intent, type State } from '../../src/store.ts';
import { alert, showing } from '../support/every-screen.ts';
import { contextOf } from '../support/story.ts';
import { pressing } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const incidentContext = contextOf('ops2', { observing: true, alerts: [alert] });
const observer = (screen: string, more: Partial<State> = {}): State =>
  showing(screen, {
    incidentContext,
    runs: {},
    arming: { state: 'locked', why: 'this cockpit only observes' },
    ...more,
  });

/** Questions that only change what is looked at. */
const looking = ['Highlight', 'Show lines since', 'Describe an object', 'YAML of an object'];

function changes(intent: Intent): boolean {
  if (intent.kind === 'send') return !['refresh', 'subscribe', 'unsubscribe', 'logs'].includes(intent.command.kind);
  if (intent.kind === 'form') return !looking.includes(intent.form.title);
  return intent.kind === 'confirm';
}

describe.each(screens.map(({ id }) => [id] as const))('on %s', (id) => {
  test.each([
    ['an incident', {}],
    ['no incident', { incident: undefined }],
  ] as const)('with %s', (_, more) => {
    const { incident, ...without } = observer(id);
    const start: State = 'incident' in more ? without : { ...without, ...(incident ? { incident } : {}) };
    const { list, screen } = frame(start, size);
    for (let down = 0; down < Math.max(1, Math.min(8, list.rows.length)); down += 1) {
      const state = pressing(start, size, ...Array.from({ length: down }, () => 'j'));
      for (const key of bindingsOf(screen, { state, place: here(state) }).flatMap((b) => b.keys)) {
        const led = dispatchKey(state, frame(state, size), key);
        expect(led.filter(changes), `${key} on ${id}, row ${down}`).toEqual([]);
      }
    }
  });
});

test('the palette offers nothing that is refused', () => {
  const offered = entries.flatMap(({ of }) => of(observer('cockpit'))).filter((e) => e.unless === undefined);
  expect(offered.filter((e) => e.run.some(changes)).map((e) => e.title)).toEqual([]);
});

test('the timeline says why p does nothing', () => {
  const state = observer('timeline');
  const pin = bindingsOf(frame(state, size).screen).find((b) => b.id === 'pin');
  const row = frame(state, size).row;
  expect(pin?.unless?.({ state, place: here(state), ...(row ? { row } : {}) })).toBe('this cockpit only observes');
});
