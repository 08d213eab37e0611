// Which nodes accept a pod, and their free room: the scheduler's filters, as far as they are visible from here.
import type { V1Node, V1NodeSelectorRequirement, V1Pod, V1Taint } from '@kubernetes/client-node';
import type { Nodes, Place } from '../../core/actions/room.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import { type ApiObject, items, words } from './api-object.ts';
import { selects } from './label-selector.ts';
import { chargeOf, type PodSpec } from './pod-charge.ts';

type Node = ApiObject<V1Node>;
type Pod = ApiObject<V1Pod>;
type Labels = Readonly<Record<string, unknown>>;

/** The new pod, as the scheduler sees it. */
export type Wanted = { spec: PodSpec; labels: Labels; namespace: string };

const hostname = 'kubernetes.io/hostname';

/** A pod that uses something of its node. */
export const isCounted = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export function nodeRoom(nodes: readonly Node[], pods: readonly Pod[], wanted: Wanted): Nodes {
  const here = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = pod.spec?.nodeName;
    if (name && isCounted(pod)) here.set(name, [...(here.get(name) ?? []), pod]);
  }
  const open: Place[] = [];
  const closed = new Map<string, number>();
  for (const node of nodes) {
    const why = closedBy(node, wanted);
    if (why === undefined) open.push(placeOf(node, here.get(node.metadata?.name ?? '') ?? [], wanted));
    else closed.set(why, (closed.get(why) ?? 0) + 1);
  }
  return { open, closed: [...closed].map(([why, count]) => ({ why, nodes: count })) };
}

function placeOf({ metadata, status }: Node, pods: readonly Pod[], wanted: Wanted): Place {
  const free: Record<string, number> = {};
  const charges = pods.map(({ spec }) => chargeOf(spec));
  const allocatable = (status?.allocatable ?? {}) as Labels;
  for (const [what, amount] of Object.entries({
    pods: allocatable.pods,
    'requests.cpu': allocatable.cpu,
    'requests.memory': allocatable.memory,
  })) {
    const most = quantityOf(amount);
    if (most !== undefined) free[what] = charges.reduce((left, charge) => left - (charge[what] ?? 0), most);
  }
  const ports = hostPorts(wanted.spec);
  const selectors = apart(wanted);
  const beside = pods.filter(
    (pod) =>
      hostPorts(pod.spec).some((port) => ports.includes(port)) ||
      (pod.metadata?.namespace === wanted.namespace &&
        selectors.some((selector) => selects(selector, pod.metadata?.labels ?? {}))),
  );
  return {
    name: words(metadata?.name) ?? '',
    free,
    alone: ports.length > 0 || selectors.some((selector) => selects(selector, wanted.labels)),
    beside: beside.map((pod) => words(pod.metadata?.name) ?? ''),
  };
}

const hostPorts = (spec: PodSpec): readonly string[] =>
  items(spec?.containers).flatMap(({ ports }) =>
    items(ports).flatMap(({ hostPort, protocol }) => (hostPort ? [`${hostPort}/${protocol ?? 'TCP'}`] : [])),
  );

/** Pods that may not be on the same node: a required anti-affinity by host name, in the pod's own namespace. */
function apart({ spec }: Wanted) {
  return items(spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    .filter(({ topologyKey, namespaces }) => topologyKey === hostname && (namespaces ?? []).length === 0)
    .map(({ labelSelector }) => labelSelector);
}

/** Why a node accepts no such pod; undefined if it may. */
function closedBy({ metadata, spec, status }: Node, { spec: pod }: Wanted): string | undefined {
  const labels: Labels = metadata?.labels ?? {};
  if (spec?.unschedulable) return 'cordoned';
  const ready = items(status?.conditions).find(({ type }) => type === 'Ready');
  if (ready && ready.status !== 'True') return 'not ready';
  if (items(spec?.taints).some((taint) => isKeptAway(taint, pod))) return 'tainted';
  const selected = Object.entries(pod?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms = items(pod?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms);
  const fits =
    terms.length === 0 ||
    terms.some(({ matchExpressions }) => items(matchExpressions).every((one) => isMet(one, labels)));
  return selected && fits ? undefined : 'not selected by the pod';
}

function isKeptAway({ key, value, effect }: ApiObject<V1Taint>, pod: PodSpec): boolean {
  if (effect !== 'NoSchedule' && effect !== 'NoExecute') return false;
  return !items(pod?.tolerations).some(
    (one) =>
      (!one.effect || one.effect === effect) &&
      (one.operator === 'Exists'
        ? !one.key || one.key === key
        : one.key === key && (one.value ?? '') === (value ?? '')),
  );
}

function isMet({ key, operator, values }: ApiObject<V1NodeSelectorRequirement>, labels: Labels): boolean {
  const value = labels[String(key)];
  const listed = (values ?? []).some((one) => one === value);
  if (operator === 'In') return listed;
  if (operator === 'NotIn') return !listed;
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const [limit, number] = [Number(values?.[0]), Number(value)];
  return operator === 'Gt' ? number > limit : number < limit;
}
