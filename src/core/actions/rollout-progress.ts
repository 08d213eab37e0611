// How far a rollout is, by its own conditions and its new pods: why it will not end is said as soon as that is known.
import { isHopeless } from '../health/pods.ts';
import { formatCounted as counted } from '../text/format.ts';
import { type Instant, type Ms, second } from '../time.ts';
import type { Check } from './action.ts';
import { disproven, notYet } from './check.ts';
import type { DeploymentPod, DeploymentState, Preflight } from './preflight.ts';
import type { Progress } from './progress.ts';

/** Why its pods are not as they should be. */
export function because({ reasons }: Pick<DeploymentState, 'reasons'>): string {
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
}

/**
 * For so long pods that cannot be created are taken to wait for the room of pods that end: the controller tries again,
 * and a quota is counted a moment later.
 */
const settling: Ms = 10 * second;

/** What is not done yet, or why it will not be; undefined: the rollout is complete. */
export async function progressOf(
  d: DeploymentState,
  preflight: Pick<Preflight, 'revisions' | 'now'>,
  startedAt: Instant,
): Promise<Check | undefined> {
  const { revision } = d;
  if (d.observed < d.generation) return notYet('the controller has not observed it yet');
  const ending = d.pods.some(({ terminating }) => terminating);
  if (d.stuckBy === 'deadline') return disproven(`revision ${revision} is stuck: ${d.stuck}${because(d)}`);
  if (d.stuckBy === 'create') {
    const says = `pods cannot be created: ${d.stuck}`;
    const lasting = !ending && preflight.now() - startedAt > settling;
    return lasting ? disproven(`revision ${revision} is stuck: ${says}`) : notYet(says);
  }
  const isDone = d.updated >= d.desired && d.replicas <= d.updated && d.available >= d.updated;
  if (isDone) return undefined;
  const young = await newPods(d, preflight);
  // A second crash can still be an accident: a dependency was not up yet.
  const lost = young.find((pod) => isHopeless(pod) && !(crashes(pod) && pod.restarts < 2));
  if (lost) return disproven(`revision ${revision}: ${podSays(lost)}`);
  const waits = young.find(({ ready, reason }) => !ready && reason !== undefined);
  const why = waits ? ` (${podSays(waits)})` : because(d);
  const progress = newAvailable(d);
  if (d.updated < d.desired) return notYet(`${d.updated} of ${d.desired} pods are new${why}`, progress);
  if (d.replicas > d.updated)
    return notYet(`${counted(d.replicas - d.updated, 'old pod')} terminating${why}`, progress);
  return notYet(`${d.available} of ${d.updated} new pods are available${why}`, progress);
}

/** New pods that are available, at least: the deployment counts available pods of all revisions together. */
function newAvailable({ available, replicas, updated, desired }: DeploymentState): Progress {
  const old = replicas - updated;
  return { done: Math.max(0, Math.min(updated, desired, available - old)), total: desired, unit: 'pods' };
}

const crashes = ({ reason }: DeploymentPod) => reason?.endsWith('CrashLoopBackOff') === true;

/** The pods of the revision that is rolled out; all pods where its replica set is not told. */
async function newPods(d: DeploymentState, preflight: Pick<Preflight, 'revisions'>): Promise<readonly DeploymentPod[]> {
  const living = d.pods.filter(({ terminating }) => !terminating);
  if (living.every(({ ready }) => ready)) return [];
  const revisions = await preflight.revisions(d.name);
  const active = revisions.ok ? revisions.value.find((one) => one.active)?.replicaSet : undefined;
  return living.filter(({ replicaSet }) => replicaSet === active);
}

/** `api-gateway-7d4b9c6f5-x2x4k CrashLoopBackOff, 3 restarts: back-off 20s`. */
function podSays({ name, reason, restarts, message }: DeploymentPod): string {
  const times = restarts > 0 ? `, ${counted(restarts, 'restart')}` : '';
  return `${name} ${reason}${times}${message ? `: ${message}` : ''}`;
}
