// What else the namespace holds.
import { hour, minute } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** The accepted duration of a job (kubernetes-mixin, KubeJobNotCompleted). */
export const longRun = 12 * hour;
/** What a controller or the kubelet may take to act. */
export const patience = 2 * minute;
/** A volume grows within this time: the driver changes the disk, then the file system. */
export const resizeWithin = 5 * minute;

/** The time for a new node to become Ready. */
export const joinsWithin = 5 * minute;
/** The accepted delay of a due cron job. */
export const startsLate = 5 * minute;
/** The accepted delay of a cron job whose run is still active when the second one after it is due. */
export const endsLate = hour;

export const namespaceRules = declare({
  'pods/unwatched': {
    verdict: 'ok',
    when: 'kubernetes.podSelector leaves pods out: how many is told; their workloads are judged by status alone',
    from: 'pods (remainingItemCount)',
  },
  'pods/unwatched-unknown': {
    verdict: 'unknown',
    when: 'kubernetes.podSelector leaves pods out, and how many is not known',
    from: 'pods (remainingItemCount)',
  },
  'job/ok': { verdict: 'ok', when: 'it runs, is complete or suspended, or a later run completed', from: 'jobs' },
  'job/failed': {
    verdict: 'critical',
    when: 'it failed, and no later run of its cron job completed',
    from: 'conditions',
    source: 'kubernetes-mixin, KubeJobFailed',
  },
  'job/overdue': { verdict: 'critical', when: 'it runs past activeDeadlineSeconds', from: 'startTime' },
  'job/out-of-retries': { verdict: 'critical', when: 'more pods failed than backoffLimit allows', from: 'failed' },
  'job/no-pod': {
    verdict: 'critical',
    when: `it has no pod for ${inWords(patience)}`,
    from: 'active, FailedCreate events',
  },
  'job/pod': { verdict: 'critical', when: 'its pod has a problem', from: 'pods' },
  'job/long': {
    verdict: 'warning',
    when: `it has run for ${inWords(longRun)}`,
    from: 'startTime',
    source: 'kubernetes-mixin, KubeJobNotCompleted',
  },
  'job/retries': { verdict: 'warning', when: 'attempts failed, and it tries again', from: 'failed' },
  'cronjob/ok': { verdict: 'ok', when: 'its last run completed, or it is suspended', from: 'cronjobs' },
  'cronjob/failed': {
    verdict: 'critical',
    when: `its last run ended ${inWords(patience)} ago or earlier, and did not complete`,
    from: 'lastScheduleTime, lastSuccessfulTime',
  },
  'cronjob/missed': {
    verdict: 'warning',
    when: `it was due ${inWords(startsLate)} ago or earlier and has not run, and no earlier run is still active`,
    from: 'schedule, timeZone, lastScheduleTime',
    source: 'kube-controller-manager, MissSchedule',
  },
  'cronjob/hangs': {
    verdict: 'warning',
    when: `a run is active, and none completed until ${inWords(endsLate)} after a second one was due`,
    from: 'schedule, lastSuccessfulTime, active',
    source: 'kubernetes-mixin, KubeCronJobRunning',
  },
  'claim/ok': { verdict: 'ok', when: 'Bound', from: 'persistentvolumeclaims' },
  'claim/pending': { verdict: 'warning', when: 'Pending', from: 'phase' },
  'claim/lost': { verdict: 'critical', when: 'Lost', from: 'phase', source: 'kstatus' },
  'claim/deleted': {
    verdict: 'warning',
    when: `its deletion has waited ${inWords(patience)}: it and its data go when no pod uses it`,
    from: 'deletionTimestamp',
    source: 'kubectl get pvc (Terminating)',
  },
  'claim/resize-failed': {
    verdict: 'warning',
    when: 'its storage cannot grow to what was requested',
    from: 'allocatedResourceStatuses, ControllerResizeError, NodeResizeError',
    source: 'Kubernetes, recovering from failure when expanding volumes',
  },
  'claim/resize-waits': {
    verdict: 'warning',
    when: `its storage has not grown to what was requested for ${inWords(resizeWithin)}, or nobody has begun`,
    from: 'requests, capacity, Resizing, FileSystemResizePending',
  },
  'claim/unknown': { verdict: 'unknown', when: 'in an unknown phase', from: 'phase' },
  'autoscaler/ok': { verdict: 'ok', when: 'it can scale, and has room to', from: 'horizontalpodautoscalers' },
  'autoscaler/unable': {
    verdict: 'warning',
    when: 'it cannot scale: no metrics, no target, no controller',
    from: 'AbleToScale, ScalingActive',
    source: 'Argo CD, HorizontalPodAutoscaler health',
  },
  'autoscaler/at-maximum': {
    verdict: 'warning',
    when: 'it runs maxReplicas',
    from: 'currentReplicas, maxReplicas',
    source: 'kubernetes-mixin, KubeHpaMaxedOut',
  },
  'budget/ok': { verdict: 'ok', when: 'as many pods are healthy as it protects', from: 'poddisruptionbudgets' },
  'budget/violated': {
    verdict: 'warning',
    when: 'fewer pods are healthy than it protects',
    from: 'currentHealthy, desiredHealthy',
    source: 'kubernetes-mixin, KubePdbNotEnoughHealthyPods',
  },
  'budget/failed': {
    verdict: 'warning',
    when: 'its controller cannot compute it, or does not',
    from: 'DisruptionAllowed (SyncFailed), observedGeneration',
  },
  'node/not-ready': {
    verdict: 'warning',
    when: `a node is not Ready, ${inWords(joinsWithin)} after it was made (without pods of ours: unless cordoned)`,
    from: 'nodes, where we may list them',
    source: 'kubernetes-mixin, KubeNodeNotReady',
  },
  'node/gone': {
    verdict: 'warning',
    when: 'pods are assigned to a node that does not exist: nobody reports on them',
    from: 'nodes, where we may list them',
  },
  'node/pressure': {
    verdict: 'warning',
    when: 'a node is under memory, disk or process pressure, or has no network',
    from: 'nodes, where we may list them',
    source: 'kubernetes-mixin, KubeNodePressure',
  },
  'kinds/ok': { verdict: 'ok', when: 'all of one kind are well: one line for the kind', from: 'each kind' },
  'kinds/unseen': { verdict: 'unknown', when: 'a kind cannot be listed', from: 'each kind' },
});
