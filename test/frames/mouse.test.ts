// What a click means where it points. It selects, opens and presses keys of the footer; it never confirms.
import { expect, test } from 'vitest';
import type { MouseReport } from '../../src/core/text/mouse.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { mouseIntents, pressedOn } from '../../src/screens/shell/mouse.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { here, type Intent, type State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { pressing } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

function apply(state: State, intents: readonly Intent[]): State {
  return intents.reduce((now, intent) => reduce(now, intent, frame(now, size).list), state);
}

/** Where a text stands on the screen. */
function cellOf(state: State, text: string): { column: number; row: number } {
  const lines = frame(state, size).lines.map(textOf);
  const row = lines.findIndex((each) => each.includes(text));
  expect([text, row >= 0]).toEqual([text, true]);
  return { column: lines[row]?.indexOf(text) ?? 0, row };
}

function clicked(state: State, text: string): { state: State; intents: readonly Intent[] } {
  const cell = cellOf(state, text);
  const down: MouseReport = { kind: 'press', ...cell };
  const pressed = apply(state, mouseIntents(state, frame(state, size), down, undefined));
  const intents = mouseIntents(
    pressed,
    frame(pressed, size),
    { kind: 'release', ...cell },
    pressedOn(frame(state, size), down),
  );
  return { state: apply(pressed, intents), intents };
}

const turned = (state: State, kind: 'wheel-up' | 'wheel-down', text: string) =>
  apply(state, mouseIntents(state, frame(state, size), { kind, ...cellOf(state, text) }, undefined));

test('a click on a row of a pane focuses the pane and selects the row; another opens it', () => {
  const selected = clicked(showing('cockpit'), 'CrashLoopBackOff').state;
  expect(here(selected).pane).toBe('pods');
  expect(frame(selected, size).row?.text).toContain('8qk5p');
  const opened = clicked(selected, 'CrashLoopBackOff').state;
  expect(here(opened).screen).toBe('pod');
});

test('a click on the title of a pane focuses it, and on nothing does nothing', () => {
  expect(here(clicked(showing('cockpit'), 'SURFACES').state).pane).toBe('surfaces');
  const state = showing('pods');
  expect(clicked(state, 'PRODUCTION').intents).toEqual([]);
});

test('a click on a key of the footer presses it', () => {
  expect(clicked(showing('pods'), 'help').state.ui.overlay.kind).toBe('help');
  expect(here(clicked(showing('pods'), 'back').state).screen).toBe('cockpit');
});

test('the wheel moves three rows, in the pane below it', () => {
  const moved = turned(showing('cockpit'), 'wheel-down', 'SURFACES');
  expect(here(moved).pane).toBe('surfaces');
  expect(here(moved).at).toBe(2);
  expect(here(turned(moved, 'wheel-up', 'SURFACES')).at).toBe(0);
});

test('in the palette a click chooses, and another runs what is chosen; the help scrolls', () => {
  const open = pressing(showing('cockpit'), size, ':', 'p', 'o', 'd', 's');
  const title = (state: State) => (state.ui.overlay.kind === 'palette' ? state.ui.overlay.at : undefined);
  const second =
    frame(open, size)
      .lines.map(textOf)
      .findIndex((each) => each.includes('▌')) + 1;
  const cell = { column: 4, row: second };
  const click = (state: State) =>
    apply(
      state,
      mouseIntents(
        state,
        frame(state, size),
        { kind: 'release', ...cell },
        pressedOn(frame(state, size), { kind: 'press', ...cell }),
      ),
    );
  expect(title(click(open))).toBe(1);
  expect(click(click(open)).ui.overlay.kind).not.toBe('palette');
  const help = pressing(showing('incident'), size, '?');
  expect(turned(help, 'wheel-down', 'keys').ui.overlay).toMatchObject({ kind: 'help', top: 1 });
});

test('no click confirms, submits or switches, wherever it lands', () => {
  const ask = {
    title: 'Restart?',
    lines: () => [],
    accept: { by: 'key', word: 'restart' } as const,
    accepted: () => [],
  };
  const asked = apply(showing('pods'), [{ kind: 'confirm', ask }]);
  const seen = frame(asked, size);
  for (let row = 0; row < size.rows; row += 1)
    for (let column = 0; column < size.columns; column += 1) {
      const cell = { column, row };
      const down = pressedOn(seen, { kind: 'press', ...cell });
      expect(mouseIntents(asked, seen, { kind: 'release', ...cell }, down)).toEqual([]);
    }
});

test('a drag selects nothing, and says how text is selected', () => {
  const state = showing('pods');
  const down: MouseReport = { kind: 'press', column: 3, row: 8 };
  const intents = mouseIntents(
    state,
    frame(state, size),
    { kind: 'release', column: 40, row: 8 },
    pressedOn(frame(state, size), down),
  );
  expect(intents).toEqual([expect.objectContaining({ kind: 'notice', says: expect.stringContaining('shift-drag') })]);
});
