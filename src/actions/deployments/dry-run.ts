// A dry run of the request to Kubernetes: a refusal by a webhook, a quota or the validation is shown before anybody
// confirms it.
import type { Planned } from '../../core/actions/action.ts';
import type { KubernetesCall } from '../../core/actions/call.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { refuse } from '../plan.ts';

/** Why there is no plan, or the plan's line about the dry run. */
export async function dryRunOf(
  preflight: Preflight,
  calls: readonly KubernetesCall[],
): Promise<{ planned: Planned } | { warnings: readonly string[]; answered: readonly string[] }> {
  const warnings: string[] = [];
  for (const call of calls) {
    const { deployment } = call.do;
    const tried = await preflight.dryRun(call);
    const untold = (why: string) =>
      warnings.push(`Whether the API server accepts it for ${deployment} is unknown until it runs: ${why}`);
    if (!tried.ok) untold(tried.fault.what);
    else if (tried.value.taken === 'untold') untold(tried.value.why);
    else if (!tried.value.taken)
      return { planned: refuse(`the API server would refuse this: ${tried.value.why}`, tried.value.hint) };
  }
  const all = warnings.length === 0 && calls.length > 0;
  return { warnings, answered: all ? ['the API server would accept it (dry run)'] : [] };
}

/**
 * Why the API server would take no new pod; undefined where it would, or does not tell. A quota is left to the numbers:
 * a rollout may free room before it needs it.
 */
export async function tryPod(
  preflight: Preflight,
  deployment: string,
  revision: number | undefined,
): Promise<Planned | undefined> {
  const tried = await preflight.trialPod(deployment, revision);
  if (!tried.ok || tried.value.taken !== false || tried.value.full) return undefined;
  return refuse(`the API server would refuse its new pods: ${tried.value.why}`, tried.value.hint);
}
