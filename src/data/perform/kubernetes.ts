// Changes of one deployment. Each reads the object, compares it with the plan, and writes with the resource version that
// it has just read: the API server refuses when somebody else was quicker.
import type { V1ReplicaSet } from '@kubernetes/client-node';
import type { Call } from '../../core/actions/call.ts';
import { second } from '../../core/time.ts';
import { type Cluster, openCluster } from '../kubernetes/client.ts';
import { revisionAnnotation, type WireDeployment } from '../kubernetes/deployments.ts';
import type { Answered } from '../kubernetes/refusal.ts';
import { rollbackPatch } from '../kubernetes/rollback.ts';
import { items, type Wire } from '../kubernetes/wire.ts';
import type { Outcome } from '../source.ts';
import { type Means, type Performed, performedFault } from './performed.ts';

type KubernetesCall = Extract<Call, { tool: 'kubernetes' }>;
type ReplicaSet = Wire<V1ReplicaSet>;

const within = 15 * second;

export async function performKubernetes(call: KubernetesCall, { settings, signal }: Means): Promise<Performed> {
  const opened = await openCluster(settings.kubernetes);
  if (!opened.ok) return performedBefore(opened.fault);
  const cluster = opened.value;
  try {
    const path = deploymentPath(call);
    const found = await cluster.get<WireDeployment>({ path, timeout: within, signal, to: 'get deployments' });
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before anything was changed' };
    if (!found.ok && found.status === 404)
      return { outcome: 'moved', says: `deployment ${call.do.deployment} is not there any more` };
    if (!found.ok) return performedBefore(found.fault);
    const { uid, generation, resourceVersion } = found.value.metadata ?? {};
    if (uid !== call.when.uid || generation !== call.when.generation || !resourceVersion)
      return { outcome: 'moved', says: `deployment ${call.do.deployment} was changed in the meantime` };
    return await change(cluster, call, found.value, resourceVersion);
  } finally {
    await cluster.close();
  }
}

/** What fails before the change is sent has changed nothing. */
function performedBefore(fault: { where: string; what: string; hint: string }): Performed {
  return { outcome: 'failed', says: `nothing was changed: ${fault.what}`, hint: fault.hint };
}

function deploymentPath({ namespace, do: { deployment } }: KubernetesCall): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(deployment)}`;
}

async function change(
  cluster: Cluster,
  call: KubernetesCall,
  now: WireDeployment,
  resourceVersion: string,
): Promise<Performed> {
  const path = deploymentPath(call);
  const change = call.do;
  const send = (contentType: string, body: unknown, below = '') =>
    cluster.send<unknown>({
      path: path + below,
      method: 'PATCH',
      query: { fieldManager: 'bentham-cockpit' },
      contentType,
      body,
      timeout: within,
      to: `patch deployments${below} in ${call.namespace}`,
    });
  switch (change.verb) {
    case 'restart': {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
      const body = { metadata: { resourceVersion }, spec: { template: { metadata: { annotations } } } };
      return answered(await send('application/strategic-merge-patch+json', body), 'restart accepted');
    }
    case 'scale': {
      const body = { metadata: { resourceVersion }, spec: { replicas: change.replicas } };
      return answered(await send('application/merge-patch+json', body, '/scale'), `scaled to ${change.replicas}`);
    }
    case 'rollback': {
      const chosen = await replicaSetOf(cluster, call, now, change.toRevision);
      if (!chosen.ok) return performedBefore(chosen.fault);
      if (!chosen.value) return { outcome: 'moved', says: `revision ${change.toRevision} is gone` };
      const body = rollbackPatch(now, chosen.value, resourceVersion);
      const answer = await send('application/json-patch+json', body);
      // The one test in the patch is that of the version; the server does not say which operation failed.
      if (!answer.ok && answer.status === 422 && /^the server rejected our request/.test(answer.said ?? ''))
        return { outcome: 'moved', says: `deployment ${change.deployment} was changed in the meantime` };
      return answered(answer, `template of revision ${change.toRevision} is back`);
    }
  }
}

/** The replica set of a revision, if it belongs to this deployment. */
async function replicaSetOf(
  cluster: Cluster,
  { namespace }: KubernetesCall,
  { metadata }: WireDeployment,
  revision: number,
): Promise<Outcome<ReplicaSet | undefined>> {
  const list = await cluster.get<{ items?: ReplicaSet[] }>({
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

/**
 * What an answer to a change proves. Below 500 the server decided: nothing was changed. Above, and where the answer was
 * lost, nobody knows, but for a webhook that could not be asked: that is before anything is stored.
 */
function answered(answer: Answered<unknown>, says: string): Performed {
  if (answer.ok) return { outcome: 'done', says };
  const { fault, status, said = '' } = answer;
  const { what, hint, where } = fault;
  if (status === undefined) return performedFault(fault);
  if (status < 300) return { outcome: 'unknown', says: `${where}: ${what}`, hint: 'it was taken: look what it did' };
  if (status === 409) return { outcome: 'moved', says: `the API server refused: ${said || what}` };
  if (status < 500) return { outcome: 'failed', says: `nothing was changed: ${what}`, hint };
  if (/failed calling webhook/.test(said))
    return {
      outcome: 'failed',
      says: `nothing was changed: ${said}`,
      hint: 'the admission webhook is down: mend it first',
    };
  return performedFault(fault);
}
