import { type Entry, inOrder } from '../../core/incident/event.ts';
import type { Place } from './directory.ts';
import { Others } from './peer-files.ts';

/** The entries of a journal that a cockpit would begin with, read once. Nothing is written, and no directory is made. */
export async function recentEntries(place: Place): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  await new Others(place, '', (entries) => found.push(...entries)).look();
  return inOrder(found);
}
