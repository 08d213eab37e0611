// Whether the newest revision of a deployment is what fails, and which earlier one there is to go back to. Pure.
import { hour, type Ms } from '../time.ts';
import type { Deployment, KeptRevision, Pod } from '../world/facts.ts';
import { known } from '../world/reading.ts';
import type { World } from '../world/world.ts';
import { ownPods } from './pod-groups.ts';
import { isHopeless } from './pods.ts';

/** A revision that is rolled out to its end counts as new for so long: what fails later, its deploy has not broken. */
const isNewFor: Ms = hour;

/** How its pods fail. */
export type PodFailure = 'crashes' | 'memory' | 'image' | 'config' | 'start';

export type FailingRevision = {
  deployment: string;
  revision: number;
  how: PodFailure;
  /** `revision 42 crashes (CrashLoopBackOff, exit 1)`. */
  says: string;
  /** The newest earlier revision with another template whose pods are not seen to fail. */
  good?: KeptRevision | undefined;
  /** Whether the earlier revisions are known: without them, an absent `good` says nothing. */
  isComplete: boolean;
};

/** By reason; what is not listed crashes. */
const hows: Readonly<Record<string, PodFailure>> = {
  ImagePullBackOff: 'image',
  ErrImagePull: 'image',
  InvalidImageName: 'image',
  ErrImageNeverPull: 'image',
  CreateContainerConfigError: 'config',
  CreateContainerError: 'start',
  RunContainerError: 'start',
  ContainerCannotRun: 'start',
  StartError: 'start',
  OOMKilled: 'memory',
};

const words: Readonly<Record<PodFailure, string>> = {
  crashes: 'crashes',
  memory: 'runs out of memory',
  image: 'cannot pull its image',
  config: 'lacks a Secret or ConfigMap',
  start: 'cannot start',
};

/** Whether a pod comes to nothing: it cannot start, or it is killed for its memory again and again. */
export const isFailing = (pod: Pod): boolean =>
  !pod.terminating && !pod.ready && (isHopeless(pod) || isOutOfMemory(pod) || pod.reason === 'ErrImagePull');

const isOutOfMemory = (pod: Pod): boolean => pod.reason === 'OOMKilled' || (!pod.ready && pod.lastEnd === 'OOMKilled');

/** How a failing pod fails. */
export function failureOf(pod: Pod): PodFailure {
  if (isOutOfMemory(pod)) return 'memory';
  return hows[pod.reason?.replace(/^Init:/, '') ?? ''] ?? 'crashes';
}

/** `crashes (CrashLoopBackOff, exit 1)`. */
export function failureSays(pod: Pod): string {
  const details = [pod.reason, pod.exitCode === undefined ? undefined : `exit ${pod.exitCode}`].filter(Boolean);
  return `${words[failureOf(pod)]}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}

/** The pods of a deployment that come to nothing. */
export function failingPods({ readings, now }: World, name: string): readonly Pod[] {
  return (known(readings.pods, now) ?? []).filter((pod) => pod.app === name && isFailing(pod));
}

/**
 * Undefined unless the pods of its newest revision fail, and a deploy explains it: its rollout is not complete, or it
 * began within the hour.
 */
export function failingRevision(world: World, name: string): FailingRevision | undefined {
  const { readings, now } = world;
  const d = known(readings.deployments, now)?.find((one) => one.name === name);
  const pods = known(readings.pods, now);
  if (!d || !pods || d.desired === 0 || d.revision <= 1) return undefined;
  const revisions = known(readings.workloads, now)?.revisions;
  const kept = revisions?.filter((one) => one.deployment === name).toSorted((a, b) => b.revision - a.revision) ?? [];
  const present = kept.find(({ revision }) => revision === d.revision);
  const own = ownPods(pods, d);
  const ill = own.filter((pod) => isFailing(pod) && isOf(pod, d, present));
  const [worst] = ill.toSorted((a, b) => b.restarts - a.restarts);
  const isNew = d.rollout.state !== 'complete' || (present !== undefined && now - present.createdAt < isNewFor);
  if (!worst || !isNew) return undefined;
  return {
    deployment: name,
    revision: d.revision,
    how: failureOf(worst),
    says: `revision ${d.revision} ${failureSays(worst)}`,
    good: present && kept.find((one) => isWayBack(one, present, own)),
    isComplete: present !== undefined,
  };
}

/** Whether a pod is of the newest revision: by its replica set, else by its image. */
function isOf(pod: Pod, { images }: Deployment, present: KeptRevision | undefined): boolean {
  if (present && pod.owner) return pod.owner.name === present.replicaSet;
  return images.includes(pod.image);
}

/** A template of before: not one that fails now, and not the same with another number. */
const isWayBack = (one: KeptRevision, present: KeptRevision, pods: readonly Pod[]): boolean =>
  one.revision < present.revision &&
  one.template !== present.template &&
  !pods.some((pod) => pod.owner?.name === one.replicaSet && isFailing(pod));
