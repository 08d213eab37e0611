// A plan in a read-only environment: it is armed from the plan, which stays.
import { describe, expect, test } from 'vitest';
import type { Target } from '../../src/core/actions/action.ts';
import { advance, type Run } from '../../src/core/actions/run.ts';
import type { Event } from '../../src/core/incident/event.ts';
import { offer } from '../../src/screens/actions/offer.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { type State, take } from '../../src/store.ts';
import { tell } from '../support/story.ts';
import { calm, frameText, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

function planned(risk: Run['risk'], accepts: readonly string[], arming: State['arming']): State {
  let state: State = { ...stateOf(calm), arming };
  const action = risk === 'data' ? 'evict-redis' : 'restart-deployment';
  const target: Target = risk === 'data' ? { prefix: 'cache:', idle: '24h' } : { deployment: 'executor' };
  for (const intent of offer(state, action, target)) state = reduce(state, intent, frame(state, size).list);
  const id = state.ui.stack.at(-1)?.of.run ?? '';
  const run: Run = {
    id,
    action,
    title: 'an action',
    risk,
    target,
    environment: 'PRODUCTION',
    by: 'ops1',
    phase: 'planning',
    calls: [],
    accepts,
    performed: 0,
    output: [],
    next: [],
  };
  const plan = { impact: ['Replaces 3 pods.'], calls: [], answered: [], preconditions: 'a' };
  const done = advance(run, { kind: 'planned', plan, calls: [] }, state.world.now);
  return take(state, { runs: { [id]: done }, now: state.world.now + 2000 });
}

const press = (state: State, key: string): { state: State; sent: readonly unknown[] } => {
  const intents = dispatchKey(state, frame(state, size), key);
  const sent = intents.flatMap((intent) => (intent.kind === 'send' ? [intent.command] : []));
  let next = state;
  for (const intent of intents) if (intent.kind !== 'send') next = reduce(next, intent, frame(next, size).list);
  return { state: next, sent };
};

const readOnly: State['arming'] = { state: 'read-only' };

describe('a plan in a read-only environment', () => {
  test('offers to arm; arming is one act, confirming another', () => {
    const before = planned('reversible', [], readOnly);
    expect(frameText(before, size)).toContain('a arm production');
    expect(press(before, 'y').sent).toEqual([]);

    const asked = press(before, 'a').state;
    expect(asked.ui.overlay.kind).toBe('form');
    const typed = press(asked, 'x').state;
    const armed = press(typed, 'enter');
    expect(armed.sent).toEqual([{ kind: 'arm', reason: 'x' }]);
    expect(armed.state.ui.overlay).toEqual(before.ui.overlay);
  });

  test('esc in the form returns to the plan, and arms nothing', () => {
    const before = planned('reversible', [], readOnly);
    const left = press(press(before, 'a').state, 'esc');
    expect(left.sent).toEqual([]);
    expect(left.state.ui.overlay).toEqual(before.ui.overlay);
  });

  test('takes the reason from the open incident', () => {
    const before = planned('reversible', [], readOnly);
    const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'x', evidence: [] };
    const incident = tell(before.world.now, [0, 'ops1', opened]);
    expect(frameText(press({ ...before, incident }, 'a').state, size)).toContain('SEV1 Complete API outage');
  });

  test('offers to arm when a text confirms, too; once armed, the letter a is text', () => {
    const before = planned('data', ['cache:'], readOnly);
    expect(press(before, 'a').state.ui.overlay.kind).toBe('form');
    const until = before.world.now + 60_000;
    const armed: State = {
      ...before,
      arming: { state: 'armed', reason: 'x', since: before.world.now, until, activeAt: before.world.now },
    };
    expect(press(armed, 'a').state.ui.overlay).toMatchObject({ kind: 'confirm', text: 'a' });
  });

  test('an arming that ends while a text is typed takes no letter of it for the key', () => {
    const before = planned('data', ['cache:'], readOnly);
    const { overlay } = before.ui;
    if (overlay.kind !== 'confirm') throw new Error('the plan is asked');
    const typing: State = { ...before, ui: { ...before.ui, overlay: { ...overlay, text: 'c' } } };
    expect(press(typing, 'a').state.ui.overlay.kind).toBe('confirm');
  });

  test.each<[string, State['arming']]>([
    ['an observer', { state: 'locked', why: 'observers cannot make changes' }],
    ['staging', { state: 'open' }],
  ])('%s is not offered it', (_, arming) => {
    const before = planned('reversible', [], arming);
    expect(frameText(before, size)).not.toContain('a arm');
    expect(press(before, 'a').state.ui.overlay.kind).toBe('confirm');
  });
});

test('a warning on two lines has one mark, and a refusal on the run screen is cut nowhere', () => {
  const state = planned('reversible', [], readOnly);
  const [run] = Object.values(state.runs);
  if (!run?.plan) throw new Error('a run is planned');
  const showing = (more: Partial<Run>) =>
    frameText(
      { ...state, runs: { [run.id]: { ...run, ...more } }, ui: { ...state.ui, overlay: { kind: 'none' } } },
      size,
    );
  const warnings = [
    'The rollout of revision 3 is stuck: ReplicaSet "api-gateway-cm2djgkpp" has timed out progressing.',
  ];
  expect(showing({ plan: { ...run.plan, warnings } }).match(/▲/g)).toHaveLength(1);

  const says = `${'/checkout/of/bentham'.repeat(3)} has no script `.padEnd(size.columns - 4, 'x');
  expect(showing({ plan: undefined, phase: 'done', outcome: 'refused', says })).not.toContain('…');
});

test('a plan with a long title shows the whole environment', () => {
  const state = planned('reversible', [], readOnly);
  const [run] = Object.values(state.runs);
  if (!run) throw new Error('a run is planned');
  const title = 'Fail over the database to the replica: db-replica.internal.bentham.io, port 5432';
  const text = frameText({ ...state, runs: { [run.id]: { ...run, title } } }, size);
  expect(text).not.toMatch(/PR[A-Z]*…/);
  expect(text).toMatch(/─ +PRODUCTION +─$/m);
  expect(text).toMatch(/^ +Fail over .* db-replica.internal.bentham.io, port$[\s]+5432$/m);
});

test('a long plan shows its warnings and its command without scrolling', () => {
  const before = planned('reversible', [], { state: 'open' });
  const [id = ''] = Object.keys(before.runs);
  const run = before.runs[id];
  if (!run?.plan) throw new Error('there is a plan');
  const plan = {
    ...run.plan,
    impact: Array.from({ length: 30 }, (_, i) => `Detail ${i}.`),
    warnings: ['It is stuck.'],
    undo: 'roll back',
  };
  const calls = [{ say: 'kubectl x', summary: 'kubectl rollout restart', to: 'cluster' }];
  const text = frameText({ ...before, runs: { [id]: { ...run, plan, calls } } }, size);
  for (const seen of ['Detail 0.', '▲ It is stuck.', '$ kubectl rollout restart', 'undo: roll back'])
    expect(text).toContain(seen);
});
