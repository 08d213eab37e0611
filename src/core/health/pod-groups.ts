// The pods of a namespace in groups: of a list that differs little from the one before it, only what differs is looked at.
import { type Groups, grouping } from '../grouping.ts';
import { memoizeEach } from '../memoize-each.ts';
import type { Deployment, Pod, Workload } from '../world/facts.ts';
import { isSettled } from './pods.ts';

const uidOf = ({ uid }: Pod) => uid;
const keyOf = memoizeEach(({ kind, name }: NonNullable<Pod['owner']>) => `${kind}/${name}`);
const ownerKey = ({ owner }: Pod) => owner && keyOf(owner);

/** A stateful set's pod is no deployment's, whatever its labels. */
const mayBeOfDeployment = ({ owner }: Pod) => owner === undefined || owner.kind === 'ReplicaSet';

const byApp = grouping<Pod>((pod) => (mayBeOfDeployment(pod) ? pod.app : undefined), uidOf);
const byOwner = grouping<Pod>(ownerKey, uidOf);
const byAppAndOwner = grouping<Pod>((pod) => `${ownerKey(pod) ?? ''}\n${pod.app}`, uidOf);
const byNode = grouping<Pod>(
  ({ node, phase }) => (node !== '' && phase !== 'Succeeded' && phase !== 'Failed' ? node : undefined),
  uidOf,
);

const none: readonly Pod[] = [];

/** The pods of a workload; those that a deployment owns carry its name. */
export function ownPods(pods: readonly Pod[], of: Deployment | Workload): readonly Pod[] {
  const own = 'kind' in of ? byOwner(pods).get(`${of.kind}/${of.name}`) : byApp(pods).get(of.name);
  return own ?? none;
}

/** The pods that are neither of these deployments, by name, nor of these owners, as `StatefulSet/redis`. */
export function podsWithout(
  pods: readonly Pod[],
  deployments: ReadonlySet<string>,
  owners: ReadonlySet<string>,
): readonly Pod[] {
  const isAlone = (pod: Pod): boolean => {
    const owner = ownerKey(pod);
    if (owner !== undefined && owners.has(owner)) return false;
    return !(deployments.has(pod.app) && mayBeOfDeployment(pod));
  };
  // Whoever has the same owner and the same name of a deployment is alone together.
  const alone: (readonly Pod[])[] = [];
  for (const group of byAppAndOwner(pods).values()) if (group[0] && isAlone(group[0])) alone.push(group);
  return alone.length === 0 ? none : inOrder(alone, pods);
}

const ordered = new WeakMap<readonly Pod[], { groups: readonly (readonly Pod[])[]; pods: readonly Pod[] }>();

/** The members of some groups in the order of the list; the same list while the groups are the same. */
function inOrder(groups: readonly (readonly Pod[])[], pods: readonly Pod[]): readonly Pod[] {
  const [first = none] = groups;
  const before = ordered.get(first);
  if (before?.groups.length === groups.length && groups.every((group, at) => group === before.groups[at]))
    return before.pods;
  const members = new Set(groups.flat());
  const made = pods.filter((pod) => members.has(pod));
  ordered.set(first, { groups, pods: made });
  return made;
}

/** Pods that are not over, by the name of their node. */
export function podsByNode(pods: readonly Pod[]): Groups<Pod> {
  return byNode(pods);
}

/** The pods that are judged by the time, or not well. */
export const unsettled = memoizeEach((pods: readonly Pod[]): readonly Pod[] => pods.filter((pod) => !isSettled(pod)));

/** `ready`: those that serve; `owned`: those that a controller made. */
export const countsOf = memoizeEach((pods: readonly Pod[]) => {
  const owned = pods.filter(({ bare }) => !bare);
  const isServing = (pod: Pod) => pod.ready && !pod.terminating && pod.phase === 'Running';
  return { owned: owned.length, ready: owned.filter(isServing).length };
});

/** The pods that count as ready or not: neither finished nor terminating nor replaced ones. */
export const podCounts = memoizeEach((pods: readonly Pod[]) => {
  const counted = pods.filter((pod) => pod.phase !== 'Succeeded' && !pod.terminating && !pod.leftOver);
  return { ready: counted.filter(({ ready }) => ready).length, total: counted.length };
});

/** The same of the pods of the namespace: those of a group of which nothing changed are not counted again. */
export const allPodCounts = memoizeEach((pods: readonly Pod[]) => {
  const sum = { ready: 0, total: 0 };
  for (const group of byAppAndOwner(pods).values()) {
    const { ready, total } = podCounts(group);
    sum.ready += ready;
    sum.total += total;
  }
  return sum;
});
