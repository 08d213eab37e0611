// The keys that lead to the incident from anywhere.

import { severityName } from '../../core/incident/checklist.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { currentStep } from '../../runbook/messages.ts';
import type { State } from '../../store.ts';
import type { Binding, Entry } from '../screen.ts';
import { askNote, askType, askUnrecorded, send } from './asking.ts';
import { onlyObserves, whyNotInControl } from './offers.ts';
import { snoozeEntries } from './snooze.ts';

export const incidentBinding: Binding = {
  id: 'incident',
  leadsTo: 'incident',
  keys: ['i'],
  title: 'incident',
  about: 'show the incident’s checklist; without one: enter opens the suggested severity, v another',
  footer: 20,
  // There it leads back, as esc does.
  inFooter: ({ place }) => place.screen !== 'incident',
  run: ({ state, place }) => {
    if (place.screen === 'incident') return [{ kind: 'back' }];
    const { incident } = state;
    if (!incident || !isOngoing(incident))
      return [{ kind: 'open', screen: 'incident', of: incident ? { fresh: 'yes' } : undefined }];
    const next = currentStep(incident)?.step.id;
    return [{ kind: 'open', screen: 'incident' }, ...(next ? [{ kind: 'select', row: next } as const] : [])];
  },
};

export const noteBinding: Binding = {
  id: 'note',
  keys: ['n'],
  title: 'note',
  about: 'add a note to the incident’s timeline',
  footer: 66,
  unless: ({ state }) => (!state.incident ? 'no incident is open; i opens one' : onlyObserves(state)),
  run: () => [askNote()],
};

/** To make it a security incident, or a service incident again. */
function typeEntry(state: State): readonly Entry[] {
  const { incident } = state;
  if (!incident) return [];
  const type = incident.procedure === 'security' ? 'service' : 'security';
  return [
    {
      id: 'incident/type',
      title: `make it a ${type} incident`,
      about: 'the checklist changes, done steps stay',
      also: 'security breach type unauthorized access',
      unless: whyNotInControl(state),
      run: [askType(type, incident)],
    },
  ];
}

/** What the palette offers beside keys and screens. */
export function incidentEntries(state: State): readonly Entry[] {
  const { incidentContext } = state;
  if (!incidentContext) return [];
  const others = [
    ...typeEntry(state),
    ...snoozeEntries(state),
    ...incidentContext.open.map(
      (one): Entry => ({
        id: `incident/${one.id}`,
        title: `show incident ${severityName(one.severity)} ${one.title}`,
        about: 'show another open incident',
        run: [send({ do: 'follow', incident: one.id }), { kind: 'open', screen: 'incident' }],
      }),
    ),
  ];
  const { trouble, allowed } = incidentContext.journal;
  if (!trouble || allowed) return others;
  const whyNot = incidentContext.observing
    ? 'this cockpit only observes'
    : trouble.distrusted
      ? trouble.hint
      : undefined;
  return [
    ...others,
    {
      id: 'incident/unrecorded',
      title: 'allow actions without a record',
      about: `the journal cannot be written: ${trouble.what}; records stay in memory until it can`,
      unless: whyNot,
      run: [askUnrecorded(trouble.what)],
    },
  ];
}
