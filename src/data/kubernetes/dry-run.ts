// Whether the API server would take a change: the very request that would be sent, with dryRun=All. Defaults, validation,
// quotas and admission webhooks have their say, and nothing is stored.
import type { KubernetesCall } from '../../core/actions/call.ts';
import type { DryRun } from '../../core/actions/preflight.ts';
import type { Result } from '../source.ts';
import type { Refused } from './api-error.ts';
import type { Cluster } from './client.ts';
import { changeRequest } from './deployment-change.ts';

export async function dryRunOf(cluster: Cluster, call: KubernetesCall, signal: AbortSignal): Promise<Result<DryRun>> {
  const request = await changeRequest(cluster, call, signal);
  if (!request.ok) return request;
  if ('moved' in request.value) return { ok: true, value: { taken: 'untold', why: request.value.moved } };
  const { ask } = request.value;
  const answer = await cluster.send<unknown>({ ...ask, query: { ...ask.query, dryRun: 'All' }, signal });
  return { ok: true, value: answer.ok ? { taken: true } : meaning(answer) };
}

/** A refusal of the dry run is one of the change, but where the server could not try, or was too busy. */
function meaning({ fault, status = 0, said = '' }: Refused): DryRun {
  const { what, hint } = fault;
  if (/does not support dry ?run/i.test(said)) return { taken: 'untold', why: said };
  if (/failed calling webhook/.test(said))
    return { taken: false, why: said, hint: 'the admission webhook is down: fix it first' };
  if (status === 409 || status === 429 || status < 400 || status >= 500) return { taken: 'untold', why: what };
  return { taken: false, why: said || what, hint };
}
