// Whether a restart of the gateway helps, and what comes before it where it does not.
import { failingPods, failingRevision, failureOf } from '../core/health/failing-revision.ts';
import { primaryProvenAway } from '../core/health/failover.ts';
import type { Recommendation } from '../core/incident/checklist.ts';
import { formatCounted } from '../core/text/format.ts';
import { known } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import { health, primary, redis, workload } from './evidence.ts';

/** A restart helps if the gateway's own pods fail, a restart can mend how, and its dependencies answer. */
export function recommendRestart(world: World): Recommendation {
  const gateway = workload(world, 'gateway');
  const api = health(world);
  const needs = [primary(world), redis(world)];
  const down = primaryProvenAway(world) ? primary(world) : needs.find((one) => one.state === 'fail');
  if (down) return { answer: 'no', because: `${down.subject}: ${down.because}; a restart does not fix that` };
  if (gateway.state === 'pass' && api.state === 'pass')
    return { answer: 'no', because: `${gateway.because}, the health check passes` };
  const instead = beforeRestart(world, world.scope.deployments.gateway);
  if (instead) return { answer: 'no', ...instead };
  const dark = [gateway, ...needs].find((one) => one.state === 'unknown');
  if (dark) return { answer: 'unsure', because: `${dark.subject}: ${dark.because}` };
  if (gateway.state === 'fail') return { answer: 'yes', because: `${gateway.because}; database and Redis answer` };
  return api.state === 'fail'
    ? { answer: 'yes', because: `health: ${api.because}; database and Redis answer` }
    : { answer: 'unsure', because: `health: ${api.because}` };
}

/** The same for any of Bentham's own deployments; the others answer no health check. */
export function restartOf(world: World, name: string): Recommendation {
  if (name === world.scope.deployments.gateway) return recommendRestart(world);
  const needs = [primary(world), redis(world)].find(({ state }) => state !== 'pass');
  if (needs) return { answer: 'unsure', because: `${needs.subject}: ${needs.because}` };
  const ill = failingPods(world, name);
  const instead = beforeRestart(world, name);
  if (ill.length === 0 || instead) return { answer: 'no', because: instead?.because ?? 'none of its pods fails' };
  return { answer: 'yes', because: `${formatCounted(ill.length, 'pod')}: ${ill[0]?.reason ?? 'fails'}` };
}

/** What comes before a restart of a deployment: new pods of the same template would fail the same way. */
export function beforeRestart(
  world: World,
  name: string,
): Required<Pick<Recommendation, 'because' | 'instead'>> | undefined {
  const d = known(world.readings.deployments, world.now)?.find((one) => one.name === name);
  if (!d) return undefined;
  if (d.desired === 0) return { because: 'it is scaled to 0: no pod runs', instead: 'scale up first' };
  const bad = failingRevision(world, name);
  if (bad?.good)
    return { because: `${bad.says}; revision ${bad.good.revision} came before`, instead: 'roll back first' };
  if (bad?.isComplete)
    return { because: `${bad.says}; no earlier revision is known to work`, instead: 'deploy a fixed version' };
  if (bad) return { because: `${bad.says}; its earlier revisions are unknown`, instead: 'roll back first' };
  const [ill] = failingPods(world, name);
  const how = ill && failureOf(ill);
  if (how === 'image')
    return { because: `its image cannot be pulled (${ill?.reason})`, instead: 'fix the image first' };
  if (how === 'config')
    return { because: `a Secret or ConfigMap is missing (${ill?.reason})`, instead: 'fix its configuration first' };
  if (how === 'memory')
    return { because: 'its pods are killed for their memory (OOMKilled)', instead: 'raise its memory limit' };
  if (d.rollout.state === 'stuck' && d.rollout.reason)
    return { because: `its pods cannot be created (${d.rollout.reason})`, instead: 'fix that first' };
  return undefined;
}
