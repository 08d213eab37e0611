// The keys that end an incident, and the one that opens it again.
import { isOngoing } from '../../core/incident/incident.ts';
import type { Binding } from '../screen.ts';
import { askReopen } from './asking.ts';
import { endIntent, freshReadings } from './ending.ts';
import { notDriving, onlyObserves } from './offers.ts';

export const endingKeys: readonly Binding[] = [
  {
    id: 'mitigate',
    keys: ['M'],
    title: 'mitigated',
    also: 'mitigate fixed over',
    about: 'users can work again: stops the mitigation clock',
    unless: (here) =>
      notDriving(here) ?? (here.state.incident?.mitigatedAt === undefined ? undefined : 'already mitigated'),
    run: ({ state }) => [...freshReadings(state), endIntent('mitigate', state)],
  },
  {
    id: 'resolve',
    keys: ['X'],
    title: 'resolve',
    also: 'close done end',
    about: 'end the incident; asks first what is still open and who has to be told',
    unless: notDriving,
    run: ({ state }) => [...freshReadings(state), endIntent('resolve', state)],
  },
  {
    id: 'cancel',
    keys: ['K'],
    title: 'cancel incident',
    about: 'cancel an incident that was opened by mistake: it counts in no statistics',
    also: 'mistake false alarm abort discard',
    unless: notDriving,
    run: ({ state }) => [endIntent('cancel', state)],
  },
  {
    id: 'reopen',
    keys: ['O'],
    title: 'reopen',
    about: 'reopen the incident',
    unless: ({ state }) =>
      onlyObserves(state) ?? (!state.incident || isOngoing(state.incident) ? 'the incident is open' : undefined),
    run: () => [askReopen()],
  },
];
