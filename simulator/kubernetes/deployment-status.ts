// The status that the deployment controller writes: counts, availability, and the progress of the rollout.
import { type Condition, type Deployment, kubeTime } from './object.ts';

/** A condition keeps its times while nothing about it changes. */
export function condition(
  before: readonly Condition[],
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  now: number,
): Condition {
  const known = before.find((one) => one.type === type);
  if (known?.status === status && known.reason === reason && known.message === message) return known;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: kubeTime(now),
    lastTransitionTime: known?.status === status ? known.lastTransitionTime : kubeTime(now),
  };
}

type Seen = {
  replicas: number;
  updated: number;
  ready: number;
  complete: boolean;
  /** Its deadline is over. */
  late: boolean;
  /** How many pods may be missing. */
  unavailable: number;
  /** Why pods cannot be created. */
  failing: string | undefined;
  /** The name of its newest replica set. */
  set: string;
};

export function statusOf({ spec, status, metadata }: Deployment, seen: Seen, now: number): Deployment['status'] {
  const { replicas, updated, ready, failing } = seen;
  const before = status.conditions ?? [];
  const is = (type: string, value: Condition['status'], reason: string, message: string) =>
    condition(before, type, value, reason, message, now);
  const available =
    ready >= spec.replicas - seen.unavailable
      ? is('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : is('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
  const set = `ReplicaSet "${seen.set}"`;
  const progressing = seen.complete
    ? is('Progressing', 'True', 'NewReplicaSetAvailable', `${set} has successfully progressed.`)
    : seen.late
      ? is('Progressing', 'False', 'ProgressDeadlineExceeded', `${set} has timed out progressing.`)
      : spec.paused
        ? is('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused')
        : is('Progressing', 'True', 'ReplicaSetUpdated', `${set} is progressing.`);
  const failure = failing === undefined ? [] : [is('ReplicaFailure', 'True', 'FailedCreate', failing)];
  return {
    observedGeneration: metadata.generation ?? 1,
    replicas,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: ready < spec.replicas ? spec.replicas - ready : undefined,
    conditions: [available, progressing, ...failure],
  };
}
