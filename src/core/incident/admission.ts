// Who can admit a key that waits: whoever holds one that counts, once in control.
import type { KeyState } from './authority.ts';
import { controllerOf, hearsAll, type IncidentContext, keysOf, type Presence } from './context.ts';
import type { Incident } from './incident.ts';

/** `here`: connected, the one in control first. `away`: the keys of the others. `isKnown`: false while the relay is away. */
export type Admitters = { here: readonly Presence[]; away: readonly KeyState[]; isKnown: boolean };

const counts = ({ state }: KeyState): boolean => state === 'opener' || state === 'own' || state === 'admitted';

/** Whether this cockpit waits for an admission. */
export function waitsForAdmission(context: IncidentContext, incident: Incident): boolean {
  const { key } = context.self;
  return key !== undefined && keysOf(context, incident).some((one) => one.key === key && one.state === 'new');
}

export function admitters(context: IncidentContext, incident: Incident): Admitters {
  const able = incident.keys.filter(counts);
  const controller = controllerOf(context, incident)?.session;
  const here = context.here
    .filter(({ key, observing, unheard }) => !observing && !unheard && able.some((one) => one.key === key))
    .toSorted((a, b) => Number(b.session === controller) - Number(a.session === controller));
  const away = able.filter(({ key }) => !here.some((one) => one.key === key));
  return { here, away, isKnown: hearsAll(context) };
}

/** Whom to ask; undefined: nobody who could do it is connected. */
export function whomToAsk(context: IncidentContext, incident: Incident): string | undefined {
  const { here, isKnown } = admitters(context, incident);
  return here[0]?.name ?? (isKnown ? undefined : incident.control.person);
}
