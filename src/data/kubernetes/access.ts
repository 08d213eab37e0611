// Our permissions, from the API server's own review (SelfSubjectAccessReview): nothing is tried.
import type { V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Result } from '../source.ts';
import type { ApiObject } from './api-object.ts';
import type { Cluster } from './client.ts';

/** One right: `patch deployments`, `get pods/log`. */
export type Right = {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  /** Of this object: a role may name the objects it is about. */
  name?: string;
  namespace: string;
};

export type Access = { allowed: boolean; why: string };

/** Whether we may. */
export async function may(cluster: Cluster, right: Right, timeout: Ms, signal: AbortSignal): Promise<Result<Access>> {
  const { verb, group = '', resource, subresource, name, namespace } = right;
  const answer = await cluster.send<ApiObject<V1SelfSubjectAccessReview>>({
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb,
          group,
          resource,
          namespace,
          subresource: subresource || undefined,
          name: name || undefined,
        },
      },
    },
    timeout,
    signal,
    to: 'check own permissions',
  });
  if (!answer.ok) return answer;
  const { allowed, reason, evaluationError } = answer.value.status ?? {};
  return { ok: true, value: { allowed: allowed === true, why: sanitize(reason || evaluationError || '', 200) } };
}

/** In words: `patch deployments.apps/scale api-gateway`. */
export function describeRight({ verb, group, resource, subresource, name }: Right): string {
  const what = `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`;
  return name ? `${what} ${sanitize(name, 100)}` : what;
}

/** The same question to kubectl. */
export function askedOfKubectl({ verb, group, resource, subresource, name, namespace }: Right): string {
  const object = `${resource}${group ? `.${group}` : ''}${name ? `/${name}` : ''}`;
  const words = ['kubectl', 'auth', 'can-i', verb, object, ...(subresource ? [`--subresource=${subresource}`] : [])];
  return [...words, ...(namespace ? ['-n', namespace] : [])].map((word) => quote(sanitize(word, 200))).join(' ');
}
