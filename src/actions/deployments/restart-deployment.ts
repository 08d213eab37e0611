// Restart a deployment (runbook: SEV1 step 5; Rotating Database Credentials).
import type { Action, Undo } from '../../core/actions/action.ts';
import type { DeploymentState, Preflight, Revision } from '../../core/actions/preflight.ts';
import { minute } from '../../core/time.ts';
import {
  beforeChange,
  deploymentField,
  disruption,
  failing,
  isRolling,
  lastGood,
  named,
  notThere,
  objectOf,
  patches,
  planChange,
  rolledOut,
  rolloutWarnings,
  wayBack,
} from './deployment.ts';
import { rolloutOutlook } from './rollout-plan.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'restart-deployment': true;
  }
}

/** A restart makes the same pods again. */
function sameAgain(d: DeploymentState): readonly string[] {
  const why = failing(d);
  return why === undefined || d.stuckBy === 'create'
    ? []
    : [`Revision ${d.revision} fails already (${why}): the new pods are made from the same template.`];
}

function undoOf(d: DeploymentState, good: Revision | undefined): Undo {
  if (failing(d) !== undefined)
    return good ? { undo: `roll back to revision ${good.revision}` } : { instead: 'no earlier revision works' };
  return d.revision > 0
    ? { undo: `roll back to revision ${d.revision}` }
    : { instead: 'there is no previous revision' };
}

async function scaleFirst(d: DeploymentState, preflight: Preflight): Promise<string> {
  const scaler = await preflight.autoscaler(d.name);
  const hpa = scaler.ok ? scaler.value : undefined;
  return hpa && hpa.min > 0
    ? `scale it first: the autoscaler ${hpa.name} (${hpa.min}–${hpa.max}) is off at 0 replicas`
    : 'scale it first';
}

export const restartDeployment: Action = {
  id: 'restart-deployment',
  title: 'Restart a deployment',
  each: { field: 'deployment', title: (name) => `restart ${name}` },
  also: 'rollout bounce reboot recycle',
  risk: 'reversible',
  about: {
    does: 'replaces all pods of a deployment with new ones from the same template',
    looksAt:
      'replicas, a rollout in progress, images; quotas, limit ranges, nodes, disruption budgets, Secrets and ConfigMaps; dry runs of the change and of a new pod on the API server',
    calls: 'kubectl rollout restart deployment/NAME -n NAMESPACE',
    proof: 'the new replica set is fully available; for the gateway, the health check passes',
    undo: 'roll back to the previous revision',
    runbook: 'SEV1 step 5; Rotating Database Credentials',
  },
  fields: [deploymentField],
  names: named,
  object: objectOf,
  unavailable: notThere,
  needs: (target, context) => patches(target, context),
  plan: (target, preflight) =>
    planChange(target, preflight, async (d) => {
      if (d.paused)
        return { why: `deployment ${d.name} is paused`, hint: `kubectl rollout resume deployment/${d.name} first` };
      if (d.desired === 0) return { why: `deployment ${d.name} is scaled to 0`, hint: await scaleFirst(d, preflight) };
      const ahead = await rolloutOutlook(preflight, d, undefined);
      if ('why' in ahead) return ahead;
      const revisions = failing(d) === undefined ? undefined : await preflight.revisions(d.name);
      const good = revisions?.ok ? lastGood(revisions.value) : undefined;
      return {
        change: { verb: 'restart', deployment: d.name },
        impact: [
          disruption(d, d.pods.filter(({ terminating }) => !terminating).length || d.desired),
          d.revision > 0
            ? `Revision ${d.revision} becomes ${d.revision + 1}. Image ${d.images.join(', ')}.`
            : `Image ${d.images.join(', ')}. It has no revision yet: the controller has not observed it.`,
          ...(isRolling(d) ? [] : ['No rollout is in progress.']),
          ...ahead.impact,
        ],
        warnings: [...ahead.warnings, ...rolloutWarnings(d), ...sameAgain(d)],
        ...undoOf(d, good),
        baseline: beforeChange(d, good),
        pods: {},
      };
    }),
  verify: rolledOut,
  within: 5 * minute,
  next: (done) => wayBack(done, 'roll back to'),
};
