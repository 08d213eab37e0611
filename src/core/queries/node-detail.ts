// What `kubectl describe node` tells of one node, as far as it concerns what runs on it.

import type { Instant } from '../time.ts';
import type { Missing } from './missing.ts';
import type { KubeEvent, NodeSummary } from './pod-detail.ts';

/** What a node has of something: cores, bytes, or pods. */
export type Room = {
  capacity?: number;
  /** What of it pods may have. */
  allocatable?: number;
  /** As metrics-server says; absent where it says nothing. */
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
  /** What could not be asked, and why. */
  missing: readonly Missing[];
};
