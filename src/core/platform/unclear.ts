// Unknown states and their row counts: never counted as zero, and never as healthy.
import { sampledSays } from '../health/measure.ts';
import { formatCount } from '../text/format.ts';
import type { StateOwner } from './mapping.ts';

export type Unclear = {
  of: StateOwner;
  /** The table, as the catalogue has it. */
  table: string;
  /** The state in the row; null if it has none. */
  label: string | null;
  count: number;
  /** Of a sample: how far off the count may be either way, in rows (95 of 100 samples are nearer). */
  margin?: number | undefined;
  /** False: at least this many, or, with a margin, an estimate. */
  exact: boolean;
};

const names: Record<StateOwner, readonly [string, string]> = { study: ['study', 'studies'], job: ['job', 'jobs'] };

/** `7 000 jobs in state “ON_HOLD”`, for each of them; of a sample `~7 000 ±400 jobs …`. */
export function unclearSays({ of, label, count, margin, exact }: Unclear): string {
  const [one, many] = names[of];
  const how = margin
    ? `${sampledSays(count, margin)} ${many}`
    : `${exact ? '' : 'at least '}${formatCount(count)} ${count === 1 ? one : many}`;
  return label === null ? `${how} without a state` : `${how} in state “${label}”`;
}

/** In one line, those with most rows first: `7,000 jobs in state “ON_HOLD” and 2 more states, not understood`. */
export function unclearSummary(all: readonly Unclear[]): string {
  const [first, ...more] = all.toSorted((a, b) => b.count - a.count);
  if (!first) return 'every state is understood';
  const rest = more.length === 0 ? '' : ` and ${more.length} more ${more.length === 1 ? 'state' : 'states'}`;
  return `${unclearSays(first)}${rest}, not understood`;
}

/**
 * Why a figure is unknown. `lacks`: the declared states have none of its meaning; `unread`: they could not be read in time;
 * `uncounted`: its rows could not be counted in time; `hidden`: row-level security keeps rows from our role, so that every count is too small.
 */
export type Doubt =
  | { why: 'unread'; of: StateOwner }
  | { why: 'uncounted'; of: StateOwner }
  | { why: 'unclear'; of: StateOwner }
  | { why: 'hidden'; of: StateOwner }
  | { why: 'lacks'; of: StateOwner; table: string; meaning: string };

/** A doubt in words, with the states behind it. */
export function doubtSays(doubt: Doubt, unclear: readonly Unclear[]): string {
  if (doubt.why === 'lacks') return `${doubt.table}.status has no state that means ${doubt.meaning}`;
  if (doubt.why === 'unread') return `the states of ${names[doubt.of][1]} could not be read in time`;
  if (doubt.why === 'uncounted') return `the ${names[doubt.of][1]} of the last hour could not be counted in time`;
  if (doubt.why === 'hidden') return `row-level security hides ${names[doubt.of][1]} from us`;
  return unclearSummary(unclear.filter(({ of }) => of === doubt.of));
}
