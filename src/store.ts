// The state of the screen: the engine's slices, and the open places. One vanilla store; nothing here draws or acts.
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { IncidentContext } from './core/incident/context.ts';
import { type Instant, type Ms, second } from './core/time.ts';
import { emptyWorld, type Scope } from './core/world/world.ts';
import type { Update } from './engine/protocol.ts';
import type { Place, State, Ui } from './screen-state.ts';

export type * from './screen-state.ts';

export type CockpitStore = StoreApi<State>;

/** A place as a screen opens. */
export function placeAt(screen: string, of: Place['of'] = {}, filter = '', selected?: string): Place {
  return { screen, of, at: 0, top: 0, filter, filtering: false, sort: 0, selected };
}

/** The open screen's place. */
export function here(state: State): Place {
  return state.ui.stack.at(-1) ?? state.ui.stack[0];
}

/** A key that was pressed twice, or is held, comes again within this. */
export const keySpent: Ms = second;

/** How long a notice stays. */
export const noticeStays: Ms = 6 * second;

export function initialState(
  scope: Scope,
  now: Instant,
  display: Pick<Ui, 'theme' | 'ground' | 'ascii' | 'bell' | 'mouse'> = {
    theme: 'auto',
    ground: 'dark',
    ascii: false,
    bell: true,
    mouse: false,
  },
): State {
  return {
    world: emptyWorld(scope, now),
    queries: {},
    engine: { state: 'running' },
    runs: {},
    arming: scope.guarded ? { state: 'read-only' } : { state: 'open' },
    commands: [],
    ui: { stack: [{ ...placeAt('cockpit'), pane: 'health' }], overlay: { kind: 'none' }, ...display },
  };
}

export function createCockpitStore(state: State): CockpitStore {
  return createStore<State>(() => state);
}

/** Applies an update of the engine to the state. Pure; unchanged parts keep their identity. */
export function take(state: State, update: Update): State {
  const { world } = state;
  const next: State = {
    ...state,
    world: {
      now: update.now ?? world.now,
      scope: update.scope ?? world.scope,
      readings: update.readings ? { ...world.readings, ...update.readings } : world.readings,
      history: update.history ?? world.history,
      surfaceActs: update.surfaceActs ?? world.surfaceActs,
    },
  };
  if (update.queries) next.queries = { ...state.queries, ...update.queries };
  if ('logs' in update) next.logs = update.logs;
  if (update.engine) next.engine = update.engine;
  if (update.runs) next.runs = { ...state.runs, ...update.runs };
  if (update.arming) next.arming = update.arming;
  if (update.shells) next.shells = update.shells;
  if (update.lacking) next.lacking = update.lacking;
  if (update.signIns) next.signIns = update.signIns;
  if (update.commands) next.commands = update.commands;
  if (update.journalRead !== undefined && !state.incidentContext) next.journalRead = update.journalRead;
  if (update.incidentContext) {
    delete next.journalRead;
    next.incidentContext = update.incidentContext;
    next.ui = noticed(state, update.incidentContext, next.world.now);
  }
  if (update.said) next.ui = { ...next.ui, notice: { ...update.said, until: next.world.now + noticeStays } };
  if (update.incident === null) delete next.incident;
  else if (update.incident) next.incident = update.incident;
  return next;
}

/** The engine's answer to the last incident command is shown once. */
function noticed({ ui, incidentContext: before }: State, { said }: IncidentContext, now: Instant): Ui {
  if (!said || said.turn === before?.said?.turn) return ui;
  return { ...ui, notice: { says: said.says, verdict: said.verdict, until: now + noticeStays } };
}
