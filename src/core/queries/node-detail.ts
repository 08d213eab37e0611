// What `kubectl describe node` shows about one node, as far as it concerns its pods.

import type { Instant } from '../time.ts';
import type { Missing } from './missing.ts';
import type { KubeEvent, NodeSummary } from './pod-detail.ts';

/** A resource of a node: cores, bytes, or pods. */
export type Room = {
  capacity?: number;
  /** Allocatable to pods. */
  allocatable?: number;
  /** From metrics-server; absent without data. */
  used?: number;
};

export type NodeDetail = NodeSummary & {
  createdAt?: Instant;
  /** Its address in the cluster. */
  ip?: string;
  system?: string;
  cpu: Room;
  memory: Room;
  pods: Room;
  /** `node.kubernetes.io/unreachable:NoExecute`, and since when. */
  taints: readonly { says: string; since?: Instant }[];
  /** Newest first. */
  events: readonly KubeEvent[];
  /** What could not be queried, and why. */
  missing: readonly Missing[];
};
