// Replica sets as the revisions of a deployment that they keep: how the pods of then differ from those of now, and
// whether they were seen to fail.
import type { CoreV1Event, V1Pod, V1PodTemplateSpec, V1ReplicaSet } from '@kubernetes/client-node';
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

/** How the pods of `then` differ from those of `now`, in few words each. Values of variables are not shown. */
function differences(now: Template, then: Template): readonly string[] {
  const containers = new Map(items(now?.spec?.containers).map((c) => [c.name, c]));
  const found: string[] = [];
  for (const container of items(then?.spec?.containers)) {
    const name = words(container.name, 60) ?? '';
    const current = containers.get(container.name);
    containers.delete(container.name);
    if (!current) {
      found.push(`adds container ${name}`);
      continue;
    }
    if (current.image !== container.image)
      found.push(`image of ${name}: ${words(current.image) ?? ''} → ${words(container.image) ?? ''}`);
    const { image: _a, env: was, ...rest } = container;
    const { image: _b, env: is, ...others } = current;
    const changed = changedNames(items(is), items(was));
    if (changed.length > 0) found.push(`environment of ${name}: ${changed.slice(0, 6).join(', ')}`);
    if (JSON.stringify(rest) !== JSON.stringify(others)) found.push(`other settings of ${name}`);
  }
  for (const name of containers.keys()) found.push(`removes container ${words(name, 60) ?? ''}`);
  return [...found, ...ofThePod(now, then)];
}

/** What differs beside the containers: init containers, volumes, where it runs, labels and annotations. */
function ofThePod(now: Template, then: Template): readonly string[] {
  const { containers: _a, initContainers: initsNow, volumes: volumesNow, ...specNow } = now?.spec ?? {};
  const { containers: _b, initContainers: initsThen, volumes: volumesThen, ...specThen } = then?.spec ?? {};
  const inits = changedNames(items(initsNow), items(initsThen));
  const volumes = changedNames(items(volumesNow), items(volumesThen));
  const settings = changedKeys(specNow, specThen);
  const marks = changedKeys(
    { ...now?.metadata?.labels, ...now?.metadata?.annotations },
    { ...then?.metadata?.labels, ...then?.metadata?.annotations },
  ).filter((name) => !passing.has(name));
  const says = (what: string, names: readonly string[]) =>
    names.length > 0 ? [`${what}: ${names.slice(0, 6).join(', ')}`] : [];
  return [
    ...says('init containers', inits),
    ...says('volumes', volumes),
    ...says('settings of the pod', settings),
    ...says('labels and annotations', marks),
  ];
}

function changedKeys(a: object, b: object): readonly string[] {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys]
    .filter((key) => JSON.stringify(left.get(key)) !== JSON.stringify(right.get(key)))
    .map((key) => sanitize(key, 60));
}

function changedNames(a: readonly object[], b: readonly object[]): readonly string[] {
  const byName = (list: readonly object[]) =>
    new Map(list.map((one) => [String('name' in one ? one.name : ''), JSON.stringify(one)]));
  const [left, right] = [byName(a), byName(b)];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => left.get(name) !== right.get(name)).map((name) => sanitize(name, 60));
}
