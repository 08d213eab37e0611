// Incidents as a test writes them: entries by the minute.

import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { IncidentContext } from '../../src/core/incident/context.ts';
import type { Entry, Event } from '../../src/core/incident/event.ts';
import { type Incident, projectIncident } from '../../src/core/incident/incident.ts';
import { type Instant, minute } from '../../src/core/time.ts';

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });

/** One incident, told from `start`. */
export function tell(
  start: Instant,
  ...story: readonly (readonly [minutes: number, by: string, event: Event])[]
): Incident {
  const entries = story.map(
    ([minutes, by, event], at): Entry => ({
      id: String(at).padStart(26, '0'),
      at: start + minutes * minute,
      writer: { session: `session-${by}`, user: by, name: by, host: 'bastion' },
      environment: 'PRODUCTION',
      incident: 'one',
      event,
    }),
  );
  const incident = projectIncident('one', entries);
  if (!incident) throw new Error('the story has no opening');
  return incident;
}

/** The incidentContext of a cockpit, the person's own by name. */
export function contextOf(name: string, more: Partial<IncidentContext> = {}): IncidentContext {
  const self = { session: `session-${name}`, user: name, name, host: 'bastion' };
  return {
    self,
    observing: false,
    here: [{ ...self, at: 0, driving: true, observing: false }],
    open: [],
    journal: { directory: '/var/lib/journal', unwritten: 0, notes: [] },
    alerts: [],
    channels: [
      { id: 'pagerduty', name: 'PagerDuty', configured: true },
      { id: 'slack-alerts', name: 'Slack #alerts', configured: true },
      { id: 'slack-ops', name: 'Slack #ops', configured: false },
    ],
    targets: targetsOf(settings),
    contacts: settings.contacts,
    ...more,
  };
}
