// What terminals send by themselves, and what nobody meant as a key, leads to nothing.
import { render } from 'ink-testing-library';
import { afterEach, expect, test } from 'vitest';
import { App } from '../../src/app.tsx';
import { createCockpitStore } from '../../src/store.ts';
import { eventually } from '../support/eventually.ts';
import { rememberingPorts } from '../support/show-app.tsx';
import { outage, stateOf } from '../support/worlds.ts';

const ports = () => rememberingPorts(() => performance.now());
let screen: ReturnType<typeof render>;
afterEach(() => screen.unmount());

const sequences: readonly (readonly [string, string])[] = [
  ['focus in', '\u001b[I'],
  ['focus out', '\u001b[O'],
  ['mouse wheel (SGR)', '\u001b[<64;10;10M'],
  ['mouse wheel (X10)', '\u001b[M`**'],
  ['mouse wheel (urxvt)', '\u001b[96;10;10M'],
  ['kitty keyboard answer', '\u001b[?1u'],
  ['kitty key ctrl-c released', '\u001b[99;5:3u'],
  ['device attributes', '\u001b[?62;22;52c'],
  ['secondary device attributes', '\u001b[>41;354;0c'],
  ['cursor position', '\u001b[24;80R'],
  ['window size', '\u001b[8;24;80t'],
  ['mode report', '\u001b[?2026;2$y'],
  ['F1', '\u001bOP'],
  ['F5', '\u001b[15~'],
  ['shift-F5', '\u001b[15;2~'],
  ['insert', '\u001b[2~'],
  ['modifyOtherKeys ctrl-q', '\u001b[27;5;113~'],
  ['nul', '\u0000'],
];

test.each(sequences)('%s, whole and in pieces', async (_, bytes) => {
  const store = createCockpitStore(stateOf(outage));
  const given = ports();
  screen = render(<App store={store} ports={given} />);
  await eventually(() => expect(screen.lastFrame()).toContain('1 HEALTH'));
  const before = store.getState().ui;
  for (const piece of [bytes, ...bytes]) screen.stdin.write(piece);
  // What came before this key has been taken when it has been.
  screen.stdin.write('3');
  await eventually(() => expect(screen.lastFrame()).toContain('▸3 METRICS'));
  const [{ pane: _pane, ...place }] = store.getState().ui.stack;
  const [{ pane: _before, ...placeBefore }] = before.stack;
  expect(place).toEqual({ ...placeBefore, kept: {} });
  expect({ ...store.getState().ui, stack: [] }).toEqual({ ...before, stack: [] });
  for (const port of [given.quit, given.send, given.copy, given.suspend]) expect(port).not.toHaveBeenCalled();
});
