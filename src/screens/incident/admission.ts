// What a person reads whose key nobody has admitted yet, and the way on where nobody can admit it.
import { admitters, waitsForAdmission, whomToAsk } from '../../core/incident/admission.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { fingerprint } from '../../core/incident/event.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import type { Intent, State } from '../../store.ts';
import type { Binding } from '../screen.ts';
import { type Line, line, span, wrap } from '../toolkit/line.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';

/** Holders that are named; more are counted. */
const mostNamed = 3;

/** For the screen of people; empty where this key counts, or somebody who can admit it is connected. */
export function admissionLines({ incident, incidentContext }: State, columns: number): readonly Line[] {
  if (!incident || !incidentContext || !isOngoing(incident) || !waitsForAdmission(incidentContext, incident)) return [];
  if (whomToAsk(incidentContext, incident) !== undefined) return [];
  const { away } = admitters(incidentContext, incident);
  const named = away
    .slice(0, mostNamed)
    .map(({ person, user, host }) => (host ? `${person} (${user}@${host})` : person));
  const more = away.length > mostNamed ? ` and ${away.length - mostNamed} more` : '';
  const call =
    named.length > 0
      ? `Call ${named.join(', ')}${more}: a cockpit there takes control (W) and admits your key (A). `
      : '';
  const says = `Nobody who could admit your key is connected. ${call}If nobody can be reached, N continues in an incident of your own.`;
  return wrap(says, columns).map((part) => line(' ', span(part, 'warning')));
}

/** Why this cockpit cannot take control of an incident that did not admit its key. */
export function notAdmitted({ incidentContext }: State, incident: Incident): string {
  const who = incidentContext && whomToAsk(incidentContext, incident);
  return who === undefined
    ? 'your key is not admitted, and nobody connected can admit it: p says what to do'
    : `your key is not admitted: ask ${who} to admit it (p)`;
}

/** Opens the same incident again, as one of this key: nothing that a stranger writes can have effect in the other one. */
export const continueKey: Binding = {
  id: 'continue',
  keys: ['N'],
  title: 'own incident',
  about: 'continue in an incident of your own: nobody who could admit your key is connected',
  unless: ({ state }) => {
    const { incident, incidentContext } = state;
    if (!incident || !incidentContext || !isOngoing(incident)) return 'no incident is open';
    if (!waitsForAdmission(incidentContext, incident)) return onlyObserves(state) ?? 'your key counts in this incident';
    const who = whomToAsk(incidentContext, incident);
    return onlyObserves(state) ?? (who === undefined ? undefined : `ask ${who} to admit your key`);
  },
  run: ({ state }) => (state.incident ? [askContinue(state, state.incident)] : []),
};

function askContinue({ incidentContext }: State, incident: Incident): Intent {
  const { id, severity, title, control, procedure } = incident;
  const name = `${severityName(severity)} ${title}`;
  const key = incidentContext?.self.key;
  const why =
    `continues ${id} of ${control.person}: nobody connected could admit the key ${key ? fingerprint(key) : ''}`.trim();
  const says = [
    `Opens ${name} again, signed by your key: you are commander and in control, and can act.`,
    'The other one stays open. Who comes back sees both (:incidents), and that yours continues it.',
  ];
  return {
    kind: 'confirm',
    ask: {
      title: 'Continue in an incident of your own',
      lines: (_, columns) => says.flatMap((text) => wrap(text, columns - 4).map((part) => line('  ', part))),
      accept: { by: 'key', word: 'open it' },
      accepted: () => [send({ do: 'open', severity, title, why, procedure })],
    },
  };
}
