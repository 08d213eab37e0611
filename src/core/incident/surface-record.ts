// The acts on surfaces that a journal records, of every incident and outside of them.

import { folding, type ReadonlyList } from '../growing.ts';
import type { SurfaceAct } from '../platform/surface-acts.ts';
import { countingEntries } from './counting.ts';
import { authorOf, type Entry, type EventOf, type RunPhase } from './event.ts';

/** How the object of an action on a surface begins: `surface/openai-api`. */
const prefix = 'surface/';

const did: Partial<Readonly<Record<EventOf<'action'>['action'], SurfaceAct['did']>>> = {
  'disable-surface': 'disabled',
  'enable-surface': 'enabled',
  'test-surface': 'tested',
};

const outcomes: Partial<Readonly<Record<RunPhase, SurfaceAct['outcome']>>> = {
  finished: 'done',
  verified: 'done',
  unverified: 'done',
  failed: 'failed',
  unknown: 'unknown',
};

/** `openai-api` of `surface/openai-api`; undefined for the object of any other action. */
export const surfaceOf = (target: string): string | undefined =>
  target.startsWith(prefix) ? target.slice(prefix.length) : undefined;

/** An action's run as an act on a surface; undefined while it runs, and for every other action. */
export function surfaceAct(
  { action, target, phase }: Pick<EventOf<'action'>, 'action' | 'target' | 'phase'>,
  by: string,
  at: number,
): SurfaceAct | undefined {
  const [act, outcome, surface] = [did[action], outcomes[phase], surfaceOf(target)];
  if (!act || !outcome || surface === undefined) return undefined;
  // A test that was not proven is none.
  const told = act === 'tested' && phase === 'unverified' ? 'unknown' : outcome;
  return { surface, did: act, at, by, outcome: told };
}

type Of = { environment: string; drill?: string | undefined };

/** Of one environment; each run once, as it ended, oldest first. */
export function surfaceActs(entries: ReadonlyList<Entry>, scope: Of): readonly SurfaceAct[] {
  return surfaceRecord(scope)(countingEntries(entries));
}

/** The same of entries that count, as they grow. */
export function surfaceRecord({ environment, drill }: Of): (counting: ReadonlyList<Entry>) => readonly SurfaceAct[] {
  const acts = folding(
    () => new Map<string, SurfaceAct>(),
    (byRun, news: readonly Entry[]) => {
      for (const entry of news) {
        const { event, at } = entry;
        if (event.kind !== 'action' || entry.environment !== environment || entry.drill !== drill) continue;
        const act = surfaceAct(event, authorOf(entry), at);
        if (act) byRun.set(event.run, act);
      }
      return byRun;
    },
  );
  return (counting) => [...acts(counting).values()].toSorted((a, b) => a.at - b.at);
}
