// Scale a deployment (runbook: Key Metrics, Scale API nodes and Scale executors).
import type { Action, Target } from '../../core/actions/action.ts';
import type { ActionContext, Autoscaler } from '../../core/actions/preflight.ts';
import type { Progress } from '../../core/actions/progress.ts';
import { because, progressOf } from '../../core/actions/rollout-progress.ts';
import { minute } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { counted, disproven, given, notYet, notYetBy, proven } from '../plan.ts';
import { roomSays } from './capacity.ts';
import { deploymentField, named, notThere, objectOf, patches, planChange } from './deployment.ts';
import { cannotStart, nodesFor } from './rollout-plan.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'scale-deployment': true;
  }
}

/** A larger number is treated as a typing error. */
const mostReplicas = 500;

/** The work that stops, by role of the architecture. */
function outage(name: string, { targets: { deployments } }: ActionContext): string {
  const stops: Readonly<Record<string, string>> = {
    [deployments.gateway]: 'the API takes no requests',
    [deployments.orchestrator]: 'no study continues',
    [deployments.executor]: 'no job runs',
  };
  const role = stops[name];
  return role
    ? `No pod of ${name} is left: this is an outage, ${role} until it is scaled up.`
    : `No pod of ${name} is left: its work stops until it is scaled up.`;
}

/** An autoscaler leaves a deployment with 0 replicas alone, unless its own minimum is 0 (HPAScaleToZero). */
function autoscalerSays({ name, min, max }: Autoscaler, before: number, replicas: number): string {
  const scaler = `The autoscaler ${name} (${min}–${max})`;
  if (replicas === 0 && min > 0) return `${scaler} stops at 0 replicas: it does not scale up until you do.`;
  if (before === 0 && min > 0) return `${scaler} is off at 0 replicas and resumes.`;
  return `${scaler} can change it back${replicas < min || replicas > max ? ': this is outside its range' : ''}.`;
}

/** Up: the pods that are ready; down: the pods that are gone. */
function scaled(was: number, wanted: number, ready: number, replicas: number): Progress {
  if (wanted >= was) return { done: Math.min(ready, wanted), total: wanted, unit: 'pods' };
  return { done: Math.max(0, Math.min(was - wanted, was - replicas)), total: was - wanted, unit: 'pods' };
}

function replicasNow(world: World, target: Target): string | undefined {
  const d = newest(world.readings.deployments)?.value.find(({ name }) => name === named(target));
  return d && `now ${d.desired}`;
}

export const scaleDeployment: Action = {
  id: 'scale-deployment',
  title: 'Scale a deployment',
  each: { field: 'deployment', title: (name) => `scale ${name}` },
  asks(world, target) {
    const d = newest(world.readings.deployments)?.value.find(({ name }) => name === named(target));
    return d && `Scale ${d.name} (${counted(d.desired, 'replica')} now)`;
  },
  also: 'replicas',
  risk: 'reversible',
  about: {
    does: 'changes the number of replicas of a deployment',
    looksAt:
      'current replicas, a pod’s requests and limits, quotas, limit ranges, disruption budgets, an autoscaler; a dry run on the API server',
    calls: 'kubectl scale deployment/NAME --replicas=N -n NAMESPACE',
    proof: 'the requested replicas are ready',
    undo: 'scale back',
    runbook: 'Key Metrics: Scale API nodes, Scale executors',
  },
  fields: [
    deploymentField,
    { name: 'replicas', ask: 'how many replicas?', kind: 'number', range: [0, mostReplicas], now: replicasNow },
  ],
  names: named,
  object: objectOf,
  unavailable: notThere,
  needs: (target, context) => patches(target, context, 'scale'),
  plan: (target, preflight) =>
    planChange(target, preflight, async (d) => {
      const text = given(target, 'replicas');
      const replicas = Number(text);
      if (replicas === d.desired)
        return { why: `${d.name} already has ${replicas} replicas`, hint: 'choose another number' };
      const scaler = await preflight.autoscaler(d.name);
      const hpa = scaler.ok ? scaler.value : undefined;
      const more = replicas - d.desired;
      const answer = await preflight.room(d.name);
      const room = roomSays(answer, more, replicas);
      const not = answer.ok && more > 0 ? cannotStart(d, answer.value, more) : undefined;
      if (not) return not;
      return {
        change: { verb: 'scale', deployment: d.name, replicas },
        impact: [
          `${d.name} goes from ${d.desired} to ${counted(replicas, 'replica')}; ${d.ready} are ready now.`,
          ...room.impact,
        ],
        warnings: [
          ...(replicas === 0 ? [outage(d.name, preflight.context)] : []),
          ...(replicas > d.desired * 4 && d.desired > 0
            ? ['That is more than four times as many pods: check the capacity.']
            : []),
          ...(hpa ? [autoscalerSays(hpa, d.desired, replicas)] : []),
          ...room.warnings,
          ...(answer.ok && more > 0 ? nodesFor(answer.value, more) : []),
          ...(scaler.ok ? [] : [`Autoscalers could not be read: ${scaler.fault.what}`]),
        ],
        undo: `scale back to ${d.desired}`,
        baseline: { was: String(d.desired) },
        pods: more > 0 ? {} : undefined,
      };
    }),
  async verify({ target, plan, startedAt }, preflight) {
    const found = await preflight.deployment(named(target));
    if (!found.ok) return notYetBy(found.fault);
    const { desired, ready, observed, generation, replicas } = found.value;
    const wanted = Number(given(target, 'replicas'));
    if (desired !== wanted) return disproven(`another controller or person set it back to ${desired}`);
    if (observed >= generation && ready === wanted && replicas === wanted) return proven(`${ready} of ${wanted} ready`);
    const open = await progressOf(found.value, preflight, startedAt);
    const progress = scaled(Number(plan.baseline?.was ?? wanted), wanted, ready, replicas);
    return open && open.state !== 'unknown'
      ? open
      : notYet(open?.because ?? `${ready} of ${wanted} ready${because(found.value)}`, progress);
  },
  within: 3 * minute,
  next: ({ target, plan }) => [
    {
      action: 'scale-deployment',
      target: { deployment: named(target), replicas: plan.baseline?.was ?? '' },
      says: `scale back to ${plan.baseline?.was}`,
      undo: true,
    },
  ],
};
