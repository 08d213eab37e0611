// Keys that do nothing now: each that can be refused is refused in some state, with its reason and nothing else, and works
// in another. A reason that is always or never given, or given while the key acts, fails here by name.
import { describe, expect, test } from 'vitest';
import { bindingsOf, globalBindings, listBindings } from '../../src/keymap.ts';
import { screens } from '../../src/screens/index.ts';
import type { Here } from '../../src/screens/screen.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, type State } from '../../src/store.ts';
import { incident, plannedRun, showing } from '../support/every-screen.ts';
import { contextOf } from '../support/story.ts';
import { calm, empty, now, outage, pressing, starting } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const { incident: _, ...withoutIncident } = showing('cockpit');
const done = { ...plannedRun, phase: 'done', outcome: 'verified', output: [], next: [], calls: [] } as const;

/** What a person may come upon, for each screen. */
const situations: Readonly<Record<string, (screen: string) => State>> = {
  'an incident of ours': (screen) => showing(screen),
  'no incident': (screen) => ({ ...withoutIncident, ui: showing(screen).ui }),
  'an incident of another person': (screen) => showing(screen, { incidentContext: contextOf('ops2') }),
  'a resolved incident': (screen) => showing(screen, { incident: { ...incident, resolvedAt: now } }),
  'a mitigated incident': (screen) =>
    showing(screen, { incident: { ...incident, mitigatedAt: now, acknowledged: { by: 'ops1', at: now } } }),
  'who only observes': (screen) =>
    showing(screen, {
      incidentContext: contextOf('ops1', { observing: true }),
      arming: { state: 'locked', why: 'this cockpit only observes' },
    }),
  'a calm platform': (screen) => showing(screen, { world: calm }),
  'a platform without anything': (screen) => showing(screen, { world: empty, queries: {}, commands: [], runs: {} }),
  'before the first answer': (screen) => showing(screen, { world: starting, queries: {}, commands: [], runs: {} }),
  'a run that ended': (screen) => showing(screen, { runs: { [done.id]: done } }),
  'an incident of SEV2, nobody acknowledged it, a reminder is due': (screen) => {
    const { acknowledged, ...open } = incident;
    const roles = { ...open.roles, scribe: ['ops1'] };
    const reminders = [{ about: 'the status page', due: now - 1000 }];
    const of = screen === 'procedure' ? { procedure: 'sev2' } : undefined;
    return placed(showing(screen, { incident: { ...open, severity: 2, roles, reminders } }), of);
  },
  'a procedure that is no part of the incident': (screen) =>
    placed(showing(screen), { procedure: 'database-maintenance' }),
  'a drill': (screen) => showing(screen, { world: { ...outage, scope: { ...outage.scope, drill: 'api-outage' } } }),
  'a filter that matches nothing': (screen) => placed(showing(screen), undefined, 'zzzz'),
  'a screen without its object': (screen) => placed(showing(screen), {}),
};

/** The open screen about something else, or filtered. */
function placed(state: State, of?: Readonly<Record<string, string>>, filter?: string): State {
  const [cockpit, place] = state.ui.stack;
  if (!place) return state;
  return {
    ...state,
    ui: { ...state.ui, stack: [cockpit, { ...place, of: of ?? place.of, filter: filter ?? place.filter }] },
  };
}

type Seen = { refused: Set<string>; works: boolean };

const isGeneral = (id: string) => [...listBindings, ...globalBindings].some((one) => one.id === id);
const all = new Map<string, Seen>();

function look(screen: string, name: string, start: State): void {
  const rows = Math.max(1, Math.min(6, frame(start, size).list.rows.length));
  for (let down = 0; down < rows; down += 1) {
    const state = pressing(start, size, ...Array.from({ length: down }, () => 'j'));
    const seen = frame(state, size);
    const place = here(state);
    const at: Here = { state, place, list: seen.list, ...(seen.row ? { row: seen.row } : {}) };
    for (const b of bindingsOf(seen.screen, { state, place })) {
      if (!b.unless || !bindingsOf(seen.screen, { state, place }).find((one) => one.keys.includes(b.keys[0] ?? '')))
        continue;
      const key = b.keys.find(
        (one) => bindingsOf(seen.screen, { state, place }).find((x) => x.keys.includes(one)) === b,
      );
      if (key === undefined) continue;
      const id = isGeneral(b.id) ? b.id : `${screen} ${b.id}`;
      const told = all.get(id) ?? { refused: new Set(), works: false };
      all.set(id, told);
      const why = b.unless(at);
      if (why === undefined) told.works = true;
      else {
        told.refused.add(why);
        expect(dispatchKey(state, seen, key), `${key} on ${screen}: ${name}`).toEqual([
          { kind: 'notice', says: `${b.title}: ${why}`, verdict: 'unknown' },
        ]);
      }
    }
  }
}

describe.each(Object.keys(situations))('%s', (name) => {
  test.each(screens.map(({ id }) => [id]))('on %s a refused key only says why', (id) => {
    look(id, name, situations[name]?.(id) ?? showing(id));
  });
});

/** No node, and nobody who waits to be admitted, is in these situations (test/frames/relay.test.ts). */
const notTried = ['node ', 'people admit', 'people continue'];

test('every reason is given in some situation, and not in all of them', () => {
  const odd = [...all].filter(([id, { refused, works }]) => {
    if (notTried.some((one) => id.startsWith(one))) return false;
    return refused.size === 0 || !works;
  });
  expect(all.size).toBeGreaterThan(80);
  // Who is connected can always be read; the keys of a procedure ask the incident's own reason.
  expect(odd.map(([id]) => id)).toEqual(['procedure procedure-people']);
});
