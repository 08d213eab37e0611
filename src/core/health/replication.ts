// Replication as an on-call has to know it: how far a replica is behind, and log that is kept for nobody.
import type { Slot } from '../queries/database.ts';
import { formatAge, formatBytes } from '../text/format.ts';
import type { Database } from '../world/facts.ts';
import { decide, type Evaluation, type RuleId, worstRule } from './rules/index.ts';
import { lag as limits, muchLog, passingLog } from './rules/postgres.ts';

/** `not streaming, 4m behind`; a replica that is cut off knows only how old its newest transaction is. */
export function behindSays(lag: Database['lag'], words: 'short' | 'long' = 'long'): string {
  if (!lag) return 'lag not visible';
  const age = lag.ms === undefined ? undefined : formatAge(lag.ms);
  const behind = age === undefined ? 'lag not visible' : `${age} behind`;
  if (!lag.streaming) {
    const cut = lag.paused ? 'not streaming, replay paused' : 'not streaming';
    return words === 'short' ? cut : `${cut}, ${age === undefined ? behind : `newest change ${age} old`}`;
  }
  return lag.paused ? (words === 'short' ? 'replay paused' : `replay paused, ${behind}`) : behind;
}

/** Two servers that both take writes. One server at both addresses, as after a failover, is none of that. */
export function isSecondPrimary(replica: Database, primary: Database | undefined): boolean {
  if (replica.inRecovery || primary === undefined || primary.inRecovery) return false;
  return replica.startedAt !== undefined && primary.startedAt !== undefined && replica.startedAt !== primary.startedAt;
}

/** A replica that was promoted while the primary went on. */
export const evaluateSecondPrimary = (): Evaluation => ({
  ...decide('replica/second-primary'),
  short: 'two primaries',
  says: 'not in recovery, and neither is the primary: two primaries accept writes, and their data diverge',
  remedy: 'stop the writes to one of them first; then rebuild it as a replica (pg_rewind)',
});

/** A replica that does not stream falls behind for as long as it lasts, however small its lag was when it stopped. */
export function evaluateReplica({ inRecovery, lag }: Pick<Database, 'inRecovery' | 'lag'>): Evaluation {
  if (!inRecovery) return { ...decide('replica/promoted'), says: 'not in recovery: it was promoted' };
  const says = behindSays(lag);
  if (lag && !lag.streaming)
    return {
      ...decide('replica/not-streaming'),
      says,
      remedy: 'check its log: is the primary reachable, is primary_conninfo right, is the WAL still kept?',
    };
  if (lag?.ms === undefined && !lag?.paused) return { ...decide('replica/lag-unknown'), says };
  const ms = lag.ms ?? 0;
  const rule: RuleId =
    ms > limits.critical ? 'replica/far-behind' : ms > limits.warning ? 'replica/behind' : 'replica/ok';
  if (!lag.paused) return { ...decide(rule), says };
  const remedy = 'SELECT pg_wal_replay_resume(); on the replica, unless it was paused on purpose';
  return { ...decide(worstRule([rule], 'replica/paused')), says, remedy };
}

/** Log that is kept for a slot fills the disk unless it has a limit, and beyond a limit its reader is lost. */
export function evaluateSlot({ name, active, bytes, state, most }: Slot): Evaluation {
  const keeps = bytes === undefined ? '' : `retains ${formatBytes(bytes)} of WAL`;
  const remedy = `restart its consumer, or drop it: SELECT pg_drop_replication_slot('${name.replaceAll("'", "''")}');`;
  if (state === 'lost')
    return {
      ...decide('slot/lost'),
      says: `slot ${name} has lost its WAL`,
      remedy: `recreate its consumer; then drop it: SELECT pg_drop_replication_slot('${name.replaceAll("'", "''")}');`,
    };
  if (state === 'unreserved')
    return {
      ...decide('slot/unreserved'),
      says: `slot ${name} is about to lose its WAL${keeps && `, ${keeps}`}`,
      remedy,
    };
  if (bytes === undefined) return { ...decide('slot/ok'), says: active ? 'active' : 'no consumer' };
  const without = most === undefined ? ', without a limit' : ` of at most ${formatBytes(most)}`;
  if (!active && bytes > passingLog)
    return {
      ...decide(bytes > muchLog && most === undefined ? 'slot/fills-disk' : 'slot/unread'),
      says: `slot ${name} has no consumer: it ${keeps}${without}`,
      remedy,
    };
  if (bytes > muchLog)
    return { ...decide('slot/slow'), says: `slot ${name} has a slow consumer: it ${keeps}${without}`, remedy };
  return { ...decide('slot/ok'), says: active ? 'active' : 'no consumer' };
}
