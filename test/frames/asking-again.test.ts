// A run that was confirmed while the world moved is asked again, on its own screen, with what is another thing now.
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/core/actions/action.ts';
import { describeDrift } from '../../src/core/actions/drift.ts';
import { advance, type Run } from '../../src/core/actions/run.ts';
import { offer } from '../../src/screens/actions/offer.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { followMoved } from '../../src/screens/shell/effects.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { createCockpitStore, type State, take } from '../../src/store.ts';
import { calm, frameText, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const before: Plan = {
  impact: ['Replaces 3 pods one after another; 3 of 3 ready now.', 'Revision 3 becomes 4.'],
  calls: [{ tool: 'http', url: 'http://x' }],
  undo: 'roll back to revision 3',
  answered: ['cluster drill'],
  preconditions: 'a',
};
const after: Plan = { ...before, impact: [before.impact[0] ?? '', 'Revision 4 becomes 5.'], preconditions: 'b' };

/** The screen of a run just begun from the palette, and the run's id. */
function begun(): { state: State; run: Run } {
  let state: State = { ...stateOf(calm), arming: { state: 'open' } };
  for (const intent of offer(state, 'restart-deployment', { deployment: 'executor' }))
    state = reduce(state, intent, frame(state, size).list);
  const id = state.ui.stack.at(-1)?.of.run ?? '';
  const run: Run = {
    id,
    action: 'restart-deployment',
    title: 'Restart a deployment: executor',
    risk: 'reversible',
    target: { deployment: 'executor' },
    environment: 'PRODUCTION',
    by: 'ops1',
    phase: 'planning',
    calls: [],
    accepts: [],
    performed: 0,
    output: [],
    next: [],
  };
  return { state, run };
}

const told = (state: State, run: Run, later = 0): State =>
  take(state, { runs: { [run.id]: run }, now: state.world.now + later });
const keys = (state: State, key: string) => dispatchKey(state, frame(state, size), key);

describe('the first moment of a plan', () => {
  test('ignores y with a notice, and accepts it one tick of the clock later', () => {
    const { state, run } = begun();
    const planned = advance(run, { kind: 'planned', plan: before, calls: [] }, state.world.now + 400);
    const fresh = told(state, planned);
    expect(frameText(fresh, size)).toContain('the plan has just appeared; read it, then press y');
    expect(keys(fresh, 'y')).toEqual([
      { kind: 'notice', says: expect.stringContaining('has just appeared') as string, verdict: 'unknown' },
    ]);
    // A key held down since the question before repeats until then.
    expect(frameText(told(state, planned, 900), size)).toContain('the plan has just appeared');
    const read = told(state, planned, 1000);
    expect(frameText(read, size)).toContain('y restart');
    expect(keys(read, 'y').map(({ kind }) => kind)).toEqual(['close', 'send', 'spent']);
  });
});

describe('a changed state', () => {
  test('asks again automatically, with the changes above the plan', () => {
    const { state, run } = begun();
    const planned = advance(run, { kind: 'planned', plan: before, calls: [] }, state.world.now);
    const confirmed = advance(planned, { kind: 'confirmed' }, state.world.now);
    const store = createCockpitStore({ ...told(state, confirmed), ui: { ...state.ui, overlay: { kind: 'none' } } });
    const stop = followMoved(store);
    const again = advance(
      confirmed,
      {
        kind: 'planned',
        plan: after,
        calls: [],
        notice: 'state changed since the plan',
        again: describeDrift(before, after),
      },
      state.world.now + 500,
    );
    store.setState(told(store.getState(), again));
    const text = frameText(store.getState(), size);
    expect(text).toContain('state changed since the plan');
    expect(text).toContain('was: Revision 3 becomes 4.');
    expect(text).toContain('now: Revision 4 becomes 5.');
    expect(text).toContain('read it, then press y');
    // The same news a second time does not open it again, once it was cancelled.
    for (const intent of keys(store.getState(), 'esc').filter(({ kind }) => kind === 'close'))
      store.setState(reduce(store.getState(), intent, frame(store.getState(), size).list));
    store.setState(told(store.getState(), { ...again, output: ['x'] }));
    expect(store.getState().ui.overlay.kind).toBe('none');
    stop();
  });

  test('is described in the plan’s own words, or as a plan that reads the same', () => {
    expect(describeDrift(before, before)).toEqual([]);
    expect(describeDrift(before, { ...before, preconditions: 'b' })).toEqual([
      expect.stringContaining('reads the same'),
    ]);
    const long = { ...before, impact: Array.from({ length: 40 }, (_, n) => `line ${n}`) };
    expect(describeDrift(before, long)).toHaveLength(9);
    expect(describeDrift(before, long).at(-1)).toBe('now: … 34 more');
  });
});
