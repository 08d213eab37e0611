// Kubernetes objects as they travel: the fields that the drill reads or writes. Clients may add any others.

export type Labels = Readonly<Record<string, string>>;

export type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

export type Metadata = {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generation?: number;
  generateName?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Labels;
  annotations?: Labels;
  ownerReferences?: readonly OwnerReference[];
};

export type KubeObject = { apiVersion: string; kind: string; metadata: Metadata };

export type Probe = {
  httpGet?: { path: string; port: number; scheme?: string };
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
};

export type Container = {
  name: string;
  image: string;
  ports?: readonly { containerPort: number; protocol?: string; name?: string }[];
  env?: readonly { name: string; value?: string; valueFrom?: unknown }[];
  resources?: { requests?: Labels; limits?: Labels };
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  imagePullPolicy?: string;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
};

export type PodSpec = {
  containers: readonly Container[];
  nodeName?: string;
  restartPolicy?: string;
  serviceAccountName?: string;
  ephemeralContainers?: readonly Container[];
  terminationGracePeriodSeconds?: number;
  [more: string]: unknown;
};

export type PodTemplate = { metadata: { labels?: Labels; annotations?: Labels }; spec: PodSpec };

export type Condition = {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime: string;
  lastUpdateTime?: string;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string;
};

export type ContainerState = {
  running?: { startedAt: string };
  waiting?: { reason: string; message?: string };
  terminated?: {
    exitCode: number;
    reason: string;
    message?: string;
    startedAt: string;
    finishedAt: string;
    containerID?: string;
  };
};

export type ContainerStatus = {
  name: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  state: ContainerState;
  lastState: ContainerState;
};

export type Pod = KubeObject & {
  spec: PodSpec;
  status: {
    phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    conditions: readonly Condition[];
    initContainerStatuses?: readonly ContainerStatus[];
    containerStatuses?: readonly ContainerStatus[];
    ephemeralContainerStatuses?: readonly ContainerStatus[];
    hostIP?: string;
    podIP?: string;
    podIPs?: readonly { ip: string }[];
    qosClass?: string;
    startTime?: string;
    reason?: string;
    message?: string;
  };
};

export type Deployment = KubeObject & {
  spec: {
    replicas: number;
    selector: { matchLabels: Labels };
    template: PodTemplate;
    strategy?: { type: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } };
    minReadySeconds?: number;
    progressDeadlineSeconds?: number;
    revisionHistoryLimit?: number;
    paused?: boolean;
  };
  status: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: readonly Condition[];
  };
};

export type ReplicaSet = KubeObject & {
  spec: { replicas: number; selector: { matchLabels: Labels }; template: PodTemplate; minReadySeconds?: number };
  status: {
    replicas: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
    conditions?: readonly Condition[] | undefined;
  };
};

export type Event = KubeObject & {
  involvedObject: {
    kind: string;
    namespace?: string;
    name: string;
    uid?: string;
    apiVersion?: string;
    resourceVersion?: string;
    fieldPath?: string;
  };
  reason: string;
  message: string;
  type: 'Normal' | 'Warning';
  source: { component: string; host?: string };
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
  eventTime: null;
  reportingComponent: string;
  reportingInstance: string;
};

export type Node = KubeObject & {
  spec: { providerID: string; unschedulable?: boolean; taints?: readonly unknown[] };
  status: {
    capacity: Labels;
    allocatable: Labels;
    conditions: readonly Condition[];
    addresses: readonly { type: string; address: string }[];
    nodeInfo: Readonly<Record<string, string>>;
  };
};

/** What is stored under each plural name. */
export type Kinds = {
  namespaces: KubeObject & { spec: { finalizers: readonly string[] }; status: { phase: string } };
  nodes: Node;
  pods: Pod;
  events: Event;
  services: KubeObject & { spec?: unknown };
  configmaps: KubeObject & { data?: Labels };
  secrets: KubeObject & { type?: string; data?: Readonly<Record<string, string>> };
  deployments: Deployment;
  replicasets: ReplicaSet;
  resourcequotas: KubeObject & { spec?: unknown; status?: unknown };
  limitranges: KubeObject & { spec?: unknown };
  poddisruptionbudgets: KubeObject & { spec?: unknown; status?: unknown };
  statefulsets: KubeObject & { spec?: unknown; status?: unknown };
  daemonsets: KubeObject & { spec?: unknown; status?: unknown };
  replicationcontrollers: KubeObject & { spec?: unknown; status?: unknown };
  jobs: KubeObject & { spec?: unknown; status?: unknown };
  cronjobs: KubeObject & { spec?: unknown; status?: unknown };
  persistentvolumeclaims: KubeObject & { spec?: unknown; status?: unknown };
  horizontalpodautoscalers: KubeObject & { spec?: unknown; status?: unknown };
};

export type Plural = keyof Kinds;

/** As Kubernetes writes times: whole seconds. */
export function kubeTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
