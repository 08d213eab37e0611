// Runs whose cockpit ended: whoever takes control records what is known of their end.
import { type IncidentContext, lostRuns } from '../../core/incident/context.ts';
import type { Event } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';

/** What to record of each run whose cockpit has ended for certain. */
export const interruptedRuns = (context: IncidentContext, incident: Incident): readonly Event[] =>
  lostRuns(context, incident)
    .filter(({ ended }) => ended)
    .map(({ run: { run, action, target, phase } }): Event => {
      const begun = phase === 'started';
      const detail = begun
        ? 'its cockpit ended while it ran: check the current state'
        : 'its cockpit ended before it began';
      return { kind: 'action', run, action, target, phase: begun ? 'unknown' : 'cancelled', detail };
    });
