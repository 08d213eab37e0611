// One key accepts what the checks prove, and stops where a person has to decide.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import type { World } from '../../src/core/world/world.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { away, calm, now, outage, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };

function onStep(step: string, world: World = outage, person = 'ops1'): State {
  const state = stateOf(world);
  const place = placeAt('incident', {}, '', `sev1/${step}`);
  return {
    ...state,
    incidentContext: contextOf(person),
    incident: tell(now - 60_000, [0, 'ops1', opened]),
    ui: { ...state.ui, stack: [state.ui.stack[0], place] },
  };
}

const pressed = (state: State): readonly Intent[] => dispatchKey(state, frame(state, size), '*');
const accepted = (intents: readonly Intent[]) =>
  intents.flatMap((one) =>
    one.kind === 'send' && one.command.kind === 'incident' && one.command.what.do === 'accept'
      ? one.command.what.steps
      : [],
  );

describe('* on a checklist', () => {
  test('marks every step whose check passes, and goes to the decision', () => {
    const intents = pressed(onStep('database'));
    expect(accepted(intents)).toEqual(['sev1/database', 'sev1/redis']);
    expect(intents).toContainEqual({ kind: 'select', row: 'sev1/restart-gateway' });
  });

  test('leaves a finished step as it is', () => {
    const state = onStep('database');
    const done: Event = { kind: 'step', step: 'sev1/database', mark: 'done' };
    const incident = tell(now - 60_000, [0, 'ops1', opened], [0, 'ops1', done]);
    expect(accepted(pressed({ ...state, incident }))).toEqual(['sev1/redis']);
  });

  test.each<[string, string, World, RegExp]>([
    ['a failing check', 'gateway-status', outage, /the check does not pass: /],
    ['a check that could not be made', 'database', away, /the check does not pass: /],
    ['a decision', 'restart-gateway', calm, /needs your decision/],
  ])('%s accepts nothing, and says why', (_, step, world, why) => {
    const intents = pressed(onStep(step, world));
    expect(accepted(intents)).toEqual([]);
    expect(intents).toMatchObject([{ kind: 'notice', says: expect.stringMatching(why) as string }]);
  });

  test('is for the person in control', () => {
    expect(accepted(pressed(onStep('database', outage, 'ops2')))).toEqual([]);
  });
});
