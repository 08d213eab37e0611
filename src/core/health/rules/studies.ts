// Studies that nobody works on, studies that are late, jobs that do not end.
import { declare } from './rule.ts';

export const studyRules = declare({
  'studies/held': { verdict: 'ok', when: 'studies are held (paused): nobody works on them', from: 'studies.status' },
  'studies/overdue': {
    verdict: 'warning',
    when: 'studies are past their deadline and not over',
    from: 'studies.deadline',
  },
  'jobs/stuck': {
    verdict: 'warning',
    when: 'jobs run longer than platform.jobTimeout',
    from: 'jobs.lastAttemptAt, else jobs.updatedAt',
  },
});
