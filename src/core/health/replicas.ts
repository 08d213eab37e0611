// How a workload that keeps pods running is judged: by its pods, its status, its rollout and its controller.
import type { Instant } from '../time.ts';
import type { Controller, Deployment, Pod } from '../world/facts.ts';
import type { Scope } from '../world/world.ts';
import { countsOf, unsettled } from './pod-groups.ts';
import { podTrouble, reasonsOf } from './pods.ts';
import { decide, type RuleId, worstRule } from './rules/index.ts';
import { actsWithin } from './rules/pods.ts';
import type { HealthStatus } from './status.ts';

/** A deployment, or another that keeps pods running. */
export type Replicated = Deployment | Controller;

/** How many replicas are ready; `doubt` where status and pods contradict each other, in words. */
export type Ready = { ready: number; doubt?: string };

/**
 * The pods' own Ready conditions count as much as the status, which nobody updates while the controller manager is
 * away: the worse of both. `pods` are the workload's own; undefined where they are not known.
 */
export function readyOf(d: Replicated, pods: readonly Pod[] | undefined, scope: Scope): Ready {
  const counts = pods && countsOf(pods);
  // With a selector for pods its own may be among those that are not watched.
  if (!counts || (scope.somePods && counts.owned === 0)) return { ready: d.ready };
  const { ready: counted } = counts;
  if (counted < d.ready) return { ready: counted, doubt: `its status says ${d.ready} ready` };
  if (counted > d.ready) return { ready: d.ready, doubt: `${counted} of its pods are ready` };
  return { ready: d.ready };
}

/** Whether it is a role of the architecture: one of Bentham's own deployments. */
export function isRole(d: { name: string; kind?: string }, scope: Scope): boolean {
  return d.kind === undefined && Object.values(scope.deployments).includes(d.name);
}

/** What is not Bentham's own weighs what the configuration says, but never nothing. */
export function weigh(verdict: HealthStatus, own: boolean, scope: Scope): HealthStatus {
  return verdict === 'critical' && !own ? (scope.otherWorkloads ?? 'warning') : verdict;
}

/** Whether its controller has not acted on its newest specification for long. */
function isAbandoned(d: Replicated, now: Instant): boolean {
  return d.unobservedSince !== undefined && now - d.unobservedSince > actsWithin;
}

/**
 * Ready replicas against desired; a stuck rollout is a warning, or critical when replicas are missing. One of its pods
 * that fails or keeps restarting is a warning while the others serve: so a rollout of a bad image shows before it counts
 * as stuck. A role of the architecture without replicas is an outage; elsewhere that is somebody's choice.
 */
export function evaluateReplicas(
  d: Replicated,
  pods: readonly Pod[] | undefined,
  now: Instant,
  scope: Scope,
): HealthStatus {
  return weigh(decide(ruleOfReplicas(d, pods, now, scope)).verdict, isRole(d, scope), scope);
}

/** The rule that decides about a workload, before it is weighed. */
export function ruleOfReplicas(d: Replicated, pods: readonly Pod[] | undefined, now: Instant, scope: Scope): RuleId {
  const { ready, doubt } = readyOf(d, pods, scope);
  const missing = ready < d.desired;
  const found: RuleId[] = [];
  if (d.desired === 0 && isRole(d, scope)) found.push('workload/role-at-zero');
  if (d.desired > 0 && ready === 0) found.push('workload/none-ready');
  if (d.rollout.state === 'stuck') found.push(missing ? 'workload/stuck-short' : 'workload/stuck');
  if (missing) found.push('workload/short');
  if (d.rollout.state === 'paused') found.push('workload/paused');
  if (d.deletedAt !== undefined) found.push('workload/deleted');
  if (isAbandoned(d, now)) found.push('workload/no-controller');
  if ('misplaced' in d && d.misplaced) found.push('workload/misplaced');
  if (doubt && d.desired > 0) found.push('workload/contradiction');
  if (pods && unsettled(pods).some((p) => podTrouble(p, now) !== 'pod/ok')) found.push('workload/pod');
  return worstRule(found, 'workload/ok');
}

/** In words, what is wrong first: where room is short the rest is left out. */
export function replicasSay(
  d: Replicated,
  pods: readonly Pod[] | undefined,
  now: Instant,
  scope: Scope,
  refused?: string,
): readonly string[] {
  const { ready, doubt } = readyOf(d, pods, scope);
  const missing = ready < d.desired;
  const reasons = [...reasonsOf(pods ? unsettled(pods) : [], now), ...refusalOf(d, missing, refused)];
  const rollout = d.rollout.state === 'stuck' ? 'rollout stuck' : d.rollout.state;
  const wrong = [
    ...(d.deletedAt === undefined ? [] : ['being deleted']),
    ...(isAbandoned(d, now) ? ['its controller is not responding'] : []),
    ...(rollout === 'complete' ? [] : [rollout]),
    ...reasons.slice(0, 2),
    ...('misplaced' in d && d.misplaced ? [`${d.misplaced} on the wrong nodes`] : []),
  ];
  const count = `${ready}/${d.desired} ready`;
  const counts = doubt ? [count, doubt] : [count];
  if (d.desired === 0) return [...zeroSays(d), ...wrong, ...(doubt ? [doubt] : [])];
  return missing ? [...counts, ...wrong] : [...wrong, ...counts];
}

/** Why no pod is created, as the controller or the API server says it. */
function refusalOf(d: Replicated, missing: boolean, refused: string | undefined): readonly string[] {
  if (d.rollout.reason) return [`${d.rollout.reason}${d.rollout.why ? `: ${d.rollout.why}` : ''}`];
  return missing && refused ? [`FailedCreate: ${refused}`] : [];
}

function zeroSays(d: Replicated): readonly string[] {
  return 'kind' in d && d.kind === 'DaemonSet' ? ['no node matches', '0/0 ready'] : ['scaled to 0', '0/0 ready'];
}
