// What is drawn past Ink (TerminalRows) and through Ink alone: the same cells, whatever happens and in whatever order.
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { type Instance, render } from 'ink';
import { createElement } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { App, type Ports, type Release } from '../../src/app.tsx';
import { TerminalRows } from '../../src/commands/cockpit/terminal-rows.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { createCockpitStore, placeAt, type State, take } from '../../src/store.ts';
import { EmulatedOutput } from '../support/emulated-output.ts';
import { eventually } from '../support/eventually.ts';
import { calm, live, outage, pod, pressing, stateOf } from '../support/worlds.ts';

class Keyboard extends EventEmitter {
  readonly isTTY = true;
  setRawMode() {}
  setEncoding() {}
  ref() {}
  unref() {}
  read() {
    return null;
  }
}

type Size = { columns: number; rows: number };
const open: Instance[] = [];
afterEach(() => {
  for (const ink of open.splice(0)) ink.unmount();
});

/** A screen as run.ts opens it, on an emulated terminal; `pastInk`: with what draws past Ink, as the cockpit has. */
async function shown(state: State, size: Size, pastInk: boolean) {
  const output = new EmulatedOutput(size.columns, size.rows);
  const drawn = pastInk ? new TerminalRows(output.stream) : undefined;
  const store = createCockpitStore(state);
  let release: Release = (away) => away();
  const ports: Ports = {
    ...(drawn && { rows: drawn }),
    send: vi.fn(),
    copy: async () => '',
    redraw() {
      ink.clear();
      output.write('\u001b[H\u001b[2J');
      store.setState((same) => ({ ...same }), true);
    },
    suspend: vi.fn(),
    signIn: vi.fn(),
    edit: async (text) => text,
    lend(by) {
      release = by;
    },
    mouse: vi.fn(),
    quit: vi.fn(),
    now: () => 0,
    colours: 256,
  };
  const ink = render(createElement(App, { store, ports }), {
    stdout: drawn?.stdout ?? output.stream,
    stdin: new Keyboard() as unknown as NodeJS.ReadStream,
    alternateScreen: true,
    incrementalRendering: !pastInk,
    maxFps: 120,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    onRender: () => drawn?.rendered(),
  });
  open.push(ink);
  const settle = async () => {
    // A resize draws anew from an effect.
    for (let turn = 0; turn < 3; turn += 1) await ink.waitUntilRenderFlush();
  };
  await settle();
  const change = (next: (before: State) => State) => store.setState(next(store.getState()), true);
  const act = async (step: Step) => {
    if ('pass' in step) change((before) => take(before, { now: before.world.now + step.pass }));
    if ('reads' in step) change((before) => take(before, { readings: { ...step.reads.readings } }));
    if ('press' in step) change((before) => pressing(before, output, step.press));
    if ('resize' in step) output.resize(step.resize.columns, step.resize.rows);
    if ('redraw' in step) ports.redraw();
    if ('lend' in step)
      await release(async () => {
        output.write('$ another program\r\n');
        change((before) => take(before, { now: before.world.now + step.lend }));
      });
    await settle();
  };
  return { output, act, store };
}

type Step =
  | { pass: number }
  | { reads: typeof calm }
  | { press: string }
  | { resize: Size }
  | { redraw: true }
  | { lend: number };

const sizes = fc.constantFrom<Size>(
  { columns: 80, rows: 24 },
  { columns: 130, rows: 40 },
  { columns: 200, rows: 50 },
  { columns: 80, rows: 12 },
  { columns: 30, rows: 5 },
);
const keys = fc.constantFrom('j', 'k', '2', '3', 'z', 'enter', 'esc', ':', 'p', 'o', '/', 'i', 'l', '?', 'tab', 'h');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ pass: fc.constantFrom(0, 1000, 2000, 9000, 61_000) }) },
  { weight: 2, arbitrary: fc.record({ reads: fc.constantFrom(calm, outage) }) },
  { weight: 4, arbitrary: fc.record({ press: keys }) },
  { weight: 1, arbitrary: fc.record({ resize: sizes }) },
  { weight: 1, arbitrary: fc.constant({ redraw: true as const }) },
  { weight: 1, arbitrary: fc.record({ lend: fc.constantFrom(0, 5000) }) },
);

test('any order of seconds, readings, keys, sizes and other programs shows the same cells', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(step, { minLength: 1, maxLength: 12 }), async (size, steps) => {
      const [past, through] = [await shown(stateOf(calm), size, true), await shown(stateOf(calm), size, false)];
      for (const each of steps) {
        await past.act(each);
        await through.act(each);
        expect(await past.output.cells()).toEqual(await through.output.cells());
      }
      for (const ink of open.splice(0)) ink.unmount();
    }),
    { numRuns: 15 },
  );
});

test('a second that passes draws nothing through Ink, and is a few bytes', async () => {
  const { output, act } = await shown(stateOf(calm), { columns: 80, rows: 24 }, true);
  // Ink's own Output, which the bundle does without, writes the same styles in other words.
  await act({ pass: 1000 });
  output.writes.length = 0;
  await act({ pass: 1000 });
  expect(output.writes).toHaveLength(1);
  expect(output.writes[0]?.length).toBeLessThan(60);
  expect((await output.lines())[0]).toContain('03:14:09Z');
});

test('a small table, which Ink draws, stays while seconds pass', async () => {
  const state = stateOf(calm);
  const place = placeAt('severities');
  const on: State = { ...state, ui: { ...state.ui, stack: [...state.ui.stack, place] } };
  const [past, through] = [
    await shown(on, { columns: 80, rows: 24 }, true),
    await shown(on, { columns: 80, rows: 24 }, false),
  ];
  for (const { act } of [past, through]) await act({ pass: 1000 });
  expect((await past.output.lines()).join('\n')).toContain('│');
  expect(await past.output.cells()).toEqual(await through.output.cells());
});

test('the detail beside a list is asked for when readings alone bring another row', async () => {
  const size = { columns: 130, rows: 40 };
  const { act, store } = await shown(pressing(stateOf(calm), size, '2', 'z'), size, true);
  const beside = () => frame(store.getState(), size).beside?.of;
  const before = beside();
  expect(before).toBeDefined();
  await eventually(() => expect(store.getState().ui.beside?.of).toEqual(before));
  await act({ pass: 1000 });
  const { pods } = calm.readings;
  if (pods.state !== 'live') throw new Error('no pods');
  const others = pods.value.filter(({ uid }) => uid !== before?.pod);
  await act({ reads: { ...calm, readings: { ...calm.readings, pods: { ...pods, value: others } } } });
  expect(beside()).not.toEqual(before);
  await eventually(() => expect(store.getState().ui.beside?.of).toEqual(beside()));
});

test('a row that comes under the marker counts as seen once it has stood there', async () => {
  const state = stateOf(calm);
  const pods = { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt('pods', {})] as const } };
  const { store } = await shown(pods, { columns: 80, rows: 24 }, true);
  const seen = () => store.getState().ui.stack.at(-1)?.seen;
  await eventually(() => expect(seen()).toBeDefined());
  const other = { pods: live([pod('executor', 'other')]) };
  store.setState(take(store.getState(), { readings: other }), true);
  await eventually(() => expect(seen()).toBe('pod/executor-other'));
});
