// metrics.k8s.io: the use of pods and nodes, as metrics-server reports it to `kubectl top`.
import { kubeTime, type Node, type Pod } from './object.ts';
import { labelSelector } from './selector.ts';
import { notFound } from './status.ts';
import type { Store } from './store.ts';

/** A number from 0 to 1 that belongs to a name and wanders slowly with time. */
function wander(name: string, now: number): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return 0.5 + 0.5 * Math.sin(now / 60_000 + hash);
}

const podUsage = (name: string, now: number) => ({
  cpu: `${Math.round(40 + 210 * wander(name, now))}m`,
  memory: `${Math.round(160 + 140 * wander(`${name}.memory`, now))}Mi`,
});

const stamped = (now: number) => ({ timestamp: kubeTime(now), window: '15s' });

function podMetrics(pod: Pod, now: number): unknown {
  const { name, namespace, labels, creationTimestamp } = pod.metadata;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, namespace, labels, creationTimestamp },
    ...stamped(now),
    containers: pod.spec.containers.map((one) => ({ name: one.name, usage: podUsage(name, now) })),
  };
}

function nodeMetrics(node: Node, now: number): unknown {
  const { name, labels, creationTimestamp } = node.metadata;
  const usage = {
    cpu: `${Math.round(600 + 1400 * wander(name, now))}m`,
    memory: `${Math.round(4000 + 5000 * wander(`${name}.memory`, now))}Mi`,
  };
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: { name, labels, creationTimestamp },
    ...stamped(now),
    usage,
  };
}

/** Only what runs has a usage. */
export function metrics(
  plural: 'pods' | 'nodes',
  namespace: string | undefined,
  name: string | undefined,
  query: URLSearchParams,
  store: Store,
  now: number,
): unknown {
  const wanted = labelSelector(query.get('labelSelector') ?? '');
  const measured =
    plural === 'pods'
      ? store.list('pods', namespace).filter((one) => one.status.containerStatuses?.some((c) => c.state.running))
      : store.list('nodes');
  const chosen = measured.filter((one) => wanted(one.metadata.labels) && (!name || one.metadata.name === name));
  const items = chosen.map((one) => (plural === 'pods' ? podMetrics(one as Pod, now) : nodeMetrics(one as Node, now)));
  if (name) {
    if (items.length === 0) throw notFound(plural, name, 'metrics.k8s.io');
    return items[0];
  }
  const kind = plural === 'pods' ? 'PodMetricsList' : 'NodeMetricsList';
  return { kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items };
}
