// Following one rollout to its end. Pure.

import type { Instant } from '../time.ts';
import type { Deployment, Facts } from '../world/facts.ts';
import type { Reading } from '../world/reading.ts';

/** How a rollout stands, in words that change only when it moves; `ends` when there is nothing more to wait for. */
export type RolloutStep = { says: string; ends?: 0 | 2 | 3 };

/**
 * Reads the deployments for one of them. It ends with 0 when complete, 2 when stuck, 3 when there is no such
 * deployment. A cluster that does not answer is waited for.
 */
export function rolloutStep(reading: Reading<Facts['deployments']>, name: string, now: Instant): RolloutStep {
  if (reading.state === 'pending') return { says: 'waiting for the cluster' };
  if (reading.state === 'lost') return { says: `the cluster does not answer: ${reading.fault.what}` };
  if (now - reading.at > reading.staleAfter) return { says: 'the cluster has not been heard from' };
  const deployment = reading.value.find((one) => one.name === name);
  if (!deployment) {
    const others = reading.value.map((one) => one.name).sort();
    const there = others.length > 0 ? `; there are ${others.slice(0, 8).join(', ')}` : '';
    return { says: `no such deployment${there}`, ends: 3 };
  }
  return stepOf(deployment);
}

function stepOf({ desired, updated, available, replicas, revision, rollout }: Deployment): RolloutStep {
  const counts = `${updated} of ${desired} updated, ${available} available`;
  const old = replicas > updated ? `, ${replicas - updated} old still to end` : '';
  const which = revision > 0 ? `revision ${revision}: ` : '';
  switch (rollout.state) {
    case 'complete':
      return { says: `${which}complete, ${available} of ${desired} available`, ends: 0 };
    case 'stuck':
      return { says: `${which}stuck: ${rollout.why ?? counts}`, ends: 2 };
    case 'paused':
      return { says: `${which}paused, ${counts}` };
    case 'progressing':
      return { says: `${which}${counts}${old}` };
  }
}
