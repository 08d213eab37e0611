// What else the namespace holds.
import { hour, minute } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** A job may run this long (kubernetes-mixin, KubeJobNotCompleted). */
export const longRun = 12 * hour;
/** What a controller or the kubelet may take to act. */
export const patience = 2 * minute;

export const namespaceRules = declare({
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
  'job/pod': { verdict: 'critical', when: 'its pod is in trouble', from: 'pods' },
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
    when: `its last run ended ${inWords(patience)} ago or earlier, and not well`,
    from: 'lastScheduleTime, lastSuccessfulTime',
  },
  'claim/ok': { verdict: 'ok', when: 'Bound', from: 'persistentvolumeclaims' },
  'claim/pending': { verdict: 'warning', when: 'Pending', from: 'phase' },
  'claim/lost': { verdict: 'critical', when: 'Lost', from: 'phase', source: 'kstatus' },
  'claim/unknown': { verdict: 'unknown', when: 'in a phase that nobody knows', from: 'phase' },
  'kinds/ok': { verdict: 'ok', when: 'all of one kind are well: one line for the kind', from: 'each kind' },
  'kinds/unseen': { verdict: 'unknown', when: 'a kind cannot be listed', from: 'each kind' },
});
