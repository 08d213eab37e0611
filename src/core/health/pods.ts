// How one pod is judged, and what its workload has to answer for.
import type { Instant } from '../time.ts';
import type { Pod, Workloads } from '../world/facts.ts';
import { decide, type RuleId } from './rules/index.ts';
import { countsFor, endsWithin, loopFrom, startsWithin } from './rules/pods.ts';
import type { HealthStatus } from './status.ts';

/** A pod that is being made says one of these: `Init:0/2` counts its init containers. */
const starting = /^(ContainerCreating|PodInitializing|Init:\d+\/\d+)$/;

/** A pod by its Ready condition and its reason; a young or ending pod is given time, what another replaced is history. */
export function evaluatePod(p: Pod, now: Instant): HealthStatus {
  return decide(ruleOfPod(p, now)).verdict;
}

/** The rule that decides about a pod. */
export function ruleOfPod(p: Pod, now: Instant): RuleId {
  // Beyond its grace period it hangs: its node is away, or a finalizer waits.
  if (p.terminating) return p.endsBy !== undefined && now - p.endsBy > endsWithin ? 'pod/does-not-end' : 'pod/ok';
  if (p.phase === 'Succeeded') return 'pod/ok';
  if (p.ready) return keepsRestarting(p, now) ? 'pod/restarts' : 'pod/ok';
  if (p.leftOver) return now - (p.endedAt ?? p.createdAt) > countsFor ? 'pod/ok' : 'pod/replaced';
  if (p.phase === 'Failed' || p.phase === 'Unknown') return 'pod/failed';
  if (p.reason && !starting.test(p.reason)) return 'pod/reason';
  return now - p.createdAt < startsWithin ? 'pod/starts' : 'pod/not-ready';
}

/**
 * The pods, with what keeps those from starting that only wait for their volumes: their status says ContainerCreating for
 * as long. The same list where there is none, and while it would be the same. A first attempt that failed is no reason yet.
 */
export function withVolumeTrouble(pods: readonly Pod[], refusals: Workloads['refusals'], now: Instant): readonly Pod[] {
  if (!refusals.some(({ kind }) => kind === 'Pod')) return pods;
  const kept = troubled.get(pods);
  if (kept?.refusals === refusals && kept.from <= now && now < kept.until) return kept.list;
  const made = volumeTroubleOf(pods, refusals, now);
  troubled.set(pods, { refusals, from: now, ...made });
  return made.list;
}

type Troubled = { list: readonly Pod[]; until: Instant };

const troubled = new WeakMap<readonly Pod[], Troubled & { refusals: Workloads['refusals']; from: Instant }>();

/** `until`: when time gives another of them its reason. */
function volumeTroubleOf(pods: readonly Pod[], refusals: Workloads['refusals'], now: Instant): Troubled {
  const why = new Map(
    refusals
      .filter(({ kind }) => kind === 'Pod')
      .toReversed()
      .map((one) => [one.name, one]),
  );
  let until = Number.POSITIVE_INFINITY;
  const list = pods.map((p) => {
    const trouble = why.get(p.name);
    const waits = !p.ready && !p.terminating && p.reason !== undefined && starting.test(p.reason);
    if (!trouble || !waits || trouble.at < p.createdAt) return p;
    const tellsAt = p.createdAt + startsWithin;
    if (now < tellsAt) until = Math.min(until, tellsAt);
    return now < tellsAt ? p : { ...p, reason: `${p.reason}, no volume: ${trouble.message}` };
  });
  return { list, until };
}

/** Whether a pod is well, and stays so for as long as it is the same: time alone makes nothing else of it. */
export function isSettled(p: Pod): boolean {
  const mayCount = p.restarts >= loopFrom && p.lastRestartAt !== undefined;
  return (p.ready || p.phase === 'Succeeded') && !p.terminating && !mayCount;
}

/** Up to when a pod is judged as it is now, as long as it is the same: at that instant time may make something else of it. */
export function judgedUntil(p: Pod, now: Instant): Instant {
  const turns = [
    p.endsBy === undefined ? now - 1 : p.endsBy + endsWithin,
    p.lastRestartAt === undefined ? now - 1 : p.lastRestartAt + countsFor,
    (p.endedAt ?? p.createdAt) + countsFor,
    p.createdAt + startsWithin,
  ];
  return Math.min(...turns.filter((turn) => turn >= now), Number.POSITIVE_INFINITY);
}

/** A loop of crashes: a container that runs now, and was restarted more than once, lastly within the hour. */
export function keepsRestarting(p: Pod, now: Instant): boolean {
  return p.restarts >= loopFrom && p.lastRestartAt !== undefined && now - p.lastRestartAt < countsFor;
}

/** What a workload answers for: not that a pod of it is young, ends in time, or failed and was replaced. */
export function podTrouble(p: Pod, now: Instant): RuleId {
  const rule = ruleOfPod(p, now);
  return decide(rule).verdict === 'critical' || p.terminating || p.ready ? rule : 'pod/ok';
}

/** Why pods are not as they should be, each reason once. Without ages: what is said changes only when something does. */
export function reasonsOf(pods: readonly Pod[], now: Instant): readonly string[] {
  const all = pods.flatMap((p): string[] => {
    if (p.leftOver) return [];
    if (p.terminating) return evaluatePod(p, now) === 'ok' ? [] : ['terminating for long'];
    const restarting = `restarting${p.lastEnd ? ` (${p.lastEnd})` : ''}`;
    if (p.ready || !p.reason) return keepsRestarting(p, now) ? [restarting] : [];
    return p.phase === 'Succeeded' ? [] : [p.reason];
  });
  return [...new Set(all)];
}

/** Reasons that do not go away by themselves: another start of the same pod fails the same way. */
const fatal = new Set(
  `CrashLoopBackOff ImagePullBackOff InvalidImageName ErrImageNeverPull CreateContainerConfigError CreateContainerError
   RunContainerError ContainerCannotRun StartError`.split(/\s+/),
);

/** Whether a pod fails before it serves. */
export function isHopeless({ ready, reason }: Pick<Pod, 'ready' | 'reason'>): boolean {
  return !ready && fatal.has(reason?.replace(/^Init:/, '') ?? '');
}
