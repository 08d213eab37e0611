// What a namespace and its nodes leave for the pods of a deployment.
import type { Answer } from './answer.ts';

/**
 * What a pod uses up, by the names that quotas have for it: `pods`, `requests.cpu` and `limits.cpu` in cores,
 * `requests.memory` and `limits.memory` in bytes. Absent: its containers do not say.
 */
export type Charge = Readonly<Record<string, number>>;

/** A quota that counts pods such as these. */
export type Quota = {
  name: string;
  /** `requests.cpu`, `pods`: what the namespace may use at most, and uses. */
  limits: readonly { resource: string; most: number; used: number }[];
  /** What each container must set, and a container of the new pods does not. */
  unsaid: readonly string[];
};

/** Cores and bytes. */
export type Amounts = { cpu?: number; memory?: number };

/** What a namespace fills in where a container says nothing, and the most that one may ask for. */
export type LimitRange = {
  name: string;
  of: 'container' | 'pod';
  most: Amounts;
  filled: Amounts;
  /** How the new pods break it: the API server refuses them. */
  broken: readonly string[];
};

/** A PodDisruptionBudget: how many are to stay, and how many may go now. */
export type Budget = { name: string; wanted: number; healthy: number; mayGo: number; computed: boolean };

/** A node that takes such pods. */
export type Place = {
  name: string;
  /** What its pods leave of `pods`, `requests.cpu`, `requests.memory`. */
  free: Charge;
  /** It takes one of these pods only: a host port, or a required anti-affinity. `beside`: the pods that keep it. */
  alone: boolean;
  beside: readonly string[];
};

/** `closed`: how many nodes accept none of these pods, by reason. */
export type Nodes = { open: readonly Place[]; closed: readonly { why: string; nodes: number }[] };

/** A pod that counts, of any revision. */
export type RolloutPod = {
  name: string;
  /** The name of its replica set. */
  set: string;
  ready: boolean;
  reason?: string | undefined;
  node?: string | undefined;
  charge: Charge;
};

/** What the pods refer to and the namespace does not have. */
export type MissingReference = {
  kind: 'Secret' | 'ConfigMap' | 'PersistentVolumeClaim';
  name: string;
  /** For the image only: it may still be pulled without. */
  forImage: boolean;
};

/** Whether there is room for pods of a deployment. What may not be read is a fault of its own. */
export type Room = {
  /** Of one new pod, as the namespace fills it in. */
  pod: Charge;
  /** All counted pods of the deployment, without terminating ones. */
  pods: Answer<readonly RolloutPod[]>;
  /** The course of a rollout, in pods. */
  rollout: { desired: number; recreate: boolean; surge: number; unavailable: number };
  quotas: Answer<readonly Quota[]>;
  ranges: Answer<readonly LimitRange[]>;
  budgets: Answer<readonly Budget[]>;
  nodes: Answer<Nodes>;
  missing: Answer<readonly MissingReference[]>;
};
