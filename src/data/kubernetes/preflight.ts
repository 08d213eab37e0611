// What an action wants to know of deployments before it changes one.
import type {
  CoreV1Event,
  V1Deployment,
  V1HorizontalPodAutoscaler,
  V1Pod,
  V1ReplicaSet,
  V1SelfSubjectReview,
} from '@kubernetes/client-node';
import type { Settings } from '../../config/settings.ts';
import type { KubernetesCall } from '../../core/actions/call.ts';
import type { Autoscaler, DeploymentState, DryRun, Revision } from '../../core/actions/preflight.ts';
import type { Room } from '../../core/actions/room.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import { may, type Right } from './access.ts';
import type { Answered } from './api-error.ts';
import { type ApiList, type ApiObject, count, items, words } from './api-object.ts';
import { type Get, roomOf, type Template } from './capacity.ts';
import { type Ask, type Cluster, openCluster } from './client.ts';
import { toState, withPods } from './deployment-state.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';
import { discovered, type ResourceName } from './discovery.ts';
import { dryRunOf, trialOf } from './dry-run.ts';
import { toSelector } from './label-selector.ts';
import { revisionsOf } from './revisions.ts';

const within: Ms = 8 * second;
/** Warnings that are searched for failed pods. */
const mostEvents = 500;
/** Of an object its name and labels, and nothing that it holds. */
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;q=0.1';

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
      if (found.ok) {
        const labelSelector = toSelector(found.value.spec?.selector);
        const pods = await this.#get<ApiList<V1Pod>>(cluster, 'pods', 'list pods', '/api/v1', {
          query: { labelSelector },
        });
        return { ok: true, value: labelSelector && pods.ok ? withPods(found.value, pods.value) : toState(found.value) };
      }
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
      const [pods, events] = await Promise.all([
        this.#get<ApiList<V1Pod>>(cluster, 'pods', 'list pods', '/api/v1', {
          query: { labelSelector: toSelector(found.value.spec?.selector) },
        }),
        this.#get<ApiList<CoreV1Event>>(cluster, 'events', 'list events', '/api/v1', {
          query: { fieldSelector: 'type=Warning,involvedObject.kind=Pod', limit: mostEvents },
        }),
      ]);
      const seen = { pods: pods.ok ? items(pods.value.items) : [], events: events.ok ? items(events.value.items) : [] };
      return { ok: true, value: revisionsOf(found.value, items(sets.value.items), seen) };
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

  async room(name: string, revision?: number): Promise<Result<Room>> {
    return this.#with(async (cluster) => {
      const found = await this.#template(cluster, name, revision);
      if (!found.ok) return found;
      const get: Get = (what, to, group, more) => this.#get(cluster, what, to, group, more);
      const { namespace } = this.#settings;
      return { ok: true, value: await roomOf(found.value.wire, found.value.template, namespace, get) };
    });
  }

  async trialPod(name: string, revision?: number): Promise<Result<DryRun>> {
    return this.#with(async (cluster) => {
      const found = await this.#template(cluster, name, revision);
      if (!found.ok) return found;
      const { namespace } = this.#settings;
      return { ok: true, value: await trialOf(cluster, found.value.template, { name, namespace }, this.#signal) };
    });
  }

  /** The deployment, and its pod template: the current one, or that of a revision. */
  async #template(
    cluster: Cluster,
    name: string,
    revision: number | undefined,
  ): Promise<Result<{ wire: WireDeployment; template: Template }>> {
    const path = `deployments/${encodeURIComponent(name)}`;
    const found = await this.#get<WireDeployment>(cluster, path, 'get deployments');
    if (!found.ok) return found;
    const wire = found.value;
    if (revision === undefined) return { ok: true, value: { wire, template: wire.spec?.template } };
    const sets = await this.#get<ApiList<V1ReplicaSet>>(cluster, 'replicasets', 'list replicasets');
    if (!sets.ok) return sets;
    const set = items(sets.value.items).find(
      ({ metadata }) =>
        metadata?.annotations?.[revisionAnnotation] === String(revision) &&
        items(metadata.ownerReferences).some((owner) => owner.uid === wire.metadata?.uid),
    );
    if (!set) return { ok: false, fault: noSuch(cluster.where, `revision ${revision} of ${sanitize(name, 100)}`) };
    return { ok: true, value: { wire, template: set.spec?.template } };
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

  #get<T>(
    cluster: Cluster,
    what: string,
    to: string,
    group = '/apis/apps/v1',
    { query, everywhere = false, bare = false }: Parameters<Get>[3] = {},
  ): Promise<Answered<T>> {
    const { namespace } = this.#settings;
    const path = `${group}${everywhere ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${what}`;
    const where = everywhere ? '' : ` in ${namespace}`;
    const ask: Ask = { path, timeout: within, signal: this.#signal, to: to + where };
    if (query) ask.query = query;
    if (bare) ask.accept = metadataOnly;
    return cluster.get<T>(ask);
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
  return { kind: 'malformed', where, what: `no ${what}`, hint: 'check the name, namespace and context', code: '404' };
}
