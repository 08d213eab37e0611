// Cancel a session’s statement, and end a session (runbook: Database Maintenance).
import type { Action, ActionId, Execution, Target } from '../../core/actions/action.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { formatAge, formatCount } from '../../core/text/format.ts';
import { quoted } from '../../core/text/sql.ts';
import { statementSays } from '../../core/text/statement.ts';
import { second } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import { answeredByDatabase, given, notYet, notYetBy, planned, proven, refuse, refusedBy } from '../plan.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'cancel-query': true;
    'end-session': true;
  }
}

const sessionsSql = `SELECT pid, backend_start::text AS began, usename::text AS role, application_name::text AS application,
  state::text AS state, extract(epoch FROM now() - coalesce(xact_start, state_change))::float8 AS age, left(query, 300) AS query,
  cardinality(pg_blocking_pids(pid)) AS waits_for,
  (SELECT count(*)::int FROM pg_stat_activity w WHERE s.pid = ANY(pg_blocking_pids(w.pid))) AS blocks,
  backend_type::text AS kind, pid = pg_backend_pid() AS own,
  (pg_has_role(current_user, s.usesysid, 'USAGE') OR pg_has_role(current_user, 'pg_signal_backend', 'USAGE')) AS may,
  (SELECT rolsuper FROM pg_roles WHERE oid = s.usesysid) AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS above
  FROM pg_stat_activity s WHERE pid = $1`;

/** The longest transactions first. */
const busySql = `SELECT pid, usename::text AS role, application_name::text AS application, state::text AS state,
  extract(epoch FROM now() - coalesce(xact_start, state_change))::float8 AS age
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
  AND application_name NOT LIKE 'bentham-cockpit%' ORDER BY xact_start NULLS LAST LIMIT 50`;

async function sessionOf(target: Target, preflight: Preflight) {
  const pid = Number(given(target, 'pid'));
  if (!Number.isInteger(pid) || pid <= 0) return { ok: true as const, value: undefined };
  const found = await preflight.rows('primary', sessionsSql, [pid]);
  return found.ok ? { ok: true as const, value: found.value[0] } : found;
}

/** Its statement, redacted. */
const runs = (row: Readonly<Record<string, unknown>>, max = 300) => statementSays(String(row.query), max);

/** `cancel` ends what a session runs; `terminate` ends the session. */
function sessionAction(
  id: ActionId,
  how: 'cancel' | 'terminate',
  more: Pick<Action, 'title' | 'also' | 'risk' | 'about'>,
): Action {
  return {
    id,
    ...more,
    fields: [
      {
        name: 'pid',
        ask: 'which session? (its pid)',
        kind: 'number',
        range: [1, 2 ** 31 - 1],
        choices: (world) =>
          (newest(world.readings.primary)?.value.blocked ?? []).flatMap((b) =>
            b.blockedBy
              .filter((pid) => pid > 0)
              .map((pid) => ({ value: String(pid), says: `blocks ${b.pid}, ${formatAge(b.waiting)}` })),
          ),
        async look(_, preflight) {
          const found = await preflight.rows('primary', busySql, []);
          if (!found.ok) return [];
          return found.value.map((row) => ({
            value: String(row.pid),
            says: `${row.role} ${row.application}, ${row.state} for ${formatAge(Number(row.age) * second)}`,
          }));
        },
      },
    ],
    names: (target) => given(target, 'pid'),
    object: (target) => `session/${given(target, 'pid')}`,
    needs: () => [{ kind: 'signal' }],
    async plan(target, preflight) {
      const who = await answeredByDatabase(preflight);
      if (!who.ok) return refusedBy(who.fault);
      const found = await sessionOf(target, preflight);
      if (!found.ok) return refusedBy(found.fault);
      const row = found.value;
      if (!row)
        return refuse(`there is no session ${given(target, 'pid').slice(0, 20)}`, 'it has ended, or the pid is wrong');
      if (row.own === true || row.kind !== 'client backend')
        return refuse(
          `that is ${row.own === true ? 'the cockpit’s own session' : `a ${row.kind}`}`,
          'choose a client’s session',
        );
      if (row.above === true)
        return refuse(`${row.role} is a superuser: only a superuser can end its sessions`, 'log in as a superuser');
      if (row.may !== true)
        return refuse(
          `no permission to end sessions of ${row.role}`,
          `GRANT pg_signal_backend TO ${quoted(preflight.context.targets.primary.user)};`,
        );
      // Cancelling an idle session changes nothing, so its idle state afterwards proves nothing.
      if (how === 'cancel' && row.state !== 'active')
        return refuse(`it runs no statement: it is ${row.state}`, 'end the session instead, if it holds locks');
      const began = String(row.began);
      return planned({
        impact: [
          `${row.role}, ${row.application || 'no application name'}, ${row.state} for ${formatAge(Number(row.age) * second)}.`,
          `Blocks ${formatCount(Number(row.blocks))} other sessions. Statement: ${runs(row, 200)}`,
          how === 'cancel'
            ? 'Cancels its statement; the session stays.'
            : 'Ends the session; its transaction is rolled back.',
        ],
        calls: [
          {
            tool: 'sql',
            server: 'primary',
            change: {
              text: `SELECT pg_${how}_backend(pid) AS done FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2::timestamptz`,
              parameters: [Number(row.pid), began],
            },
            expectRows: 1,
            transaction: true,
          },
        ],
        instead:
          how === 'cancel'
            ? 'the application can run the statement again'
            : 'the application reconnects and can run its transaction again',
        answered: [who.says],
        preconditions: `${row.pid} ${began}`,
        baseline: { began, query: runs(row) },
      });
    },
    async verify(done: Execution, preflight) {
      const found = await sessionOf(done.target, preflight);
      if (!found.ok) return notYetBy(found.fault);
      const row = found.value;
      if (!row || String(row.began) !== done.plan.baseline?.began) return proven('the session is gone');
      if (how === 'cancel' && (row.state !== 'active' || runs(row) !== done.plan.baseline?.query))
        return proven(`it is ${row.state} now`);
      return notYet(`it is still ${row.state}`);
    },
    within: 20 * second,
  };
}

export const cancelQuery = sessionAction('cancel-query', 'cancel', {
  title: 'Cancel a session’s statement',
  also: 'kill query',
  risk: 'reversible',
  about: {
    does: 'cancels the statement of one database session; the session stays',
    looksAt: 'its role, its duration, the sessions it blocks; pinned by pid and backend start',
    calls: 'SELECT pg_cancel_backend(pid) … WHERE pid = … AND backend_start = …',
    proof: 'the statement no longer runs',
    undo: 'none: the application can run it again',
    runbook: 'Database Maintenance',
  },
});

export const endSession = sessionAction('end-session', 'terminate', {
  title: 'End a database session',
  also: 'kill terminate connection',
  risk: 'data',
  about: {
    does: 'ends one database session; its transaction is rolled back',
    looksAt: 'its role, its duration, the sessions it blocks; pinned by pid and backend start',
    calls: 'SELECT pg_terminate_backend(pid) … WHERE pid = … AND backend_start = …',
    proof: 'the session is gone',
    undo: 'none: the application reconnects',
    runbook: 'Database Maintenance',
  },
});
