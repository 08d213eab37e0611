// What every confirmation holds: no accident confirms it, it was read to its end, it looks as dangerous as it is, and
// leaving it says that nothing was done.
import { describe, expect, test } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import type { Action, Plan } from '../../src/core/actions/action.ts';
import { acceptsFor, advance, planLasts, type Run } from '../../src/core/actions/run.ts';
import { confirmAgain } from '../../src/screens/actions/offer.ts';
import { askControl } from '../../src/screens/incident/asking.ts';
import type { Size } from '../../src/screens/screen.ts';
import { dispatchKey, paste } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { mouseIntents, pressedOn } from '../../src/screens/shell/mouse.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { type Intent, type State, take } from '../../src/store.ts';
import { plannedRun, showing } from '../support/every-screen.ts';
import { calm, frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const small = { columns: 60, rows: 15 };
const changing = actions.filter(({ reads }) => !reads);
const plan: Plan = { impact: ['Does it.'], calls: [], undo: 'undo it', answered: [], preconditions: 'a' };

/** The confirmation of an action, its plan known for two seconds. */
function confirming(action: Action, more: Partial<Plan> = {}, at: Size = size): State {
  const run: Run = {
    ...plannedRun,
    action: action.id,
    title: `${action.title}: db-replica`,
    risk: action.risk,
    accepts: acceptsFor(action.risk, 'db-replica', 'production'),
    phase: 'planning',
  };
  const [intent] = confirmAgain(run);
  const before: State = { ...showing('run', { runs: {}, arming: { state: 'open' } }), world: calm };
  const asked = intent ? reduce(before, intent, frame(before, at).list) : before;
  const planned = advance(run, { kind: 'planned', plan: { ...plan, ...more }, calls: run.calls }, calm.now);
  return take(asked, { runs: { [run.id]: planned }, now: calm.now + 2000 });
}

const of = (id: string): Action => {
  const action = actions.find((one) => one.id === id);
  if (!action) throw new Error(`no action ${id}`);
  return action;
};
const press = (state: State, key: string, alone = true, at: Size = size) =>
  dispatchKey(state, frame(state, at), key, alone);
const confirms = (intents: readonly Intent[]) =>
  intents.some((one) => one.kind === 'send' && one.command.kind === 'run' && one.command.what.do === 'confirm');
const nothing: Intent = { kind: 'notice', says: 'cancelled; nothing was done' };

describe.each(changing.map((action) => [action.id, action] as const))('%s', (_, action) => {
  const asked = confirming(action);

  test('is not confirmed by enter, held enter, a burst of keys, or pasted text', () => {
    expect(confirms(press(asked, 'enter'))).toBe(false);
    expect(confirms(press(asked, 'enter', false))).toBe(false);
    expect(confirms(press(asked, 'y', false))).toBe(false);
    expect(confirms(paste(asked, 'y'))).toBe(false);
    expect(confirms(paste(asked, 'db-replica\n'))).toBe(false);
    const { overlay } = asked.ui;
    if (overlay.kind !== 'confirm' || overlay.ask.accept.by === 'key') return;
    const typed = overlay.ask.accept.texts.map((text) => [...text, 'enter']);
    expect(confirms(press(pressing(asked, size, ...typed.flat().slice(0, -1)), 'enter', false))).toBe(false);
    expect(confirms(press(pressing(asked, size, ...typed.flat().slice(0, -1)), 'enter'))).toBe(true);
  });

  test('is not confirmed by a click or the wheel, wherever it points', () => {
    const seen = frame(asked, size);
    for (let row = 0; row < size.rows; row += 1)
      for (let column = 0; column < size.columns; column += 1) {
        const cell = { column, row };
        const click = mouseIntents(
          asked,
          seen,
          { kind: 'release', ...cell },
          pressedOn(seen, { kind: 'press', ...cell }),
        );
        expect(click).toEqual([]);
      }
    for (const kind of ['wheel-up', 'wheel-down'] as const)
      expect(confirms(mouseIntents(asked, seen, { kind, column: 3, row: 20 }, undefined))).toBe(false);
  });

  test('says that nothing was done when it is left', () => {
    for (const key of action.risk === 'reversible' ? ['enter', 'esc', 'n', 'q'] : ['esc', 'ctrl-c'])
      expect(press(asked, key)).toContainEqual(nothing);
  });
});

describe('a plan longer than the screen', () => {
  const lines = Array.from({ length: 40 }, (_, at) => `Detail ${at}.`);

  test.each([size, small])('is not confirmed by y before its end was seen, at $columns×$rows', (at) => {
    let state = confirming(of('restart-deployment'), { impact: lines }, at);
    expect(frameText(state, at)).toMatch(/↓ scroll down: \d+ more lines/);
    expect(confirms(press(state, 'y', true, at))).toBe(false);
    expect(confirms(press(pressing(state, at, 'G'), 'y', true, at))).toBe(false);
    const seen = new Set<string>();
    for (let pages = 0; pages < 40 && frameText(state, at).includes('scroll down'); pages += 1) {
      for (const detail of frameText(state, at).match(/Detail \d+\./g) ?? []) seen.add(detail);
      state = pressing(state, at, 'pagedown');
    }
    for (const detail of frameText(state, at).match(/Detail \d+\./g) ?? []) seen.add(detail);
    expect(seen.size).toBe(lines.length);
    expect(frameText(state, at)).toContain('y restart');
    expect(confirms(press(pressing(state, at, 'g'), 'y', true, at))).toBe(true);
  });

  test('takes no typed text before its end was seen', () => {
    const state = confirming(of('failover-database'), { impact: lines, undo: undefined });
    expect(pressing(state, size, 'd', 'b').ui.overlay).toMatchObject({ text: '' });
    const read = pressing(state, size, ...Array.from({ length: 5 }, () => 'pagedown'));
    expect(frameText(read, size)).toContain('1/2 type db-replica to confirm: █');
    expect(pressing(read, size, 'd', 'b').ui.overlay).toMatchObject({ text: 'db' });
  });

  test('has to be read again when it was planned again', () => {
    const state = confirming(of('restart-deployment'), { impact: lines });
    const read = pressing(state, size, ...Array.from({ length: 5 }, () => 'pagedown'));
    expect(frameText(read, size)).toContain('y restart');
    const [run] = Object.values(read.runs);
    if (!run) throw new Error('no run');
    const again = take(read, { runs: { [run.id]: { ...run, plannedAt: read.world.now } }, now: read.world.now + 2000 });
    expect(frameText(pressing(again, size, 'g'), size)).toContain('scroll down');
  });
});

describe('an irreversible plan', () => {
  const warnings = ['Fence the old primary first.', 'Point the applications at the new primary.'];
  const state = confirming(of('failover-database'), {
    impact: ['db-replica becomes the primary.', ...Array.from({ length: 20 }, (_, at) => `Detail ${at}.`)],
    warnings,
    undo: undefined,
    instead: 'the old primary must be rebuilt',
  });
  const danger = (of: State) =>
    frame(of, size)
      .lines.slice(3)
      .flat()
      .flatMap(({ text, tone }) => (tone === 'critical' ? [text] : []));

  test('says so in red, names its object, and shows every warning without scrolling', () => {
    const text = frameText(state, size);
    expect(danger(state)).toContain('IRREVERSIBLE');
    expect(danger(state).join(' ')).toContain('cannot be undone: the old primary must be rebuilt');
    for (const seen of [...warnings, 'db-replica', 'PRODUCTION']) expect(text).toContain(seen);
  });

  test.each([size, small])('never cuts its environment, at $columns×$rows', (at) => {
    const text = frameText(state, at);
    const [, rule = ''] = /^(─ IRREVERSIBLE.*)$/m.exec(text) ?? [];
    expect(rule).toContain(' PRODUCTION ');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Fail over the database to the replica: db-replica');
  });

  test('with a way back says that it is limited, and a reversible one is calm', () => {
    expect(danger(confirming(of('cleanup-evidence')))).toContain('LIMITED UNDO');
    expect(danger(confirming(of('restart-deployment')))).toEqual([]);
    expect(frameText(confirming(of('restart-deployment')), size)).toContain('undo: undo it');
  });

  test('is not what a reversible one is whose way back leads to what is broken', () => {
    const broken = confirming(of('rollback-deployment'), { undo: undefined, instead: 'revision 3 fails' });
    expect(frameText(broken, size)).toContain('no undo offered: revision 3 fails');
    expect(frameText(broken, size)).not.toContain('cannot be undone');
  });

  test('shows at once that a typed text cannot match', () => {
    const short = confirming(of('failover-database'));
    expect(frameText(pressing(short, size, 'd', 'b'), size)).toContain('then enter');
    expect(frameText(pressing(short, size, 'd', 'x'), size)).toContain('does not match; ctrl-u clears');
  });
});

test('a plan that is too old offers to plan again, and is not confirmed', () => {
  const before = confirming(of('restart-deployment'));
  const old = { ...before, world: { ...before.world, now: before.world.now + planLasts } };
  expect(frameText(old, size)).toContain('r plan again');
  expect(confirms(press(old, 'y'))).toBe(false);
  const again = press(old, 'r');
  expect(again).toContainEqual(
    expect.objectContaining({
      command: expect.objectContaining({ what: expect.objectContaining({ do: 'plan' }) as unknown }) as unknown,
    }),
  );
  expect(press(old, 'enter')).toContainEqual(nothing);
});

test('a terminal that is too small to show the question confirms nothing, and cancels it', () => {
  const asked = confirming(of('restart-deployment'));
  const tiny = { columns: 40, rows: 10 };
  expect(press(asked, 'y', true, tiny)).toEqual([]);
  expect(frameText(asked, tiny)).toContain('esc cancel');
  expect(press(asked, 'esc', true, tiny)).toContainEqual(nothing);
});

test('the key that answered a question means nothing else right after', () => {
  const asked = confirming(of('restart-deployment'));
  const done = pressing(asked, size, 'y');
  expect(done.ui.overlay.kind).toBe('none');
  expect(press(done, 'y').map(({ kind }) => kind)).toEqual(['spent', 'notice']);
  // Held, it stays without a meaning.
  const held = pressing(take(done, { now: done.world.now + 1000 }), size, 'y');
  expect(press(take(held, { now: held.world.now + 1000 }), 'y').some(({ kind }) => kind === 'copy')).toBe(false);
  const later = take(held, { now: held.world.now + 2000 });
  expect(press(later, 'y').some(({ kind }) => kind === 'spent')).toBe(false);
});

describe('every other question', () => {
  const running: State = showing('run', {
    runs: { r1: { ...plannedRun, phase: 'performing', startedAt: calm.now, plan: { ...plan } } },
  });
  const control = stateOf(outage);
  const questions: readonly [string, State][] = [
    ['to quit while an action runs', pressing(showing('cockpit', { runs: running.runs }), size, 'q')],
    ['to stop a run', pressing(running, size, 'x')],
    ['to take control', reduce(control, askControl(control), frame(control, size).list)],
    ['to send a message', pressing(showing('notify'), size, 'enter', 'enter')],
  ];
  test.each(questions)('%s: enter does nothing and says so; y does it', (_, state) => {
    expect(state.ui.overlay.kind).toBe('confirm');
    const effects = (intents: readonly Intent[]) =>
      intents.filter(({ kind }) => kind === 'send' || kind === 'terminal');
    for (const key of ['enter', 'n', 'esc']) {
      expect(effects(press(state, key))).toEqual([]);
      expect(press(state, key)).toContainEqual(nothing);
    }
    expect(effects(press(state, 'enter', false))).toEqual([]);
    expect(effects(press(state, 'y', false))).toEqual([]);
    expect(effects(press(state, 'y'))).toHaveLength(1);
  });
});
