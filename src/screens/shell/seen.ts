// The row that a key is meant for is the one that was seen under the marker. Rows come and go by themselves; what takes the
// place of a row that is gone has to be seen there first.
import { here, type Place, type State } from '../../store.ts';
import type { List, Row } from '../screen.ts';

/** Of a frame: its list, and the row under the marker. */
type Marked = { list: List; row?: Row | undefined };

/** Whether the row under the marker is another one than the one that was seen there. A log says itself where it stands. */
export function isUnseen({ seen }: Place, { list, row }: Marked): boolean {
  return seen !== undefined && row !== undefined && !list.window && row.id !== seen;
}

/**
 * The row that comes to count as seen; undefined where there is none or it does already. Empty: nothing is marked.
 * `rests`: only once it has been drawn for long enough; the first row of a list that a key opened or changed counts at once.
 */
export function seeing(state: State, marked: Marked): { row: string; rests: boolean } | undefined {
  const { list, row } = marked;
  const place = here(state);
  if (state.ui.overlay.kind !== 'none' || place.filtering || list.window) return undefined;
  if (row && isUnseen(place, marked)) return { row: row.id, rests: true };
  if (place.seen !== undefined) return undefined;
  if (row) return { row: row.id, rests: false };
  // What is marked later, where nothing was, comes by itself too.
  return list.unmarked === undefined ? undefined : { row: '', rests: false };
}
