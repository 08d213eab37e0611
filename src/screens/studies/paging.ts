// Long lists are queried page by page: the next one as the marker comes near the end of the last.
import {
  type Query,
  type QueryKind,
  type QueryReading,
  type QueryReadings,
  queryReading,
} from '../../core/queries/query.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';

const near = 100;

/** How many rows are queried at this place, of the numbers there are, ascending. */
export function rowsFor({ at, top }: Place, steps: readonly number[]): number {
  return steps.find((step) => Math.max(at, top) + near < step) ?? steps.at(-1) ?? near;
}

/** The longest answer so far, so that no row vanishes while more load. */
export function longestAnswer<K extends QueryKind>(
  readings: QueryReadings,
  place: Place,
  steps: readonly number[],
  askFor: (place: Place, rows: number) => Query<K>,
): QueryReading<K> {
  const now = queryReading<K>(readings, askFor(place, rowsFor(place, steps)));
  if (now.state !== 'pending') return now;
  const before = steps.toReversed().map((step) => queryReading<K>(readings, askFor(place, step)));
  return before.find((reading) => newest(reading)) ?? now;
}
