// A line of the journal on its way: what it is known by on the relay, and whether it fits.
import { createHash } from 'node:crypto';
import { longestLine } from './stream.ts';

/**
 * A line of the journal about an incident. `own`: this run of the cockpit wrote it. `isLasting`: it is sent again when the
 * relay has dropped it.
 */
export type RelayLine = { id: string; text: string; own: boolean; isLasting: boolean };

/** What a line is known by. A stranger's line with the same id is another one. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 22);

/** The journal's lines are looked at again and again. */
const known = new WeakMap<RelayLine, { digest: string; isTooLong: boolean }>();

function factsOf(line: RelayLine) {
  const there = known.get(line);
  if (there) return there;
  const facts = { digest: digest(line.text), isTooLong: Buffer.byteLength(line.text) > longestLine };
  known.set(line, facts);
  return facts;
}

export const digestOf = (line: RelayLine): string => factsOf(line).digest;
/** Longer than the relay takes. */
export const isTooLong = (line: RelayLine): boolean => factsOf(line).isTooLong;
