// The keys that lead to the incident from anywhere.
import { currentStep } from '../../runbook/brief.ts';
import type { Binding } from '../screen.ts';
import { askNote } from './asking.ts';

export const incidentBinding: Binding = {
  id: 'incident',
  keys: ['i'],
  title: 'incident',
  about: 'the checklist of the incident; opens one: i, then 1–4 or enter',
  footer: 20,
  run: ({ state, place }) => {
    if (place.screen === 'incident') return [{ kind: 'back' }];
    const { incident } = state;
    if (!incident || incident.resolvedAt !== undefined)
      return [{ kind: 'open', screen: 'incident', ...(incident ? { of: { fresh: 'yes' } } : {}) }];
    const next = currentStep(incident)?.step.id;
    return [{ kind: 'open', screen: 'incident' }, ...(next ? [{ kind: 'select', row: next } as const] : [])];
  },
};

export const noteBinding: Binding = {
  id: 'note',
  keys: ['n'],
  title: 'note',
  about: 'write a note into the incident’s timeline',
  footer: 64,
  unless: ({ state }) =>
    !state.incident
      ? 'no incident is open; i opens one'
      : state.desk?.observing
        ? 'this cockpit only observes'
        : undefined,
  run: () => [askNote()],
};
