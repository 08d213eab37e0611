// Shared by the actions on a deployment: the field, the preflight, the plan, and the verification of a rollout.

import type { Check, Choice, Execution, Field, Suggestion, Target, Undo } from '../../core/actions/action.ts';
import type { KubernetesCall, KubernetesChange } from '../../core/actions/call.ts';
import { likelyFirst } from '../../core/actions/choices.ts';
import type { ActionContext, DeploymentState, Need, Preflight, Revision } from '../../core/actions/preflight.ts';
import { because, progressOf } from '../../core/actions/rollout-progress.ts';
import { isHopeless } from '../../core/health/pods.ts';
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
  unknownName,
} from '../plan.ts';
import { dryRunOf, tryPod } from './dry-run.ts';

export const deploymentField: Field = {
  name: 'deployment',
  ask: 'which deployment?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    likelyFirst(
      newest(world.readings.deployments)?.value ?? [],
      (d) => d.desired - readyIn(world, d).ready,
      (d) => d.name,
    ).map((d) => ({
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

/** `going`: how many pods are replaced, if not all. */
export function disruption(d: DeploymentState, going = d.desired): string {
  const how = d.recreate ? 'all at once (Recreate)' : 'one after another';
  return `Replaces ${counted(going, 'pod')} ${how}; ${d.ready} of ${d.desired} ready now.`;
}

export function rolloutWarnings(d: DeploymentState): readonly string[] {
  if (d.stuck) return [`The rollout of revision ${d.revision} is stuck: ${d.stuck}${because(d)}`];
  return isRolling(d) ? [`A rollout is in progress: ${d.updated} of ${d.desired} updated.`] : [];
}

export async function planChange(
  target: Target,
  preflight: Preflight,
  make: (d: DeploymentState) => Promise<
    | (Undo & {
        change: KubernetesChange;
        impact: readonly string[];
        warnings: readonly string[];
        baseline?: Record<string, string>;
        /** New pods come: of this revision, or of the template as it is. */
        pods?: { revision?: number | undefined } | undefined;
      })
    | { why: string; hint: string }
  >,
) {
  const { namespace } = preflight.context.targets;
  const who = await answeredByCluster(preflight);
  if (!who.ok) return refusedBy(who.fault);
  const found = await preflight.deployment(named(target));
  if (!found.ok) return found.fault.code === '404' ? unknownDeployment(target, preflight) : refusedBy(found.fault);
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
  const not = made.pods && (await tryPod(preflight, d.name, made.pods.revision));
  if (not) return not;
  return planned({
    impact: made.impact,
    warnings: [...made.warnings, ...tried.warnings],
    calls: [call],
    undo: made.undo,
    instead: made.instead,
    answered: [who.says, ...tried.answered],
    preconditions: fingerprint(d),
    baseline: present({
      generation: String(d.generation),
      revision: String(d.revision),
      unheard: health?.ok === false && health.fault.kind === 'unreachable' ? health.fault.what : undefined,
      ...made.baseline,
    }),
  });
}

async function unknownDeployment(target: Target, preflight: Preflight) {
  const all = await preflight.deployments();
  return all.ok
    ? unknownName(
        'deployment',
        named(target),
        all.value.map(({ name }) => name),
      )
    : refusedBy(all.fault);
}

const gatewayHealth = ({ context: { targets } }: Preflight) => `${targets.gatewayUrl}${targets.healthPath}`;

/** The rollout is complete, and the gateway, if it is one, reports healthy. */
export async function rolledOut({ target, plan, startedAt }: Execution, preflight: Preflight): Promise<Check> {
  const found = await preflight.deployment(named(target));
  if (!found.ok) return notYetBy(found.fault);
  const d = found.value;
  if (d.generation <= Number(plan.baseline?.generation ?? 0)) return notYet('the change is not in the deployment yet');
  if (d.paused) return disproven(`deployment ${d.name} is paused: its rollout does not go on`);
  const open = await progressOf(d, preflight, startedAt);
  if (open) return open;
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

/** Pods of now that come to nothing: a way back to them is none. */
export function failing(d: DeploymentState): string | undefined {
  if (d.stuck !== undefined) return d.stuck;
  const here = d.pods.filter((pod) => !pod.terminating);
  const hopeless = here.find(isHopeless)?.reason;
  if (hopeless !== undefined) return hopeless;
  // Between two crashes a pod runs for a moment.
  const again = here.find((pod) => !pod.ready && pod.restarts >= 2);
  return again && `${again.restarts} restarts, not ready`;
}

/** What `wayBack` needs to know of before: a revision that failed is no way back, the last one that worked is. */
export const beforeChange = (d: DeploymentState, good: Revision | undefined): Record<string, string> => {
  const failed = failing(d);
  return failed === undefined ? {} : { failed, good: good ? String(good.revision) : '' };
};

/** The newest earlier revision that differs from the present one and was not seen to fail. */
export const lastGood = (revisions: readonly Revision[]): Revision | undefined =>
  revisions.find((r) => !r.active && r.failed === undefined && r.differs.length > 0);

/** The revision that was there before, where it had a number and worked; else the last one that did. */
export function wayBack({ target, plan }: Execution, words: string): readonly Suggestion[] {
  const { revision = '0', failed, good = '' } = plan.baseline ?? {};
  const to = failed === undefined ? revision : good;
  if (to === '0' || to === '') return [];
  const deployment = named(target);
  return [
    {
      action: 'rollback-deployment',
      target: { deployment, revision: to },
      says: `${words} revision ${to}`,
      undo: true,
    },
  ];
}
