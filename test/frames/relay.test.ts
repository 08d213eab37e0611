// What the screen shows of an incident that several people share.
import { describe, expect, test } from 'vitest';
import type { KeyState } from '../../src/core/incident/authority.ts';
import type { IncidentContext, RelayStatus } from '../../src/core/incident/context.ts';

import { askControl } from '../../src/screens/incident/asking.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { frameText, now, outage, stateOf } from '../support/worlds.ts';

const minute = 60_000;
const key = (name: string): string => `${name.toUpperCase()}0123456789ABCDEFGHJKMN`.slice(0, 26);
const connected: RelayStatus = {
  where: 'relay:6379',
  state: 'connected',
  isRead: true,
  unsent: 0,
  tooLong: 0,
  refused: 0,
};
const keys: readonly KeyState[] = [
  { key: key('ana'), person: 'ana', user: 'ops', host: 'bastion-a', state: 'opener' },
  { key: key('ben'), person: 'ben', user: 'ben', host: 'bastion-b', state: 'admitted' },
  { key: key('eve'), person: 'eve', user: 'eve', host: 'laptop', state: 'new' },
];

function shared(screen: string, more: Partial<IncidentContext> = {}): State {
  const story = tell(now - 20 * minute, [
    0,
    'ana',
    { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'x' },
  ]);
  const { self } = contextOf('ana');
  const ben = { session: 'session-ben', user: 'ben', name: 'ben', host: 'bastion-b', at: 0, observing: false };
  const state = stateOf(outage);
  return {
    ...state,
    incident: { ...story, keys },
    incidentContext: contextOf('ana', {
      relay: connected,
      here: [
        { ...self, at: 0, driving: true, observing: false, screen: 'COCKPIT' },
        { ...ben, driving: false, screen: 'DATABASE' },
      ],
      ...more,
    }),
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] },
  };
}

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
];

describe.each(sizes)('at $columns x $rows', (size) => {
  test('people: who is in control and who is commander, what each looks at, and which keys are not admitted', () => {
    const text = frameText(shared('people'), size);
    expect(text).toMatch(/commander +ana/);
    expect(text).toMatch(/control +ana .*cockpit/);
    expect(text).toMatch(/connected +ben +ben@bastion-b +database/);
    expect(text).toMatch(/not admitted +eve +EVE0-1234-5678-9ABC +eve@laptop/);
    expect(text).toContain('relay relay:6379 connected');
  });

  test('every frame says that the relay is away, for how long, and how much is to send', () => {
    const relay: RelayStatus = {
      ...connected,
      state: 'away',
      since: now - 12_000,
      what: 'connection refused',
      hint: 'check incident.relay, the network and the server',
      unsent: 3,
    };
    for (const screen of ['people', 'incident', 'health'])
      expect(frameText(shared(screen, { relay }), size)).toMatch(/relay away 12 s: (alone, 3 entries|3) to send/);
    expect(frameText(shared('people', { relay }), size).replace(/\s+/g, ' ')).toContain(
      'away 12 s: connection refused; check incident.relay, the network and the server',
    );
  });

  test('who has lost control sees it on every frame, and what to press', () => {
    const text = frameText(shared('health', { lost: { why: 'hung', for: 40_000 } }), size);
    expect(text).toContain('control: lost, W takes it');
    expect(text).not.toContain('control: you');
  });

  test('several open incidents are listed, the shown one among them', () => {
    const open = [{ id: 'two', title: 'Queue backlog', severity: 3 as const, openedAt: now - 5 * minute }];
    const text = frameText(shared('incidents', { open }), size);
    expect(text).toContain('2 open; enter shows one');
    expect(text).toMatch(/SEV3 +Queue backlog +open 5 m/);
    expect(text).toMatch(/SEV1 +Complete API outage +open 20 m +shown now/);
  });
});

test('without a relay nothing of it is shown', () => {
  const text = frameText(shared('people', { relay: undefined }), { columns: 80, rows: 24 });
  expect(text).not.toContain('relay');
});

test('a clock that differs from the relay’s is told', () => {
  const state = shared('health', { relay: { ...connected, clock: -60 * minute } });
  expect(frameText(state, { columns: 120, rows: 40 })).toMatch(/clock (is )?1 h ahead/);
});

/** Control is another cockpit's, on another host. */
const bens = (more: Partial<IncidentContext> = {}): State => {
  const state = shared('people', more);
  const control = { session: 'session-ben', person: 'ben', at: now };
  return { ...state, incident: state.incident && { ...state.incident, control } };
};
const away: RelayStatus = { ...connected, state: 'away', since: now - 12_000, what: 'timeout', hint: 'check it' };
const ben = { session: 'session-ben', user: 'ben', name: 'ben', host: 'bastion-b', at: 0, observing: false };

test('while the relay is away nobody is said to have left: who was in control may still be', () => {
  const here = [
    { ...contextOf('ana').self, at: 0, driving: false, observing: false },
    { ...ben, driving: true, unheard: true as const },
    { ...ben, session: 'session-eve', name: 'eve', driving: false, unheard: true as const },
  ];
  const state = bens({ relay: away, here });
  const text = frameText(state, { columns: 120, rows: 40 });
  expect(text).toContain('1 cockpit open');
  expect(text).toMatch(/control: ben/);
  expect(text).toMatch(/unknown +eve .*the relay is away/);
  expect(text).not.toMatch(/control: nobody|no longer connected|connected eve/);
});

test.each(sizes)('taking control says in whole words what it does, at $columns x $rows', (size) => {
  const said = (state: State) => {
    const asked = reduce(state, askControl(state), { rows: [], page: 0, selectable: false });
    return frameText(asked, size).replace(/\s+/g, ' ');
  };
  expect(said(bens())).toContain('run actions. The journal records this.');
  const alone = said(bens({ relay: away, here: [{ ...ben, driving: true, unheard: true }] }));
  expect(alone).toContain('ben was in control. The relay is away: ben may still act. Call ben first.');
  expect(alone).not.toContain('no longer connected');
});

test('people: who joined and has written nothing yet has a key to admit, and looks at an incident by its name', () => {
  const state = shared('people');
  const joined = { ...ben, session: 'session-dan', name: 'dan', driving: false, key: key('dan'), incident: 'one' };
  const { incident, incidentContext } = state;
  if (!incident || !incidentContext) throw new Error('no incident');
  const here = [...incidentContext.here, { ...joined, screen: 'SEV1 Complete API outage' }];
  const control = { ...incident.control, key: key('ana') };
  const text = frameText(
    { ...state, incident: { ...incident, control }, incidentContext: { ...incidentContext, here } },
    { columns: 80, rows: 24 },
  );
  expect(text).toMatch(/not admitted +dan +DAN0-1234-5678-9ABC +ben@bastion-b/);
  expect(text).toContain('SEV1 Complete API outage');
});
