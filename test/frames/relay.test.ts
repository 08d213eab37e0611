// What the screen shows of an incident that several people share.
import { describe, expect, test } from 'vitest';
import { incidentIdOf, type KeyState } from '../../src/core/incident/authority.ts';
import type { IncidentContext, RelayStatus } from '../../src/core/incident/context.ts';

import { askControl } from '../../src/screens/incident/asking.ts';
import { incidentKeys } from '../../src/screens/incident/keys.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, pressing, stateOf } from '../support/worlds.ts';

const minute = 60_000;
const key = (name: string): string => `${name.toUpperCase()}0123456789ABCDEFGHJKMN`.slice(0, 26);
const connected: RelayStatus = {
  where: 'relay:6379',
  state: 'connected',
  isRead: true,
  isHeard: true,
  unsent: 0,
  tooLong: 0,
  refused: 0,
};
const keys: readonly KeyState[] = [
  { key: key('ana'), person: 'ana', user: 'ops', host: 'bastion-a', state: 'opener' },
  { key: key('ben'), person: 'ben', user: 'ben', host: 'bastion-b', state: 'admitted' },
  { key: key('eve'), person: 'eve', user: 'eve', host: 'laptop', state: 'new' },
];
/** Admitted before the first entry. */
const keyOfDan = { key: key('dan'), person: 'dan', user: '', host: '' };

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

  test('of a relay that answers and refuses, every frame says what keeps it', () => {
    const relay: RelayStatus = {
      ...{ ...connected, state: 'away', since: now - 12_000, unsent: 3, short: 'out of memory' },
      ...{ what: 'it takes no entries', hint: 'raise maxmemory on the relay: CONFIG SET maxmemory' },
    };
    for (const screen of ['people', 'incident', 'health'])
      expect(frameText(shared(screen, { relay }), size)).toMatch(
        /relay out of memory 12 s: (alone, 3 entries|3) to send/,
      );
    const whole = frameText(shared('people', { relay }), size).replace(/\s+/g, ' ');
    expect(whole).toContain('out of memory 12 s: it takes no entries; raise maxmemory on the relay');
    expect(whole).not.toContain('relay away');
  });

  const told = (screen: string, of: Record<string, string>, by?: string) => {
    const state = shared(screen);
    const from = <R extends { state: string }>(reading: R): R =>
      reading.state === 'live' ? { ...reading, by } : reading;
    const known = stateOf({
      ...calm,
      readings: {
        ...calm.readings,
        studies: from(calm.readings.studies),
        surfaces: from(calm.readings.surfaces),
        primary: from(calm.readings.primary),
      },
    });
    return frameText({ ...state, world: known.world, ui: { ...state.ui, stack: [{ ...placeAt(screen), of }] } }, size);
  };
  test.each([
    ['studies', {}],
    ['surfaces', {}],
    ['metric', { metric: 'queueDepth' }],
    ['backend', { backend: 'primary' }],
  ])('the screen %s says whose cockpit asked, and nothing where it was this one', (screen, of) => {
    expect(told(screen, of, 'ben on bastion-2')).toContain('asked by ben on bastion-2');
    expect(told(screen, of)).not.toContain('asked by');
  });

  test('looks that are not shared are named on every frame, and why and what to do on that of people', () => {
    const refused = {
      why: 'refused',
      what: "no permissions to run the 'mget' command",
      hint: 'doctor names it',
    } as const;
    const state = (screen: string, unshared: RelayStatus['unshared']) =>
      frameText(shared(screen, { relay: { ...connected, unshared } }), size).replace(/\s+/g, ' ');
    expect(state('health', refused)).toContain('looks are not shared');
    expect(state('people', refused)).toContain('this cockpit asks itself: no permissions');
    expect(state('people', refused)).toContain('command; doctor names it');
    expect(state('people', { why: 'clock', by: 3000 })).toContain('asks itself: this clock is 3.0 s');
    expect(state('health', undefined)).not.toContain('looks are');
  });

  test('who has lost control sees it on every frame, and what to press', () => {
    const text = frameText(shared('health', { lost: { why: 'hung', for: 40_000 } }), size);
    expect(text).toContain('control: lost, W takes it');
    expect(text).not.toContain('control: you');
  });

  test('while the relay is away since the start it is unknown who is in control: everywhere, and what that means', () => {
    const state = bens({ relay: away, here: [{ ...contextOf('ana').self, at: 0, driving: false, observing: false }] });
    const at = (screen: string) => {
      const shown: State = { ...state, ui: { ...state.ui, stack: [placeAt(screen)] } };
      const text = frameText(shown, size);
      return text.replace(/\s+/g, ' ');
    };
    for (const screen of ['people', 'incident', 'health']) {
      expect(at(screen)).toMatch(/control: unknown/);
      expect(at(screen)).toMatch(/relay away 12 s/);
    }
    expect(at('people')).toContain('in control unknown: ben had it, the relay is away');
    expect(at('people')).toContain('works alone until it is back');
    expect(at('incident')).toContain('the relay is away: ben may still be in control; call them before W');
    expect(at('war-room')).toMatch(/in control, last ben/);
    for (const screen of ['people', 'incident', 'health', 'war-room'])
      expect(at(screen)).not.toMatch(/control: nobody|ben left|not connected/);
  });

  test('the person in control sees who waits for an admission; that one sees it too, and cannot take control', () => {
    const story = shared('health');
    const { incident: told, incidentContext } = story;
    if (!told || !incidentContext) throw new Error('no incident');
    const incident = { ...told, id: incidentIdOf('01J0000000', key('ana')) };
    const dan = { ...ben, session: 'session-dan', name: 'dan', driving: false, key: key('dan'), incident: incident.id };
    const self = { ...incidentContext.self, key: key('ana') };
    const control = { ...incident.control, key: self.key };
    const entries = incident.entries.map((one) => ({ ...one, writer: { ...one.writer, key: self.key } }));
    const here = [{ ...self, at: 0, driving: true, observing: false, incident: incident.id }, dan];
    const anas: State = {
      ...story,
      incident: { ...incident, control, entries },
      incidentContext: { ...incidentContext, self, here },
    };
    expect(frameText(anas, size)).toContain('admit dan?');
    const dans: State = { ...anas, incidentContext: { ...incidentContext, self: { ...self, ...dan }, here } };
    expect(frameText(dans, size)).toMatch(/and control: ana +not admitted(: ask ana)?/);
    expect(frameText(dans, size)).not.toContain('admit dan?');
    const takes = incidentKeys.find(({ id }) => id === 'control');
    const why = takes?.unless?.({ state: dans, place: placeAt('incident') });
    expect(why).toBe('your key is not admitted: ask ana to admit it (p)');
    const admitted = {
      ...dans,
      incident: { ...incident, control, entries, keys: [...keys, { ...keyOfDan, state: 'admitted' as const }] },
    };
    expect(frameText(admitted, size)).not.toContain('not admitted');
    expect(takes?.unless?.({ state: admitted, place: placeAt('incident') })).toBeUndefined();
    const people: State = { ...admitted, ui: { ...admitted.ui, stack: [placeAt('people')] } };
    expect(frameText(people, size)).toMatch(/admitted +dan +DAN0-1234-5678-9ABC +ben@bastion-b/);
  });

  test('with others connected every frame names commander and control, also where they are one person', () => {
    for (const screen of ['people', 'incident', 'health', 'logs'])
      expect(frameText(shared(screen), size)).toMatch(/(commander|IC) and control: you/);
  });

  test('commander and control are named beside the trouble of the relay', () => {
    const held = { ...ben, driving: true, unheard: true as const };
    const self = { ...contextOf('ana').self, at: 0, driving: false, observing: false };
    const state = bens({ relay: { ...away, unsent: 2 }, here: [self, held] });
    expect(frameText(state, size)).toMatch(/relay away 12 s.* control: ben +(commander|IC) ana/);
  });

  test('the wall says who is commander, and what each looks at', () => {
    expect(frameText(shared('war-room'), size)).toMatch(/commander ana +here ana \(cockpit\), ben \(database\)/);
  });

  test('several open incidents are listed, the shown one among them', () => {
    const backlog = { id: 'two', title: 'Queue backlog', severity: 3 as const, openedAt: now - 5 * minute };
    const open = [{ ...backlog, commander: ['dan'], control: 'eve' }];
    const text = frameText(shared('incidents', { open }), size);
    expect(text).toContain('2 open; enter shows one');
    expect(text).toMatch(/SEV3 +Queue backlog +open 5 m +commander dan, in control eve/);
    expect(text).toMatch(/SEV1 +Complete API outage +open 20 m +commander ana.* shown now/);
  });
});

test('an empty list of incidents says whether there can be others', () => {
  const none = (relay: RelayStatus) => {
    const state = shared('incidents', { relay });
    return frameText({ ...state, incident: undefined }, { columns: 80, rows: 24 }).replace(/\s+/g, ' ');
  };
  expect(none(connected)).toContain('no incident is open; one that others open appears here');
  expect(none({ ...connected, state: 'connecting', isRead: false })).toContain('reading the relay');
  expect(none({ ...away, isRead: false })).toContain('those that others opened cannot be seen while the relay is away');
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

describe('a key that nobody admitted yet', () => {
  const evesKey = key('eve');
  const eve = { ...contextOf('eve').self, key: evesKey };
  const self = { ...eve, at: 0, driving: false, observing: false };
  const eves = (here: IncidentContext['here'], more: Partial<IncidentContext> = {}): State => {
    const state = shared('people', { self: eve, here: [self, ...here], ...more });
    const { incident } = state;
    const control = { session: 'session-ana', person: 'ana', at: now, key: key('ana') };
    return { ...state, incident: incident && { ...incident, control } };
  };
  const size = { columns: 200, rows: 50 };
  const text = (state: State) => frameText(state, size).replace(/\s+/g, ' ');
  const who = (name: string) => ({ ...ben, session: `session-${name}`, name, key: key(name), driving: name === 'ana' });
  const onlyOwn = (state: State, here: string) => pressing(state, size, here);

  test('is told to ask the person in control, or else anybody who is admitted and connected', () => {
    expect(text(eves([who('ben'), who('ana')]))).toContain('not admitted: ask ana');
    expect(text(eves([who('ben')]))).toContain('not admitted: ask ben');
    expect(text(eves([{ ...who('ben'), observing: true }]))).toContain('not admitted: nobody here can admit you');
    expect(text(eves([], { relay: away }))).toContain('not admitted: ask ana');
    expect(text(onlyOwn(eves([who('ben')]), 'N'))).toContain('ask ben to admit your key');
  });

  test('where nobody can admit it, is told whom to call, and may continue in an incident of its own', () => {
    const state = eves([]);
    expect(text(state)).toContain(
      'Nobody who could admit your key is connected. Call ana (ops@bastion-a), ben (ben@bastion-b)',
    );
    expect(text(state)).toContain('N continues');
    expect(frameText(state, { columns: 80, rows: 24 }).replace(/\s+/g, ' ')).toContain('N continues');
    expect(text(pressing(state, size, 'W'))).toContain('p says what to do');
    const asked = pressing(state, size, 'N');
    expect(text(asked)).toContain('The other one stays open.');
    const sent = dispatchKey(asked, frame(asked, size), 'y').flatMap((one) =>
      one.kind === 'send' ? [one.command] : [],
    );
    expect(sent).toMatchObject([
      {
        kind: 'incident',
        what: {
          do: 'open',
          severity: 1,
          title: 'Complete API outage',
          why: expect.stringMatching(/^continues \S+ of ana: .* the key EVE0/),
        },
      },
    ]);
  });

  test('that is admitted continues in no other incident', () => {
    const state = bens({ here: [self] });
    expect(text(pressing(state, size, 'N'))).toContain('your key counts in this incident');
  });
});

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
