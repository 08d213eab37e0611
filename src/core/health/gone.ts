// Whether what a finding was about was deleted: a workload that no longer exists did not recover.
import { known } from '../world/reading.ts';
import type { World } from '../world/world.ts';
import type { Finding } from './finding.ts';

/** True only where the cluster answers and no longer has it. Of `pods/NAME`, `pods/KIND/NAME`, `pods/node/NAME`. */
export function isGone({ id, rule, unanswered }: Finding, { readings, now }: World): boolean {
  const [area, ...rest] = id.split('/');
  if (area !== 'pods' || unanswered) return false;
  const pods = known(readings.pods, now);
  const [kind = '', ...names] = rest;
  // Sums of a kind and findings about the cluster as a whole are of no object.
  if (names.length === 0) {
    const all = known(readings.deployments, now);
    return rule.startsWith('workload/') && (all?.every(({ name }) => name !== kind) ?? false);
  }
  const name = names.join('/');
  if (kind === 'unseen') return false;
  if (kind === 'pod') return pods?.every((pod) => pod.name !== name) ?? false;
  if (kind === 'app') return pods?.every((pod) => pod.app !== name) ?? false;
  const workloads = known(readings.workloads, now);
  if (!workloads) return false;
  if (kind === 'node') {
    const { nodes = [] } = workloads;
    return rule !== 'node/gone' && nodes.length > 0 && nodes.every((node) => node.name !== name);
  }
  const isIt = (one: { kind: string; name: string }) => one.kind.toLowerCase() === kind && one.name === name;
  return !workloads.all.some(isIt) && !(pods ?? []).some(({ owner }) => owner !== undefined && isIt(owner));
}
