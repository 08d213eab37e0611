// Changes of one deployment. Each reads the object, compares it with the plan, and writes with the resource version that
// it has just read: the API server refuses if another client changed it first.
import type { KubernetesCall, KubernetesChange } from '../../core/actions/call.ts';
import { answerWithin, type CallResult, type ExecutionContext, failedCall } from '../call-result.ts';
import { afterwards } from '../time-limit.ts';
import type { Answered } from './api-error.ts';
import { openCluster } from './client.ts';
import { changeRequest } from './deployment-change.ts';

export async function executeKubernetes(
  call: KubernetesCall,
  { settings, signal }: ExecutionContext,
): Promise<CallResult> {
  const opened = await openCluster(settings.kubernetes);
  if (!opened.ok) return performedBefore(opened.fault);
  const cluster = opened.value;
  try {
    const request = await changeRequest(cluster, call, signal);
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    if (!request.ok) return performedBefore(request.fault);
    if ('moved' in request.value) return { outcome: 'moved', says: request.value.moved };
    const ask = { ...request.value.ask, signal: afterwards(signal, answerWithin) };
    return answered(await cluster.send<unknown>(ask), call.do);
  } finally {
    await cluster.close();
  }
}

/** What fails before the change is sent has changed nothing. */
function performedBefore(fault: { where: string; what: string; hint: string }): CallResult {
  return { outcome: 'failed', says: `nothing was changed: ${fault.what}`, hint: fault.hint };
}

function done(change: KubernetesChange): string {
  if (change.verb === 'restart') return 'restart accepted';
  return change.verb === 'scale' ? `scaled to ${change.replicas}` : `rolled back to revision ${change.toRevision}`;
}

/**
 * What an answer to a change proves. Below 500 the server decided: nothing was changed. Above, and where the answer was
 * lost, nobody knows, but for a webhook that could not be asked: that is before anything is stored.
 */
function answered(answer: Answered<unknown>, change: KubernetesChange): CallResult {
  if (answer.ok) return { outcome: 'done', says: done(change) };
  const { fault, status, said = '' } = answer;
  const { what, hint, where } = fault;
  if (status === undefined) return failedCall(fault);
  if (status < 300)
    return { outcome: 'unknown', says: `${where}: ${what}`, hint: 'the change was accepted: check its effect' };
  if (status === 409) return { outcome: 'moved', says: `the API server refused: ${said || what}` };
  // The one test in that patch is of the version; the server does not say which operation failed.
  if (change.verb === 'rollback' && status === 422 && /^the server rejected our request/.test(said))
    return { outcome: 'moved', says: `deployment ${change.deployment} was changed since the plan` };
  if (status < 500) return { outcome: 'failed', says: `nothing was changed: ${what}`, hint };
  if (/failed calling webhook/.test(said))
    return {
      outcome: 'failed',
      says: `nothing was changed: ${said}`,
      hint: 'the admission webhook is down: fix it first',
    };
  return failedCall(fault);
}
