// Replica sets as the revisions of a deployment that they keep: how the pods of then differ from those of now, and
// whether they were seen to fail.
import type { CoreV1Event, V1Container, V1Pod, V1PodTemplateSpec, V1ReplicaSet } from '@kubernetes/client-node';
import type { Difference } from '../../core/actions/difference.ts';
import type { Revision } from '../../core/actions/preflight.ts';
import { isHopeless } from '../../core/health/pods.ts';
import { sanitize } from '../../core/text/text.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';
import { passing } from './kept-revisions.ts';
import { toPod } from './pods.ts';

type Template = ApiObject<V1PodTemplateSpec> | null | undefined;

/** The existing pods, and the warnings about pods of the last hour, as the API server keeps them. */
export type Seen = { pods: readonly ApiObject<V1Pod>[]; events: readonly ApiObject<CoreV1Event>[] };

/** The revisions of a deployment, newest first. */
export function revisionsOf(
  { metadata, spec }: WireDeployment,
  sets: readonly ApiObject<V1ReplicaSet>[],
  seen: Seen,
): readonly Revision[] {
  const active = metadata?.annotations?.[revisionAnnotation] ?? undefined;
  return sets
    .filter((set) => items(set.metadata?.ownerReferences).some((owner) => owner.uid === metadata?.uid))
    .map((set) => ({ ...toRevision(set, spec?.template, active), failed: failureOf(set.metadata?.name ?? '', seen) }))
    .filter((revision) => revision.revision > 0)
    .sort((a, b) => b.revision - a.revision);
}

/** Back-off events of a pod that does not start; a single one may be an accident. */
const telling = 3;

/** How pods of a replica set fail, or failed within the hour that events are kept. */
function failureOf(set: string, { pods, events }: Seen): string | undefined {
  if (set === '') return undefined;
  const own = pods.flatMap((pod) => toPod(pod) ?? []).filter(({ owner }) => owner?.name === set);
  const ill = own.find(isHopeless);
  if (ill) return ill.reason;
  if (own.some(({ ready }) => ready)) return undefined;
  const told = events.filter(
    ({ reason, involvedObject }) => reason === 'BackOff' && involvedObject?.name?.startsWith(`${set}-`),
  );
  const times = told.reduce((sum, event) => sum + Math.max(1, count(event.series?.count) || count(event.count)), 0);
  return times >= telling ? 'its pods crashed within the last hour' : undefined;
}

/** A replica set as the revision that it keeps. */
export function toRevision(
  { metadata, spec, status }: ApiObject<V1ReplicaSet>,
  now: Template,
  active: string | undefined,
): Revision {
  const revision = metadata?.annotations?.[revisionAnnotation];
  const cause = words(metadata?.annotations?.['kubernetes.io/change-cause'], 120);
  return {
    revision: Number(revision ?? 0) || 0,
    images: items(spec?.template?.spec?.containers).map((c) => words(c.image) ?? ''),
    cause: cause || undefined,
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    replicas: count(status?.replicas),
    replicaSet: words(metadata?.name) ?? '',
    active: revision === active,
    differs: differences(now, spec?.template),
  };
}

/** How the pods of `then` differ from those of `now`. Values of variables are not in it. */
function differences(now: Template, then: Template): readonly Difference[] {
  const [are, were] = [items(now?.spec?.containers), items(then?.spec?.containers)];
  const current = new Map(are.map((container) => [container.name, container]));
  const each = were.flatMap((container) => {
    const present = current.get(container.name);
    return present ? ofContainer(present, container) : [];
  });
  const only = (list: typeof are, other: typeof are) =>
    list.filter(({ name }) => !other.some((one) => one.name === name)).map(({ name }) => words(name, 60) ?? '');
  return [
    ...differing('containers', { removed: only(are, were), added: only(were, are) }),
    ...each,
    ...ofPod(now, then),
  ];
}

type Container = ApiObject<V1Container>;

function ofContainer(now: Container, then: Container): readonly Difference[] {
  const name = words(then.name, 60) ?? '';
  const { image: imageNow, env: envNow, ...restNow } = now;
  const { image: imageThen, env: envThen, ...restThen } = then;
  const images = imageNow === imageThen ? {} : { removed: [words(imageNow) ?? ''], added: [words(imageThen) ?? ''] };
  return [
    ...differing(`image of ${name}`, images),
    ...differing(`environment of ${name}`, byName(items(envNow), items(envThen))),
    ...differing(`settings of ${name}`, byKey(restNow, restThen)),
  ];
}

/** What differs beside the containers: init containers, volumes, where it runs, labels and annotations. */
function ofPod(now: Template, then: Template): readonly Difference[] {
  const { containers: _a, initContainers: initsNow, volumes: volumesNow, ...specNow } = now?.spec ?? {};
  const { containers: _b, initContainers: initsThen, volumes: volumesThen, ...specThen } = then?.spec ?? {};
  const lasting = (template: Template) =>
    Object.fromEntries(
      Object.entries({ ...template?.metadata?.labels, ...template?.metadata?.annotations }).filter(
        ([name]) => !passing.has(name),
      ),
    );
  return [
    ...differing('init containers', byName(items(initsNow), items(initsThen))),
    ...differing('volumes', byName(items(volumesNow), items(volumesThen))),
    ...differing('settings of the pod', byKey(specNow, specThen)),
    ...differing('labels and annotations', byKey(lasting(now), lasting(then))),
  ];
}

/** Nothing where nothing differs. */
function differing(what: string, found: Partial<Difference>): readonly Difference[] {
  const { removed = [], added = [], changed = [] } = found;
  return removed.length + added.length + changed.length > 0 ? [{ what, removed, added, changed }] : [];
}

const byKey = (now: object, then: object) => compared(new Map(Object.entries(now)), new Map(Object.entries(then)));

const byName = (now: readonly object[], then: readonly object[]) => {
  const names = (list: readonly object[]) =>
    new Map<string, unknown>(list.map((one) => ['name' in one ? String(one.name) : '', one]));
  return compared(names(now), names(then));
};

function compared(now: ReadonlyMap<string, unknown>, then: ReadonlyMap<string, unknown>) {
  const clean = (names: readonly string[]) => names.map((name) => sanitize(name, 60));
  const [here, there] = [[...now.keys()], [...then.keys()]];
  return {
    removed: clean(here.filter((name) => !then.has(name))),
    added: clean(there.filter((name) => !now.has(name))),
    changed: clean(
      here.filter((name) => then.has(name) && JSON.stringify(now.get(name)) !== JSON.stringify(then.get(name))),
    ),
  };
}
