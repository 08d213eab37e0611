// Whether the API server would take a change: the very request that would be sent, with dryRun=All. Defaults, validation,
// quotas and admission webhooks have their say, and nothing is stored.
import type { KubernetesCall } from '../../core/actions/call.ts';
import type { DryRun } from '../../core/actions/preflight.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { may } from './access.ts';
import type { Refused } from './api-error.ts';
import type { Template } from './capacity.ts';
import type { Cluster } from './client.ts';
import { changeRequest } from './deployment-change.ts';

const within: Ms = 8 * second;

export async function dryRunOf(cluster: Cluster, call: KubernetesCall, signal: AbortSignal): Promise<Result<DryRun>> {
  const request = await changeRequest(cluster, call, signal);
  if (!request.ok) return request;
  if ('moved' in request.value) return { ok: true, value: { taken: 'untold', why: request.value.moved } };
  const { ask } = request.value;
  const answer = await cluster.send<unknown>({ ...ask, query: { ...ask.query, dryRun: 'All' }, signal });
  return { ok: true, value: answer.ok ? { taken: true } : meaning(answer) };
}

/**
 * Whether a pod of a template would be taken: one more than there are now. Defaults, limit ranges, quotas, the service
 * account, pod security and webhooks have their say; the pod is not stored. Not asked where we may not create pods.
 */
export async function trialOf(
  cluster: Cluster,
  template: Template,
  { name, namespace }: { name: string; namespace: string },
  signal: AbortSignal,
): Promise<DryRun> {
  const access = await may(cluster, { verb: 'create', resource: 'pods', namespace }, within, signal);
  if (!access.ok) return { taken: 'untold', why: access.fault.what };
  if (!access.value.allowed) return { taken: 'untold', why: 'not allowed to create pods' };
  const { labels, annotations } = template?.metadata ?? {};
  const answer = await cluster.send<unknown>({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    method: 'POST',
    query: { dryRun: 'All' },
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: `${name}-`, namespace, labels, annotations },
      spec: template?.spec,
    },
    timeout: within,
    signal,
    to: `create pods in ${namespace} (dry run)`,
  });
  return answer.ok ? { taken: true } : meaning(answer);
}

/** A refusal of the dry run is one of the change, but where the server could not try, or was too busy. */
function meaning({ fault, status = 0, said = '' }: Refused): DryRun {
  const { what, hint } = fault;
  if (/does not support dry ?run/i.test(said)) return { taken: 'untold', why: said };
  if (/failed calling webhook/.test(said))
    return { taken: false, why: said, hint: 'the admission webhook is down: fix it first' };
  if (status === 409 || status === 429 || status < 400 || status >= 500) return { taken: 'untold', why: what };
  return { taken: false, why: said || what, hint, full: /exceeded quota/.test(said) || undefined };
}
