// Restart a deployment (runbook: SEV1 step 5; Rotating Database Credentials).
import type { Action } from '../../core/actions/action.ts';
import { minute } from '../../core/time.ts';
import {
  deploymentField,
  disruption,
  isRolling,
  named,
  notThere,
  objectOf,
  patches,
  planChange,
  rolledOut,
  rolloutWarnings,
  wayBack,
} from './deployment.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'restart-deployment': true;
  }
}

export const restartDeployment: Action = {
  id: 'restart-deployment',
  title: 'Restart a deployment',
  risk: 'reversible',
  about: {
    does: 'replaces all pods of a deployment with new ones from the same template',
    looksAt: 'replicas, a rollout in progress, images, disruption; a dry run on the API server',
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
      if (d.desired === 0) return { why: `deployment ${d.name} is scaled to 0`, hint: 'scale it first' };
      return {
        change: { verb: 'restart', deployment: d.name },
        impact: [
          disruption(d),
          d.revision > 0
            ? `Revision ${d.revision} becomes ${d.revision + 1}. Image ${d.images.join(', ')}.`
            : `Image ${d.images.join(', ')}. It has no revision yet: the controller has not observed it.`,
          ...(isRolling(d) ? [] : ['No rollout is in progress.']),
        ],
        warnings: rolloutWarnings(d),
        undo: d.revision > 0 ? `roll back to revision ${d.revision}` : 'none: there is no previous revision',
      };
    }),
  verify: rolledOut,
  within: 5 * minute,
  next: (done) => wayBack(done, 'roll back to'),
};
