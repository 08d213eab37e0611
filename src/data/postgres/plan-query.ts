// The plan of the statement that a session runs. Its text comes from outside, so PostgreSQL itself checks that it is one
// statement of a kind that can be planned (PREPARE, by the extended protocol), in a read-only transaction that is rolled
// back. It is planned for any values (plan_cache_mode), and never executed.
import { randomBytes } from 'node:crypto';
import type { Settings } from '../../config/settings.ts';
import type { Queries } from '../../core/queries/query.ts';
import type { NoPlan, StatementPlan } from '../../core/queries/statement-plan.ts';
import { quoted } from '../../core/text/sql.ts';
import { statementKind } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { isLate, isRefusal, sqlState } from './faults.ts';
import { nodesOf } from './plan-nodes.ts';
import * as sql from './queries/plan.ts';
import type { Session } from './session.ts';
import { noReplica, sessionsFor } from './sessions.ts';
import type { RunSql } from './transaction.ts';

type None = NonNullable<StatementPlan['none']>;
type Planned = Pick<StatementPlan, 'nodes' | 'more' | 'generic' | 'none'>;

/** What can be a name in a statement, wherever it stands: a function needs no parenthesis behind it. */
const word = /[\w$]+/g;
/** The server cuts longer names. */
const longestName = 63;
/** Names that are written as escapes: `U&"\0065vil"`. */
const escapedName = /\bu&"/i;

export async function queryPlan(
  settings: Settings,
  { server, pid }: Queries['statement-plan']['ask'],
  signal: AbortSignal,
): Promise<Result<StatementPlan>> {
  const session = sessionsFor(settings)[server];
  return session ? readPlan(session, pid, signal) : noReplica(server);
}

export function readPlan(session: Session, pid: number, signal: AbortSignal): Promise<Result<StatementPlan>> {
  return session.read(signal, 2 * second, async (_ask, inTransaction) =>
    inTransaction(async (run) => {
      const [row] = await run<sql.RunningRow>(sql.running, [pid]);
      const about = {
        where: session.where,
        pid,
        user: sanitize(row?.user ?? '', 64),
        text: statementKind(row?.query, 2000),
        last: row?.state != null && row.state !== 'active',
        running: row?.seconds == null || row.state !== 'active' ? undefined : Math.max(0, row.seconds * second),
      };
      const without = (none: None): StatementPlan => ({ ...about, generic: false, nodes: [], more: false, none });
      const none = whyNot(row, session.server.user);
      if (none) return without(none);
      const text = row?.query ?? '';
      if (escapedName.test(text)) return without(runsCode('a name that is written as escapes', about.user));
      const [foreign] = await run<sql.ForeignFunctionRow>(sql.foreignFunctions, [namesIn(text), text + folded(text)]);
      if (foreign) return without(runsCode(`${sanitize(foreign.name, 80)}()`, about.user));
      return { ...about, ...(await planned(run, text, about.user)) };
    }),
  );
}

/** Unquoted names are folded by the server, letters of ASCII only. */
const folded = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Every word of a statement as it stands and as the server may know it. */
function namesIn(text: string): readonly string[] {
  const names = (text.match(word) ?? []).map((name) => name.slice(0, longestName));
  return [...new Set(names.flatMap((name) => [name, folded(name)]))];
}

/** What speaks against planning it, as far as pg_stat_activity tells. */
function whyNot(row: sql.RunningRow | undefined, us: string): None | undefined {
  const none = (code: NoPlan, what: string, remedy: string): None => ({ code, what, remedy });
  if (!row) return none('gone', 'the session has ended', 'choose another session');
  const user = quoted(sanitize(row.user ?? '', 64));
  if (row.state === null)
    return none(
      'hidden',
      `the statement of ${user} is hidden from our role`,
      `GRANT pg_read_all_stats TO ${quoted(us)};`,
    );
  if (!row.query) return none('idle', 'the session has run no statement yet', 'press R to look again');
  if (row.database !== row.ourDatabase)
    return none(
      'other-database',
      `it runs in database ${sanitize(row.database ?? '', 64)}`,
      'set database.primary.database to it, and look again',
    );
  if (row.cut)
    return none(
      'truncated',
      `the server keeps only ${sanitize(row.size, 20)} of a statement, and this one is longer`,
      `ALTER SYSTEM SET track_activity_query_size = '16kB'; then restart the server`,
    );
  if (row.ourSuperuser === true && row.theirSuperuser !== true)
    return none(
      'other-rights',
      'our role is a superuser: planning could run functions of the statement with its rights',
      'connect as a role with pg_monitor and SELECT on the tables',
    );
  return undefined;
}

const runsCode = (name: string, user: string): None => ({
  code: 'own-functions',
  what: `planning may run ${name}, a function of another role, with our rights`,
  remedy: `as ${quoted(user)}: EXPLAIN the statement in psql`,
});

/**
 * PREPARE takes one statement that can be planned, and nothing else. A prepared statement outlives its transaction, also
 * behind a pooler, whose server connection another client gets: it is removed before the transaction ends.
 */
async function planned(run: RunSql, text: string, user: string): Promise<Planned> {
  const name = `bentham_plan_${randomBytes(8).toString('hex')}`;
  const prepared = await attempt(run, () => run(`PREPARE ${name} AS ${text}`));
  if (!prepared.ok) return { generic: false, nodes: [], more: false, none: refusedBecause(prepared.error, user) };
  const explained = await attempt(run, async () => {
    const [parameters] = await run<sql.ParametersRow>(sql.parametersOf, [name]);
    const count = parameters?.count ?? 0;
    await run('SET LOCAL plan_cache_mode = force_generic_plan');
    const values = count > 0 ? `(${Array.from({ length: count }, () => 'NULL').join(', ')})` : '';
    const [row] = await run<{ 'QUERY PLAN': unknown }>(`EXPLAIN (FORMAT JSON) EXECUTE ${name}${values}`);
    return { ...nodesOf(row?.['QUERY PLAN']), generic: count > 0 };
  });
  await run(`DEALLOCATE ${name}`);
  return explained.ok
    ? explained.value
    : { generic: false, nodes: [], more: false, none: refusedBecause(explained.error, user) };
}

type Attempt<T> = { ok: true; value: T } | { ok: false; error: unknown };

/** A refusal ends only what came after the savepoint: the transaction can still clean up. */
async function attempt<T>(run: RunSql, work: () => Promise<T>): Promise<Attempt<T>> {
  await run('SAVEPOINT tried');
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!isRefusal(error) && !isLate(error)) throw error;
    await run('ROLLBACK TO SAVEPOINT tried');
    return { ok: false, error };
  }
}

function refusedBecause(error: unknown, user: string): None {
  const said = statementKind(error instanceof Error ? error.message : '', 200);
  const as = `as ${quoted(user)}: EXPLAIN the statement in psql`;
  switch (sqlState(error)) {
    case '42601':
      return {
        code: 'not-plannable',
        what: 'only one SELECT, INSERT, UPDATE, DELETE or MERGE has a plan',
        remedy: 'nothing to do: other statements are not planned',
      };
    case '42501':
      return { code: 'refused', what: `our role may not plan it: ${said}`, remedy: as };
    case '42P01':
    case '3F000':
    case '42883':
      return { code: 'refused', what: `${said}: its session may have another search_path`, remedy: as };
    case '42P18':
    case '42804':
      return { code: 'refused', what: `the types of its parameters are not known: ${said}`, remedy: as };
    case '57014':
    case '55P03':
      return { code: 'refused', what: 'planning took too long, or waited for a lock', remedy: 'press R to try again' };
    default:
      return { code: 'refused', what: said, remedy: as };
  }
}
