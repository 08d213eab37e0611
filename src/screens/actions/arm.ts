// The form that arms a read-only environment.
import { armedFor, idleFor } from '../../core/actions/arming.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { shortAge } from '../../core/text/format.ts';
import type { Form, State } from '../../store.ts';

/** Asks for the reason; an open incident fills it in. */
export function armForm({ incident }: State): Form {
  const isOpen = incident !== undefined && isOngoing(incident);
  return {
    title: 'Arm',
    fields: [
      {
        name: 'reason',
        ask: 'reason (recorded in the journal)',
        kind: 'text',
        lines: true,
        hint: () => `for ${shortAge(armedFor)}; ends earlier after ${shortAge(idleFor)} without a key`,
        value: isOpen ? `${severityName(incident.severity)} ${incident.title}` : '',
      },
    ],
    submit: ({ reason = '' }) =>
      reason.trim() ? [{ kind: 'send', command: { kind: 'arm', reason } }] : 'a reason is required',
  };
}
