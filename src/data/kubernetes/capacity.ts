// Whether there is room for pods of a deployment: what one of them uses up, what the namespace's quotas, its limit ranges
// and the nodes leave, which disruption budgets are about them, and what they refer to and is not there.
import type {
  V1LimitRange,
  V1Node,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1ResourceQuota,
} from '@kubernetes/client-node';
import type { Answer } from '../../core/actions/preflight.ts';
import type { Budget, RolloutPod, Room } from '../../core/actions/room.ts';
import type { Result } from '../source.ts';
import type { Answered } from './api-error.ts';
import { type ApiList, type ApiObject, count, items, words } from './api-object.ts';
import type { Query } from './client.ts';
import type { WireDeployment } from './deployments.ts';
import { selects, toSelector } from './label-selector.ts';
import { isCounted, nodeRoom } from './node-room.ts';
import { chargeOf, sized } from './pod-charge.ts';
import { toPod } from './pods.ts';
import { quotasFor, rangesFor } from './quota-room.ts';
import { missingOf } from './references.ts';

export type Template = ApiObject<V1PodTemplateSpec> | null | undefined;

/** Asks for a path below a namespace, or `everywhere`. `bare`: without what the object holds. */
export type Get = <T>(
  what: string,
  to: string,
  group: string,
  more?: { query?: Query; everywhere?: boolean; bare?: boolean },
) => Promise<Answered<T>>;

/** More pods than this are not added up for one plan. */
const mostPods = 10_000;

/** `template`: of the new pods. */
export async function roomOf(wire: WireDeployment, template: Template, namespace: string, get: Get): Promise<Room> {
  const pod = template?.spec;
  const [quotas, ranges, budgets, pods, nodes, missing] = await Promise.all([
    get<ApiList<V1ResourceQuota>>('resourcequotas', 'list resourcequotas', '/api/v1'),
    get<ApiList<V1LimitRange>>('limitranges', 'list limitranges', '/api/v1'),
    budgetsFrom(get),
    ownPods(wire, get),
    nodesFrom(get),
    missingOf(pod, (plural, name) =>
      get(`${plural}/${encodeURIComponent(name)}`, `get ${plural}`, '/api/v1', { bare: true }),
    ),
  ]);
  const limits = ranges.ok ? items(ranges.value.items).flatMap(({ spec }) => items(spec?.limits)) : [];
  const containers = sized(pod, limits);
  const labels = template?.metadata?.labels ?? {};
  return {
    pod: chargeOf(pod, containers),
    pods,
    rollout: rolloutOf(wire),
    quotas: read(quotas, (all) => quotasFor(all, pod, containers)),
    ranges: read(ranges, (all) => rangesFor(all, pod, containers)),
    budgets: read(budgets, (all) => budgetsOf(all, labels)),
    nodes: nodes.ok
      ? { ok: true, value: nodeRoom(nodes.value.nodes, nodes.value.pods, { spec: pod, labels, namespace }) }
      : nodes,
    missing,
  };
}

/** A number, or a share of the pods: maxSurge is rounded up, maxUnavailable down, and both cannot be 0. */
function rolloutOf({ spec }: WireDeployment): Room['rollout'] {
  const desired = typeof spec?.replicas === 'number' ? spec.replicas : 1;
  const recreate = spec?.strategy?.type === 'Recreate';
  if (recreate) return { desired, recreate, surge: 0, unavailable: desired };
  const share = (value: unknown, round: (n: number) => number) => {
    if (typeof value === 'number') return value;
    const [, percent = '25'] = /^(\d+)%$/.exec(String(value ?? '25%')) ?? [];
    return round((Number(percent) / 100) * desired);
  };
  const { maxSurge, maxUnavailable } = spec?.strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, Math.ceil);
  const unavailable = Math.min(desired, share(maxUnavailable, Math.floor));
  return { desired, recreate, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** The pods of all its revisions, as far as they use something up. */
async function ownPods({ metadata, spec }: WireDeployment, get: Get): Promise<Answer<readonly RolloutPod[]>> {
  const labelSelector = toSelector(spec?.selector);
  if (!labelSelector) return { ok: true, value: [] };
  const found = await get<ApiList<V1Pod>>('pods', 'list pods', '/api/v1', { query: { labelSelector } });
  if (!found.ok) return found;
  const prefix = `${metadata?.name ?? ''}-`;
  const value = items(found.value.items)
    .filter(isCounted)
    .flatMap((wire) => {
      const pod = toPod(wire);
      if (pod?.owner?.kind !== 'ReplicaSet' || !pod.owner.name.startsWith(prefix) || pod.terminating) return [];
      const { name, ready, reason, node } = pod;
      return [{ name, set: pod.owner.name, ready, reason, node: node || undefined, charge: chargeOf(wire.spec) }];
    });
  return { ok: true, value };
}

async function nodesFrom(
  get: Get,
): Promise<Result<{ nodes: readonly ApiObject<V1Node>[]; pods: readonly ApiObject<V1Pod>[] }>> {
  const everywhere = true;
  const nodes = await get<ApiList<V1Node>>('nodes', 'list nodes', '/api/v1', { everywhere });
  if (!nodes.ok) return nodes;
  const query = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed', limit: mostPods };
  const pods = await get<ApiList<V1Pod> & { metadata?: { continue?: string } }>(
    'pods',
    'list pods of all namespaces',
    '/api/v1',
    { everywhere, query },
  );
  if (!pods.ok) return pods;
  if (pods.value.metadata?.continue) {
    const what = `more than ${mostPods} pods in the cluster`;
    return { ok: false, fault: { kind: 'limited', where: 'Kubernetes', what, hint: 'kubectl describe nodes' } };
  }
  return { ok: true, value: { nodes: items(nodes.value.items), pods: items(pods.value.items) } };
}

/** Kubernetes before 1.21 has them as v1beta1 only; what is read of them is the same. */
async function budgetsFrom(get: Get): Promise<Answered<ApiList<V1PodDisruptionBudget>>> {
  const list = (version: string) =>
    get<ApiList<V1PodDisruptionBudget>>('poddisruptionbudgets', 'list poddisruptionbudgets', `/apis/policy/${version}`);
  const answer = await list('v1');
  return !answer.ok && answer.status === 404 ? list('v1beta1') : answer;
}

function read<T, U>(answer: Answered<ApiList<T>>, make: (all: readonly ApiObject<T>[]) => U): Answer<U> {
  return answer.ok ? { ok: true, value: make(items(answer.value.items) as readonly ApiObject<T>[]) } : answer;
}

function budgetsOf(
  all: readonly ApiObject<V1PodDisruptionBudget>[],
  labels: Readonly<Record<string, unknown>>,
): readonly Budget[] {
  return all
    .filter(({ spec }) => selects(spec?.selector, labels))
    .map(({ metadata, status }) => ({
      name: words(metadata?.name) ?? '',
      wanted: count(status?.desiredHealthy),
      healthy: count(status?.currentHealthy),
      mayGo: count(status?.disruptionsAllowed),
      computed: typeof status?.desiredHealthy === 'number',
    }));
}
