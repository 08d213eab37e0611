// Statements that wait for a lock, and the sessions that hold it.
import { formatAge, formatCounted } from '../text/format.ts';
import type { Ms } from '../time.ts';
import type { Blocked } from '../world/facts.ts';
import { mayBlock } from './rules/postgres.ts';

/** How long the first of them has waited; 0: none waits. */
export const longestWait = (blocked: readonly Blocked[]): Ms => Math.max(0, ...blocked.map(({ waiting }) => waiting));

/** Whether one waits longer than statements may. */
export const isBlocked = (blocked: readonly Blocked[]): boolean => longestWait(blocked) > mayBlock;

/** Those that keep others waiting and wait for nobody themselves, of most waiting ones first. */
export function rootBlockers(blocked: readonly Blocked[]): readonly { pid: number; waiting: number }[] {
  const waits = new Set(blocked.map(({ pid }) => pid));
  const roots = blocked.flatMap(({ blockedBy }) => [...new Set(blockedBy)].filter((pid) => pid > 0 && !waits.has(pid)));
  return [...Map.groupBy(roots, (pid) => pid)]
    .map(([pid, all]) => ({ pid, waiting: all.length }))
    .toSorted((a, b) => b.waiting - a.waiting);
}

/** `3 sessions wait for a lock, the longest for 4 m 10 s`. */
export const blockedSays = (blocked: readonly Blocked[]): string =>
  `${formatCounted(blocked.length, 'session waits', 'sessions wait')} for a lock, the longest for ${formatAge(longestWait(blocked))}`;

/** What ends the wait; undefined where it is not known who holds the lock. */
export function blockedRemedy(blocked: readonly Blocked[]): string | undefined {
  const [first, ...others] = rootBlockers(blocked);
  if (first) {
    const more =
      others.length > 0
        ? ` (${formatCounted(others.length, 'other session holds', 'other sessions hold')} locks, too)`
        : '';
    return `end session ${first.pid}, which holds it${more}`;
  }
  // PostgreSQL names a prepared transaction 0.
  const isPrepared = blocked.some(({ blockedBy }) => blockedBy.includes(0));
  return isPrepared ? 'a prepared transaction holds it: COMMIT PREPARED or ROLLBACK PREPARED' : undefined;
}
