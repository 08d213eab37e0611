// Transaction ids that run out: PostgreSQL refuses all writes before the oldest unfrozen id is 2^31 old.
import type { IdAge } from '../queries/database.ts';
import { formatCount, formatPercent } from '../text/format.ts';
import type { HealthStatus } from './status.ts';

/** The last three million are kept for whoever repairs it (PostgreSQL, Preventing Transaction ID Wraparound Failures). */
const writesStopAt = 2 ** 31 - 3_000_000;
/** vacuum_failsafe_age as it comes: from here on PostgreSQL drops all else to freeze. */
const critical = 1_600_000_000;
/** At autovacuum_freeze_max_age a vacuum is forced; half as much again, and it does not get through. */
const late = 1.5;

/** Who does not get frozen in time, and what that will lead to. `ok` says how old the oldest id is. */
export function evaluateIdAge({ database, kind, age, freezeAt }: IdAge): {
  verdict: HealthStatus;
  says: string;
  remedy?: string;
} {
  const ids = kind === 'transactions' ? 'transaction ids' : 'multixact ids';
  const share = formatPercent((age / writesStopAt) * 100);
  const millions = (n: number) => (n < 1_000_000 ? formatCount(n) : `${formatCount(n / 1_000_000)} M`);
  if (age < critical && age < writesStopAt / 2 && age < freezeAt * late)
    return { verdict: 'ok', says: `${share} of ${ids} used` };
  const left = Math.max(0, writesStopAt - age);
  const used = `${share} of ${ids} of ${database} used`;
  const remedy = 'end old transactions, then VACUUM (FREEZE) the oldest tables';
  if (left === 0) return { verdict: 'critical', says: `${database} is out of ${ids}: it takes no writes`, remedy };
  if (age >= critical) return { verdict: 'critical', says: `${used}, writes stop in ${millions(left)} more`, remedy };
  return { verdict: 'warning', says: `${used}, vacuum is late: due at ${millions(freezeAt)}`, remedy };
}
