// Effects of the state that need no key: queries for the open screen, the terminal's title, the bell.

import { glyph, type HealthStatus, isWorse } from '../../core/health/status.ts';
import { type Query, queryKey } from '../../core/queries/query.ts';
import { toAscii } from '../../core/text/ascii.ts';
import type { Command } from '../../engine/protocol.ts';
import { type CockpitStore, here, type Intent, type State } from '../../store.ts';
import { confirmAgain } from '../actions/offer.ts';
import { openDebug } from '../terminal/session.ts';
import { healthOf } from '../toolkit/selectors.ts';
import { screenOf } from './body.ts';
import { reduce } from './reducer.ts';

/** Subscribes to the queries of the open screen and of the detail beside it, and unsubscribes when it closes. */
export function syncQueries(store: CockpitStore, send: (command: Command) => void): () => void {
  let asked = new Map<string, Query>();
  const follow = (state: State) => {
    const place = here(state);
    const open = [place, ...(state.ui.beside ? [state.ui.beside] : [])];
    const looks = [...open.flatMap((one) => screenOf(one).queries?.(one, state) ?? []), ...asking(state)];
    const wanted = new Map(looks.map((ask) => [queryKey(ask), ask]));
    for (const [key, ask] of wanted) if (!asked.has(key)) send({ kind: 'subscribe', ask });
    for (const [key, ask] of asked) if (!wanted.has(key)) send({ kind: 'unsubscribe', ask });
    asked = wanted;
  };
  follow(store.getState());
  return store.subscribe(follow);
}

/** Tells the engine which screen is shown: the others on an incident see who looks at what. */
export function followScreen(store: CockpitStore, send: (command: Command) => void): () => void {
  let told: string | undefined;
  const follow = (state: State) => {
    const place = here(state);
    const screen = screenOf(place).title(place, state);
    if (screen !== told) send({ kind: 'looking', screen });
    told = screen;
  };
  follow(store.getState());
  return store.subscribe(follow);
}

/** Opens the incident that was joined, if the relay has one alone; of several a person chooses. */
export function openJoined(store: CockpitStore): () => void {
  const stop = store.subscribe((state) => {
    const { incident, incidentContext } = state;
    if (!incidentContext?.relay?.isRead || here(state).screen !== 'incidents') return;
    // Nothing is open yet: it waits for the first one.
    if (!incident || incident.resolvedAt !== undefined) return;
    stop();
    if (incidentContext.open.length > 0) return;
    const open: Intent = { kind: 'open', screen: 'incident' };
    store.setState(reduce(store.getState(), open, { rows: [], page: 0, selectable: false }));
  });
  return stop;
}

/** Output with a new secret is cleared when its screen closes. */
export function followSecrets(store: CockpitStore, send: (command: Command) => void): () => void {
  let open: string | undefined;
  return store.subscribe((state) => {
    const place = here(state);
    const now = place.screen === 'run' ? place.of.run : undefined;
    if (now === open) return;
    const left = open === undefined ? undefined : state.runs[open];
    if (left?.reveals && left.phase === 'done') send({ kind: 'run', run: left.id, what: { do: 'forget' } });
    open = now;
  });
}

/** A confirmed run that is planned again, because the state changed, asks for a new confirmation on its screen. */
export function followMoved(store: CockpitStore): () => void {
  return store.subscribe((state, before) => {
    if (state.runs === before.runs || state.ui.overlay.kind !== 'none') return;
    const place = here(state);
    const id = place.screen === 'run' ? (place.of.run ?? '') : '';
    const run = state.runs[id];
    if (!run?.again || run.phase !== 'planned' || run.plannedAt === before.runs[id]?.plannedAt) return;
    for (const intent of confirmAgain(run, state.own))
      store.setState(reduce(state, intent, { rows: [], page: 0, selectable: false }));
  });
}

/** A container without a shell offers a debug container. */
export function followShells(store: CockpitStore): () => void {
  return store.subscribe((state, before) => {
    const session = state.shells?.session;
    if (session === before.shells?.session || session?.phase !== 'no-shell') return;
    if (state.ui.overlay.kind !== 'none' || session.request.tool !== 'exec') return;
    const { pod, container } = session.request;
    for (const intent of openDebug(pod, container, state))
      store.setState(reduce(store.getState(), intent, { rows: [], page: 0, selectable: false }));
  });
}

/** The query that the focused field completes from. */
function asking({ ui: { overlay } }: State): readonly Query[] {
  if (overlay.kind !== 'form') return [];
  const ask = overlay.form.fields[overlay.at]?.looks?.(overlay.values);
  return ask ? [ask] : [];
}

export type Attention = {
  title: string;
  /** The worst health so far; undefined until every backend was queried once. */
  worst?: HealthStatus;
  /** It just got worse. */
  rings: boolean;
};

/** The title for the state, and whether the bell rings: only when the health gets worse after the start. */
export function attention(state: State, before?: Attention): Attention {
  const { worst, findings } = healthOf(state.world);
  const { environment, drill } = state.world.scope;
  const where = drill === undefined ? environment : `DRILL ${drill}`;
  const words = `${glyph[worst]} ${worst} ${where} · bentham`;
  const title = state.ui.ascii ? toAscii(words) : words;
  if (findings.some((f) => f.code === 'pending') && before?.worst === undefined) return { title, rings: false };
  const gotWorse = before?.worst !== undefined && isWorse(worst, before.worst);
  return { title, worst, rings: state.ui.bell && gotWorse };
}
