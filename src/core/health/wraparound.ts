// Transaction ids that run out: PostgreSQL refuses all writes before the oldest unfrozen id is 2^31 old.
import type { IdAge } from '../queries/database.ts';
import { formatCount, formatPercent } from '../text/format.ts';
import { type Decision, decide } from './rules/index.ts';
import { failsafeAge, lateVacuum, writesStopAt } from './rules/postgres.ts';

/** Who does not get frozen in time, and what that will lead to. `ok` says how old the oldest id is. */
export function evaluateIdAge({ database, kind, age, freezeAt }: IdAge): Decision & { says: string; remedy?: string } {
  const ids = kind === 'transactions' ? 'transaction ids' : 'multixact ids';
  const share = formatPercent((age / writesStopAt) * 100);
  const millions = (n: number) => (n < 1_000_000 ? formatCount(n) : `${formatCount(n / 1_000_000)} M`);
  if (age < failsafeAge && age < writesStopAt / 2 && age < freezeAt * lateVacuum)
    return { ...decide('ids/ok'), says: `${share} of ${ids} used` };
  const left = Math.max(0, writesStopAt - age);
  const used = `${share} of ${ids} of ${database} used`;
  const remedy = 'end old transactions, then VACUUM (FREEZE) the oldest tables';
  if (left === 0) return { ...decide('ids/out'), says: `${database} is out of ${ids}: it takes no writes`, remedy };
  if (age >= failsafeAge)
    return { ...decide('ids/failsafe'), says: `${used}, writes stop in ${millions(left)} more`, remedy };
  return { ...decide('ids/late'), says: `${used}, vacuum is late: due at ${millions(freezeAt)}`, remedy };
}
