// The revisions of deployments, by the replica sets that keep them.
import { createHash } from 'node:crypto';
import type { V1PodTemplateSpec, V1ReplicaSet } from '@kubernetes/client-node';
import type { KeptRevision } from '../../core/world/facts.ts';
import { type ApiObject, instant, items, words } from './api-object.ts';
import { revisionAnnotation } from './deployments.ts';
import { ownerOf } from './owner.ts';

/** Labels and annotations that a restart or the controller sets: no difference of what runs. */
export const passing: ReadonlySet<string> = new Set(['kubectl.kubernetes.io/restartedAt', 'pod-template-hash']);

/** The numbers that a replica set had before, where a roll back gave it a new one: `3,7`. */
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

/** A replica set of a deployment; undefined for one that nothing, or something else, controls, or without a number. */
export function toKeptRevision({ metadata, spec }: ApiObject<V1ReplicaSet>): KeptRevision | undefined {
  const owner = ownerOf(metadata);
  const replicaSet = words(metadata?.name);
  const revision = Number(metadata?.annotations?.[revisionAnnotation] ?? 0) || 0;
  const createdAt = instant(metadata?.creationTimestamp);
  if (owner?.kind !== 'Deployment' || !replicaSet || createdAt === undefined || revision <= 0) return undefined;
  return {
    kind: 'Revision',
    deployment: owner.name,
    revision,
    first: Number.parseInt(metadata?.annotations?.[historyAnnotation] ?? '', 10) || revision,
    replicaSet,
    images: items(spec?.template?.spec?.containers).map((c) => words(c.image) ?? ''),
    createdAt,
    template: fingerprint(spec?.template),
  };
}

function fingerprint(template: ApiObject<V1PodTemplateSpec> | null | undefined): string {
  const lasting = (all: object | null | undefined) =>
    Object.entries(all ?? {})
      .filter(([name]) => !passing.has(name))
      .sort();
  const { labels, annotations } = template?.metadata ?? {};
  const whole = JSON.stringify([template?.spec, lasting(labels), lasting(annotations)]);
  return createHash('sha256').update(whole).digest('base64url').slice(0, 22);
}
