// What `kubectl describe deployment` and `kubectl rollout history` show about one deployment.

import type { Revision } from '../actions/preflight.ts';
import type { Pod } from '../world/facts.ts';
import type { Missing } from './missing.ts';
import type { Condition, KubeEvent } from './pod-detail.ts';

/** A revision, and the replica set that keeps it. */
export type DeployedRevision = Revision & { ready: number };

export type DeploymentDetail = {
  /** `RollingUpdate, at most 25% more, at most 25% away`. */
  strategy: string;
  conditions: readonly Condition[];
  /** Newest first. */
  revisions: readonly DeployedRevision[];
  /** Of the deployment and its replica sets, newest first. */
  events: readonly KubeEvent[];
  /** What could not be queried, and why. */
  missing: readonly Missing[];
};

/** The revision a pod belongs to: a replica set names its pods after itself. */
export function revisionOf(
  pod: Pick<Pod, 'name'>,
  revisions: readonly DeployedRevision[],
): DeployedRevision | undefined {
  return revisions.find(({ replicaSet }) => replicaSet !== '' && pod.name.startsWith(`${replicaSet}-`));
}
