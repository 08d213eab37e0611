// Unknown states of studies and jobs.
import { doubtSays, unclearSummary } from '../platform/unclear.ts';
import type { Studies } from '../world/facts.ts';

/** What is not understood of one table's states; undefined where all is. */
export function statesSay(of: 'study' | 'job', { unclear = [], doubts = {} }: Studies): string | undefined {
  const here = unclear.filter((one) => one.of === of);
  if (here.length > 0) return unclearSummary(here);
  const doubt = [doubts.queueDepth, doubts.active, doubts.lastHour].find((one) => one?.of === of);
  return doubt && doubtSays(doubt, unclear);
}

/** What to do about it. */
export const statesRemedy = 'metrics that need them are unknown: find the release that writes them; doctor lists them';
