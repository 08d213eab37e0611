// What cannot be evaluated, and whether this machine's clock can be trusted.
import { minute } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** The accepted difference between this machine's clock and the cluster's. */
export const clockMayDiffer = minute;

export const sourceRules = declare({
  'source/pending': { verdict: 'unknown', when: 'it has not answered yet', from: 'each source' },
  'source/stale': {
    verdict: 'unknown',
    when: 'the last answer is older than two intervals and the timeout',
    from: 'each source',
  },
  'source/lost': {
    verdict: 'unknown',
    when: 'no answer: unreachable, timed out, not allowed, not configured or malformed',
    from: 'each source',
  },
  'source/refused': {
    verdict: 'critical',
    when: 'the gateway, a database or Redis refuses the connection: nothing listens, or no connection is free',
    from: 'gateway, PostgreSQL, Redis',
  },
  'clock/differs': {
    verdict: 'warning',
    when: `this machine’s clock differs from the cluster’s by ${inWords(clockMayDiffer)} or more`,
    from: 'Date header of the API server',
    source: 'RFC 9110',
  },
});
