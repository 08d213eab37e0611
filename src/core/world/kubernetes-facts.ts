// Facts of Kubernetes: the cluster, and what runs in the namespace.
import type { Instant, Ms } from '../time.ts';
import type { Fault } from './reading.ts';

/** The identity of the cluster. */
export type Cluster = {
  context: string;
  server: string;
  version: string;
  latency: Ms;
  /** Its clock less this machine's, in whole seconds; absent where they agree (Date header, RFC 9110). */
  clockOffset?: Ms;
};

/** One pod, reduced to what an on-call needs. */
export type Pod = {
  uid: string;
  name: string;
  namespace: string;
  /** The deployment that owns it (by its replica set), or its `app` label, or ''. */
  app: string;
  /** What controls it: `StatefulSet redis`. Absent where it is bare, or that is not known. */
  owner?: { kind: string; name: string };
  /** It has no controller: nothing replaces it, and it is no replica of a workload. */
  bare?: true;
  node: string;
  /** The STATUS column of `kubectl get pods`: Running, Init:1/3, CrashLoopBackOff, Terminating. */
  status: string;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** By the Ready condition: a dead node's pods still say Running. */
  ready: boolean;
  containers: { ready: number; total: number };
  restarts: number;
  lastRestartAt?: Instant;
  /** Waiting or termination reason: CrashLoopBackOff, ImagePullBackOff, OOMKilled, Evicted … */
  reason?: string;
  /** Of the last termination: 137 is a kill, out of memory or by a probe. */
  exitCode?: number;
  /** How the container that restarted last had ended: OOMKilled, Error, Completed. */
  lastEnd?: string;
  /** The kubelet's message behind the reason. */
  message?: string;
  image: string;
  createdAt: Instant;
  terminating: boolean;
  /** When it should be gone: the time it was deleted and its grace period. */
  endsBy?: Instant;
  /** It failed, and its controller made another in its place: evicted pods stay for days. */
  leftOver?: true;
  /** Of a failed one, as far as it is told. */
  endedAt?: Instant;
};

/** How a rollout stands. `stuck`: ProgressDeadlineExceeded, or replicas that fail to be created. */
export type RolloutState = 'complete' | 'progressing' | 'stuck' | 'paused';

export type Rollout = {
  state: RolloutState;
  why?: string;
  /** Why pods are not created: FailedCreate, as the controller names it. */
  reason?: string;
};

export type Deployment = {
  name: string;
  namespace: string;
  desired: number;
  updated: number;
  ready: number;
  available: number;
  /** All pods it has, old and new. */
  replicas: number;
  /** What it selects its pods by: `app=api-gateway`; absent where that is not known. */
  selector?: string | undefined;
  /** `deployment.kubernetes.io/revision`; 0 when not known. */
  revision: number;
  images: readonly string[];
  rollout: Rollout;
  createdAt: Instant;
  /** Since when its controller has not observed its newest specification (observedGeneration). */
  unobservedSince?: Instant;
  /** When its deletion was requested: it goes as soon as its finalizers let it. */
  deletedAt?: Instant | undefined;
};

/** What keeps pods running, beside deployments. A replica set of a deployment is not listed: the deployment covers it. */
export type Controller = {
  kind: 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'ReplicationController';
  name: string;
  desired: number;
  ready: number;
  /** Pods on the wrong nodes; only of a daemon set. */
  misplaced?: number;
  rollout: Rollout;
  createdAt: Instant;
  unobservedSince?: Instant;
  deletedAt?: Instant | undefined;
};

/** A Job of Kubernetes, not of a study. */
export type BatchJob = {
  kind: 'Job';
  name: string;
  /** The CronJob that made it. */
  cronJob?: string;
  state: 'running' | 'complete' | 'failed' | 'suspended';
  /** The Failed condition's: BackoffLimitExceeded, DeadlineExceeded. */
  reason?: string;
  why?: string;
  active: number;
  failed: number;
  /** Failed pods that it may have (spec.backoffLimit); absent where each index has a limit of its own. */
  retries?: number | undefined;
  startedAt?: Instant;
  /** When it fails for its time (activeDeadlineSeconds). */
  endsBy?: Instant;
  endedAt?: Instant;
  createdAt: Instant;
};

export type CronJob = {
  kind: 'CronJob';
  name: string;
  suspended: boolean;
  /** The first time after its last run at which it was due; absent where its schedule is not understood. */
  dueAt?: Instant;
  /** The second time after its last completed run (or its last run) at which it was due. */
  behindAt?: Instant;
  active: number;
  scheduledAt?: Instant;
  /** Servers before 1.21 do not tell it. */
  succeededAt?: Instant;
  createdAt: Instant;
};

export type Claim = {
  kind: 'PersistentVolumeClaim';
  name: string;
  phase: string;
  createdAt: Instant;
  /** When its deletion was requested: it goes, with its data, as soon as no pod uses it. */
  deletedAt?: Instant | undefined;
  /**
   * It has less than was requested, and `to` is what was. `failed`: its resizer gave up, `why` in its words. `remount`: the
   * file system grows when a pod mounts it next. `since`: of the last step; absent where nobody has begun.
   */
  resize?: { state: 'failed' | 'remount' | 'waits'; to: string; since?: Instant; why?: string } | undefined;
};

export type Autoscaler = {
  kind: 'HorizontalPodAutoscaler';
  name: string;
  /** What it scales: `Deployment api-gateway`. */
  target: string;
  min: number;
  max: number;
  current: number;
  /** Its controller has written a status. */
  seen: boolean;
  /** Why it cannot scale: AbleToScale or ScalingActive is not True. */
  unable?: string;
  createdAt: Instant;
};

export type Budget = {
  kind: 'PodDisruptionBudget';
  name: string;
  healthy: number;
  /** Pods that have to be healthy before one may be disrupted. */
  wanted: number;
  /** Why its controller cannot compute it. */
  failed?: string;
  createdAt: Instant;
  unobservedSince?: Instant;
};

/** A node of the cluster. */
export type Node = {
  name: string;
  ready: boolean;
  /** In words: not ready, under pressure. */
  problems: readonly string[];
  /** It takes no new pods. */
  cordoned: boolean;
  createdAt: Instant;
};

export type Workload = Controller | BatchJob | CronJob | Claim | Autoscaler | Budget;

/** A revision of a deployment that was rolled out for the first time; a roll back is none. */
export type Deploy = { deployment: string; revision: number; at: Instant };
/** A revision of a deployment, by the replica set that keeps it. */
export type KeptRevision = {
  kind: 'Revision';
  deployment: string;
  revision: number;
  /** Its number when it was rolled out for the first time: a roll back gives it a new one. */
  first: number;
  replicaSet: string;
  images: readonly string[];
  /** When it was rolled out for the first time. */
  createdAt: Instant;
  /** A hash of its pod template; the same where only a restart lies between two. */
  template: string;
};

/** What is in the namespace beside pods and deployments. */
export type Workloads = {
  all: readonly Workload[];
  /** The first rollout of each revision that is kept (revisionHistoryLimit), in no order. */
  deploys?: readonly Deploy[];
  /** Of all deployments; absent where replica sets may not be listed. */
  revisions?: readonly KeptRevision[] | undefined;
  /** Those of the whole cluster; none where we may not list them. */
  nodes?: readonly Node[];
  /** How many pods there are, where only some are watched; absent where that is not known. */
  podsThere?: number;
  /** Kinds that cannot be listed now, and why; the others are current. */
  unseen: readonly { kinds: string; fault: Fault }[];
  /** Why controllers do not get their pods created (a quota, an admission webhook), and pods their volumes; newest first. */
  refusals: readonly { kind: string; name: string; message: string; at: Instant }[];
};
