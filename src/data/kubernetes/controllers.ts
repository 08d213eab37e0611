// Stateful sets, daemon sets and replica sets that nobody owns, as an on-call asks for them (kstatus' and kubectl
// rollout status' rules).
import type { V1DaemonSet, V1ReplicaSet, V1ReplicationController, V1StatefulSet } from '@kubernetes/client-node';
import type { Controller, Rollout } from '../../core/world/facts.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import { unobserved } from './deployments.ts';
import { ownerOf } from './owner.ts';

const unseenYet: Rollout = { state: 'progressing', why: 'not yet observed by the controller' };

/** A stateful set; undefined when it has no name. */
export function toStatefulSet(wire: ApiObject<V1StatefulSet>): Controller | undefined {
  const { spec, status } = wire;
  const desired = typeof spec?.replicas === 'number' ? spec.replicas : 1;
  return controller('StatefulSet', wire, desired, count(status?.readyReplicas), rolloutOfStateful(wire, desired));
}

/** A partition keeps the pods below it at the old revision, and OnDelete waits for a person: both are finished. */
function rolloutOfStateful({ spec, status }: ApiObject<V1StatefulSet>, desired: number): Rollout {
  const strategy = spec?.updateStrategy;
  if (strategy?.type === 'OnDelete' || status?.currentRevision === status?.updateRevision) return { state: 'complete' };
  const due = Math.max(0, desired - count(strategy?.rollingUpdate?.partition));
  const updated = count(status?.updatedReplicas);
  return updated >= due ? { state: 'complete' } : { state: 'progressing', why: `${updated} of ${due} updated` };
}

/** A daemon set; undefined when it has no name. */
export function toDaemonSet(wire: ApiObject<V1DaemonSet>): Controller | undefined {
  const { spec, status } = wire;
  const desired = count(status?.desiredNumberScheduled);
  const updated = count(status?.updatedNumberScheduled);
  const rolling = spec?.updateStrategy?.type !== 'OnDelete' && updated < desired;
  const rollout: Rollout = rolling
    ? { state: 'progressing', why: `${updated} of ${desired} updated` }
    : { state: 'complete' };
  const misplaced = count(status?.numberMisscheduled);
  const found = controller('DaemonSet', wire, desired, count(status?.numberReady), rollout);
  return found && { ...found, misplaced: misplaced || undefined };
}

/** A replica set that no deployment, and nothing else, controls. */
export const toReplicaSet = (wire: ApiObject<V1ReplicaSet>) => replicaSet('ReplicaSet', wire);

/** Its older form. */
export const toReplicationController = (wire: ApiObject<V1ReplicationController>) =>
  replicaSet('ReplicationController', wire);

function replicaSet(
  kind: 'ReplicaSet' | 'ReplicationController',
  wire: ApiObject<V1ReplicaSet | V1ReplicationController>,
): Controller | undefined {
  if (ownerOf(wire.metadata)) return undefined;
  const { spec, status } = wire;
  const failure = items(status?.conditions).find((c) => c.type === 'ReplicaFailure' && c.status === 'True');
  const reason = words(failure?.reason, 100);
  const why = words(failure?.message);
  const rollout: Rollout = failure
    ? { state: 'stuck', why: why || undefined, reason: reason || undefined }
    : { state: 'complete' };
  const desired = typeof spec?.replicas === 'number' ? spec.replicas : 1;
  return controller(kind, wire, desired, count(status?.readyReplicas), rollout);
}

function controller(
  kind: Controller['kind'],
  wire: ApiObject<V1StatefulSet | V1DaemonSet | V1ReplicaSet | V1ReplicationController>,
  desired: number,
  ready: number,
  rollout: Rollout,
): Controller | undefined {
  const name = words(wire.metadata?.name);
  if (!name) return undefined;
  const late = unobserved(wire);
  return {
    kind,
    name,
    desired,
    ready,
    rollout: late.unobservedSince === undefined ? rollout : unseenYet,
    createdAt: instant(wire.metadata?.creationTimestamp) ?? 0,
    deletedAt: instant(wire.metadata?.deletionTimestamp),
    ...late,
  };
}
