// What the API server lets us do, asked of itself (SelfSubjectAccessReview): nothing is tried out.
import { door } from '../../core/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Outcome } from '../source.ts';
import type { Cluster } from './client.ts';

/** One right: `patch deployments`, `get pods/log`. */
export type Right = { verb: string; group?: string; resource: string; subresource?: string; namespace: string };

export type Access = { allowed: boolean; why: string };

type Review = { status?: { allowed?: boolean; reason?: string; evaluationError?: string } };

/** Whether we may. */
export async function may(cluster: Cluster, right: Right, timeout: Ms, signal: AbortSignal): Promise<Outcome<Access>> {
  const { verb, group = '', resource, subresource, namespace } = right;
  const answer = await cluster.send<Review>({
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource, namespace, ...(subresource ? { subresource } : {}) } },
    },
    timeout,
    signal,
    to: 'ask what we may do',
  });
  if (!answer.ok) return answer;
  const { allowed, reason, evaluationError } = answer.value.status ?? {};
  return { ok: true, value: { allowed: allowed === true, why: door(reason || evaluationError || '', 200) } };
}

/** `patch deployments.apps`, as kubectl auth can-i takes it. */
export function describeRight({ verb, group, resource, subresource }: Right): string {
  return `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`;
}
