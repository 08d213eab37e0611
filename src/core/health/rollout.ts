// Following one rollout to its end. Pure.

import type { Instant } from '../time.ts';
import type { Controller, Facts, Pod, Workload } from '../world/facts.ts';
import { derive, known, type Reading } from '../world/reading.ts';
import type { World } from '../world/world.ts';
import { ownPods } from './pod-groups.ts';
import { reasonsOf } from './pods.ts';
import { isRole, type Replicated, readyOf } from './replicas.ts';
import { isController } from './workloads.ts';

/** How a rollout stands, in words that change only when it moves; `ends` when there is nothing more to wait for. */
export type RolloutStep = { says: string; ends?: 0 | 2 | 3 };

/** Of which kinds there are rollouts, as `kubectl rollout status` takes them: `statefulset/redis`. */
const kinds: Readonly<Record<string, Controller['kind']>> = { statefulset: 'StatefulSet', daemonset: 'DaemonSet' };

/**
 * Reads the deployments for one of them, or the other workloads for `statefulset/NAME` and `daemonset/NAME`. It ends
 * with 0 when complete, 2 when stuck, 3 when there is no such workload. A cluster that does not answer is waited for.
 * With `world`, its pods count too: complete is what is ready, and their reasons are told.
 */
export function rolloutStep(
  deployments: Reading<Facts['deployments']>,
  name: string,
  now: Instant,
  world?: World,
): RolloutStep {
  const [kind = '', rest] = name.includes('/') ? name.split('/', 2) : ['deployment', name];
  const wanted = kinds[kind.toLowerCase()];
  const reading: Reading<readonly (Replicated | Workload)[]> =
    wanted && world
      ? derive(world.readings.workloads, ({ all }) => all.filter((one) => one.kind === wanted))
      : deployments;
  if (reading.state === 'pending') return { says: 'waiting for the cluster' };
  if (reading.state === 'lost') return { says: `the cluster does not answer: ${reading.fault.what}` };
  if (now - reading.at > reading.staleAfter) return { says: 'no answer from the cluster yet' };
  const found = reading.value.find((one) => one.name === rest);
  if (!found || !isReplicated(found)) {
    const others = reading.value.map((one) => one.name).sort();
    const there = others.length > 0 ? `; found: ${others.slice(0, 8).join(', ')}` : '';
    return { says: `no such ${wanted ? kind : 'deployment'}${there}`, ends: 3 };
  }
  const podList = world && known(world.readings.pods, now);
  // It is not complete before its pods were checked.
  const awaited = world?.readings.pods.state === 'pending';
  return stepOf(found, podList && ownPods(podList, found), world, awaited);
}

function isReplicated(one: Replicated | Workload): one is Replicated {
  return !('kind' in one) || isController(one);
}

function stepOf(
  d: Replicated,
  pods: readonly Pod[] | undefined,
  world: World | undefined,
  awaited = false,
): RolloutStep {
  const { desired, rollout } = d;
  const { ready, doubt } = world ? readyOf(d, pods, world.scope) : { ready: desired };
  const reasons = world && pods ? reasonsOf(pods, world.now).slice(0, 3) : [];
  const why = reasons.length > 0 ? `, ${reasons.join(', ')}` : '';
  const which = 'revision' in d && d.revision > 0 ? `revision ${d.revision}: ` : '';
  const said = doubt ? `, ${doubt}` : '';
  if (desired === 0 && world && isRole(d, world.scope)) return { says: `${which}scaled to 0: no pod runs`, ends: 2 };
  if (d.deletedAt !== undefined) return { says: `${which}being deleted, ${ready} of ${desired} ready`, ends: 2 };
  switch (rollout.state) {
    case 'complete':
      if (awaited) return { says: 'waiting for the pods' };
      // Through, but not there: kubectl waits here too.
      if (ready < desired) return { says: `${which}rolled out, ${ready} of ${desired} ready${said}${why}` };
      return { says: `${which}complete, ${'available' in d ? d.available : ready} of ${desired} available`, ends: 0 };
    case 'stuck': {
      const reason = rollout.reason ? `${rollout.reason}: ` : '';
      return { says: `${which}stuck: ${reason}${rollout.why ?? counts(d)}${why}`, ends: 2 };
    }
    case 'paused':
      return { says: `${which}paused, ${counts(d)}${why}` };
    case 'progressing':
      return { says: `${which}${counts(d)}${why}` };
  }
}

function counts(d: Replicated): string {
  if (!('available' in d)) return d.rollout.why ?? `${d.ready} of ${d.desired} ready`;
  const { updated, desired, available, replicas } = d;
  const old = replicas > updated ? `, ${replicas - updated} old terminating` : '';
  return `${updated} of ${desired} updated, ${available} available${old}`;
}
