// Where a pod can go: nodes that take pods, and have room for what it requests.
import { chargeOf } from './charge.ts';
import type { Node, Pod } from './object.ts';
import { quantity } from './quantity.ts';
import type { Store } from './store.ts';

const why = {
  cordoned: 'node(s) were unschedulable',
  tainted: 'node(s) had untolerated taint {node.kubernetes.io/unreachable: }',
  cpu: 'Insufficient cpu',
  memory: 'Insufficient memory',
  pods: 'Too many pods',
} as const;

/** The nodes that take it, and in the scheduler's words why the others do not. */
export function nodesWithRoom(pod: Pod, store: Store): { fit: readonly Node[]; message: string } {
  const used = new Map<string, { cpu: number; memory: number; pods: number }>();
  for (const { spec, status } of store.list('pods')) {
    if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    const here = used.get(spec.nodeName) ?? { cpu: 0, memory: 0, pods: 0 };
    const { cpu = 0, memory = 0 } = chargeOf(spec);
    used.set(spec.nodeName, { cpu: here.cpu + cpu, memory: here.memory + memory, pods: here.pods + 1 });
  }
  const { cpu = 0, memory = 0 } = chargeOf(pod.spec);
  const asked = { cpu, memory, pods: 1 };
  const all = store.list('nodes');
  const reasons = all.map(({ metadata, spec, status }): string | undefined => {
    if (spec.taints?.length) return why.tainted;
    if (spec.unschedulable) return why.cordoned;
    const here = used.get(metadata.name);
    const short = (['cpu', 'memory', 'pods'] as const).find(
      (what) => (here?.[what] ?? 0) + asked[what] > (quantity(status.allocatable[what]) ?? 0) + 1e-9,
    );
    return short && why[short];
  });
  const counts = [...new Set(reasons.filter((one) => one !== undefined))].map(
    (reason) => `${reasons.filter((one) => one === reason).length} ${reason}`,
  );
  const fit = all.filter((_, at) => reasons[at] === undefined);
  return { fit, message: `${fit.length}/${all.length} nodes are available: ${counts.join(', ')}.` };
}
