// What `doctor` tries of the looks that hosts share over a relay.
import type { Checkup } from '../../core/health/checkup.ts';
import { formatAge } from '../../core/text/format.ts';
import { type Ms, second } from '../../core/time.ts';
import type { RelayClient } from '../relay/connect.ts';
import { believedClock, longestAnswer, lookKeyOf } from './relayed-looks.ts';

/** How long what is left of a try that failed stays there. */
const leftFor: Ms = 10 * second;
/** Of a run of doctor, under the keys of looks. */
const tried = 'doctor';

/**
 * Whether cockpits on several hosts ask a server once for all. Takes and tells a look as they do, on keys of
 * its own; an observer only reads. Throws what the relay refuses. `clock`: by how much the relay's is ahead of this host's.
 */
export async function sharedLooks(
  client: RelayClient,
  { root, readOnly }: { root: string; readOnly?: boolean | undefined },
  clock: Ms,
): Promise<Omit<Checkup, 'area' | 'what'>> {
  const [turn, note, answer] = (['turn', 'note', 'answer'] as const).map((part) => lookKeyOf(root, tried, part));
  if (turn === undefined || note === undefined || answer === undefined) throw new Error('three keys');
  await client.mget(turn, note);
  await client.get(answer);
  if (!readOnly) {
    await client.set(turn, tried, 'PX', leftFor, 'NX');
    await client.set(answer, ' '.repeat(longestAnswer), 'PX', leftFor);
    await client.set(note, tried, 'PX', leftFor);
    for (const key of [turn, note, answer]) await client.del(key);
  }
  if (Math.abs(clock) > believedClock)
    return {
      verdict: 'warning',
      answer: `not shared: the clocks are ${formatAge(Math.abs(clock))} apart, more than ${formatAge(believedClock)}`,
      todo: 'compare both clocks: timedatectl, chronyc tracking',
    };
  const how = readOnly ? 'taken from the others (observing: none are told)' : 'one host asks for all that are admitted';
  return { verdict: 'ok', answer: how };
}
