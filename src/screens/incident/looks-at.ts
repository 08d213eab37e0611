// Who looks at what.
import type { Presence } from '../../core/incident/context.ts';

/** Titles of screens are in capitals; that of an incident is as its author wrote it. */
export const screenSays = (title: string): string => (title === title.toUpperCase() ? title.toLowerCase() : title);

/** `ben (database)`: a person and the screen that is open; `unknown` while the relay is away. */
export function looksAt({ name, screen, observing, unheard }: Presence): string {
  const says = unheard
    ? 'unknown'
    : [observing ? 'observes' : '', screen ? screenSays(screen) : ''].filter(Boolean).join(' ');
  return says ? `${name} (${says})` : name;
}
