// Roll back a deployment (runbook: Emergency Rollback).
import type { Action } from '../../core/actions/action.ts';
import { differenceLines, differenceText } from '../../core/actions/difference.ts';
import type { Revision } from '../../core/actions/preflight.ts';
import { formatInstant } from '../../core/text/format.ts';
import { minute } from '../../core/time.ts';
import { disproven, given, notYetBy } from '../plan.ts';
import {
  beforeChange,
  deploymentField,
  disruption,
  failing,
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
    'rollback-deployment': true;
  }
}

/** Earlier revisions, newest first: those that fail, and those that change nothing, last. */
function bestFirst(all: readonly Revision[]): readonly Revision[] {
  const rank = (r: Revision) => (r.failed === undefined ? 0 : 2) + (r.differs.length > 0 ? 0 : 1);
  return all.filter((r) => !r.active).toSorted((a, b) => rank(a) - rank(b));
}

export const rollbackDeployment: Action = {
  id: 'rollback-deployment',
  title: 'Roll back a deployment',
  each: { field: 'deployment', title: (name) => `roll back ${name}` },
  also: 'rollback undo revert previous deploy',
  risk: 'reversible',
  about: {
    does: 'rolls a deployment back to an earlier revision',
    looksAt:
      'the revisions with image, cause, differences from the current one and whether their pods failed; the pods that go; quotas, limit ranges, nodes, disruption budgets, Secrets and ConfigMaps; dry runs of the change and of a new pod on the API server',
    calls: 'kubectl rollout undo deployment/NAME --to-revision=N -n NAMESPACE',
    proof: 'the chosen template is active and available; for the gateway, the health check passes',
    undo: 'roll forward to the current revision',
    runbook: 'Emergency Rollback',
  },
  fields: [
    deploymentField,
    {
      name: 'revision',
      ask: 'which revision?',
      empty: 'the previous one',
      kind: 'number',
      range: [1, 2 ** 31 - 1],
      optional: true,
      async look(target, preflight) {
        const found = await preflight.revisions(named(target));
        if (!found.ok) return [];
        return bestFirst(found.value).map((r) => ({
          value: String(r.revision),
          says: [
            r.failed === undefined ? undefined : `failed: ${r.failed}`,
            r.differs.map(differenceText).join('; ') || 'same as the current one',
            r.cause,
            formatInstant(r.createdAt),
          ]
            .filter(Boolean)
            .join(' · '),
        }));
      },
    },
  ],
  names: named,
  object: objectOf,
  unavailable: notThere,
  needs: (target, context) => [
    ...patches(target, context),
    { kind: 'kubernetes', verb: 'list', group: 'apps', resource: 'replicasets', namespace: context.targets.namespace },
  ],
  plan: (target, preflight) =>
    planChange(target, preflight, async (d) => {
      if (d.paused)
        return { why: `deployment ${d.name} is paused`, hint: `kubectl rollout resume deployment/${d.name} first` };
      const found = await preflight.revisions(d.name);
      if (!found.ok) return { why: found.fault.what, hint: found.fault.hint };
      const wanted = given(target, 'revision');
      const earlier = bestFirst(found.value);
      const [best] = earlier;
      const chosen = wanted ? earlier.find((r) => String(r.revision) === wanted) : best;
      if (!chosen) {
        const known = earlier.map((r) => r.revision).join(', ');
        const why = wanted ? `there is no earlier revision ${wanted}` : 'there is no earlier revision';
        return { why, hint: known ? `earlier revisions: ${known}` : 'deploy a known good version instead' };
      }
      if (!wanted && chosen.failed !== undefined)
        return {
          why: `no earlier revision is known to work: revision ${chosen.revision} failed (${chosen.failed})`,
          hint: `deploy a known good version, or name one: --revision ${chosen.revision}`,
        };
      const ahead = await rolloutOutlook(preflight, d, chosen);
      if ('why' in ahead) return ahead;
      const newer = chosen.revision > d.revision ? 'forward' : 'back';
      const going = d.pods.filter(({ replicaSet, terminating }) => !terminating && replicaSet !== chosen.replicaSet);
      const failed = failing(d);
      return {
        change: { verb: 'rollback', deployment: d.name, toRevision: chosen.revision },
        impact: [
          `Rolls ${newer} to revision ${chosen.revision} (${formatInstant(chosen.createdAt)}${chosen.cause ? `, ${chosen.cause}` : ''}).`,
          ...(chosen.differs.length > 0
            ? chosen.differs.flatMap(differenceLines)
            : ['Its template is the same as the current one.']),
          disruption(d, d.pods.length > 0 ? going.length : d.desired),
          ...ahead.impact,
        ],
        warnings: [
          ...(chosen.failed === undefined ? [] : [`Revision ${chosen.revision} failed: ${chosen.failed}.`]),
          ...ahead.warnings,
          ...rolloutWarnings(d).filter(() => !d.stuck),
          ...(chosen.differs.length === 0 ? ['Nothing changes: the new pods are the same as the current ones.'] : []),
          'The database is not rolled back: migrations of the newer version stay.',
        ],
        ...(failed !== undefined
          ? { instead: `revision ${d.revision} fails (${failed}); deploy a fixed version` }
          : {
              undo:
                d.revision > 0 ? `roll forward to revision ${d.revision}, which gets a new number` : 'deploy it again',
            }),
        baseline: { images: chosen.images.join(' '), ...beforeChange(d, undefined) },
        pods: { revision: chosen.revision },
      };
    }),
  async verify(done, preflight) {
    const check = await rolledOut(done, preflight);
    if (check.state !== 'pass') return check;
    const found = await preflight.deployment(named(done.target));
    if (!found.ok) return notYetBy(found.fault);
    const images = found.value.images.join(' ');
    return images === done.plan.baseline?.images
      ? check
      : disproven(`the images are ${images}, not those of the revision`);
  },
  within: 5 * minute,
  next: (done) => wayBack(done, 'roll forward again to'),
};
