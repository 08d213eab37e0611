import type { Entry } from '../../core/incident/event.ts';
import type { Place } from './directory.ts';
import { Journal } from './journal.ts';

/** The entries that a cockpit would begin with, read once. Nothing is written, and no directory is made. */
export async function recentEntries(place: Place, environment: string): Promise<readonly Entry[]> {
  const writer = { user: '', name: '', host: '' };
  const journal = new Journal({ place, writer, environment, observing: true });
  try {
    await journal.open();
    return journal.entries;
  } finally {
    await journal.close();
  }
}
