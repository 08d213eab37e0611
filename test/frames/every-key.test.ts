// Every key of the key table, on every screen it is listed for: pressed there, it does what the table says.
import { describe, expect, test } from 'vitest';
import { bindingsOf, globalBindings, listBindings } from '../../src/keymap.ts';
import { paneIds, panes } from '../../src/screens/cockpit/panes.ts';
import { screens } from '../../src/screens/index.ts';
import type { Binding, Screen } from '../../src/screens/screen.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { here, type Intent, type State } from '../../src/store.ts';
import { alert, incident, plannedRun, showing } from '../support/every-screen.ts';
import { contextOf } from '../support/story.ts';
import { frameText, now, pressing } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

/** What one press led to. */
type Pressed = { before: State; after: State; intents: readonly Intent[]; text: string };

function pressed(before: State, key: string): Pressed {
  const intents = dispatchKey(before, frame(before, size), key);
  const after = intents.reduce((state, one) => reduce(state, one, frame(state, size).list), before);
  return { before, after, intents, text: frameText(after, size) };
}

type Case = { from?(state: State): State; after?: readonly string[]; see(pressed: Pressed): void };

const row = (state: State) => frame(state, size).row?.id;
const sees = (what: string | RegExp): Case => ({
  see: ({ text, before }) => {
    expect(text).toMatch(what);
    expect(frameText(before, size)).not.toMatch(what);
  },
});
const opens = (screen: string, what: string | RegExp): Case => ({
  see: ({ after, text }) => {
    expect(here(after).screen).toBe(screen);
    expect(text).toMatch(what);
  },
});
const sends = (what: object): Case => ({
  see: ({ intents }) =>
    expect(intents).toContainEqual({ kind: 'send', command: expect.objectContaining(what) as unknown }),
});
const tells = (what: object) => sends({ kind: 'incident', what: expect.objectContaining(what) });
const after = (keys: readonly string[], of: Case): Case => ({ ...of, after: keys });
const withState = (of: Case, more: Partial<State>): Case => ({ ...of, from: (state) => ({ ...state, ...more }) });
const { acknowledged: _, ...unacknowledged } = incident;
const resolved = { ...incident, resolvedAt: now };

const focusOn = (pane: number) => `▸${pane + 1} ${panes[pane]?.title}`;

/** Of a key without a case of its own: it goes out, changes what is shown, or says why it does nothing. */
const hasEffect: Case = {
  see: ({ before, after, intents, text }) => {
    const goesOut = intents.some(({ kind }) => kind === 'send' || kind === 'copy' || kind === 'terminal');
    expect(goesOut || text !== frameText(before, size)).toBe(true);
    if (after.ui.notice !== before.ui.notice) expect(text).toContain(after.ui.notice?.says.slice(0, 40));
  },
};

/** The rows' next order: its name stands in the title line. */
const sorted: Case = {
  see: ({ before, text }) => {
    const by = (of: string) => / {2}by ([^/]+?)(?: {2}|$)/m.exec(of)?.[1];
    expect(by(text)).toBeDefined();
    expect(by(text)).not.toBe(by(frameText(before, size)));
  },
};

/** The screens' own keys. */
const own: Readonly<Record<string, Case>> = {
  'cockpit zoom': opens('health', /HEALTH/),
  'pods sort': sorted,
  'metrics sort': sorted,
  'surfaces sort': sorted,
  'studies sort': sorted,
  'api-keys sort': sorted,
  'tables sort': sorted,
  'evidence sort': sorted,
  'statements sort': sorted,
  'waits sort': sorted,
  'table-use sort': sorted,
  'indexes sort': sorted,
  'statements tables-of-statement': opens('table-use', /TABLE USE/),
  'waits plan': opens('plan', /session 4711/),
  'sessions plan': opens('plan', /session 12/),
  'metric metric-statements': opens('statements', /STATEMENTS/),
  'timeline sort': sorted,
  'logs logs-oldest': { see: ({ after }) => expect(here(after).selected).toBe('oldest') },
  'logs logs-newest': { after: ['k'], see: ({ after }) => expect(here(after).selected).toBe('tail') },
  'logs logs-errors': sees(/\/level=error/),
  'logs logs-pause': { from: atTail, see: ({ after }) => expect(row(after)).toBe('3') },
  'logs logs-next': { from: at('1'), see: ({ after }) => expect(row(after)).toBe('2') },
  'logs logs-previous': { from: at('3'), see: ({ after }) => expect(row(after)).toBe('2') },
  'logs logs-highlight': sees('Highlight'),
  'logs logs-since': sees('since 1h'),
  'logs logs-from': sees('Show lines since'),
  'logs logs-request': { ...sees('/request=r-2'), from: at('2') },
  'logs logs-study': { ...sees('/study=study_abc123'), from: at('2') },
  'logs logs-pod': { ...sees('/pod=api-gateway'), from: at('2') },
  'logs logs-open-study': { ...opens('study', /study_abc123/), from: at('2') },
  'logs logs-open-pod': { ...opens('pod', /8qk5p/), from: at('2') },
  'logs logs-previous-containers': { see: ({ after }) => expect(here(after).of.previous).toBe('yes') },
  'logs logs-wrap': { see: ({ after }) => expect(here(after).of.wrap).toBe('yes') },
  'logs logs-clock': { see: ({ after }) => expect(here(after).of.clock).toBe('local') },
  'logs logs-save': sends({ kind: 'logs-save' }),
  'act begin-action': sees('Roll back a deployment'),
  'run confirm-run': sees('▸ cancel'),
  'run next-action': sees(/Roll back a deployment/),
  'run second-next-action': sees('Scale api-gateway (3 replicas now)'),
  'run stop-run': sends({ kind: 'run', what: { do: 'cancel' } }),
  'run copy-calls': {
    see: ({ intents }) => expect(intents).toMatchObject([{ kind: 'copy', text: plannedRun.calls[0]?.say }]),
  },
  'run forget-output': sends({ kind: 'run', what: { do: 'forget' } }),
  'incident step-done': after(['j'], tells({ do: 'step', step: 'sev1/gateway-status', mark: 'done' })),
  'incident step-accept': after(['j', 'j'], tells({ do: 'accept', steps: ['sev1/database', 'sev1/redis'] })),
  'incident step-skip': after(['j'], sees('Skip: Check API gateway status')),
  'incident offer-1': after(['j', 'j', 'j', 'j'], sends({ kind: 'run' })),
  'incident offer-2': {
    ...sees(/Clean up old sessions/),
    from: onErrors,
  },
  'incident offer-3': {
    ...sends({ kind: 'run', what: expect.objectContaining({ action: 'refresh-sessions' }) }),
    from: onErrors,
  },
  'incident offer-4': { ...sees('Retry failed jobs'), from: onErrors },
  'incident step-reopen': tells({ do: 'step', step: 'sev1/acknowledge', mark: 'reopened' }),
  'incident step-more': after(['j'], opens('pods', /PODS/)),
  'incident remind': sees('when  15m'),
  'incident reminded': withState(tells({ do: 'reminded', about: 'the status page' }), {
    incident: { ...incident, reminders: [{ about: 'the status page', due: now - 1000 }] },
  }),
  'incident acknowledge-incident': withState(tells({ do: 'acknowledge' }), { incident: unacknowledged }),
  'incident messages': opens('notify', /MESSAGES/),
  'incident severity': sees('Change the severity'),
  'incident timeline': opens('timeline', /TIMELINE/),
  'incident can-report': sees('CAN report'),
  'incident update-given': tells({ do: 'update' }),
  'incident handoff': sees('Handoff brief'),
  'incident people': opens('people', /PEOPLE/),
  'incident procedures': opens('procedures', /PROCEDURES/),
  'incident control': withState(sees('Take control'), { incidentContext: contextOf('ops2') }),
  'incident mitigate': sees('Mitigated. What fixed it?'),
  'incident resolve': sees('Resolve. What fixed it?'),
  'incident cancel': sees('record: cancelled. Reason:'),
  'incident reopen': withState(sees('Reopen. What came back?'), { incident: resolved }),
  'timeline pin': tells({ do: 'pin', pinned: true }),
  'timeline jump': after(['j', 'j'], opens('incident', /SEV1/)),
  'alerts acknowledge-alert': tells({ do: 'acknowledge', alert: alert.id }),
  'notify arrived': { ...opens('received', /RECEIVED/), from: inDrill },
  'people role': sees('Assign a role'),
  'people leave-role': {
    from: (state) => ({ ...state, incident: { ...incident, roles: { ...incident.roles, scribe: ['ops1'] } } }),
    after: ['j', 'j'],
    ...tells({ do: 'role', role: 'scribe', change: 'left' }),
  },
  'people take-role': after(['j'], tells({ do: 'role', role: 'deputy', change: 'taken' })),
  'people people-control': withState(sees('Take control'), { incidentContext: contextOf('ops2') }),
  'procedures add-procedure': after(['j'], tells({ do: 'procedure', change: 'added' })),
  'procedure procedure-offer-1': after(['j', 'j', 'j', 'j'], sends({ kind: 'run' })),
  'procedure procedure-offer-2': {
    ...sees(/Clean up old sessions/),
    from: onErrors,
  },
  'procedure procedure-offer-3': {
    ...sends({ kind: 'run', what: expect.objectContaining({ action: 'refresh-sessions' }) }),
    from: onErrors,
  },
  'procedure procedure-offer-4': { ...sees('Retry failed jobs'), from: onErrors },
};

function at(line: string): (state: State) => State {
  return (state) => reduce(state, { kind: 'select', row: line }, frame(state, size).list);
}
function atTail(state: State): State {
  return at('tail')(state);
}
function inDrill(state: State): State {
  return { ...state, world: { ...state.world, scope: { ...state.world.scope, drill: 'api-outage' } } };
}
/** The step with four actions (runbook, SEV2: error messages) under the marker. */
function onErrors(state: State): State {
  const [cockpit, place = cockpit] = state.ui.stack;
  const of = place.screen === 'procedure' ? { procedure: 'sev2' } : place.of;
  return {
    ...state,
    incident: { ...incident, severity: 2 },
    ui: { ...state.ui, stack: [cockpit, { ...place, of, selected: 'sev2/error-messages' }] },
  };
}

/** Where a move leads in a list of so many rows, of which so many are seen. */
const moves: Readonly<Record<string, (at: number, rows: number, page: number) => number>> = {
  next: (from) => from + 1,
  previous: (from) => from - 1,
  first: () => 0,
  last: (_, rows) => rows - 1,
  'half-down': (from, _, page) => from + Math.max(1, Math.floor(page / 2)),
  'half-up': (from, _, page) => from - Math.max(1, Math.floor(page / 2)),
  'page-down': (from, _, page) => from + Math.max(1, page - 1),
  'page-up': (from, _, page) => from - Math.max(1, page - 1),
};

/** From the middle of the list, where a move in either direction is seen. */
function moving(id: string, { before, after: then }: Pressed): void {
  const { list } = frame(before, size);
  if (list.rows.length === 0) {
    expect(then.ui.stack).toEqual(before.ui.stack);
    return;
  }
  const within = (to: number, last: number) => Math.min(last, Math.max(0, to));
  const to = moves[id];
  if (!to) throw new Error(`no such move: ${id}`);
  if (!list.selectable) {
    const last = Math.max(0, list.rows.length - list.page);
    expect(here(then).top).toBe(within(id === 'last' ? last : to(here(before).top, list.rows.length, list.page), last));
    return;
  }
  const rows = list.rows.map((one) => one.id);
  const marked = row(before) === undefined ? -1 : rows.indexOf(row(before) ?? '');
  expect(here(then).selected).toBe(rows[within(to(marked, rows.length, list.page), rows.length - 1)]);
}

const inMiddle = (state: State): State => pressing(state, size, 'j', 'j');

/** The general keys, on any screen. */
const general: Readonly<Record<string, (screen: Screen) => Case>> = {
  ...Object.fromEntries(
    Object.keys(moves).map((id) => [id, () => ({ from: inMiddle, see: (one: Pressed) => moving(id, one) })]),
  ),
  enter: () => ({
    see: ({ before, after: then, intents, text }) => {
      const marked = frame(before, size).row;
      if (marked?.opens?.kind === 'details')
        expect(intents).toMatchObject([{ kind: 'details', title: marked.opens.title }]);
      else if (marked?.opens?.kind === 'form') expect(then.ui.overlay.kind).toBe('form');
      else if (marked?.opens) expect(intents).toEqual([marked.opens]);
      else if (here(before).pane) expect(here(then).screen).toBe(here(before).pane);
      else expect(text).toMatch(/no details available|no row is selected/);
    },
  }),
  filter: () => ({
    see: ({ before, after: then, text }) => {
      const { rows, selectable } = frame(before, size).list;
      if (!here(before).pane && !(selectable && rows.length > 0) && rows.every((one) => !one.text)) {
        expect(text).toMatch('no rows to filter');
        return;
      }
      expect(here(then).filtering).toBe(true);
      expect(text).toMatch('apply');
    },
  }),
  ...Object.fromEntries(panes.map(({ id }, at) => [`pane-${id}`, () => opens('cockpit', focusOn(at))])),
  'next-pane': () => opens('cockpit', focusOn(1)),
  'previous-pane': () => opens('cockpit', focusOn(panes.length - 1)),
  back: ({ id }) => (id === 'cockpit' ? sees('this is the top level; q quits') : opens('cockpit', /1 HEALTH/)),
  'war-room': ({ id }) => (id === 'war-room' ? opens('cockpit', /1 HEALTH/) : opens('war-room', /▄|█|▀/)),
  act: () => opens('act', /ACTIONS/),
  logs: () => opens('logs', /LOGS/),
  incident: ({ id }) => (id === 'incident' ? opens('cockpit', /1 HEALTH/) : opens('incident', /SEV1/)),
  note: () => sees('text (recorded in the timeline)'),
  palette: () => sees(/^ : █/m),
  help: () => ({
    see: ({ after: then, text }) => {
      expect(then.ui.overlay.kind).toBe('help');
      expect(text).toMatch(/j k scroll/);
    },
  }),
  copy: () => ({
    see: ({ before, intents, text }) => {
      if (frame(before, size).row) expect(intents).toContainEqual(expect.objectContaining({ kind: 'copy' }));
      else expect(text).toMatch('no row is selected');
    },
  }),
  refresh: () => sends({ kind: 'refresh' }),
  ...Object.fromEntries(
    (['redraw', 'suspend', 'quit'] as const).map((what) => [
      what,
      (): Case => ({ see: ({ intents }) => expect(intents).toEqual([{ kind: 'terminal', do: what }]) }),
    ]),
  ),
};

const isGeneral = ({ id }: Binding) => [...listBindings, ...globalBindings].some((one) => one.id === id);

describe.each(screens.map((screen) => [screen.id, screen] as const))('%s', (id, screen) => {
  test.each(bindingsOf(screen).flatMap((b) => b.keys.map((key) => [key, b.id, b] as const)))(
    '%s %s',
    (key, name, b) => {
      const found = (isGeneral(b) ? general[name]?.(screen) : own[`${id} ${name}`]) ?? hasEffect;
      const from = found.from ?? ((state: State) => state);
      const start = pressing(from(showing(id)), size, ...(found.after ?? []));
      // A key with two meanings has the one that holds here.
      const means = bindingsOf(frame(start, size).screen, { state: start, place: here(start) });
      if (means.find((one) => one.keys.includes(key))?.id !== name) {
        expect(
          b.when ?? paneIds.includes(name.replace('pane-', '')),
          `${key} means something else on ${id}`,
        ).toBeTruthy();
        return;
      }
      found.see(pressed(start, key));
    },
  );
});

test('every case names an existing key', () => {
  const all = screens.flatMap((screen) => bindingsOf(screen).map((b) => `${screen.id} ${b.id}`));
  expect(Object.keys(own).filter((name) => !all.includes(name))).toEqual([]);
});
