import type { V1Deployment, V1ObjectMeta } from '@kubernetes/client-node';
import type { Instant } from '../../core/time.ts';
import type { Deployment } from '../../core/world/facts.ts';
import { type ApiObject, clause, count, instant, items, words } from './api-object.ts';
import { toSelector } from './label-selector.ts';

export type WireDeployment = ApiObject<V1Deployment>;

/** The annotation that carries a deployment's, and a replica set's, revision. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** A deployment as an on-call asks for it; undefined when it has no name. */
export function toDeployment(wire: WireDeployment): Deployment | undefined {
  const { metadata, spec, status } = wire;
  const name = words(metadata?.name);
  if (!name) return undefined;
  const desired = typeof spec?.replicas === 'number' ? spec.replicas : 1;
  const revision = Number.parseInt(metadata?.annotations?.[revisionAnnotation] ?? '', 10);
  return {
    name,
    namespace: words(metadata?.namespace) ?? '',
    desired,
    updated: count(status?.updatedReplicas),
    ready: count(status?.readyReplicas),
    available: count(status?.availableReplicas),
    replicas: count(status?.replicas),
    selector: words(toSelector(spec?.selector)) || undefined,
    revision: Number.isFinite(revision) ? revision : 0,
    images: items(spec?.template?.spec?.containers).map((c) => words(c.image) ?? ''),
    rollout: rolloutOf(wire, desired),
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    deletedAt: instant(metadata?.deletionTimestamp),
    ...unobserved(wire),
  };
}

type Observable = {
  metadata?: ApiObject<V1ObjectMeta> | null;
  status?: { readonly observedGeneration?: number | null } | null;
};

/** Since when the controller has not observed the newest specification: since the last change that was no status. */
export function unobserved({ metadata, status }: Observable): { unobservedSince?: Instant } {
  if (count(metadata?.generation) <= count(status?.observedGeneration)) return {};
  const changes = items(metadata?.managedFields)
    .filter(({ subresource }) => subresource !== 'status')
    .flatMap(({ time }) => instant(time) ?? []);
  return { unobservedSince: Math.max(instant(metadata?.creationTimestamp) ?? 0, ...changes) };
}

/** The state of the rollout, in the order of `kubectl rollout status`; an outage after a finished rollout is not one. */
function rolloutOf({ metadata, spec, status }: WireDeployment, desired: number): Deployment['rollout'] {
  const updated = count(status?.updatedReplicas);
  const replicas = count(status?.replicas);
  const available = count(status?.availableReplicas);
  const conditions = items(status?.conditions);
  const progress = conditions.find((c) => c.type === 'Progressing');
  const unseen = count(metadata?.generation) > count(status?.observedGeneration);
  if (spec?.paused === true) return { state: 'paused', why: `${updated} of ${desired} updated` };
  if (!unseen) {
    const failure = conditions.find((c) => c.type === 'ReplicaFailure' && c.status === 'True');
    if (failure) {
      const reason = words(failure.reason, 100);
      const why = clause(failure.message) ?? reason ?? 'replicas fail';
      return { state: 'stuck', why, reason: reason || undefined };
    }
    if (progress?.reason === 'ProgressDeadlineExceeded')
      return { state: 'stuck', why: clause(progress.message) ?? 'progress deadline exceeded' };
    // ReplicaSetCreateError: no pod of the new revision is even tried.
    if (progress?.status === 'False')
      return { state: 'stuck', why: clause(progress.message), reason: words(progress.reason, 100) || undefined };
  }
  if (unseen) return { state: 'progressing', why: 'not yet observed by the controller' };
  if (updated < desired) return { state: 'progressing', why: `${updated} of ${desired} updated` };
  if (replicas > updated) return { state: 'progressing', why: `${replicas - updated} old terminating` };
  // Once a rollout is through, pods that fail later are an outage, not a rollout.
  if (available < updated && progress?.reason !== 'NewReplicaSetAvailable')
    return { state: 'progressing', why: `${available} of ${updated} updated available` };
  return { state: 'complete' };
}
