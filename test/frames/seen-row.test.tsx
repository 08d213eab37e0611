// A key is meant for the row that was seen under the marker: what the world brings meanwhile does not get it.
import { afterEach, describe, expect, test } from 'vitest';
import { keptCommands, type LoggedCommand } from '../../src/core/actions/command-log.ts';
import type { Run } from '../../src/core/actions/run.ts';
import { queryKey } from '../../src/core/queries/query.ts';
import { commandLogScreen } from '../../src/screens/actions/commands.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { mouseIntents, pressedOn } from '../../src/screens/shell/mouse.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { placeAt, type State, take } from '../../src/store.ts';
import { eventually } from '../support/eventually.ts';
import { surface as answer, plannedRun } from '../support/every-screen.ts';
import { show } from '../support/show-app.tsx';
import { contextOf } from '../support/story.ts';
import { calm, live, outage, pod, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
let open: ReturnType<typeof show> | undefined;
afterEach(() => {
  open?.unmount();
  open = undefined;
});

const showing = (screen: string, world = calm, of = {}): State => {
  const state = stateOf(world, { incidentContext: contextOf('bryan') });
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of)] } };
};
const marked = (state: State) => frame(state, size).row?.id;
const worse = (state: State): State => take(state, { readings: outage.readings });

describe('in the running cockpit', () => {
  test.each(['act', 'pods'])('%s keeps the marker on its first row', async (screen) => {
    open = show(showing(screen));
    const { store } = open;
    const first = marked(store.getState());
    expect(first).toBeDefined();
    await eventually(() => expect(store.getState().ui.stack.at(-1)?.seen).toBe(first));
    store.setState(worse(store.getState()), true);
    expect(marked(worse(showing(screen)))).not.toBe(first);
    const now = frame(store.getState(), size);
    expect(now.row?.id === first || now.unseen).toBe(true);
  });

  test('what took the place of a row that is gone is meant once it was seen', async () => {
    open = show(showing('pods'));
    const { store } = open;
    await eventually(() => expect(store.getState().ui.stack.at(-1)?.seen).toBeDefined());
    const others = { pods: live([pod('executor', 'other')]) };
    store.setState(take(store.getState(), { readings: others }), true);
    await eventually(() => expect(store.getState().ui.stack.at(-1)?.seen).toBe('pod/executor-other'));
    open.type('y');
    await open.shows('copied: pod executor');
  });
});

const seen = (state: State): State =>
  reduce(state, { kind: 'seen', row: marked(state) ?? '' }, frame(state, size).list);

describe('a row that has just come under the marker', () => {
  const gone = take(seen(showing('pods')), { readings: { pods: live([pod('executor', 'other')]) } });
  const press = (key: string) => dispatchKey(gone, frame(gone, size), key);

  test.each(['enter', 'y', 'l', 'a', 'S', 'd'])('gets no %s', (key) => {
    expect(press(key)).toEqual([
      expect.objectContaining({ kind: 'notice', says: expect.stringContaining('press it again') }),
    ]);
  });

  test.each(['j', 'esc', '/', 's', '?', ':', 'R', '2'])('takes no %s away from the screen', (key) => {
    expect(press(key)).not.toEqual([expect.objectContaining({ kind: 'notice', verdict: 'unknown' })]);
  });

  test('is not what the palette acts on', () => {
    const palette = pressing(gone, size, ':');
    expect(frame(palette, size).row).toBeUndefined();
    expect(frame(pressing(seen(showing('pods')), size, ':'), size).row).toBeDefined();
  });

  test('is meant at once where a key brought it', () => {
    const filtered = pressing(gone, size, '/', 'o', 't', 'h', 'e', 'r', 'enter');
    expect(frame(filtered, size).unseen).toBeUndefined();
    expect(frame(pressing(gone, size, 'j'), size).unseen).toBeUndefined();
  });
});

test('a severity that is suggested while none was marked is not opened by the key that was on its way', () => {
  const none = seen(showing('incident'));
  expect(frame(none, size).list.unmarked).toBeDefined();
  const some = worse(none);
  expect(frame(some, size).row?.id).toBe('SEV1');
  expect(dispatchKey(some, frame(some, size), 'enter')).toEqual([expect.objectContaining({ kind: 'notice' })]);
});

test('a click acts on what was there when the button went down', () => {
  const before = showing('pods');
  const lines = frame(before, size);
  const row = lines.lines.findIndex((spans) => spans.some(({ spot }) => spot?.row === marked(before)));
  const down = pressedOn(lines, { kind: 'press', row, column: 4 });
  const after = worse(before);
  const up = { kind: 'release', row, column: 4 } as const;
  expect(mouseIntents(after, frame(after, size), up, down)).toEqual([expect.objectContaining({ kind: 'notice' })]);
  expect(mouseIntents(before, lines, up, down)).not.toEqual([expect.objectContaining({ kind: 'notice' })]);
});

describe('a click', () => {
  const pods = (...names: string[]) => names.map((name) => pod('executor', name));
  const worst = pod('executor', 'z', { ready: false, reason: 'CrashLoopBackOff' });
  const opened = async (all: ReturnType<typeof pods>, pastInk?: Parameters<typeof show>[1]) => {
    open = show(showing('pods', { ...calm, readings: { ...calm.readings, pods: live(all) } }), pastInk);
    const { store, ports, pass } = open;
    await eventually(() => expect(store.getState().ui.stack.at(-1)?.seen).toBe('pod/executor-a'));
    // The terminal that Ink's own tests have.
    const lines = () => frame(store.getState(), { columns: 100, rows: 24 }).lines;
    const idAt = (row: number) => lines()[row]?.find(({ spot }) => spot?.row)?.spot?.row;
    const rowOf = (id: string) => lines().findIndex((_, row) => idAt(row) === id);
    const report = (kind: 'press' | 'release' | 'wheel-down', row: number) =>
      ports.mouse.mock.lastCall?.[0]({ kind, row, column: 4 });
    const click = (row: number) => {
      report('press', row);
      report('release', row);
    };
    // What is shown was shown for long.
    pass(1000);
    return { ...open, place: () => store.getState().ui.stack.at(-1), idAt, rowOf, report, click };
  };

  test('gets no row that has just come under the pointer, and the next one does', async () => {
    const all = pods('a', 'b');
    const { store, pass, shows, place, rowOf, click } = await opened(all);
    const aimedAt = rowOf('pod/executor-b');
    store.setState(take(store.getState(), { readings: { pods: live([worst, ...all]) } }), true);
    await shows('CrashLoopBackOff');
    expect(rowOf('pod/executor-a')).toBe(aimedAt);
    click(aimedAt);
    await shows('the list has just shifted');
    expect(place()?.screen).toBe('pods');
    pass(1000);
    click(aimedAt);
    expect(place()).toMatchObject({ screen: 'pod', of: { pod: 'executor-a' } });
  });

  test.each(['a key', 'the wheel'])('acts at once on what %s has brought', async (by) => {
    const names = Array.from({ length: 40 }, (_, at) => (at === 0 ? 'a' : `b${at + 10}`));
    const { stdin, place, idAt, rowOf, report, click } = await opened(pods(...names));
    const aimedAt = rowOf('pod/executor-b15');
    if (by === 'a key') stdin.write('G');
    else for (const _ of names) report('wheel-down', aimedAt);
    await eventually(() => expect(rowOf('pod/executor-b15')).toBe(-1));
    const brought = idAt(aimedAt);
    expect(place()?.selected).not.toBe(brought);
    click(aimedAt);
    expect(place()?.selected).toBe(brought);
  });

  test('is not held back by what was drawn past Ink long ago', async () => {
    const all = pods('a', 'b');
    const { store, pass, place, rowOf, click } = await opened(all, { draw: () => true, committed() {} });
    const aimedAt = rowOf('pod/executor-b');
    store.setState(take(store.getState(), { readings: { pods: live([worst, ...all]) } }), true);
    expect(rowOf('pod/executor-a')).toBe(aimedAt);
    pass(1000);
    click(aimedAt);
    expect(place()).toMatchObject({ screen: 'pod', of: { pod: 'executor-a' } });
  });
});

test('an action that has worked leaves the marker on what is suggested next', () => {
  const run = { ...plannedRun, phase: 'done', outcome: 'verified' } as const;
  const before = seen(worse(showing('act')));
  const first = marked(before);
  const ran: State = { ...before, runs: { [run.id]: { ...run, action: first as Run['action'] } } };
  const calmer = take(ran, { readings: calm.readings });
  expect(marked(take(before, { readings: calm.readings }))).toBe(first);
  expect(marked(calmer)).not.toBe(first);
  expect(frame(calmer, size).unseen).toBe(true);
});

test('errors of a surface are told apart by their text, not by their rank', () => {
  const query = { kind: 'surface', surface: 'openai-api' } as const;
  const at = (errors: typeof answer.errors): State => ({
    ...showing('surface', calm, { surface: 'openai-api' }),
    queries: { [queryKey(query)]: live({ ...answer, errors }) },
  });
  const before = seen(at(answer.errors));
  const after = { ...before, queries: at(answer.errors.toReversed()).queries };
  expect(frame(before, size).row?.text).toContain('Rate limited');
  expect(frame(after, size).row?.text).toContain('Rate limited');
});

test('the command log tells its entries apart when old ones are dropped', () => {
  const logged = (at: number): LoggedCommand => ({
    at,
    run: 'r',
    kind: 'look',
    says: `SELECT ${at}`,
    took: 1,
    ok: true,
  });
  const log = Array.from({ length: keptCommands + 1 }, (_, at) => logged(at));
  const idOf = (commands: readonly LoggedCommand[]) =>
    commandLogScreen
      .view?.({ ...stateOf(calm), commands }, placeAt('command-log'), size)
      .rows.find(({ text }) => text.includes('SELECT 300'))?.id;
  expect(idOf(log.slice(0, -1))).toBe(idOf(log.slice(1)));
});
