// What changes objects: create, update, patch, scale and delete, with the conflicts and refusals of an API server.
import { isDeepStrictEqual } from 'node:util';
import { consult, type Webhook } from './admission.ts';
import { admit } from './admit.ts';
import { type Deployment, type Kinds, type KubeObject, kubeTime, type Plural, type Pod } from './object.ts';
import { applyPatch } from './patch.ts';
import { admitNewPod } from './quota.ts';
import type { Route } from './resources.ts';
import { notFound, Refusal } from './status.ts';
import type { Draft, Store } from './store.ts';

type Target = Route & { resource: { stored: Plural } };
type Incoming = { metadata?: { resourceVersion?: string } } & Readonly<Record<string, unknown>>;
type Changed = KubeObject & { spec?: unknown; status?: unknown };

export type WriteOptions = { dryRun: boolean; now: number; webhooks: readonly Webhook[] };

const suffix = () => Math.random().toString(36).slice(2, 7).padEnd(5, 'x');

function existing(target: Target, store: Store): Changed {
  const { resource, namespace, name = '' } = target;
  const object = store.get(resource.stored, namespace, name);
  if (!object) throw notFound(resource.plural, name, resource.group);
  return object as Changed;
}

export function create(target: Target, body: unknown, store: Store, options: WriteOptions): KubeObject {
  const { resource, namespace } = target;
  const draft = admit(resource, body, options.now);
  const name = draft.metadata.name || `${draft.metadata.generateName ?? ''}${suffix()}`;
  if (namespace !== undefined && draft.metadata.namespace !== undefined && draft.metadata.namespace !== namespace) {
    throw new Refusal(
      'BadRequest',
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  if (namespace !== undefined && resource.namespaced && !store.get('namespaces', undefined, namespace)) {
    throw notFound('namespaces', namespace);
  }
  if (store.get(resource.stored, namespace, name)) {
    throw new Refusal('AlreadyExists', `${qualified(target)} "${name}" already exists`, {
      name,
      kind: resource.plural,
    });
  }
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = draft.metadata;
  const stored = { ...draft, metadata: { ...metadata, name, namespace: namespace || undefined, generation: 1 } };
  consult(options.webhooks, stored as unknown as KubeObject, options.dryRun);
  const taken = resource.stored === 'pods' ? admitNewPod(stored as unknown as Pod, store) : stored;
  if (options.dryRun)
    return { ...taken, metadata: { ...taken.metadata, uid: '', resourceVersion: '' } } as unknown as KubeObject;
  return store.put(resource.stored, taken as unknown as Draft<Kinds[Plural]>);
}

const qualified = ({ resource }: Target) => `${resource.plural}${resource.group ? `.${resource.group}` : ''}`;

/** Stores a changed object, unless it was changed from a version that is not the present one. */
function replace(target: Target, before: Changed, incoming: Incoming, store: Store, options: WriteOptions): KubeObject {
  const { resource, subresource } = target;
  const version = incoming.metadata?.resourceVersion;
  if (version && version !== before.metadata.resourceVersion) {
    throw new Refusal(
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(target)} "${before.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
      { name: before.metadata.name, group: resource.group || undefined, kind: resource.plural },
    );
  }
  // The status is written through its own path, everything else is not.
  const draft = admit(
    resource,
    subresource === 'status' ? { ...before, status: incoming.status } : incoming,
    options.now,
  ) as Changed;
  const {
    name,
    uid,
    creationTimestamp,
    resourceVersion,
    namespace,
    generation = 1,
    deletionTimestamp,
  } = before.metadata;
  const specChanged = !isDeepStrictEqual(plain(draft.spec), plain(before.spec));
  const merged = {
    ...draft,
    status: subresource === 'status' || before.status === undefined ? draft.status : before.status,
    metadata: {
      ...draft.metadata,
      name,
      uid,
      creationTimestamp,
      resourceVersion,
      namespace,
      generation: specChanged ? generation + 1 : generation,
      deletionTimestamp,
    },
  };
  consult(options.webhooks, merged as KubeObject, options.dryRun);
  if (isDeepStrictEqual(plain(merged), plain(before))) return before;
  if (options.dryRun) return merged;
  return store.put(resource.stored, merged as unknown as Draft<Kinds[Plural]>);
}

/** Without undefined members, which JSON does not know. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

export function update(target: Target, body: unknown, store: Store, options: WriteOptions): KubeObject {
  const before = existing(target, store);
  if (target.subresource === 'scale') return scaled(target, before, body, store, options);
  return replace(target, before, body as Incoming, store, options);
}

export function patch(
  target: Target,
  body: string,
  contentType: string,
  store: Store,
  options: WriteOptions,
): { object: KubeObject; created: boolean } {
  const { resource, namespace, name = '', subresource } = target;
  // Server-side apply makes what is not there.
  if (contentType.startsWith('application/apply-patch') && !store.get(resource.stored, namespace, name)) {
    const draft = applyPatch({}, body, contentType);
    return { object: create(target, draft, store, options), created: true };
  }
  const before = existing(target, store);
  if (subresource === 'scale') {
    const changed = applyPatch(scaleOf(before), body, contentType);
    return { object: scaled(target, before, changed, store, options), created: false };
  }
  const changed = applyPatch(before, body, contentType) as Incoming;
  return { object: replace(target, before, changed, store, options), created: false };
}

/** The Scale of a deployment or replica set. */
export function scaleOf(object: KubeObject): KubeObject {
  const { metadata, spec, status } = object as Deployment;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace: namespace || undefined, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas },
    status: { replicas: status.replicas ?? 0, selector: selector.join(',') },
  } as KubeObject;
}

function scaled(target: Target, before: Changed, body: unknown, store: Store, options: WriteOptions): KubeObject {
  const { spec, metadata } = body as { spec?: { replicas?: unknown }; metadata?: { resourceVersion?: string } };
  const incoming = {
    ...before,
    metadata: { ...before.metadata, resourceVersion: metadata?.resourceVersion ?? before.metadata.resourceVersion },
    spec: { ...(before as Deployment).spec, replicas: spec?.replicas ?? 0 },
  };
  const { subresource: _scale, ...whole } = target;
  return scaleOf(replace(whole as Target, before, incoming, store, options));
}

type DeleteOptions = {
  gracePeriodSeconds?: number;
  propagationPolicy?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
};

/** Pods go gracefully (the controller ends them), everything else at once; what it owned is collected afterwards. */
export function remove(
  target: Target,
  body: unknown,
  query: URLSearchParams,
  store: Store,
  options: WriteOptions,
): KubeObject {
  const before = existing(target, store);
  const wishes = (body ?? {}) as DeleteOptions;
  const { uid, resourceVersion } = wishes.preconditions ?? {};
  if (
    (uid && uid !== before.metadata.uid) ||
    (resourceVersion && resourceVersion !== before.metadata.resourceVersion)
  ) {
    throw new Refusal('Conflict', `Precondition failed: ${qualified(target)} "${before.metadata.name}" has changed`);
  }
  if (options.dryRun) return before;
  const { namespace, name } = before.metadata;
  const asked = query.get('gracePeriodSeconds');
  const grace = wishes.gracePeriodSeconds ?? (asked === null ? undefined : Number(asked));
  if (target.resource.stored !== 'pods' || grace === 0) {
    store.remove(target.resource.stored, namespace, name);
    return before;
  }
  if (before.metadata.deletionTimestamp) return before;
  const seconds = grace ?? 30;
  const metadata = {
    ...before.metadata,
    deletionTimestamp: kubeTime(options.now + seconds * 1000),
    deletionGracePeriodSeconds: seconds,
  };
  return store.put('pods', { ...before, metadata } as Kinds['pods']);
}
