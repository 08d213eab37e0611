// How fast input comes: a key that is held down, or keys faster than fingers, were not meant for what appeared in between.
// Pure.

/** The same key again within this is held down, in ms: keyboards repeat 8 to 50 times a second. */
const heldGap = 200;

/** So many inputs within `burstGap` ms are no fingers. */
const burst = 4;
const burstGap = 60;

/** Inputs within a second that are taken: more are a flood, and each costs a frame. A held key sends 50 at most. */
const mostInSecond = 200;

/** What came before: the last input, and when the last ones came, newest last, in ms. */
export type Pace = { input: string; times: readonly number[] };

export const still: Pace = { input: '', times: [] };

/**
 * The pace with one more input at `at` ms. `hurried`: it is held down, or part of a burst in pieces. `flood`: it is not to
 * be taken at all.
 */
export function paced(
  { input: before, times }: Pace,
  input: string,
  at: number,
): { pace: Pace; hurried: boolean; flood: boolean } {
  const recent = times.filter((time) => at - time < 1000).slice(-mostInSecond);
  const last = recent.at(-1);
  const first = recent.at(1 - burst);
  const held = input === before && last !== undefined && at - last < heldGap;
  const inBurst = recent.length >= burst - 1 && first !== undefined && at - first < burstGap;
  const pace = { input, times: [...recent, at] };
  return { pace, hurried: held || inBurst, flood: recent.length >= mostInSecond };
}
