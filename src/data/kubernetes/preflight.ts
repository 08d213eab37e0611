// What an action wants to know of deployments before it changes one.
import type {
  V1Deployment,
  V1HorizontalPodAutoscaler,
  V1Pod,
  V1ReplicaSet,
  V1SelfSubjectReview,
} from '@kubernetes/client-node';
import type { Settings } from '../../config/settings.ts';
import type { KubernetesCall } from '../../core/actions/call.ts';
import type { Autoscaler, DeploymentState, DryRun, Revision, Room } from '../../core/actions/preflight.ts';
import { reasonsOf } from '../../core/health/pods.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import { may, type Right } from './access.ts';
import type { Answered } from './api-error.ts';
import { type ApiList, type ApiObject, count, items, words } from './api-object.ts';
import { roomOf } from './capacity.ts';
import { type Cluster, openCluster } from './client.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';
import { discovered, type ResourceName } from './discovery.ts';
import { dryRunOf } from './dry-run.ts';
import { toPod } from './pods.ts';
import { toRevision } from './revisions.ts';
import { toSelector } from './workload.ts';

const within: Ms = 8 * second;

/** One connection to the cluster for as long as a run lasts. */
export class KubernetesPreflight {
  readonly #settings: Settings['kubernetes'];
  readonly #signal: AbortSignal;
  #cluster: Promise<Result<Cluster>> | undefined;

  constructor(settings: Settings['kubernetes'], signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  async close(): Promise<void> {
    const opened = await this.#cluster;
    if (opened?.ok) await opened.value.close();
  }

  async who(): Promise<Result<{ context: string; server: string; user?: string }>> {
    return this.#with(async (cluster) => {
      const alive = await cluster.pulse(within, this.#signal);
      if (!alive.ok) return alive;
      const { context, server } = cluster;
      const review = await cluster.send<ApiObject<V1SelfSubjectReview>>({
        path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        method: 'POST',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        timeout: within,
        signal: this.#signal,
        to: 'check own identity',
      });
      // Servers before 1.28 do not know the question.
      const user = review.ok ? words(review.value.status?.userInfo?.username, 100) : undefined;
      return { ok: true, value: { context, server, user: user || undefined } };
    });
  }

  async allowed(right: Right): Promise<Result<{ allowed: boolean; why: string }>> {
    return this.#with((cluster) => may(cluster, right, within, this.#signal));
  }

  async deployments(): Promise<Result<readonly DeploymentState[]>> {
    return this.#with(async (cluster) => {
      const found = await this.#get<ApiList<V1Deployment>>(cluster, 'deployments', 'list deployments');
      return found.ok ? { ok: true, value: items(found.value.items).map(toState) } : found;
    });
  }

  async deployment(name: string): Promise<Result<DeploymentState>> {
    return this.#with(async (cluster) => {
      if (name === '' || name === '.' || name === '..' || name.includes('/'))
        return { ok: false, fault: noSuch(cluster.where, `deployment ${sanitize(name, 100)}`) };
      const found = await this.#get<WireDeployment>(
        cluster,
        `deployments/${encodeURIComponent(name)}`,
        'get deployments',
      );
      if (found.ok) return { ok: true, value: await this.#withPods(cluster, found.value) };
      const missing = found.status === 404;
      return { ok: false, fault: missing ? noSuch(cluster.where, `deployment ${sanitize(name, 100)}`) : found.fault };
    });
  }

  async revisions(name: string): Promise<Result<readonly Revision[]>> {
    return this.#with(async (cluster) => {
      const found = await this.#get<ApiObject<V1Deployment>>(
        cluster,
        `deployments/${encodeURIComponent(name)}`,
        'get deployments',
      );
      if (!found.ok) return found;
      const sets = await this.#get<ApiList<V1ReplicaSet>>(cluster, 'replicasets', 'list replicasets');
      if (!sets.ok) return sets;
      const { metadata, spec } = found.value;
      const active = metadata?.annotations?.[revisionAnnotation];
      const own = items(sets.value.items)
        .filter((set) => items(set.metadata?.ownerReferences).some((owner) => owner.uid === metadata?.uid))
        .map((set) => toRevision(set, spec?.template, active ?? undefined))
        .filter((revision) => revision.revision > 0);
      return { ok: true, value: own.sort((a, b) => b.revision - a.revision) };
    });
  }

  async autoscaler(name: string): Promise<Result<Autoscaler | undefined>> {
    return this.#with(async (cluster) => {
      const found = await this.#get<ApiList<V1HorizontalPodAutoscaler>>(
        cluster,
        'horizontalpodautoscalers',
        'list horizontalpodautoscalers',
        // Every Kubernetes has this version of it; v2 came with 1.23.
        '/apis/autoscaling/v1',
      );
      // A cluster without that API has no autoscaler.
      if (!found.ok && found.status === 404) return { ok: true, value: undefined };
      if (!found.ok) return found;
      const own = items(found.value.items).find(
        ({ spec }) => spec?.scaleTargetRef?.kind === 'Deployment' && spec.scaleTargetRef.name === name,
      );
      if (!own) return { ok: true, value: undefined };
      const { minReplicas, maxReplicas } = own.spec ?? {};
      return {
        ok: true,
        value: { name: words(own.metadata?.name) ?? '', min: minReplicas ?? 1, max: count(maxReplicas) },
      };
    });
  }

  async resource(kind: string): Promise<Result<ResourceName>> {
    return this.#with((cluster) => discovered(cluster, kind, this.#signal));
  }

  async dryRun(call: KubernetesCall): Promise<Result<DryRun>> {
    return this.#with((cluster) => dryRunOf(cluster, call, this.#signal));
  }

  async room(name: string): Promise<Result<Room>> {
    return this.#with(async (cluster) => {
      const path = `deployments/${encodeURIComponent(name)}`;
      const found = await this.#get<WireDeployment>(cluster, path, 'get deployments');
      if (!found.ok) return found;
      const get = <T>(what: string, to: string, group: string) => this.#get<T>(cluster, what, to, group);
      return { ok: true, value: await roomOf(found.value, get) };
    });
  }

  async mentioning(text: string): Promise<Result<readonly string[]>> {
    return this.#with(async (cluster) => {
      const found = await this.#get<ApiList<V1Deployment>>(cluster, 'deployments', 'list deployments');
      if (!found.ok) return found;
      const names = secretNames(text);
      const named = items(found.value.items).filter(
        ({ spec }) => JSON.stringify(spec?.template ?? {}).includes(text) || refersTo(spec?.template, names),
      );
      return { ok: true, value: named.map(({ metadata }) => words(metadata?.name) ?? '').filter(Boolean) };
    });
  }

  /** Nobody updates a status while the controller manager is away: what its pods say of themselves counts as much. */
  async #withPods(cluster: Cluster, wire: WireDeployment): Promise<DeploymentState> {
    const state = toState(wire);
    const selector = toSelector(wire.spec?.selector);
    if (!selector) return state;
    const found = await cluster.get<ApiList<V1Pod>>({
      path: `/api/v1/namespaces/${encodeURIComponent(this.#settings.namespace)}/pods`,
      query: { labelSelector: selector },
      timeout: within,
      signal: this.#signal,
      to: 'list pods',
    });
    if (!found.ok) return state;
    const pods = items(found.value.items).flatMap((pod) => toPod(pod) ?? []);
    const own = pods.filter(({ owner }) => owner?.kind === 'ReplicaSet');
    const ready = own.filter((pod) => pod.ready && !pod.terminating && pod.phase === 'Running').length;
    const contradicted = ready < state.ready ? [`its status says ${state.ready} ready`] : [];
    return {
      ...state,
      ready: Math.min(state.ready, ready),
      available: Math.min(state.available, ready),
      reasons: [...reasonsOf(own, Date.now()).slice(0, 2), ...contradicted],
    };
  }

  #get<T>(cluster: Cluster, what: string, to: string, group = '/apis/apps/v1'): Promise<Answered<T>> {
    const { namespace } = this.#settings;
    const path = `${group}/namespaces/${encodeURIComponent(namespace)}/${what}`;
    return cluster.get<T>({ path, timeout: within, signal: this.#signal, to: `${to} in ${namespace}` });
  }

  async #with<T>(look: (cluster: Cluster) => Promise<Result<T>>): Promise<Result<T>> {
    this.#cluster ??= openCluster(this.#settings);
    const opened = await this.#cluster;
    return opened.ok ? look(opened.value) : opened;
  }
}

/** What a secret of AWS is usually called within the cluster: `bentham/db-credentials` as `db-credentials`. */
function secretNames(id: string): ReadonlySet<string> {
  return new Set([id, id.split('/').at(-1) ?? id, id.replaceAll('/', '-')]);
}

/** Whether a part of a pod template takes variables or files from a Secret of one of these names. */
function refersTo(part: unknown, names: ReadonlySet<string>): boolean {
  if (typeof part !== 'object' || part === null) return false;
  return Object.entries(part).some(([key, value]) => {
    const named = key === 'secretName' ? value : /^secret(KeyRef|Ref)?$/.test(key) ? value?.name : undefined;
    return (typeof named === 'string' && names.has(named)) || refersTo(value, names);
  });
}

function noSuch(where: string, what: string): Fault {
  return { kind: 'malformed', where, what: `no ${what}`, hint: 'check the name, namespace and context' };
}

function toState({ metadata, spec, status }: WireDeployment): DeploymentState {
  const conditions = items(status?.conditions);
  const failed =
    conditions.find((c) => c.type === 'ReplicaFailure' && c.status === 'True') ??
    conditions.find((c) => c.type === 'Progressing' && c.reason === 'ProgressDeadlineExceeded');
  return {
    name: words(metadata?.name) ?? '',
    uid: metadata?.uid ?? '',
    generation: count(metadata?.generation),
    observed: count(status?.observedGeneration),
    desired: typeof spec?.replicas === 'number' ? spec.replicas : 1,
    updated: count(status?.updatedReplicas),
    ready: count(status?.readyReplicas),
    available: count(status?.availableReplicas),
    reasons: [],
    replicas: count(status?.replicas),
    revision: Number(metadata?.annotations?.[revisionAnnotation] ?? 0) || 0,
    images: items(spec?.template?.spec?.containers).map((c) => words(c.image) ?? ''),
    paused: spec?.paused === true,
    stuck: failed ? (words(failed.message, 160) ?? words(failed.reason) ?? 'the rollout is stuck') : undefined,
    recreate: spec?.strategy?.type === 'Recreate',
  };
}
