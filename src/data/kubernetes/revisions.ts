// Replica sets as the revisions of a deployment that they keep, and how the pods of then differ from those of now.
import type { V1PodTemplateSpec, V1ReplicaSet } from '@kubernetes/client-node';
import type { Revision } from '../../core/actions/preflight.ts';
import { sanitize } from '../../core/text/text.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import { revisionAnnotation } from './deployments.ts';

type Template = ApiObject<V1PodTemplateSpec> | null | undefined;

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
  return found;
}

function changedNames(a: readonly object[], b: readonly object[]): readonly string[] {
  const byName = (list: readonly object[]) =>
    new Map(list.map((one) => [String('name' in one ? one.name : ''), JSON.stringify(one)]));
  const [left, right] = [byName(a), byName(b)];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => left.get(name) !== right.get(name)).map((name) => sanitize(name, 60));
}
