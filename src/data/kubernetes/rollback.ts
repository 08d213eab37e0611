// The patch that `kubectl rollout undo` sends, with the precondition that the deployment did not change.
import type { V1ReplicaSet } from '@kubernetes/client-node';
import type { ApiObject } from './api-object.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';

/** Annotations that stay as the deployment has them; all others come from the replica set (its change-cause). */
const kept: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** The whole template of the replica set, without the label that only its own pods carry, and its annotations. */
export function rollbackPatch(
  now: WireDeployment,
  set: ApiObject<V1ReplicaSet>,
  resourceVersion: string,
): readonly object[] {
  const template = set.spec?.template;
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  const chosen = (all: object | null | undefined, own: boolean) =>
    Object.entries(all ?? {}).filter(([name]) => kept.includes(name) === own);
  const annotations = Object.fromEntries([
    ...chosen(now.metadata?.annotations, true),
    ...chosen(set.metadata?.annotations, false),
  ]);
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/spec/template', value: { ...template, metadata: { ...template?.metadata, labels } } },
    // `add` replaces an existing value and creates a missing one.
    { op: 'add', path: '/metadata/annotations', value: annotations },
  ];
}
