// Figures with thresholds, and findings of tables and backups.
import { formatLimit } from '../../text/format.ts';
import { minute } from '../../time.ts';
import { runbookThresholds } from '../../world/thresholds.ts';
import { declare, inWords } from './rule.ts';

/** How late a backup may be before it is overdue: it takes its time, and clocks differ. */
export const backupGrace = 30 * minute;

/** Shares of all requests, 0–1. As much that failed would be critical (runbook, Key Metrics); clients make mistakes. */
export const mayBeLimited = runbookThresholds.errorRate.critical / 100;
export const mayBeRefused = 0.5;
/** Fewer requests do not count. */
export const fewestForRefusals = 20;

const failing = runbookThresholds.studyFailures;
const above = (value: number) => `more than ${formatLimit(value, 'percent')} of its jobs of the last hour failed`;

export const figureRules = declare({
  'metric/ok': { verdict: 'ok', when: 'at most the warning threshold', from: 'see Metrics' },
  'metric/quiet': {
    verdict: 'ok',
    when: 'there is nothing to measure, and that is normal: no maxmemory is set, no study finished within the hour',
    from: 'see Metrics',
  },
  'metric/warning': {
    verdict: 'warning',
    when: 'above the warning threshold',
    from: 'see Metrics',
    source: 'runbook, Key Metrics',
  },
  'metric/critical': {
    verdict: 'critical',
    when: 'above the critical threshold',
    from: 'see Metrics',
    source: 'runbook, Key Metrics',
  },
  'metric/unknown': {
    verdict: 'unknown',
    when: 'no data, too little, or an estimate that may be above the threshold',
    from: 'see Metrics',
  },
  'traffic/limited': {
    verdict: 'warning',
    when: `429 answers more than ${formatLimit(mayBeLimited * 100, 'percent')} of ${fewestForRefusals} or more requests in 5 minutes`,
    from: 'the gateway’s log, without probes',
    source: 'runbook, Key Metrics (error rate)',
  },
  'traffic/refused': {
    verdict: 'warning',
    when: `other 4xx answer more than ${formatLimit(mayBeRefused * 100, 'percent')} of ${fewestForRefusals} or more requests in 5 minutes`,
    from: 'the gateway’s log, without probes',
  },
  'surface/ok': { verdict: 'ok', when: 'its share of failed jobs is below the thresholds', from: 'jobs by surface' },
  'surface/warning': {
    verdict: 'warning',
    when: above(failing.warning),
    from: 'jobs by surface',
    source: 'runbook, Key Metrics',
  },
  'surface/critical': {
    verdict: 'critical',
    when: above(failing.critical),
    from: 'jobs by surface',
    source: 'runbook, Key Metrics',
  },
  'surface/disabled': {
    verdict: 'warning',
    when: 'it was disabled, and not enabled since, whatever its jobs came to before',
    from: 'the journal: the platform does not report it',
  },
  'surface/unknown': {
    verdict: 'unknown',
    when: 'its jobs could not be counted in time, their states are not understood, or a sample may have missed failures',
    from: 'jobs by surface',
  },
  'states/unknown': {
    verdict: 'unknown',
    when: 'studies or jobs are in unknown states',
    from: 'studies, jobs',
  },
  'states/hidden': {
    verdict: 'unknown',
    when: 'row-level security hides studies or jobs from our role: every count of them is too small',
    from: 'row_security_active(), pg_policy',
  },
  'backup/ok': {
    verdict: 'ok',
    when: 'the newest backup is within the schedule',
    from: 'RDS snapshots, S3',
  },
  'backup/warning': {
    verdict: 'warning',
    when: `no backup, or the newest is more than ${inWords(backupGrace)} overdue; for evidence: versioning or Object Lock is off`,
    from: 'RDS snapshots, S3',
    source: 'runbook, Backup Schedule',
  },
  'backup/unknown': { verdict: 'unknown', when: 'the backups could not be listed', from: 'RDS snapshots, S3' },
});
