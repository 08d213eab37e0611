// Shared by the actions on a deployment: the field, the preflight, the plan, and the verification of a rollout.
import type { Action, Check, Choice, Execution, Field, Target } from '../../core/actions/action.ts';
import type { KubernetesCall, KubernetesChange } from '../../core/actions/call.ts';
import type { ActionContext, DeploymentState, Need, Preflight } from '../../core/actions/preflight.ts';
import { readyIn } from '../../core/health/workloads.ts';
import { present } from '../../core/present.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import {
  answeredByCluster,
  counted,
  disproven,
  given,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from '../plan.ts';
import { dryRunOf } from './dry-run.ts';

export const deploymentField: Field = {
  name: 'deployment',
  ask: 'which deployment?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    (newest(world.readings.deployments)?.value ?? []).map((d) => ({
      value: d.name,
      says: `${readyIn(world, d).ready}/${d.desired} ready, revision ${d.revision}`,
    })),
};

export const named = (target: Target) => given(target, 'deployment');
export const objectOf = (target: Target) => `deployment/${named(target)}`;

/** A role may be restricted to named deployments. */
export function patches(
  target: Target,
  { targets: { namespace } }: ActionContext,
  subresource?: 'scale',
): readonly Need[] {
  const about = { kind: 'kubernetes', group: 'apps', resource: 'deployments', name: named(target), namespace } as const;
  return [
    { ...about, verb: 'get' },
    { ...about, verb: 'patch', subresource },
  ];
}

/** Why not, as far as the world on the screen knows. */
export function notThere(world: World, target: Target): string | undefined {
  const reading = world.readings.deployments;
  if (reading.state === 'lost') return `Kubernetes does not answer: ${reading.fault.what}`;
  const name = named(target);
  if (name === '' || reading.state === 'pending') return undefined;
  return reading.value.some((d) => d.name === name) ? undefined : `there is no deployment ${name}`;
}

/** Changes only with the specification. */
const fingerprint = (d: DeploymentState) => `${d.uid} ${d.generation} ${d.revision}`;

export const isRolling = (d: DeploymentState) =>
  d.updated < d.desired || d.replicas > d.updated || d.observed < d.generation;

export function disruption(d: DeploymentState): string {
  if (d.recreate) return `All pods stop before new ones start (Recreate): ${d.name} has an outage.`;
  return `Replaces ${counted(d.desired, 'pod')} one after another; ${d.ready} of ${d.desired} ready now.`;
}

/** Why its pods are not ready. */
export function because({ reasons }: DeploymentState): string {
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
}

export function rolloutWarnings(d: DeploymentState): readonly string[] {
  if (d.stuck) return [`The rollout of revision ${d.revision} is stuck: ${d.stuck}${because(d)}`];
  return isRolling(d) ? [`A rollout is in progress: ${d.updated} of ${d.desired} updated.`] : [];
}

export async function planChange(
  target: Target,
  preflight: Preflight,
  make: (d: DeploymentState) => Promise<
    | {
        change: KubernetesChange;
        impact: readonly string[];
        warnings: readonly string[];
        undo: string;
        memo?: Record<string, string>;
      }
    | { why: string; hint: string }
  >,
) {
  const { namespace } = preflight.context.targets;
  const who = await answeredByCluster(preflight);
  if (!who.ok) return refusedBy(who.fault);
  const found = await preflight.deployment(named(target));
  if (!found.ok) return refusedBy(found.fault);
  const d = found.value;
  const made = await make(d);
  const { targets } = preflight.context;
  const health = d.name === targets.deployments.gateway ? await preflight.health(gatewayHealth(preflight)) : undefined;
  if ('why' in made) return refuse(made.why, made.hint);
  const call: KubernetesCall = {
    tool: 'kubernetes',
    do: made.change,
    namespace,
    when: { uid: d.uid, generation: d.generation },
  };
  const tried = await dryRunOf(preflight, [call]);
  if ('planned' in tried) return tried.planned;
  return planned({
    impact: made.impact,
    warnings: [...made.warnings, ...tried.warnings],
    calls: [call],
    undo: made.undo,
    answered: [who.says, ...tried.answered],
    preconditions: fingerprint(d),
    baseline: present({
      generation: String(d.generation),
      revision: String(d.revision),
      unheard: health?.ok === false && health.fault.kind === 'unreachable' ? health.fault.what : undefined,
      ...made.memo,
    }),
  });
}

const gatewayHealth = ({ context: { targets } }: Preflight) => `${targets.gatewayUrl}${targets.healthPath}`;

/** The rollout is complete, and the gateway, if it is one, reports healthy. */
export async function rolledOut({ target, plan }: Execution, preflight: Preflight): Promise<Check> {
  const found = await preflight.deployment(named(target));
  if (!found.ok) return notYetBy(found.fault);
  const d = found.value;
  const before = Number(plan.baseline?.generation ?? 0);
  if (d.generation <= before) return notYet('the change is not in the deployment yet');
  if (d.observed < d.generation) return notYet('the controller has not observed it yet');
  if (d.stuck) return disproven(`revision ${d.revision} is stuck: ${d.stuck}${because(d)}`);
  if (d.updated < d.desired) return notYet(`${d.updated} of ${d.desired} pods are new${because(d)}`);
  if (d.replicas > d.updated) return notYet(`${counted(d.replicas - d.updated, 'old pod')} terminating`);
  if (d.available < d.updated) return notYet(`${d.available} of ${d.updated} new pods are available${because(d)}`);
  const says = `revision ${d.revision}, ${d.available} of ${d.desired} available`;
  const { targets } = preflight.context;
  if (d.name !== targets.deployments.gateway) return proven(says);
  const health = await preflight.health(gatewayHealth(preflight), true);
  // If the gateway was unreachable from here before, its silence proves nothing about the rollout.
  const unheard = plan.baseline?.unheard;
  if (!health.ok && unheard) return proven(`${says}; its health cannot be checked from here: ${unheard}`);
  if (!health.ok) return notYet(`${says}; health unknown: ${health.fault.what}`);
  if (!health.value.healthy) return notYet(`${says}; the gateway answers ${health.value.statusCode}, not healthy`);
  return proven(`${says}, health answers ${health.value.statusCode}`);
}

/** The previous revision, if it had a number. */
export function wayBack({ target, plan }: Execution, words: string): ReturnType<NonNullable<Action['next']>> {
  const revision = plan.baseline?.revision ?? '0';
  if (revision === '0') return [];
  const deployment = named(target);
  return [{ action: 'rollback-deployment', target: { deployment, revision }, says: `${words} revision ${revision}` }];
}
