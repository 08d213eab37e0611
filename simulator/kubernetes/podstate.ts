// The status of a pod in each stage of its life, as the kubelet writes it.
import {
  type Condition,
  type Container,
  type ContainerState,
  type ContainerStatus,
  kubeTime,
  type Pod,
} from './object.ts';

type Status = Pod['status'];

/** A condition keeps its transition time while its status stays. */
export function withCondition(
  conditions: readonly Condition[],
  type: string,
  status: Condition['status'],
  at: number,
  why: { reason?: string; message?: string } = {},
): Condition[] {
  const before = conditions.find((one) => one.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : kubeTime(at);
  const next: Condition = { type, status, lastProbeTime: null, lastTransitionTime, ...why };
  return before ? conditions.map((one) => (one === before ? next : one)) : [...conditions, next];
}

const notReady = { reason: 'ContainersNotReady' };

function readiness(status: Status, ready: boolean, containers: readonly Container[], at: number): readonly Condition[] {
  const why = ready
    ? {}
    : { ...notReady, message: `containers with unready status: [${containers.map((one) => one.name).join(' ')}]` };
  const word = ready ? 'True' : 'False';
  return withCondition(withCondition(status.conditions, 'Ready', word, at, why), 'ContainersReady', word, at, why);
}

const imageId = (image: string) => {
  let hash = 7n;
  for (const letter of image) hash = (hash * 1099511628211n + BigInt(letter.charCodeAt(0))) & ((1n << 256n) - 1n);
  return `${image.split(':')[0]}@sha256:${(hash * (hash | 1n) ** 3n).toString(16).slice(0, 64).padStart(64, '0')}`;
};

/** A new name for a container's instance. */
function containerId(pod: Pod, restart: number): string {
  const base = pod.metadata.uid.replaceAll('-', '');
  return `containerd://${(base + base).slice(0, 60)}${restart.toString(16).padStart(4, '0')}`;
}

function statusOf(pod: Pod, container: Container): ContainerStatus {
  return (
    pod.status.containerStatuses?.find((one) => one.name === container.name) ?? {
      name: container.name,
      ready: false,
      started: false,
      restartCount: 0,
      image: container.image,
      imageID: '',
      state: {},
      lastState: {},
    }
  );
}

/** Every container of the pod in the state that `change` gives it. */
function withContainers(pod: Pod, change: (status: ContainerStatus) => ContainerStatus): readonly ContainerStatus[] {
  return pod.spec.containers.map((container) => change(statusOf(pod, container)));
}

export function unscheduled(pod: Pod, message: string, at: number): Pod {
  const why = { reason: 'Unschedulable', message };
  const conditions = withCondition(pod.status.conditions, 'PodScheduled', 'False', at, why);
  return { ...pod, status: { ...pod.status, phase: 'Pending', conditions, qosClass: 'Burstable' } };
}

/** On its node, its containers not begun. */
export function scheduled(pod: Pod, node: { name: string; ip: string }, at: number): Pod {
  const begun = withCondition(pod.status.conditions, 'PodScheduled', 'True', at);
  const conditions = withCondition(begun, 'Initialized', 'True', at);
  const status: Status = {
    ...pod.status,
    phase: 'Pending',
    conditions,
    hostIP: node.ip,
    startTime: kubeTime(at),
    qosClass: 'Burstable',
  };
  const placed = { ...pod, spec: { ...pod.spec, nodeName: node.name }, status };
  return waiting(placed, { reason: 'ContainerCreating' }, at);
}

/** Waits for something: ContainerCreating, ErrImagePull, CrashLoopBackOff … */
export function waiting(pod: Pod, why: { reason: string; message?: string }, at: number): Pod {
  const containerStatuses = withContainers(pod, (status) => ({
    ...status,
    ready: false,
    started: false,
    state: { waiting: why },
  }));
  const conditions = readiness(pod.status, false, pod.spec.containers, at);
  return { ...pod, status: { ...pod.status, conditions, containerStatuses } };
}

/** Its containers run; they are ready later. */
export function running(pod: Pod, ip: string, at: number, restart: boolean): Pod {
  const containerStatuses = withContainers(pod, (status) => {
    const restartCount = status.restartCount + (restart ? 1 : 0);
    return {
      ...status,
      ready: false,
      started: true,
      restartCount,
      imageID: imageId(status.image),
      containerID: containerId(pod, restartCount),
      state: { running: { startedAt: kubeTime(at) } },
    };
  });
  const begun = withCondition(pod.status.conditions, 'PodReadyToStartContainers', 'True', at);
  const conditions = readiness({ ...pod.status, conditions: begun }, false, pod.spec.containers, at);
  return {
    ...pod,
    status: { ...pod.status, phase: 'Running', conditions, containerStatuses, podIP: ip, podIPs: [{ ip }] },
  };
}

/** The readiness probe's word. */
export function ready(pod: Pod, isReady: boolean, at: number): Pod {
  const containerStatuses = withContainers(pod, (status) => ({ ...status, ready: isReady }));
  return {
    ...pod,
    status: { ...pod.status, conditions: readiness(pod.status, isReady, pod.spec.containers, at), containerStatuses },
  };
}

/** Its containers ended; what ended is also the last state from now on. */
export function terminated(pod: Pod, exitCode: number, reason: string, at: number, message?: string): Pod {
  const containerStatuses = withContainers(pod, (status) => {
    const state: ContainerState = {
      terminated: {
        exitCode,
        reason,
        message: message || undefined,
        startedAt: status.state.running?.startedAt ?? kubeTime(at),
        finishedAt: kubeTime(at),
        containerID: status.containerID || undefined,
      },
    };
    return { ...status, ready: false, started: false, state, lastState: state };
  });
  return {
    ...pod,
    status: { ...pod.status, conditions: readiness(pod.status, false, pod.spec.containers, at), containerStatuses },
  };
}

/** The node does not answer: its last state is still reported, but not ready. */
export function nodeLost(pod: Pod, at: number): Pod {
  const conditions = withCondition(pod.status.conditions, 'Ready', 'False', at, { reason: 'NodeNotReady' });
  return { ...pod, status: { ...pod.status, conditions } };
}

export function isReady(pod: Pod): boolean {
  return pod.status.conditions.some((one) => one.type === 'Ready' && one.status === 'True');
}
