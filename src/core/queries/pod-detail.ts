// What `kubectl describe pod` shows about one pod, its node and its events.

import type { Instant } from '../time.ts';
import type { Missing } from './missing.ts';

/** One event about one object, with its repetitions. */
export type KubeEvent = {
  /** Its last occurrence. */
  at: Instant;
  first?: Instant;
  count: number;
  warning: boolean;
  /** BackOff, Unhealthy, FailedScheduling … */
  reason: string;
  message: string;
  /** kubelet, default-scheduler, deployment-controller … */
  from: string;
  /** `Pod api-gateway-5d4f9-8qk5p`. */
  about: string;
};

/** A value of requests, limits and use: cores, or bytes. */
export type Measured = { used?: number; requested?: number; limit?: number };

export type ContainerState = {
  is: 'running' | 'waiting' | 'ended' | 'unknown';
  /** Since when it runs, or when it ended. */
  at?: Instant;
  /** CrashLoopBackOff, OOMKilled, Error … */
  reason?: string;
  message?: string;
  exitCode?: number;
};

export type ContainerDetail = {
  name: string;
  role: 'container' | 'sidecar' | 'init';
  image: string;
  ready: boolean;
  restarts: number;
  state: ContainerState;
  /** How the instance before the last restart ended. */
  last?: ContainerState;
  /** Cores. */
  cpu: Measured;
  /** Bytes. */
  memory: Measured;
  /** `readiness GET :3000/health every 5 s, fails after 3 × 2 s`. */
  probes: readonly string[];
  ports: readonly string[];
};

export type Condition = { type: string; status: string; reason?: string; message?: string; at?: Instant };

export type NodeSummary = {
  name: string;
  conditions: readonly Condition[];
  /** In words: not ready, memory pressure, cordoned … Empty: healthy. */
  problems: readonly string[];
  version: string;
};

export type PodDetail = {
  uid: string;
  name: string;
  owner?: string;
  serviceAccount?: string;
  qos?: string;
  ip?: string;
  conditions: readonly Condition[];
  containers: readonly ContainerDetail[];
  node?: NodeSummary;
  /** Newest first. */
  events: readonly KubeEvent[];
  /** What could not be queried, and why: `node: may not get nodes (403)`. */
  missing: readonly Missing[];
};

/** Use above this share of a limit is a warning; memory above its limit is a kill (OOMKilled). */
export const highUse = 0.9;

/** The problems of a node, in words. Its pressures are True when bad, Ready when good. */
export function nodeProblems(conditions: readonly Condition[], cordoned: boolean): readonly string[] {
  const words: Readonly<Record<string, string>> = {
    MemoryPressure: 'memory pressure',
    DiskPressure: 'disk pressure',
    PIDPressure: 'too many processes',
    NetworkUnavailable: 'no network',
  };
  const ready = conditions.find(({ type }) => type === 'Ready');
  return [
    ...(ready?.status === 'True' ? [] : [ready?.status === 'False' ? 'not ready' : 'unknown']),
    ...conditions.flatMap(({ type, status }) => (type === 'Ready' || status !== 'True' ? [] : [words[type] ?? type])),
    ...(cordoned ? ['cordoned: takes no new pods'] : []),
  ];
}
