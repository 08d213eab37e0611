// Names the session that holds the lock on which a query timed out, so that it can be ended.

import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import { LockHeld, sqlState } from './faults.ts';
import { type HolderRow, lockHolders } from './queries/locks.ts';

/** Runs a query on these tables (quoted names); a lock timeout is reported with the lock's holder. */
export async function namingLocks<T>(ask: AskSql, tables: readonly string[], look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error;
    const [holder] = await ask<HolderRow>(lockHolders, { values: [tables] }).catch(() => []);
    throw holder ? new LockHeld(faultOf(holder)) : error;
  }
}

function faultOf({ pid, user, table, seconds, granted, prepared, behind }: HolderRow): LockHeld['fault'] {
  const name = sanitize(table, 60);
  const age = seconds === null ? '' : `, for ${formatAge(Math.max(0, seconds) * second)}`;
  const kind = 'timeout' as const;
  if (pid === null) {
    const what = `waiting for ${name}: a prepared transaction holds its lock${prepared ? ` (${sanitize(prepared, 80)})` : ''}${age}`;
    const gid = prepared === null ? '…' : `'${sanitize(prepared, 80).replaceAll("'", "''")}'`;
    return { kind, what, hint: `no session owns it: ask its owner, then ROLLBACK PREPARED ${gid}; or COMMIT PREPARED` };
  }
  const who = `pid ${pid}${user ? ` (${sanitize(user, 40)})` : ''}`;
  if (granted)
    return {
      kind,
      what: `waiting for ${name}: ${who} holds its lock${age}`,
      hint: `check pid ${pid} in the database sessions; end it if it hangs`,
      blocker: pid,
    };
  const first = behind?.find((one) => one !== pid);
  const further =
    first === undefined
      ? ''
      : first === 0
        ? ', which waits for a prepared transaction'
        : `, which waits for pid ${first}`;
  const blocker = first && first > 0 ? first : pid;
  return {
    kind,
    what: `waiting for ${name} behind ${who}${age}${further}`,
    hint: `end pid ${blocker} to unblock the others`,
    // A prepared transaction holds it up: ending whoever waits for it frees nobody.
    blocker: first === 0 ? undefined : blocker,
  };
}
