// Who looks at what.
import { severityName } from '../../core/incident/checklist.ts';
import type { Presence } from '../../core/incident/context.ts';
import type { Incident } from '../../core/incident/incident.ts';

/** Titles of screens are in capitals; that of an incident is as its author wrote it. */
export const screenSays = (title: string): string => (title === title.toUpperCase() ? title.toLowerCase() : title);

/** `ben (database)`: a person of an incident and the screen that is open; `unknown` while the relay is away. */
export function looksAt({ name, screen, observing, unheard }: Presence, { severity, title }: Incident): string {
  const isChecklist = screen === `${severityName(severity)} ${title}`;
  const says = unheard
    ? 'unknown'
    : [observing ? 'observes' : '', isChecklist ? 'checklist' : screenSays(screen ?? '')].filter(Boolean).join(' ');
  return says ? `${name} (${says})` : name;
}
