// What a cockpit knows of one stream of the relay, and what of the journal is not on it.
import { type Ms, second } from '../../core/time.ts';
import { digestOf, isTooLong, type RelayLine } from './relay-line.ts';
import { beginning } from './stream.ts';

/** What was sent and is not read back within this is sent again: the relay may have dropped it. */
const echoWithin: Ms = 10 * second;

export type Stream = {
  last: string;
  /** Entries that were read. */
  length: number;
  /** The lines that the relay has shown, by digest: how many entries were read when each was last shown. */
  lines: Map<string, number>;
  /** When a line was sent, by digest; until it is read back. */
  sent: Map<string, number>;
  /** How many entries more than were read it had at the last check, and how many were read then. */
  gap: string | undefined;
  /** When it was begun (`performance.now`). */
  begunAt: number;
  whole: boolean;
  /** It is to be read again. */
  isDue: boolean;
};

export const begunStream = (): Stream => ({
  last: beginning,
  length: 0,
  lines: new Map(),
  sent: new Map(),
  gap: undefined,
  begunAt: performance.now(),
  whole: false,
  isDue: false,
});

/**
 * Lines of an incident that are not on the relay, own ones or others'; `stream`: undefined before it is read. One that is
 * full (`keeps` entries) has dropped its oldest: they are not missing, or each cockpit would push out what is newer. But
 * those that last are, as long as they are few.
 */
export function missingFrom(
  stream: Stream | undefined,
  all: readonly RelayLine[],
  own: boolean,
  keeps: number,
): readonly RelayLine[] {
  const lines = all.filter((line) => line.own === own && !isTooLong(line));
  if (!stream) return own ? lines : [];
  const now = performance.now();
  const isUnderWay = (line: RelayLine) =>
    now - (stream.sent.get(digestOf(line)) ?? Number.NEGATIVE_INFINITY) < echoWithin;
  const isShown = (line: RelayLine) => stream.lines.has(digestOf(line)) || isUnderWay(line);
  if (stream.length < keeps) return lines.filter((line) => !isShown(line));
  const first = all.find((line) => !line.isLasting && isShown(line))?.id ?? '';
  const isFew = all.filter(({ isLasting }) => isLasting).length <= keeps / 4;
  const isDropped = (line: RelayLine) =>
    line.isLasting && isFew && stream.length - (stream.lines.get(digestOf(line)) ?? 0) >= keeps && !isUnderWay(line);
  return lines.filter((line) => isDropped(line) || (line.id > first && !isShown(line)));
}
