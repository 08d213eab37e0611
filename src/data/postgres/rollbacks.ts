// Transactions that fail, whatever for: a full disk, a lost grant, a trigger, a time limit. The server is well, and its
// users are not. Counted by the server since its statistics were reset; judged by what it counted within the last minute.
import { type Ms, minute, second } from '../../core/time.ts';
import type { Writes } from '../../core/world/facts.ts';
import type { TransactionsRow } from './queries/upkeep.ts';

type Counted = TransactionsRow & { at: Ms };

/** Two looks at least this far apart are compared: servers count a second late. */
const apart: Ms = 10 * second;

/** Fewer are no proof: a person at a prompt. */
const fewest = 10;

/** Now: whoever fails to write still reads. Before: who ends reads with ROLLBACK, as some libraries do, has more. */
const share = { now: 0.25, before: 0.05 };

/** What one server counted at the looks of the last minute, oldest first. */
export class RollbackHistory {
  #looks: readonly Counted[] = [];

  /**
   * Adds a look. `own`: transactions of cockpits that the server refused in each look (parts that our role may not read).
   * Gives the failed ones within the last minute where many fail now and few did before; else undefined.
   */
  add(row: TransactionsRow, own: number, at: Ms = performance.now()): Writes['failing'] {
    const now = { ...row, at };
    const newest = this.#looks.at(-1);
    // It was restarted, or its statistics were reset.
    const begins = newest && (row.commits < newest.commits || row.rollbacks < newest.rollbacks);
    this.#looks = begins ? [now] : [...this.#looks.filter((one) => at - one.at <= minute), now];
    const [before] = this.#looks;
    if (!before || at - before.at < apart) return undefined;
    const commits = now.commits - before.commits;
    const rollbacks = now.rollbacks - before.rollbacks - own * (this.#looks.length - 1);
    if (rollbacks < fewest || rollbacks <= share.now * (commits + rollbacks)) return undefined;
    if (before.rollbacks > share.before * (before.commits + before.rollbacks)) return undefined;
    return { rollbacks, of: commits + rollbacks, within: at - before.at };
  }
}
