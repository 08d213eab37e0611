// The deployment and replica set controllers: from a template to pods, revision by revision, as Kubernetes rolls out.

import { present } from '../present.ts';
import { condition, statusOf } from './deployment-status.ts';
import { type Condition, type Deployment, kubeTime, type Pod, type ReplicaSet } from './object.ts';
import { isReady } from './podstate.ts';
import { admitNewPod, admitReplicaSet } from './quota.ts';
import type { Recorder } from './recorder.ts';
import { bounds } from './rollout-bounds.ts';
import { Refusal } from './status.ts';
import type { Store } from './store.ts';
import { podOf, replicaSetOf, revisionKey, revisionOf, templateHash } from './template.ts';

export type Rollouts = ReturnType<typeof createRollouts>;

export function createRollouts({ store, recorder }: { store: Store; recorder: Recorder }) {
  /** Pods by the uid of their replica set. */
  const owned = new Map<string, Map<string, Pod>>();
  const progress = new Map<string, { mark: string; at: number }>();
  /** Why a replica set gets no more pods, or a deployment no replica set, in the API server's words, by their uid. */
  const refused = new Map<string, string>();

  const podsOf = (set: ReplicaSet): Pod[] =>
    [...(owned.get(set.metadata.uid)?.values() ?? [])].filter((pod) => !pod.metadata.deletionTimestamp);

  const setsOf = (deployment: Deployment): ReplicaSet[] =>
    store
      .list('replicasets', deployment.metadata.namespace)
      .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === deployment.metadata.uid));

  const readyIn = (set: ReplicaSet) => podsOf(set).filter(isReady).length;

  /** A new pod of the set; undefined where the namespace does not take it. */
  const admitted = (set: ReplicaSet, now: number) => {
    try {
      return admitNewPod(podOf(set), store);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const message = `Error creating: ${error.message}`;
      refused.set(set.metadata.uid, error.message);
      recorder.record({
        ...{ about: set, reason: 'FailedCreate', message, type: 'Warning', at: now },
        component: 'replicaset-controller',
      });
      return undefined;
    }
  };

  /** Makes as many pods as the set asks for; the ill and the youngest go first. */
  const fill = (set: ReplicaSet, now: number): void => {
    const pods = podsOf(set);
    refused.delete(set.metadata.uid);
    for (let missing = set.spec.replicas - pods.length; missing > 0; missing -= 1) {
      const draft = admitted(set, now);
      if (!draft) break;
      const pod = store.put('pods', draft);
      recorder.record({
        about: set,
        reason: 'SuccessfulCreate',
        message: `Created pod: ${pod.metadata.name}`,
        component: 'replicaset-controller',
        at: now,
      });
    }
    const rank = (pod: Pod) => (isReady(pod) ? 1 : 0);
    const doomed = pods
      .sort((a, b) => rank(a) - rank(b) || b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))
      .slice(0, Math.max(0, pods.length - set.spec.replicas));
    for (const pod of doomed) {
      const grace = { deletionTimestamp: kubeTime(now + 30_000), deletionGracePeriodSeconds: 30 };
      store.put('pods', { ...pod, metadata: { ...pod.metadata, ...grace } });
      recorder.record({
        about: set,
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${pod.metadata.name}`,
        component: 'replicaset-controller',
        at: now,
      });
    }
  };

  /** Writes what the set has. */
  const count = (set: ReplicaSet): void => {
    const replicas = podsOf(set).length;
    const ready = readyIn(set);
    const { status } = set;
    const why = refused.get(set.metadata.uid);
    const before = status.conditions?.find(({ type }) => type === 'ReplicaFailure');
    if (status.replicas === replicas && (status.readyReplicas ?? 0) === ready && before?.message === why) return;
    const failure: Condition | undefined =
      why === undefined
        ? undefined
        : {
            ...{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: why },
            lastTransitionTime: before?.lastTransitionTime ?? kubeTime(Date.now()),
          };
    store.put('replicasets', {
      ...set,
      status: {
        replicas,
        fullyLabeledReplicas: replicas,
        readyReplicas: ready,
        availableReplicas: ready,
        observedGeneration: set.metadata.generation ?? 1,
        conditions: failure && [failure],
      },
    });
  };

  const resize = (deployment: Deployment, set: ReplicaSet, replicas: number, now: number): ReplicaSet => {
    const before = set.spec.replicas;
    if (before === replicas) return set;
    const direction = replicas > before ? 'up' : 'down';
    recorder.record({
      about: deployment,
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`,
      component: 'deployment-controller',
      at: now,
    });
    const metadata = { ...set.metadata, generation: (set.metadata.generation ?? 1) + 1 };
    const changed = store.put('replicasets', { ...set, metadata, spec: { ...set.spec, replicas } });
    fill(changed, now);
    return changed;
  };

  const madeSet = (deployment: Deployment, hash: string, annotations: Readonly<Record<string, string>>) => {
    const draft = replicaSetOf(deployment, hash, annotations);
    const { uid, namespace } = deployment.metadata;
    refused.delete(uid);
    try {
      admitReplicaSet(draft.metadata.name, namespace, store);
      return store.put('replicasets', draft);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused.set(uid, `Failed to create new replica set "${draft.metadata.name}": ${error.message}`);
      return undefined;
    }
  };

  /** The set of the present template, made or brought back, with the highest revision; undefined where it is refused. */
  const newest = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined => {
    const hash = templateHash(deployment.spec.template);
    const known = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
    const highest = Math.max(0, ...sets.filter((set) => set !== known).map(revisionOf));
    const revision = known && revisionOf(known) > highest ? revisionOf(known) : highest + 1;
    const cause = deployment.metadata.annotations?.['kubernetes.io/change-cause'];
    const annotations = {
      ...known?.metadata.annotations,
      [revisionKey]: String(revision),
      'deployment.kubernetes.io/desired-replicas': String(deployment.spec.replicas),
      ...present({ 'kubernetes.io/change-cause': cause }),
    };
    if (!known) return madeSet(deployment, hash, annotations);
    if (JSON.stringify(known.metadata.annotations) === JSON.stringify(annotations)) return known;
    return store.put('replicasets', { ...known, metadata: { ...known.metadata, annotations } });
  };

  /** One move of a rollout: up by what the surge allows, down by what is available. */
  const move = (deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], now: number): void => {
    const desired = deployment.spec.replicas;
    const { surge, unavailable } = bounds(deployment);
    const recreate = deployment.spec.strategy?.type === 'Recreate';
    const total = () =>
      [current, ...old].reduce(
        (sum, set) => sum + (store.get('replicasets', set.metadata.namespace, set.metadata.name)?.spec.replicas ?? 0),
        0,
      );
    if (current.spec.replicas > desired) resize(deployment, current, desired, now);
    else if (current.spec.replicas < desired && !(recreate && old.some((set) => podsOf(set).length > 0))) {
      const room = Math.max(0, desired + surge - total());
      resize(deployment, current, Math.min(desired, current.spec.replicas + room), now);
    }
    const present = store.get('replicasets', current.metadata.namespace, current.metadata.name) ?? current;
    const least = desired - unavailable;
    let spare = total() - least - (present.spec.replicas - readyIn(present));
    let available = [present, ...old].reduce((sum, set) => sum + readyIn(set), 0) - least;
    for (const set of [...old].sort((a, b) => revisionOf(a) - revisionOf(b))) {
      if (set.spec.replicas === 0 || spare <= 0) continue;
      const ready = readyIn(set);
      const ill = Math.min(set.spec.replicas - ready, spare);
      const well = Math.min(ready, Math.max(0, Math.min(available, spare - ill)));
      resize(deployment, set, set.spec.replicas - ill - well, now);
      spare -= ill + well;
      available -= well;
    }
  };

  /** No replica set of the new template could be made: what runs goes on. */
  const reportRefused = (deployment: Deployment, message: string, now: number): void => {
    const { status, metadata } = deployment;
    const before = status.conditions ?? [];
    const stuck = condition(before, 'Progressing', 'False', 'ReplicaSetCreateError', message, now);
    if (before.includes(stuck) && status.observedGeneration === metadata.generation) return;
    const conditions = [...before.filter(({ type }) => type !== 'Progressing'), stuck];
    const observed = { observedGeneration: metadata.generation ?? 1, updatedReplicas: 0 };
    store.put('deployments', { ...deployment, status: { ...status, ...observed, conditions } });
  };

  /** Writes what the deployment has, whether it is available and how its rollout goes. */
  const report = (deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], now: number): void => {
    const { spec, status, metadata } = deployment;
    const all = [current, ...old];
    const replicas = all.reduce((sum, set) => sum + podsOf(set).length, 0);
    const updated = podsOf(current).length;
    const ready = all.reduce((sum, set) => sum + readyIn(set), 0);
    const complete = updated === spec.replicas && replicas === spec.replicas && ready >= spec.replicas;
    const mark = [templateHash(spec.template), spec.replicas, updated, ready, replicas].join('/');
    const known = progress.get(metadata.uid);
    const stuckBefore = status.conditions?.some((one) => one.reason === 'ProgressDeadlineExceeded') ?? false;
    if (known?.mark !== mark) progress.set(metadata.uid, { mark, at: known === undefined && stuckBefore ? 0 : now });
    const since = progress.get(metadata.uid)?.at ?? now;
    const late = !complete && !spec.paused && now - since > (spec.progressDeadlineSeconds ?? 600) * 1000;
    const failing = all.flatMap(({ metadata: { uid } }) => refused.get(uid) ?? [])[0];
    const { unavailable } = bounds(deployment);
    const set = current.metadata.name;
    const next = statusOf(deployment, { replicas, updated, ready, complete, late, unavailable, failing, set }, now);
    const annotations = { ...metadata.annotations, [revisionKey]: String(revisionOf(current)) };
    if (
      JSON.stringify(next) === JSON.stringify(status) &&
      metadata.annotations?.[revisionKey] === annotations[revisionKey]
    ) {
      return;
    }
    store.put('deployments', { ...deployment, metadata: { ...metadata, annotations }, status: next });
  };

  return {
    podsOf,
    setsOf,

    /** Keeps who owns which pod. */
    notice(pod: Pod, gone: boolean): void {
      const owner = pod.metadata.ownerReferences?.[0]?.uid;
      if (owner === undefined) return;
      const pods = owned.get(owner) ?? new Map<string, Pod>();
      owned.set(owner, pods);
      if (gone) pods.delete(pod.metadata.uid);
      else pods.set(pod.metadata.uid, pod);
    },

    /** Brings a deployment one step nearer to what it asks for. */
    reconcile(namespace: string, name: string, now: number): void {
      const deployment = store.get('deployments', namespace, name);
      if (!deployment) return;
      const sets = setsOf(deployment);
      const hash = templateHash(deployment.spec.template);
      const current =
        deployment.spec.paused && sets.length > 0
          ? (sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash) ??
            [...sets].sort((a, b) => revisionOf(b) - revisionOf(a))[0])
          : newest(deployment, sets);
      if (!current) {
        const why = refused.get(deployment.metadata.uid);
        if (why !== undefined) reportRefused(deployment, why, now);
        return;
      }
      const old = sets.filter((set) => set.metadata.uid !== current.metadata.uid);
      if (!deployment.spec.paused || old.every((set) => set.spec.replicas === 0)) move(deployment, current, old, now);
      for (const { metadata } of [current, ...old]) {
        const set = store.get('replicasets', namespace, metadata.name);
        if (!set) continue;
        fill(set, now);
        count(store.get('replicasets', namespace, metadata.name) ?? set);
      }
      const idle = old.filter((set) => set.spec.replicas === 0 && podsOf(set).length === 0);
      const kept = deployment.spec.revisionHistoryLimit ?? 10;
      for (const set of idle.sort((a, b) => revisionOf(b) - revisionOf(a)).slice(kept)) {
        store.remove('replicasets', namespace, set.metadata.name);
      }
      const present = store.get('replicasets', namespace, current.metadata.name) ?? current;
      report(store.get('deployments', namespace, name) ?? deployment, present, old, now);
    },

    /** A deployment or a set is gone: what it owned goes too. */
    collect(uid: string, namespace: string): void {
      progress.delete(uid);
      for (const set of store.list('replicasets', namespace)) {
        if (!set.metadata.ownerReferences?.some((owner) => owner.uid === uid)) continue;
        store.remove('replicasets', namespace, set.metadata.name);
      }
      for (const pod of owned.get(uid)?.values() ?? []) {
        if (pod.metadata.deletionTimestamp) continue;
        store.put('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: kubeTime(Date.now()) } });
      }
    },
  };
}
