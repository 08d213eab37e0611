// The next move on the screen: named with its key, and the key makes it.
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/actions/run.ts';
import type { Event } from '../../src/core/incident/event.ts';
import type { World } from '../../src/core/world/world.ts';
import { checklist } from '../../src/runbook/checklists.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { plannedRun } from '../support/every-screen.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const minute = 60_000;
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const acknowledged: Event = { kind: 'acknowledged' };
const steps = checklist('sev1').steps.map(({ id }) => id);
const doneTo = (count: number): readonly Event[] => [
  acknowledged,
  ...steps.slice(0, count).map((step): Event => ({ kind: 'step', step, mark: 'done' })),
];
const mitigated: Event = { kind: 'mitigated', why: 'restarted' };

type Told = { minutes?: number; world?: World; screen?: string; selected?: string; person?: string };

function at(
  events: readonly Event[],
  { minutes = 1, world = outage, screen = 'incident', selected, person = 'ops1' }: Told = {},
): State {
  const state = stateOf(world);
  const here = { ...contextOf('ops1').self, at: 0, driving: true, observing: false };
  return {
    ...state,
    incidentContext: person === 'ops1' ? contextOf(person) : contextOf(person, { here: [here] }),
    incident: tell(
      now - minutes * minute,
      [0, 'ops1', opened],
      ...events.map((one) => [minutes, 'ops1', one] as const),
    ),
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, {}, '', selected)] },
  };
}

const nextOf = (state: State): string | undefined => / next {2}(.*)/.exec(frameText(state, size))?.[1]?.trimEnd();
const press = (state: State, key: string): readonly Intent[] => dispatchKey(state, frame(state, size), key, true);

describe('on the checklist', () => {
  test.each<[string, State, string, object]>([
    ['acknowledge', at([]), 'm acknowledge the page at PagerDuty', { kind: 'open', screen: 'notify' }],
    ['an action', at(doneTo(4), { selected: steps[4] }), 'f roll back api-gateway', { kind: 'send' }],
    [
      'checks that pass',
      at(doneTo(2), { selected: steps[2] }),
      '* accept 2 steps: their checks pass',
      { kind: 'send' },
    ],
    ['a step', at(doneTo(1), { selected: steps[1] }), 'space mark as done: Check API gateway status', { kind: 'send' }],
    ['a decision', at(doneTo(5), { selected: steps[5] }), 'space record no: the primary answers', { kind: 'form' }],
    [
      'another step',
      at(doneTo(4), { selected: steps[0] }),
      '. go to step 5: roll back api-gateway',
      { kind: 'select', row: steps[4] },
    ],
    ['an update', at(doneTo(4), { minutes: 40 }), 'm send the update: late 10 m', { kind: 'open', screen: 'notify' }],
    ['mitigated', at(doneTo(6), { world: calm }), 'M mitigated: users can work again', { kind: 'form' }],
    ['resolve', at([...doneTo(6), mitigated], { world: calm }), 'X resolve', { kind: 'switches' }],
  ])('%s: the line names the key, and the key does it', (_, state, says, does) => {
    expect(nextOf(state)).toBe(says);
    const key = says.split(' ')[0] ?? '';
    expect(press(state, key)).toContainEqual(expect.objectContaining(does));
  });

  test('an action that cannot run from this machine is no next move: dim, with its reason, behind the others', () => {
    const failing = at(doneTo(4), { selected: steps[4] });
    const state: State = { ...failing, lacking: { 'rollback-deployment': 'no script x in /checkout/package.json' } };
    expect(nextOf(failing)).toBe('f roll back api-gateway');
    expect(nextOf(state)).toBe('space record no, roll back first: revision 42 crashes (CrashLoopBackOff)');
    const text = frameText(state, size);
    expect(text).toMatch(/actions {3}r restart gateway .*f roll back/);
    expect(text).toContain('f not now: no script x in /checkout/package.json');
    expect(press(state, 'f')).toEqual([
      expect.objectContaining({ kind: 'notice', says: expect.stringContaining('no script x') }),
    ]);
    expect(press(state, 'r')).toContainEqual(expect.objectContaining({ kind: 'send' }));
  });

  test.each<[Run['phase'], string]>([
    ['rechecking', 'checking again'],
    ['performing', 'running'],
    ['verifying', 'verifying'],
  ])('while an action is %s, it says so, here and in the header; what people wait for comes first', (phase, word) => {
    const withRun = (state: State): State => ({ ...state, runs: { r: { ...plannedRun, id: 'r', phase } } });
    const says = `▶ ${word}: ${plannedRun.title}`;
    expect(nextOf(withRun(at(doneTo(4))))).toBe(says);
    expect(frameText(withRun(at(doneTo(4), { screen: 'pods' })), { columns: 120, rows: 24 })).toContain(
      `next  ${says}`,
    );
    expect(frameText(withRun(at(doneTo(4), { screen: 'pods' })), size)).toMatch(new RegExp(`next  ▶ ${word}`));
    expect(nextOf(withRun(at([])))).toBe('m acknowledge the page at PagerDuty');
    expect(nextOf({ ...at(doneTo(4)), runs: { r: { ...plannedRun, id: 'r', phase: 'done' } } })).not.toContain('▶');
  });

  test('after the resolution it names the report, for who is not in control it says nothing', () => {
    expect(nextOf(at([...doneTo(6), { kind: 'resolved', why: 'x' }]))).toBe(
      'B read the report, and write it to a file',
    );
    expect(nextOf(at(doneTo(4), { person: 'ops2' }))).toBeUndefined();
  });
});

describe('on other screens', () => {
  test('the header names the move, and i leads to its step', () => {
    const state = at(doneTo(4), { screen: 'cockpit' });
    const wide = { columns: 140, rows: 24 };
    expect(frameText(state, wide)).toContain('next i roll back api-gateway');
    expect(frameText(at(doneTo(2), { screen: 'cockpit' }), size)).toMatch(/next i accept 2 steps *\n/);
    const there = pressing(state, size, 'i');
    expect(frame(there, size).row?.id).toBe(steps[4]);
  });

  test('where there is no room for it, what has to be said stays', () => {
    const text = frameText(at(doneTo(4), { screen: 'cockpit' }), { columns: 60, rows: 24 });
    expect(text).toMatch(/control: you/);
  });
});

test('a check that is only a warning has the mark of a warning, not of a critical one', () => {
  const slow: Event = { kind: 'severity', severity: 4, why: 'slow' };
  const text = frameText(at([acknowledged, slow], { selected: 'sev4/queueDepth' }), size);
  expect(text).toMatch(/▲ Queue depth +1 320/);
  expect(frameText(at([acknowledged, slow], { selected: 'sev4/p95' }), size)).toMatch(/● API p95 +4 210 ms/);
});
