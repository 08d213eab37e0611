// Puts the beginning into the store: deployments with their revisions, and pods that have lived for a while.
import { randomUUID } from 'node:crypto';
import { hour, minute, second } from '../time.ts';
import { deploymentOf, nodesFor, type Seed, templateOf } from './bentham.ts';
import type { Logs } from './logs.ts';
import { type Deployment, kubeTime, type Pod, type ReplicaSet } from './object.ts';
import type { PodFault, PodFaults } from './pod-faults.ts';
import { greeting, lastWords } from './pod-log-lines.ts';
import { ready, running, scheduled, terminated, waiting } from './podstate.ts';
import type { Recorder } from './recorder.ts';
import type { Store } from './store.ts';
import { podOf, replicaSetOf, revisionKey, templateHash } from './template.ts';

export type Beginning = {
  store: Store;
  logs: Logs;
  recorder: Recorder;
  podFaults: PodFaults;
  now: number;
  /** Pods made so far: their places and addresses follow from it. */
  made: number;
};

export function seedCluster(to: Beginning, pods: number, namespaces: readonly string[]): void {
  const { store, now } = to;
  for (const node of nodesFor(pods, now)) store.put('nodes', node);
  for (const name of ['default', 'kube-system', ...namespaces]) {
    store.put('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        creationTimestamp: kubeTime(now - 5000 * hour),
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  // What the pods refer to; its password opens nothing.
  for (const namespace of namespaces) {
    const metadata = { name: 'db-credentials', namespace, creationTimestamp: kubeTime(now - 5000 * hour) };
    const data = { username: base64('bentham'), password: base64('opens-nothing') };
    store.put('secrets', { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, data });
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A deployment, its old revisions without pods, and the pods of the present one. */
export function seedDeployment(to: Beginning, seed: Seed): void {
  const { store, podFaults, now } = to;
  const { namespace, name, replicas, revisions, conditions } = seed;
  const deployment = store.put('deployments', deploymentOf(seed, now));
  // A stuck rollout: the new revision has the failing pods only, the one before still has the others.
  const young = conditions?.stuck ? Math.min(replicas, conditions.failing) : replicas;
  const { template } = deployment.spec;
  if (conditions && conditions.failing > 0) {
    const image = template.spec.containers[0]?.image ?? '';
    podFaults.inject(`${namespace}/${name}`, conditions, { hash: templateHash(template), image });
  }
  revisions.forEach(({ image, cause, age }, index) => {
    const size = index === revisions.length - 1 ? young : index === revisions.length - 2 ? replicas - young : 0;
    const made = now - age;
    const set = seedSet(store, deployment, seed, image, { cause, revision: index + 1, size, made });
    for (let i = 0; i < size; i += 1) seedPod(to, `${namespace}/${name}`, set, made + i * 4 * second);
  });
}

function seedSet(
  store: Store,
  deployment: Deployment,
  seed: Seed,
  image: string,
  { cause, revision, size, made }: { cause: string; revision: number; size: number; made: number },
): ReplicaSet {
  const template = templateOf(seed, image);
  const annotations = {
    [revisionKey]: String(revision),
    'deployment.kubernetes.io/desired-replicas': String(seed.replicas),
    'kubernetes.io/change-cause': cause,
  };
  const draft = replicaSetOf(deployment, templateHash(template), annotations, template);
  return store.put('replicasets', {
    ...draft,
    metadata: { ...draft.metadata, creationTimestamp: kubeTime(made) },
    spec: { ...draft.spec, replicas: size },
  });
}

function seedPod(to: Beginning, deployment: string, set: ReplicaSet, made: number): void {
  const { store, logs, podFaults, now } = to;
  const nodes = store.list('nodes');
  const node = nodes[to.made % nodes.length];
  to.made += 1;
  if (!node) return;
  const ip = `10.${32 + (to.made >> 16)}.${(to.made >> 8) & 255}.${to.made & 255}`;
  const draft = podOf(set);
  const uid = randomUUID();
  const born = {
    ...draft,
    metadata: { ...draft.metadata, uid, resourceVersion: '', creationTimestamp: kubeTime(made) },
  } as Pod;
  const address = node.status.addresses[0]?.address ?? '';
  const placed = scheduled(born, { name: node.metadata.name, ip: address }, made);
  const fault = podFaults.faultOf(deployment, born);
  if (!fault) {
    const well = ready(running(placed, ip, made + 2 * second, false), true, made + 4 * second);
    store.put('pods', well);
    // Load has no logs: thousands of pods must stay cheap.
    if (!deployment.includes('browser-worker')) {
      for (const line of greeting(well, made + 2 * second)) logs.write(uid, line, made + 2 * second);
    }
    return;
  }
  seedIll(to, placed, ip, fault, made, now);
}

/** A pod with a fault since its creation, or for an hour. */
function seedIll(to: Beginning, placed: Pod, ip: string, fault: PodFault, made: number, now: number): void {
  const { store, logs, recorder } = to;
  const { uid, name, namespace } = placed.metadata;
  const container = placed.spec.containers[0]?.name ?? '';
  const began = Math.max(made, now - hour);
  const tell = (reason: string, message: string, count: number) => {
    const pod = store.get('pods', namespace, name);
    if (!pod) return;
    recorder.record({
      about: pod,
      reason,
      message,
      type: 'Warning',
      component: 'kubelet',
      at: now - 20 * second,
      first: began,
      count,
      host: pod.spec.nodeName || undefined,
      fieldPath: `spec.containers{${container}}`,
    });
  };
  if (fault.kind === 'image') {
    const image = placed.spec.containers[0]?.image ?? '';
    store.put(
      'pods',
      waiting(placed, { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` }, made),
    );
    tell('Failed', `Failed to pull image "${image}": rpc error: code = NotFound desc = ${image}: not found`, 6);
    tell('Failed', 'Error: ImagePullBackOff', 23);
    return;
  }
  const up = running(placed, ip, made + 2 * second, false);
  if (fault.kind === 'unready') {
    store.put('pods', ready(up, false, began));
    tell('Unhealthy', fault.message ?? 'Readiness probe failed', 140);
    return;
  }
  const restarts = Math.min(9, 2 + Math.floor((now - began) / (5 * minute)));
  const counted = {
    ...up,
    status: {
      ...up.status,
      containerStatuses: up.status.containerStatuses?.map((one) => ({ ...one, restartCount: restarts })),
    },
  } as Pod;
  const died = now - 70 * second;
  const again = running(counted, ip, died - fault.livesFor, false);
  const dead = terminated(again, fault.exitCode, fault.kind === 'oom' ? 'OOMKilled' : 'Error', died, fault.message);
  const full = `${name}_${namespace}(${uid})`;
  const message = `back-off 2m40s restarting failed container=${container} pod=${full}`;
  store.put('pods', waiting(dead, { reason: 'CrashLoopBackOff', message }, died));
  tell('BackOff', `Back-off restarting failed container ${container} in pod ${full}`, restarts * 6);
  for (const [from, until] of [
    [died - 3 * minute, died - 3 * minute + fault.livesFor],
    [died - fault.livesFor, died],
  ] as const) {
    logs.restart(uid);
    for (const line of greeting(dead, from)) logs.write(uid, line, from);
    for (const line of lastWords(dead, fault, until)) logs.write(uid, line, until);
  }
  logs.end(uid);
}
