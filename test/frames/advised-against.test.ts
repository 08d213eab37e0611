// A step offers nothing first that its own recommendation advises against; its key stays, dim.
import { expect, test } from 'vitest';
import { adviceOn, severities } from '../../src/core/incident/checklist.ts';
import type { Database } from '../../src/core/world/facts.ts';
import type { World } from '../../src/core/world/world.ts';
import { checklists } from '../../src/runbook/checklists.ts';
import { knownOf } from '../../src/runbook/messages.ts';
import { nextMove } from '../../src/runbook/next-move.ts';
import { offersOf } from '../../src/runbook/offers.ts';
import { suggestionOf } from '../../src/screens/incident/suggestion.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, down, frameText, live, now, outage, stateOf } from '../support/worlds.ts';

const size = { columns: 200, rows: 50 };
const primary = calm.readings.primary.state === 'live' ? calm.readings.primary.value : undefined;
const busyWith = (more: Partial<Database>): World => ({
  ...calm,
  readings: {
    ...calm.readings,
    traffic: live({
      ...{ p95: 1900, errorRate: 0, samples: 400, sampling: 1, window: 300_000, source: 'gateway logs' },
    }),
    primary: live({ ...primary, ...more } as Database),
  },
});
const worlds: Readonly<Record<string, World>> = {
  ...{ calm, outage, down },
  'a slow statement': busyWith({ busiest: { share: 0.8, load: 0.9, mean: 40, text: 'SELECT 1' } }),
  'statements counted once': busyWith({ busiestUnread: true }),
};

const lists = severities.flatMap((severity) => {
  const list = checklists.find(({ id }) => id === `sev${severity}`);
  return list ? [{ severity, list }] : [];
});

const cases = lists.flatMap(({ severity, list }) =>
  list.steps
    .filter(({ decision, offers = [] }) => decision && offers.length > 0)
    .flatMap((step) => Object.keys(worlds).map((name) => ({ severity, step, name }))),
);

test('there are enough of them', () => {
  expect(cases.length).toBeGreaterThan(20);
});

test.each(cases)('$step.id, $name', ({ severity, step, name }) => {
  const world = { ...(worlds[name] ?? calm), now };
  const incident = tell(now - 60_000, [0, 'ops1', { kind: 'opened', title: 'Slow', severity, why: 'p95' }]);
  const empty = stateOf(world);
  const stack = [empty.ui.stack[0], placeAt('incident')] as const;
  const first: State = { ...empty, incident, incidentContext: contextOf('ops1'), ui: { ...empty.ui, stack } };
  const state = reduce(first, { kind: 'select', row: step.id }, frame(first, size).list);
  expect(frame(state, size).row?.id).toBe(step.id);
  const known = knownOf(incident);
  const advice = adviceOn(step, world, known);
  const offers = offersOf(step, world, known);
  const isAgainst = advice?.answer === 'no' || advice?.instead !== undefined;
  const meant = offers.filter(({ action, because }) => action === step.decision?.remedy && because === undefined);
  expect(meant.map(({ unadvised = false }) => unadvised)).toEqual(meant.map(() => isAgainst));
  const text = frameText(state, size);
  for (const { key, title } of offers.filter(({ unadvised }) => unadvised)) {
    expect(text).toContain(`${key} ${title} (not advised)`);
    expect(text.split('\n').at(-1)).not.toContain(`${key} ${title}`);
  }
  const move = nextMove(incident, {
    ...{ world, context: contextOf('ops1'), suggestion: suggestionOf(state) },
    offers: (one) => offersOf(one, world, known),
  });
  if (move?.kind === 'offer') expect(move.offer.action).not.toBe(isAgainst ? step.decision?.remedy : '');
});

test('while a statement takes the time, the step of the API does not offer to scale', () => {
  const step = lists.flatMap(({ list }) => list.steps).find(({ id }) => id === 'sev4/p95');
  const unadvised = (name: string) =>
    step && offersOf(step, worlds[name] ?? calm, knownOf(undefined)).map((one) => one.unadvised ?? false);
  expect(unadvised('a slow statement')).toEqual([true]);
  expect(unadvised('statements counted once')).toEqual([true]);
});
