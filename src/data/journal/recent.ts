import type { ReadonlyList } from '../../core/growing.ts';
import type { JournalTrouble } from '../../core/incident/context.ts';
import type { Entry } from '../../core/incident/event.ts';
import { diskFault, type Place } from './directory.ts';
import { Journal } from './journal.ts';

/**
 * The entries that a cockpit would begin with, read once, or why they cannot be read. Nothing is written, and no
 * directory is made: one that is not there has no entries.
 */
export async function recentEntries(
  place: Place,
  environment: string,
): Promise<{ entries: ReadonlyList<Entry> } | { fault: { what: string; hint: string } }> {
  const writer = { user: '', name: '', host: '' };
  const journal = new Journal({ place, writer, environment, observing: true });
  try {
    await journal.open();
    const { trouble } = journal.state;
    return trouble ? unread(trouble) : { entries: journal.entries };
  } catch (error) {
    return unread(diskFault(error, place.directory));
  } finally {
    await journal.close();
  }
}

const unread = ({ where, what, hint }: JournalTrouble) => ({ fault: { what: `${where}: ${what}`, hint } });
