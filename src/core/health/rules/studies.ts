// Paused studies, overdue studies, jobs that do not end.
import { minute } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** A queue without a finished job for this long is stalled. */
export const standsStill = 10 * minute;

export const studyRules = declare({
  'studies/held': { verdict: 'ok', when: 'studies are held (paused): nobody works on them', from: 'studies.status' },
  'studies/overdue': {
    verdict: 'warning',
    when: 'studies are past their deadline and not over',
    from: 'studies.deadline',
  },
  'queue/still': {
    verdict: 'warning',
    when: `jobs wait, none has finished for ${inWords(standsStill)}, and a study that is not held has not moved for as long`,
    from: 'jobs, studies',
    source: 'runbook, SEV1 (10 minutes)',
  },
  'jobs/stuck': {
    verdict: 'warning',
    when: 'jobs run longer than platform.jobTimeout',
    from: 'jobs.lastAttemptAt, else jobs.updatedAt',
  },
  'jobs/stuck-unknown': {
    verdict: 'unknown',
    when: 'jobs that run longer than platform.jobTimeout could not be counted in time',
    from: 'jobs',
  },
});
