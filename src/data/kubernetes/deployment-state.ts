// A deployment as actions see it: its own numbers and conditions, and its pods.
import type { V1Pod } from '@kubernetes/client-node';
import type { DeploymentPod, DeploymentState } from '../../core/actions/preflight.ts';
import { reasonsOf } from '../../core/health/pods.ts';
import { type ApiList, clause, count, items, words } from './api-object.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';
import { toPod } from './pods.ts';

export function toState({ metadata, spec, status }: WireDeployment): DeploymentState {
  return {
    name: words(metadata?.name) ?? '',
    uid: metadata?.uid ?? '',
    generation: count(metadata?.generation),
    observed: count(status?.observedGeneration),
    desired: typeof spec?.replicas === 'number' ? spec.replicas : 1,
    updated: count(status?.updatedReplicas),
    ready: count(status?.readyReplicas),
    available: count(status?.availableReplicas),
    reasons: [],
    replicas: count(status?.replicas),
    revision: Number(metadata?.annotations?.[revisionAnnotation] ?? 0) || 0,
    images: items(spec?.template?.spec?.containers).map((c) => words(c.image) ?? ''),
    paused: spec?.paused === true,
    ...stuckness(status),
    recreate: spec?.strategy?.type === 'Recreate',
    pods: [],
  };
}

/** What the controller says: pods or a replica set that it cannot make, or a deadline that has passed. */
function stuckness(status: WireDeployment['status']): Pick<DeploymentState, 'stuck' | 'stuckBy'> {
  const conditions = items(status?.conditions);
  const refused =
    conditions.find((c) => c.type === 'ReplicaFailure' && c.status === 'True') ??
    conditions.find((c) => c.type === 'Progressing' && c.status === 'False' && c.reason === 'ReplicaSetCreateError');
  const late = conditions.find((c) => c.type === 'Progressing' && c.reason === 'ProgressDeadlineExceeded');
  const failed = refused ?? late;
  if (!failed) return {};
  const stuck = clause(failed.message) ?? words(failed.reason) ?? 'the rollout is stuck';
  return { stuck, stuckBy: late ? 'deadline' : 'create' };
}

/** No status is updated while the controller manager is down: the conditions of its pods count as much. */
export function withPods(wire: WireDeployment, list: ApiList<V1Pod>): DeploymentState {
  const state = toState(wire);
  const own = items(list.items)
    .flatMap((pod) => toPod(pod) ?? [])
    .filter(({ owner }) => owner?.kind === 'ReplicaSet');
  const ready = own.filter((pod) => pod.ready && !pod.terminating && pod.phase === 'Running').length;
  const contradicted = ready < state.ready ? [`its status says ${state.ready} ready`] : [];
  return {
    ...state,
    ready: Math.min(state.ready, ready),
    available: Math.min(state.available, ready),
    reasons: [...reasonsOf(own, Date.now()).slice(0, 2), ...contradicted],
    pods: own
      .filter(({ leftOver, phase }) => !leftOver && phase !== 'Succeeded')
      .map(({ name, owner, ready: isReady, terminating, restarts, reason, message }): DeploymentPod => {
        const replicaSet = owner?.name ?? '';
        return { name, replicaSet, ready: isReady, terminating, restarts, reason, message };
      }),
  };
}
