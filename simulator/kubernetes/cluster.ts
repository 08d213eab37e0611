// The cluster behind the API server: controllers, kubelets, the conditions, and some churn under load.

import type { DeploymentConditions } from '../scenario.ts';
import { second } from '../time.ts';
import type { Seed } from './bentham.ts';
import { createKubelet } from './kubelet.ts';
import { createLogs } from './logs.ts';
import { kubeTime, type Pod } from './object.ts';
import { annotatedFault, createPodFaults } from './pod-faults.ts';
import { greeting, lastWords } from './pod-log-lines.ts';
import { isReady } from './podstate.ts';
import { countQuotas } from './quota.ts';
import { createRecorder } from './recorder.ts';
import { createRollouts } from './rollout.ts';
import { seedCluster, seedDeployment } from './seed.ts';
import { createStore } from './store.ts';
import { templateHash } from './template.ts';

export type ClusterOptions = {
  seeds: readonly Seed[];
  /** The namespace whose deployments have these conditions. */
  production: string;
  conditions: Readonly<Record<string, DeploymentConditions>>;
  healed?(deployment: string): void;
  pace: number;
  memory?: number;
};

/** `api-gateway-7d4b9c6f5-x2x4k` is owned by `api-gateway-7d4b9c6f5`, which belongs to `api-gateway`. */
function deploymentOf(pod: Pod): string {
  const owner = pod.metadata.ownerReferences?.find((one) => one.kind === 'ReplicaSet')?.name ?? '';
  return `${pod.metadata.namespace ?? ''}/${owner.replace(/-[^-]+$/, '')}`;
}

export function createCluster({ seeds, production, conditions, healed, pace, memory }: ClusterOptions) {
  const store = createStore(memory ? { memory } : {});
  const logs = createLogs();
  const recorder = createRecorder(store);
  const podFaults = createPodFaults();
  const rollouts = createRollouts({ store, recorder });
  const kubelet = createKubelet({
    store,
    logs,
    recorder,
    pace,
    faultOf: (pod) => podFaults.faultOf(deploymentOf(pod), pod) ?? annotatedFault(pod),
    greet: greeting,
    lastWords,
  });

  const dirty = new Set<string>();
  /** What quotas count has changed. */
  let uncounted = true;
  store.onChange(({ type, plural, object }) => {
    const gone = type === 'DELETED';
    const { namespace = '', name, uid } = object.metadata;
    if (plural === 'pods') {
      const pod = object as Pod;
      rollouts.notice(pod, gone);
      kubelet.notice(pod, gone, Date.now());
      if (gone) podFaults.forget(uid);
      dirty.add(deploymentOf(pod));
      uncounted = true;
    } else if (plural === 'deployments') {
      if (gone) rollouts.collect(uid, namespace);
      else dirty.add(`${namespace}/${name}`);
    } else if (plural === 'replicasets' && gone) rollouts.collect(uid, namespace);
    if (plural === 'replicasets' || plural === 'resourcequotas') uncounted = true;
  });

  const now = Date.now();
  const beginning = { store, logs, recorder, podFaults, now, made: 0 };
  seedCluster(
    beginning,
    seeds.reduce((sum, seed) => sum + seed.replicas, 0),
    [...new Set([production, ...seeds.map(({ namespace }) => namespace)])],
  );
  for (const seed of seeds) seedDeployment(beginning, seed);

  const podsOf = (namespace: string, name: string): Pod[] => {
    const deployment = store.get('deployments', namespace, name);
    return deployment ? rollouts.setsOf(deployment).flatMap((set) => rollouts.podsOf(set)) : [];
  };

  // The conditions of the last turn: a change makes pods fail or recover.
  const mark = (one: DeploymentConditions) => JSON.stringify([one.failing, one.reasons, one.heals]);
  const seen = new Map(Object.entries(conditions).map(([name, one]) => [name, mark(one)]));
  const applyConditions = (at: number) => {
    for (const [name, one] of Object.entries(conditions)) {
      const key = `${production}/${name}`;
      const deployment = store.get('deployments', production, name);
      if (!deployment) continue;
      const { template } = deployment.spec;
      const hash = templateHash(template);
      if (seen.get(name) !== mark(one)) {
        seen.set(name, mark(one));
        const image = template.spec.containers[0]?.image ?? '';
        if (one.failing > 0) podFaults.inject(key, one, { hash, image });
        else podFaults.release(key);
        kubelet.stir(podsOf(production, name), at);
      }
      const complete = deployment.status.conditions?.some((c) => c.reason === 'NewReplicaSetAvailable') ?? false;
      const current = deployment.status.observedGeneration === deployment.metadata.generation;
      if (complete && current && podFaults.overcome(key, deployment, hash)) {
        podFaults.release(key);
        healed?.(name);
        const after = conditions[name];
        if (after) seen.set(name, mark(after));
      }
    }
  };

  const churn = () => {
    const load = seeds.filter((seed) => seed.name.startsWith('browser-worker'));
    const one = load[Math.floor(Math.random() * load.length)];
    if (!one) return;
    const pods = podsOf(one.namespace, one.name).filter(isReady);
    const pod = pods[Math.floor(Math.random() * pods.length)];
    if (!pod) return;
    if (Math.random() < 0.7) kubelet.kill(pod, Date.now());
    else store.put('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: kubeTime(Date.now() + 30_000) } });
  };

  let ticks = 0;
  const tick = () => {
    const at = Date.now();
    ticks += 1;
    applyConditions(at);
    kubelet.tick(at);
    // Deadlines pass without a change: each deployment is checked at an interval.
    if (ticks % 10 === 0) {
      for (const { metadata } of store.list('deployments')) dirty.add(`${metadata.namespace ?? ''}/${metadata.name}`);
    }
    if (ticks % 20 === 0) churn();
    const due = [...dirty];
    dirty.clear();
    for (const key of due) {
      const [namespace = '', name = ''] = key.split('/');
      rollouts.reconcile(namespace, name, at);
    }
    if (!uncounted) return;
    uncounted = false;
    countQuotas(store);
  };
  tick();
  const timer = setInterval(tick, Math.max(10, 0.1 * second * Math.min(1, pace)));

  return {
    store,
    logs,
    podsOf,
    ready: (namespace: string, name: string) => podsOf(namespace, name).filter(isReady),

    loseNode(name = store.list('nodes')[0]?.metadata.name ?? ''): void {
      const node = store.get('nodes', undefined, name);
      if (!node) return;
      const at = Date.now();
      const conditions = node.status.conditions.map((one) => ({
        ...one,
        status: 'Unknown' as const,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: kubeTime(at),
      }));
      const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }];
      store.put('nodes', { ...node, spec: { ...node.spec, taints }, status: { ...node.status, conditions } });
      kubelet.loseNode(name, at);
    },

    stop: () => clearInterval(timer),
  };
}
