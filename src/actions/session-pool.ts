// The session pool in the database: what a cleanup removes and a refresh renews, and their verification.
import type { Execution, Proof } from '../core/actions/action.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { describeFault } from '../core/health/describe.ts';
import { columnName, type Form } from '../core/platform/form.ts';
import { formatCount } from '../core/text/format.ts';
import { qualified } from '../core/text/sql.ts';
import { itsAnswer, notYet, notYetBy, proven } from './plan.ts';

/** `old`: sessions whose last sign of life is before the time asked for. `now`: the server's clock, in seconds. */
type Pool = { total: number; old: number; now: number };

/** The column that shows that a session is alive. A table with only a creation time cannot show a refresh. */
const lifeSigns = ['refreshed', 'used', 'updated', 'created'] as const;

/** Why the pool cannot be seen, where the database was asked and has nothing to tell. */
type Unseen = { unseen: string };

function expressionOf({ schema, session }: Form): { from: string; last: string } | Unseen {
  if (!session.there) return { unseen: 'the database has no table of sessions' };
  const there = lifeSigns.filter((column) => session.columns[column]);
  if (!there.some((column) => column !== 'created'))
    return { unseen: `${session.name} has no time of refresh that can be read` };
  const columns = there.map((column) => columnName('session', session, column));
  return { from: qualified(schema, session.name), last: `greatest(${columns.join(', ')})` };
}

/** The pool, and how many sessions were last alive `seconds` ago or earlier, or before the instant `before` (seconds). */
export async function poolOf(preflight: Preflight, than: { seconds: number } | { before: number }) {
  const tables = await preflight.tables();
  if (!tables.ok) return tables;
  const sql = expressionOf(tables.value.form);
  if ('unseen' in sql) return { ok: true as const, value: sql };
  const limit = 'seconds' in than ? 'now() - make_interval(secs => $1::float8)' : 'to_timestamp($1::float8)';
  const found = await preflight.rows(
    'primary',
    `SELECT count(*)::int AS total, count(*) FILTER (WHERE ${sql.last} < ${limit})::int AS old,
       extract(epoch FROM now())::float8 AS now FROM ${sql.from}`,
    ['seconds' in than ? than.seconds : than.before],
  );
  if (!found.ok) return found;
  const [row] = found.value;
  const pool: Pool = { total: Number(row?.total), old: Number(row?.old), now: Number(row?.now) };
  return { ok: true as const, value: pool };
}

/** The plan's lines about the pool, and the time for its verification. */
export async function poolBefore(preflight: Preflight, seconds: number) {
  const found = await poolOf(preflight, { seconds });
  if (!found.ok)
    return { warning: `The sessions cannot be read: ${describeFault(found.fault)}. The effect cannot be verified.` };
  if ('unseen' in found.value) return { warning: `The effect cannot be verified: ${found.value.unseen}.` };
  return { pool: found.value };
}

/** Whether no session is left that was last alive before the plan's time; the command's answer alone proves nothing. */
export async function noneBefore(done: Execution, preflight: Preflight, says: string): Promise<Proof> {
  const answer = itsAnswer(done);
  const { before, of = '' } = done.plan.baseline ?? {};
  const found = before === undefined ? undefined : await poolOf(preflight, { before: Number(before) });
  if (found && !found.ok) return notYetBy(found.fault);
  if (!found || 'unseen' in found.value)
    return { ...notYet(`${answer.because}; no table of sessions shows the effect`), final: true };
  const { old, total } = found.value;
  if (old > 0) return notYet(`${formatCount(old)} of ${formatCount(Number(of || total))} are not ${says}`);
  const told = answer.state === 'pass' ? `${answer.because}; ` : '';
  return proven(`${told}all ${formatCount(Number(of || total))} are ${says}, ${formatCount(total)} in the pool`);
}
