// What runs in the drill's cluster when it begins: nodes, namespaces, Bentham's deployments with their history.

import type { DeploymentConditions } from '../scenario.ts';
import { day, hour, minute, second } from '../time.ts';
import { type Layout, runbookLayout } from './layout.ts';
import { type Deployment, kubeTime, type Node, type PodTemplate } from './object.ts';
import type { Draft } from './store.ts';

/** Pods per node, the kubelet's default. */
const podsPerNode = 110;

const node = (index: number, now: number): Draft<Node> => {
  const zone = `eu-west-1${'abc'[index % 3]}`;
  const address = `10.0.${index % 3}.${20 + index}`;
  const name = `ip-${address.replaceAll('.', '-')}.eu-west-1.compute.internal`;
  const healthy = (type: string, reason: string, message: string) =>
    ({
      type,
      status: type === 'Ready' ? 'True' : 'False',
      reason,
      message,
      lastHeartbeatTime: kubeTime(now),
      lastTransitionTime: kubeTime(now - 40 * day),
    }) as const;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      creationTimestamp: kubeTime(now - 40 * day),
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node.kubernetes.io/instance-type': 'm6i.2xlarge',
        'topology.kubernetes.io/region': 'eu-west-1',
        'topology.kubernetes.io/zone': zone,
      },
    },
    spec: { providerID: `aws:///${zone}/i-0${(0xabc0def0 + index).toString(16)}` },
    status: {
      capacity: { cpu: '8', memory: '32Gi', pods: String(podsPerNode) },
      allocatable: { cpu: '7910m', memory: '31Gi', pods: String(podsPerNode) },
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        healthy('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        healthy('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        healthy('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        healthy('Ready', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      nodeInfo: {
        kubeletVersion: 'v1.32.4',
        osImage: 'Bottlerocket OS 1.40.0',
        kernelVersion: '6.1.131',
        containerRuntimeVersion: 'containerd://1.7.27',
        operatingSystem: 'linux',
        architecture: 'amd64',
        kubeProxyVersion: 'v1.32.4',
        machineID: `ec2${index}`,
        systemUUID: `ec2${index}`,
        bootID: `b${index}`,
      },
    },
  };
};

/** Enough nodes for this number of pods, at least three. */
export function nodesFor(pods: number, now: number): Draft<Node>[] {
  return Array.from({ length: Math.max(3, Math.ceil(pods / podsPerNode) + 1) }, (_, index) => node(index, now));
}

export type Revision = { image: string; cause: string; age: number };

/** One deployment as the drill begins with it. */
export type Seed = {
  layout: Layout;
  namespace: string;
  name: string;
  replicas: number;
  /** Oldest first; the last one is the present one. */
  revisions: readonly Revision[];
  conditions?: DeploymentConditions;
};

const releases = (name: string, ages: readonly number[]): Revision[] =>
  ages.map((age, index) => ({
    image: `ghcr.io/bentham/${name}:2026.11.${index + 1}`,
    cause: `release 2026.11.${index + 1}`,
    age,
  }));

/** Bentham in production under the conditions, and a small one in staging, if there is a staging. */
export function benthamSeeds(
  conditions: Readonly<Record<string, DeploymentConditions>>,
  layout = runbookLayout,
): Seed[] {
  const { production, staging } = layout;
  const running = Object.entries(conditions).map(([name, one]) => ({
    layout,
    namespace: production,
    name,
    replicas: one.replicas,
    revisions: releases(name, [20 * day, 6 * day + 3 * hour, one.stuck ? 14 * minute : 26 * hour]),
    conditions: one,
  }));
  if (staging === undefined) return running;
  const rehearsed = Object.keys(conditions).map((name) => ({
    layout,
    namespace: staging,
    name,
    replicas: 1,
    revisions: releases(name, [20 * day, 7 * day, 30 * hour]),
  }));
  return [...running, ...rehearsed];
}

/** Deployments of a hundred pods each, for load. */
export function loadSeeds(pods: number, layout = runbookLayout): Seed[] {
  const size = 100;
  return Array.from({ length: Math.ceil(pods / size) }, (_, index) => ({
    layout,
    namespace: layout.production,
    name: `browser-worker-${String(index + 1).padStart(2, '0')}`,
    replicas: Math.min(size, pods - index * size),
    revisions: releases('browser-worker', [3 * day]),
  }));
}

const port = 3000;

/** The pod template of one revision. */
export function templateOf({ layout, namespace, name }: Seed, image: string): PodTemplate {
  const app = name.replace(/-\d+$/, '');
  const probe = (path: string, periodSeconds: number) => ({
    httpGet: { path, port, scheme: 'HTTP' },
    timeoutSeconds: 2,
    periodSeconds,
    successThreshold: 1,
    failureThreshold: 3,
  });
  const secret = (key: string) => ({ secretKeyRef: { name: 'db-credentials', key } });
  return {
    metadata: { labels: { ...layout.selects(name), ...layout.beside(app) } },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      securityContext: {},
      containers: [
        {
          name: app,
          image,
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
          env: [
            { name: 'NODE_ENV', value: namespace === layout.production ? 'production' : 'staging' },
            { name: 'DATABASE_USER', valueFrom: secret('username') },
            { name: 'DATABASE_PASSWORD', valueFrom: secret('password') },
          ],
          // Load has a hundred pods on a node.
          resources: {
            requests: { cpu: app === 'browser-worker' ? '50m' : '250m', memory: '256Mi' },
            limits: { cpu: '1', memory: '512Mi' },
          },
          livenessProbe: probe('/health', 10),
          readinessProbe: probe('/health', 5),
        },
      ],
    },
  };
}

/** The image that the checkout's manifests would deploy: one release after the present one. */
export function nextRelease({ revisions }: Seed): Revision {
  const present = revisions.at(-1)?.image ?? 'bentham:2026.11.0';
  const next = present.replace(/\d+$/, (number) => String(Number(number) + 1));
  return { image: next, cause: `release ${next.split(':')[1]}`, age: 0 };
}

/** The content of k8s/: a deployment as it is applied. */
export function manifestOf(seed: Seed, { image, cause }: Revision) {
  const { layout, name, replicas } = seed;
  const { metadata, spec } = templateOf(seed, image);
  const { containers } = spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      labels: { ...layout.selects(name), 'app.kubernetes.io/part-of': 'bentham' },
      annotations: { 'kubernetes.io/change-cause': cause },
    },
    spec: {
      replicas,
      selector: { matchLabels: layout.selects(name) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: (2 * minute) / second,
      template: { metadata, spec: { containers } },
    },
  };
}

/** The deployment itself, at its present revision. */
export function deploymentOf(seed: Seed, now: number): Draft<Deployment> {
  const { namespace, name, revisions, conditions } = seed;
  const present = revisions.at(-1) ?? { image: name, cause: '', age: 0 };
  const manifest = manifestOf(seed, present);
  const applied = { ...manifest, metadata: { ...manifest.metadata, namespace } };
  // A stuck rollout has no room to make up for its failing pods.
  const rollingUpdate = conditions?.stuck
    ? { maxSurge: 0, maxUnavailable: Math.max(1, conditions.failing) }
    : manifest.spec.strategy.rollingUpdate;
  const late = kubeTime(now - 4 * minute);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...manifest.metadata,
      namespace,
      generation: revisions.length,
      creationTimestamp: kubeTime(now - 200 * day),
      annotations: {
        'deployment.kubernetes.io/revision': String(revisions.length),
        'kubernetes.io/change-cause': present.cause,
        'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(applied)}\n`,
      },
    },
    spec: {
      ...manifest.spec,
      template: templateOf(seed, present.image),
      strategy: { type: 'RollingUpdate', rollingUpdate },
      revisionHistoryLimit: 10,
    },
    status: conditions?.stuck
      ? {
          observedGeneration: revisions.length,
          conditions: [
            {
              type: 'Progressing',
              status: 'False',
              reason: 'ProgressDeadlineExceeded',
              message: 'timed out progressing',
              lastUpdateTime: late,
              lastTransitionTime: late,
            },
          ],
        }
      : {},
  };
}
