// Own commands on the screen: their keys where they are offered, with what the marked row tells, and no key of ours.
import { describe, expect, test } from 'vitest';
import type { OwnCommand } from '../../src/core/actions/own/command.ts';
import { bindingsOf, globalBindings, listBindings } from '../../src/keymap.ts';
import { screens } from '../../src/screens/index.ts';
import { freeKeys, withFreeKeys } from '../../src/screens/own/keys.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { placeAt, type State } from '../../src/store.ts';
import { calm, frameText, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 120, rows: 30 };

const commandOf = (more: Partial<OwnCommand> = {}): OwnCommand => ({
  name: 'drain-pod',
  title: 'Drain a pod',
  where: 'pod',
  command: ['drain', '{{pod}}', '--of={{deployment}}'],
  risk: 'data',
  environment: [],
  within: 1000,
  from: 'commands.yaml:2',
  key: '%',
  ...more,
});

const ownOf = (...commands: readonly OwnCommand[]) => ({ commands, file: 'commands.yaml', problems: [] });

function on(screen: string, ...commands: readonly OwnCommand[]): State {
  const state = stateOf(calm, { own: ownOf(...commands) });
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] } };
}

describe('the key of an own command', () => {
  test('plans it for the marked row, with all that the row tells of its placeholders', () => {
    const state = pressing(on('pods', commandOf()), size, 'j');
    const { row } = frame(state, size);
    const pod = row?.opens?.kind === 'open' ? row.opens.of?.pod : undefined;
    const known =
      calm.readings.pods.state === 'live' ? calm.readings.pods.value.find(({ uid }) => uid === pod) : undefined;
    expect(known).toBeDefined();
    expect(dispatchKey(state, frame(state, size), '%')).toContainEqual({
      kind: 'send',
      command: {
        kind: 'run',
        run: expect.any(String) as string,
        what: { do: 'plan', action: 'own-drain-pod', target: { pod: known?.name, deployment: known?.app } },
      },
    });
    const { overlay } = pressing(state, size, '%').ui;
    expect(overlay.kind === 'confirm' && overlay.ask.accept).toMatchObject({ by: 'type', texts: [known?.name] });
  });

  test('stands in the footer and in the help, and in the list of actions first among those that fit', () => {
    const state = on('pods', commandOf());
    expect(frameText(state, size)).toContain('% drain-pod');
    expect(frameText(pressing(state, size, '?'), size)).toContain('Drain a pod');
    expect(frameText(pressing(state, size, 'a'), size)).toMatch(/Drain a pod +changes data +own command: drain/);
    expect(frameText(pressing(state, size, ':', ...'drain'), size)).toContain('drain a pod');
  });

  test('says why it does nothing where no row is marked', () => {
    const none = on('sessions', commandOf({ where: 'session', command: ['end', '{{pid}}'], name: 'end' }));
    expect(dispatchKey(none, frame(none, size), '%')).toEqual([
      { kind: 'notice', says: 'end: no pid is selected', verdict: 'unknown' },
    ]);
  });

  test('means nothing on the screens of other things', () => {
    const state = on('surfaces', commandOf());
    expect(dispatchKey(state, frame(state, size), '%')).toEqual([]);
    expect(frameText(state, size)).not.toContain('drain-pod');
  });

  test('without values from the row asks for them in a form', () => {
    const state = on('pods', commandOf({ where: 'surface', command: ['x', '{{surface}}'] }));
    const asked = pressing(state, size, ':', ...'drain a pod', 'enter');
    expect(asked.ui.overlay.kind).toBe('form');
    expect(frameText(asked, size)).toContain('which surface?');
    expect(frameText(pressing(asked, size, ...'-rf'), size)).toContain('cannot be -rf');
  });
});

describe('a key', () => {
  const general = [...listBindings, ...globalBindings].flatMap(({ keys }) =>
    keys.filter((key) => /^([!-~]|ctrl-[a-z])$/.test(key)),
  );

  test.each(general.map((key) => [key]))('of ours is refused on every screen, with free ones: %s', (key) => {
    for (const where of ['pod', 'session', 'everywhere'] as const) {
      const own = withFreeKeys(ownOf(commandOf({ key, where, command: ['x'] })));
      expect(own.commands).toEqual([]);
      expect(own.problems.join()).toMatch(/^commands\.yaml:2: drain-pod\.key = .+; free: \S/);
    }
  });

  test('of a screen is refused only where the command is offered', () => {
    const sort = commandOf({ key: 's' });
    expect(withFreeKeys(ownOf(sort)).problems.join()).toContain('is "sort" on the screen pods');
    const free = freeKeys(commandOf());
    expect(free.length).toBeGreaterThan(10);
    for (const key of free) expect(withFreeKeys(ownOf(commandOf({ key }))).problems).toEqual([]);
    for (const { keys } of screens.filter(({ id }) => id === 'pods').flatMap((screen) => bindingsOf(screen)))
      for (const key of keys) expect(free).not.toContain(key);
  });

  test('of two own commands is refused where both are offered', () => {
    const [a, b] = [commandOf(), commandOf({ name: 'other' })];
    expect(withFreeKeys(ownOf(a, b)).problems).toEqual([expect.stringContaining('is the key of drain-pod, too')]);
    const apart = commandOf({ name: 'other', where: 'evidence', command: ['x', '{{key}}'] });
    expect(withFreeKeys(ownOf(a, apart)).problems).toEqual([]);
    const all = commandOf({ name: 'other', where: 'everywhere', command: ['x'] });
    expect(withFreeKeys(ownOf(a, all)).problems).toEqual([expect.stringContaining('is the key of drain-pod, too')]);
  });

  test('that a terminal keeps for itself is refused', () => {
    for (const key of ['ctrl-s', 'ctrl-q', 'ctrl-m', 'ctrl-i', 'ctrl-j', 'ctrl-h'])
      expect(withFreeKeys(ownOf(commandOf({ key }))).problems.join()).toContain('a terminal uses it');
  });
});

test('errors in commands.yaml stand in the palette', () => {
  const state = stateOf(calm, { own: { commands: [], file: 'commands.yaml', problems: ['commands.yaml:3: x: y'] } });
  const open = pressing(state, size, ':', ...'own commands', 'enter');
  expect(frameText(open, size)).toContain('commands.yaml:3: x: y');
});
