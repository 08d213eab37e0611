// Restart, roll back and scale a deployment (runbook: SEV1, Emergency Rollback, Key Metrics).
import type { Action, Check, Choice, Done, Field, Target } from '../core/actions/action.ts';
import type { KubernetesChange } from '../core/actions/call.ts';
import type { DeploymentState, Ground, Need, Survey } from '../core/actions/survey.ts';
import { formatInstant } from '../core/text/format.ts';
import { minute } from '../core/time.ts';
import { newest } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
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
} from './plan.ts';

const deploymentField: Field = {
  name: 'deployment',
  ask: 'which deployment?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    (newest(world.readings.deployments)?.value ?? []).map((d) => ({
      value: d.name,
      says: `${d.ready}/${d.desired} ready, revision ${d.revision}`,
    })),
};

const named = (target: Target) => given(target, 'deployment');
const object = (target: Target) => `deployment/${named(target)}`;

/** A role may be about named deployments only. */
function patches(target: Target, { targets: { namespace } }: Ground, subresource?: 'scale'): readonly Need[] {
  const about = { kind: 'kubernetes', group: 'apps', resource: 'deployments', name: named(target), namespace } as const;
  return [
    { ...about, verb: 'get' },
    { ...about, verb: 'patch', ...(subresource ? { subresource } : {}) },
  ];
}

/** What the world on the screen knows against it. */
function notThere(world: World, target: Target): string | undefined {
  const reading = world.readings.deployments;
  if (reading.state === 'lost') return `Kubernetes does not answer: ${reading.fault.what}`;
  const name = named(target);
  if (name === '' || reading.state === 'pending') return undefined;
  return reading.value.some((d) => d.name === name) ? undefined : `there is no deployment ${name}`;
}

/** Changed by whoever changes the specification, and by nothing else. */
const fingerprint = (d: DeploymentState) => `${d.uid} ${d.generation} ${d.revision}`;

const isRolling = (d: DeploymentState) => d.updated < d.desired || d.replicas > d.updated || d.observed < d.generation;

function disruption(d: DeploymentState): string {
  if (d.recreate) return `All pods end before the new ones start (Recreate): an outage of ${d.name}.`;
  return `Replaces ${counted(d.desired, 'pod')} one after another; ${d.ready} of ${d.desired} ready now.`;
}

function rolloutWarnings(d: DeploymentState): readonly string[] {
  if (d.stuck) return [`The rollout of revision ${d.revision} is stuck: ${d.stuck}`];
  return isRolling(d) ? [`A rollout is under way: ${d.updated} of ${d.desired} updated.`] : [];
}

async function planChange(
  target: Target,
  survey: Survey,
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
  const { namespace } = survey.ground.targets;
  const who = await answeredByCluster(survey);
  if (!who.ok) return refusedBy(who.fault);
  const found = await survey.deployment(named(target));
  if (!found.ok) return refusedBy(found.fault);
  const d = found.value;
  const made = await make(d);
  const { targets } = survey.ground;
  const health = d.name === targets.deployments.gateway ? await survey.health(gatewayHealth(survey)) : undefined;
  if ('why' in made) return refuse(made.why, made.hint);
  return planned({
    impact: made.impact,
    warnings: made.warnings,
    calls: [{ tool: 'kubernetes', do: made.change, namespace, when: { uid: d.uid, generation: d.generation } }],
    undo: made.undo,
    answered: [who.says],
    rests: fingerprint(d),
    memo: {
      generation: String(d.generation),
      revision: String(d.revision),
      ...(health?.ok === false && health.fault.kind === 'unreachable' ? { unheard: health.fault.what } : {}),
      ...made.memo,
    },
  });
}

const gatewayHealth = ({ ground: { targets } }: Survey) => `${targets.gatewayUrl}${targets.healthPath}`;

/** A new replica set took over completely, and the gateway, if it is the gateway, calls itself healthy. */
async function rolledOut({ target, plan }: Done, survey: Survey): Promise<Check> {
  const found = await survey.deployment(named(target));
  if (!found.ok) return notYetBy(found.fault);
  const d = found.value;
  const before = Number(plan.memo?.generation ?? 0);
  if (d.generation <= before) return notYet('the change is not in the deployment yet');
  if (d.observed < d.generation) return notYet('the controller has not seen it yet');
  if (d.stuck) return disproven(`revision ${d.revision} is stuck: ${d.stuck}`);
  if (d.updated < d.desired) return notYet(`${d.updated} of ${d.desired} pods are new`);
  if (d.replicas > d.updated) return notYet(`${counted(d.replicas - d.updated, 'old pod')} still to end`);
  if (d.available < d.updated) return notYet(`${d.available} of ${d.updated} new pods are available`);
  const says = `revision ${d.revision}, ${d.available} of ${d.desired} available`;
  const { targets } = survey.ground;
  if (d.name !== targets.deployments.gateway) return proven(says);
  const health = await survey.health(gatewayHealth(survey));
  // Where there was no way from here to the gateway before, its silence says nothing about the rollout.
  const unheard = plan.memo?.unheard;
  if (!health.ok && unheard) return proven(`${says}; its health cannot be asked from here: ${unheard}`);
  if (!health.ok) return notYet(`${says}; the gateway does not answer: ${health.fault.what}`);
  if (!health.value.healthy) return notYet(`${says}; the gateway answers ${health.value.statusCode}, not healthy`);
  return proven(`${says}, health answers ${health.value.statusCode}`);
}

/** The revision that was there before, where it had a number. */
function wayBack({ target, plan }: Done, words: string): ReturnType<NonNullable<Action['next']>> {
  const revision = plan.memo?.revision ?? '0';
  if (revision === '0') return [];
  const deployment = named(target);
  return [{ action: 'rollback-deployment', target: { deployment, revision }, says: `${words} revision ${revision}` }];
}

export const restartDeployment: Action = {
  id: 'restart-deployment',
  title: 'Restart a deployment',
  risk: 'reversible',
  about: {
    does: 'replaces all pods of a deployment by new ones of the same template',
    looksAt: 'replicas, a rollout already under way, images, disruption',
    calls: 'kubectl rollout restart deployment/NAME -n NAMESPACE',
    proof: 'the new replica set is fully available; for the gateway, health answers',
    undo: 'roll back to the revision before',
    runbook: 'SEV1 step 5; Rotating Database Credentials',
  },
  fields: [deploymentField],
  names: named,
  object,
  unavailable: notThere,
  needs: (target, ground) => patches(target, ground),
  plan: (target, survey) =>
    planChange(target, survey, async (d) => {
      if (d.paused)
        return { why: `deployment ${d.name} is paused`, hint: `kubectl rollout resume deployment/${d.name} first` };
      if (d.desired === 0) return { why: `deployment ${d.name} is scaled to 0`, hint: 'scale it first' };
      return {
        change: { verb: 'restart', deployment: d.name },
        impact: [
          disruption(d),
          d.revision > 0
            ? `Revision ${d.revision} becomes ${d.revision + 1}. Image ${d.images.join(', ')}.`
            : `Image ${d.images.join(', ')}. It has no revision yet: no controller has seen it.`,
          ...(isRolling(d) ? [] : ['No rollout is under way.']),
        ],
        warnings: rolloutWarnings(d),
        undo: d.revision > 0 ? `roll back to revision ${d.revision}` : 'none: there is no revision to go back to',
      };
    }),
  verify: rolledOut,
  within: 5 * minute,
  next: (done) => wayBack(done, 'roll back to'),
};

export const rollbackDeployment: Action = {
  id: 'rollback-deployment',
  title: 'Roll back a deployment',
  risk: 'data',
  about: {
    does: 'brings the pods of an earlier revision back',
    looksAt: 'the revisions with image, cause and what differs from now',
    calls: 'kubectl rollout undo deployment/NAME --to-revision=N -n NAMESPACE',
    proof: 'the chosen template is active and available; for the gateway, health answers',
    undo: 'roll forward to the revision of before',
    runbook: 'Emergency Rollback',
  },
  fields: [
    deploymentField,
    {
      name: 'revision',
      ask: 'which revision? (empty: the one before)',
      kind: 'text',
      optional: true,
      async look(target, survey) {
        const found = await survey.revisions(named(target));
        if (!found.ok) return [];
        return found.value
          .filter((r) => !r.active)
          .map((r) => ({
            value: String(r.revision),
            says: [r.differs.join('; ') || 'the same as now', r.cause, formatInstant(r.createdAt)]
              .filter(Boolean)
              .join(' · '),
          }));
      },
    },
  ],
  names: named,
  object,
  unavailable: notThere,
  needs: (target, ground) => [
    ...patches(target, ground),
    { kind: 'kubernetes', verb: 'list', group: 'apps', resource: 'replicasets', namespace: ground.targets.namespace },
  ],
  plan: (target, survey) =>
    planChange(target, survey, async (d) => {
      if (d.paused)
        return { why: `deployment ${d.name} is paused`, hint: `kubectl rollout resume deployment/${d.name} first` };
      const found = await survey.revisions(d.name);
      if (!found.ok) return { why: found.fault.what, hint: found.fault.hint };
      const wanted = given(target, 'revision');
      const earlier = found.value.filter((r) => !r.active);
      const chosen = wanted ? earlier.find((r) => String(r.revision) === wanted) : earlier[0];
      if (!chosen) {
        const known = earlier.map((r) => r.revision).join(', ');
        const why = wanted ? `there is no earlier revision ${wanted}` : 'there is no earlier revision';
        return { why, hint: known ? `there are ${known}` : 'deploy a good version instead' };
      }
      const newer = chosen.revision > d.revision ? 'forward' : 'back';
      return {
        change: { verb: 'rollback', deployment: d.name, toRevision: chosen.revision },
        impact: [
          `Revision ${chosen.revision} (${formatInstant(chosen.createdAt)}${chosen.cause ? `, ${chosen.cause}` : ''}) comes ${newer}.`,
          ...(chosen.differs.length > 0 ? chosen.differs : ['Its template is the same as that of now.']),
          disruption(d),
        ],
        warnings: [
          ...rolloutWarnings(d).filter(() => !d.stuck),
          ...(chosen.differs.length === 0 ? ['Nothing would differ: pods are replaced by the same ones.'] : []),
          'The database is not rolled back: a migration of the newer version stays.',
        ],
        undo: d.revision > 0 ? `roll forward to revision ${d.revision}, which gets a new number` : 'deploy it again',
        memo: { images: chosen.images.join(' ') },
      };
    }),
  async verify(done, survey) {
    const check = await rolledOut(done, survey);
    if (check.state !== 'pass') return check;
    const found = await survey.deployment(named(done.target));
    if (!found.ok) return notYetBy(found.fault);
    const images = found.value.images.join(' ');
    return images === done.plan.memo?.images ? check : disproven(`the images are ${images}, not those of the revision`);
  },
  within: 5 * minute,
  next: (done) => wayBack(done, 'the way forward again:'),
};

/** Beyond this a number is taken for a slip of the finger. */
const mostReplicas = 500;

export const scaleDeployment: Action = {
  id: 'scale-deployment',
  title: 'Scale a deployment',
  risk: 'reversible',
  about: {
    does: 'changes how many pods a deployment has',
    looksAt: 'the number of now, and an autoscaler in charge',
    calls: 'kubectl scale deployment/NAME --replicas=N -n NAMESPACE',
    proof: 'so many replicas are ready',
    undo: 'scale back',
    runbook: 'Key Metrics: Scale API nodes, Scale executors',
  },
  fields: [deploymentField, { name: 'replicas', ask: 'how many replicas?', kind: 'number' }],
  names: named,
  object,
  unavailable: notThere,
  needs: (target, ground) => patches(target, ground, 'scale'),
  plan: (target, survey) =>
    planChange(target, survey, async (d) => {
      const text = given(target, 'replicas');
      const replicas = Number(text);
      if (!/^\d+$/.test(text) || replicas > mostReplicas)
        return { why: `${text || 'nothing'} is not a number of replicas`, hint: `0 to ${mostReplicas}` };
      if (replicas === d.desired)
        return { why: `${d.name} has ${replicas} replicas already`, hint: 'choose another number' };
      const scaler = await survey.autoscaler(d.name);
      const hpa = scaler.ok ? scaler.value : undefined;
      return {
        change: { verb: 'scale', deployment: d.name, replicas },
        impact: [`${d.name} goes from ${d.desired} to ${counted(replicas, 'replica')}; ${d.ready} are ready now.`],
        warnings: [
          ...(replicas === 0 ? [`${d.name} stops altogether.`] : []),
          ...(replicas > d.desired * 4 && d.desired > 0
            ? ['That is more than four times as many: is there room?']
            : []),
          ...(hpa ? [`The autoscaler ${hpa.name} is in charge (${hpa.min}–${hpa.max}) and may change it back.`] : []),
          ...(scaler.ok ? [] : [`Whether an autoscaler is in charge could not be seen: ${scaler.fault.what}`]),
        ],
        undo: `scale back to ${d.desired}`,
        memo: { was: String(d.desired) },
      };
    }),
  async verify({ target }, survey) {
    const found = await survey.deployment(named(target));
    if (!found.ok) return notYetBy(found.fault);
    const { desired, ready, observed, generation, replicas } = found.value;
    const wanted = Number(given(target, 'replicas'));
    if (desired !== wanted) return disproven(`it wants ${desired} again: somebody else is in charge`);
    if (observed < generation) return notYet('the controller has not seen it yet');
    if (ready === wanted && replicas === wanted) return proven(`${ready} of ${wanted} ready`);
    return notYet(`${ready} of ${wanted} ready`);
  },
  within: 3 * minute,
  next: ({ target, plan }) => [
    {
      action: 'scale-deployment',
      target: { deployment: named(target), replicas: plan.memo?.was ?? '' },
      says: `scale back to ${plan.memo?.was}`,
    },
  ],
};
