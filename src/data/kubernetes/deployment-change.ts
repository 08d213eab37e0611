// The requests that change a deployment: the same for a dry run, and for doing it.
import type { V1ReplicaSet } from '@kubernetes/client-node';
import type { KubernetesCall } from '../../core/actions/call.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiList, type ApiObject, items } from './api-object.ts';
import type { Ask, Cluster } from './client.ts';
import { revisionAnnotation, type WireDeployment } from './deployments.ts';
import { rollbackPatch } from './rollback.ts';

type ReplicaSet = ApiObject<V1ReplicaSet>;

const within: Ms = 15 * second;

/** The request; or that its object changed since the plan. */
export type ChangeRequest = { ask: Ask } | { moved: string };

/** Reads the deployment, compares it with the plan, and ties the change to the version that was read. */
export async function changeRequest(
  cluster: Cluster,
  call: KubernetesCall,
  signal: AbortSignal,
): Promise<Result<ChangeRequest>> {
  const { namespace, do: change, when } = call;
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(change.deployment)}`;
  const found = await cluster.get<WireDeployment>({ path, timeout: within, signal, to: 'get deployments' });
  if (!found.ok && found.status === 404)
    return { ok: true, value: { moved: `deployment ${change.deployment} no longer exists` } };
  if (!found.ok) return found;
  const { uid, generation, resourceVersion } = found.value.metadata ?? {};
  if (uid !== when.uid || generation !== when.generation || !resourceVersion)
    return { ok: true, value: { moved: `deployment ${change.deployment} was changed since the plan` } };
  const patch = (contentType: string, body: unknown, below = ''): Result<ChangeRequest> => ({
    ok: true,
    value: {
      ask: {
        path: path + below,
        method: 'PATCH',
        query: { fieldManager: 'bentham-cockpit' },
        contentType,
        body,
        timeout: within,
        to: `patch deployments${below} in ${namespace}`,
      },
    },
  });
  switch (change.verb) {
    case 'restart': {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
      const body = { metadata: { resourceVersion }, spec: { template: { metadata: { annotations } } } };
      return patch('application/strategic-merge-patch+json', body);
    }
    case 'scale': {
      const body = { metadata: { resourceVersion }, spec: { replicas: change.replicas } };
      return patch('application/merge-patch+json', body, '/scale');
    }
    case 'rollback': {
      const chosen = await replicaSetOf(cluster, call, found.value, change.toRevision);
      if (!chosen.ok) return chosen;
      if (!chosen.value) return { ok: true, value: { moved: `revision ${change.toRevision} no longer exists` } };
      return patch('application/json-patch+json', rollbackPatch(found.value, chosen.value, resourceVersion));
    }
  }
}

/** The replica set of a revision, if it belongs to this deployment. */
async function replicaSetOf(
  cluster: Cluster,
  { namespace }: KubernetesCall,
  { metadata }: WireDeployment,
  revision: number,
): Promise<Result<ReplicaSet | undefined>> {
  const list = await cluster.get<ApiList<V1ReplicaSet>>({
    path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets`,
    timeout: within,
    to: `list replicasets in ${namespace}`,
  });
  if (!list.ok) return list;
  const own = items(list.value.items).find(
    (set) =>
      set.metadata?.annotations?.[revisionAnnotation] === String(revision) &&
      items(set.metadata.ownerReferences).some((owner) => owner.uid === metadata?.uid),
  );
  return { ok: true, value: own };
}
