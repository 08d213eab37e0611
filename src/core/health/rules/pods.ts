// Pods, and what keeps them running.
import { hour, minute, second } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** How long a crash loop counts after its last restart, and a pod that failed and was replaced. */
export const countsFor = hour;
/** The number of restarts that counts as a loop. */
export const loopFrom = 2;
/** The time for a pod to become ready. */
export const startsWithin = 2 * minute;
/** The accepted overrun of a grace period. */
export const endsWithin = minute;
/** The time for a controller to observe a new specification. */
export const actsWithin = 30 * second;

export const podRules = declare({
  'pod/ok': { verdict: 'ok', when: 'Ready, ended well, or ends within its grace period', from: 'pods' },
  'pod/does-not-end': {
    verdict: 'warning',
    when: `it is still there ${inWords(endsWithin)} after its grace period`,
    from: 'deletionTimestamp',
  },
  'pod/restarts': {
    verdict: 'warning',
    when: `it is Ready, has restarted ${loopFrom} times or more, the last time within ${inWords(countsFor)}`,
    from: 'restartCount, lastState.terminated',
    source: 'kubernetes-mixin, KubePodCrashLooping',
  },
  'pod/replaced': {
    verdict: 'warning',
    when: `it failed (Evicted …) within ${inWords(countsFor)}, and its controller replaced it`,
    from: 'phase, owner',
  },
  'pod/failed': {
    verdict: 'critical',
    when: 'it failed and nothing replaces it, or its phase is unknown',
    from: 'phase',
    source: 'kubernetes-mixin, KubePodNotReady',
  },
  'pod/reason': {
    verdict: 'critical',
    when: 'it is not Ready for a reason: CrashLoopBackOff, ImagePullBackOff, Unschedulable, NodeLost …',
    from: 'containerStatuses, conditions, reason',
    source: 'kubernetes-mixin, KubeContainerWaiting',
  },
  'pod/starts': {
    verdict: 'warning',
    when: `it is not Ready, and younger than ${inWords(startsWithin)}`,
    from: 'Ready',
  },
  'pod/not-ready': {
    verdict: 'critical',
    when: `it is not Ready, without a reason, and older than ${inWords(startsWithin)}`,
    from: 'Ready',
    source: 'kubernetes-mixin, KubePodNotReady',
  },
});

export const workloadRules = declare({
  'workload/ok': {
    verdict: 'ok',
    when: 'all its replicas are Ready, and its rollout is complete',
    from: 'status, pods',
  },
  'workload/absent': {
    verdict: 'critical',
    when: 'a role of the architecture has no deployment',
    from: 'deployments',
    source: 'runbook, System Overview',
  },
  'workload/role-at-zero': {
    verdict: 'critical',
    when: 'a role of the architecture is scaled to 0, by a person or an autoscaler',
    from: 'spec.replicas',
    source: 'runbook, System Overview',
  },
  'workload/none-ready': {
    verdict: 'critical',
    when: 'no replica is Ready, by its status or by its pods',
    from: 'readyReplicas, Ready of its pods',
  },
  'workload/stuck-short': {
    verdict: 'critical',
    when: 'its rollout is stuck and replicas are missing: ProgressDeadlineExceeded, ReplicaFailure',
    from: 'conditions',
    source: 'kubernetes-mixin, KubeDeploymentRolloutStuck',
  },
  'workload/stuck': {
    verdict: 'warning',
    when: 'its rollout is stuck while all replicas serve',
    from: 'conditions',
    source: 'kubernetes-mixin, KubeDeploymentRolloutStuck',
  },
  'workload/short': {
    verdict: 'warning',
    when: 'fewer replicas are Ready than desired',
    from: 'readyReplicas, Ready of its pods',
    source: 'kubernetes-mixin, KubeDeploymentReplicasMismatch',
  },
  'workload/pod': {
    verdict: 'warning',
    when: 'one of its pods fails, keeps restarting or does not end, while the others serve',
    from: 'pods',
  },
  'workload/paused': { verdict: 'warning', when: 'its rollout is paused', from: 'spec.paused' },
  'workload/deleted': { verdict: 'warning', when: 'it is being deleted', from: 'deletionTimestamp' },
  'workload/no-controller': {
    verdict: 'warning',
    when: `its controller has not observed its specification for ${inWords(actsWithin)}`,
    from: 'generation, observedGeneration',
    source: 'kubernetes-mixin, KubeDeploymentGenerationMismatch',
  },
  'workload/misplaced': {
    verdict: 'warning',
    when: 'a daemon set has pods on nodes where it should have none',
    from: 'numberMisscheduled',
    source: 'kubernetes-mixin, KubeDaemonSetMisScheduled',
  },
  'workload/contradiction': {
    verdict: 'warning',
    when: 'its status and its pods contradict each other: the worse of both counts',
    from: 'readyReplicas, Ready of its pods',
  },
});
