// Vacuum and analyze a table (runbook: Database Maintenance step 3).
import type { Action } from '../../core/actions/action.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { formatBytes, formatCount } from '../../core/text/format.ts';
import { qualified } from '../../core/text/sql.ts';
import { hour, second } from '../../core/time.ts';
import { answeredByDatabase, given, planned, refuse, refusedBy } from '../plan.ts';
import { ago, holderOf, keepsUp, lastByHand, statsOf, vacuumed } from './statistics.ts';
import { tablesHere } from './table-name.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'vacuum-table': true;
  }
}

/** The role's statement_timeout, as PostgreSQL writes it; undefined: none. The run does not change it. */
async function timeoutOf(preflight: Preflight): Promise<string | undefined> {
  const found = await preflight.rows(
    'primary',
    `SELECT reset_val || coalesce(unit, '') AS within FROM pg_settings WHERE name = 'statement_timeout' AND reset_val <> '0'`,
    [],
  );
  return found.ok && found.value[0] ? String(found.value[0].within) : undefined;
}

export const vacuumTable: Action = {
  id: 'vacuum-table',
  title: 'Vacuum and analyze a table',
  risk: 'reversible',
  about: {
    does: 'VACUUM ANALYZE: makes the space of dead rows reusable; reads and writes continue',
    looksAt: 'size, dead tuples, last run, a vacuum in progress, what holds dead rows, statement_timeout',
    calls: 'VACUUM (SKIP_LOCKED, ANALYZE) TABLE',
    proof:
      'the time of the last VACUUM, and the dead rows are gone; rows that an old snapshot holds are shown with its holder',
    undo: 'not needed',
    runbook: 'Database Maintenance step 3',
  },
  fields: [
    {
      name: 'table',
      ask: 'which table?',
      kind: 'text',
      preset: 'jobs',
      async look(_, preflight) {
        const found = await preflight.rows(
          'primary',
          `SELECT relname::text AS name, n_dead_tup::text AS dead FROM pg_stat_user_tables WHERE schemaname = $1 ORDER BY n_dead_tup DESC LIMIT 50`,
          [preflight.context.schema],
        );
        if (!found.ok) return [];
        return found.value.map((row) => ({
          value: String(row.name),
          says: `${formatCount(Number(row.dead))} dead tuples`,
        }));
      },
    },
  ],
  names: (target) => given(target, 'table'),
  object: () => 'maintenance',
  needs: (target, { schema }) => [
    { kind: 'table', schema, table: given(target, 'table'), privileges: ['MAINTAIN'], mayBeAbsent: true },
  ],
  async plan(target, preflight) {
    const who = await answeredByDatabase(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const here = await tablesHere([given(target, 'table')], preflight);
    if (!here.ok) return here;
    const [table, none] = [here.value.names[0], here.value.skipped[0]];
    if (table === undefined) return refuse(none ?? 'no table is given', 'nothing to vacuum');
    const stats = await statsOf(preflight, [table]);
    if (!stats.ok) return refusedBy(stats.fault);
    const own = stats.value.get(table);
    if (!own) return refuse(`the server has no statistics of ${table} yet`, 'try again in a second');
    const busy = await preflight.rows(
      'primary',
      `SELECT pid, phase::text AS phase FROM pg_stat_progress_vacuum
       WHERE relid = to_regclass($1) OR relid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)))`,
      [qualified(preflight.context.schema, table)],
    );
    if (!busy.ok) return refusedBy(busy.fault);
    const [running] = busy.value;
    const [holder, limit] = await Promise.all([holderOf(preflight, preflight.now(), keepsUp), timeoutOf(preflight)]);
    return planned({
      impact: [
        `${table}: ${formatBytes(own.bytes)}, ${formatCount(own.dead)} dead of ${formatCount(own.live + own.dead)} rows.`,
        `Vacuumed ${ago(own.vacuumed, preflight.now())}. Reads and writes continue; it costs disk I/O.`,
      ],
      warnings: [
        ...(running
          ? [
              `A vacuum of it is in progress (pid ${running.pid}, ${running.phase}): the tables that it has locked are skipped.`,
            ]
          : []),
        ...(holder === undefined ? [] : [`Newer dead rows cannot be removed while held by ${holder}.`]),
        ...(limit === undefined ? [] : [`The server cancels it after ${limit} (statement_timeout of the role).`]),
      ],
      calls: [
        {
          tool: 'sql',
          server: 'primary',
          change: {
            text: `VACUUM (SKIP_LOCKED, ANALYZE) ${qualified(preflight.context.schema, table)}`,
            parameters: [],
          },
          transaction: false,
          progress: true,
          within: 2 * hour,
        },
      ],
      undo: 'not needed: no row changes',
      answered: [who.says],
      preconditions: table,
      baseline: { ...lastByHand(stats.value, 'vacuumed'), table, dead: String(own.dead) },
    });
  },
  verify: ({ plan }, preflight) => vacuumed(plan.baseline, preflight),
  within: 20 * second,
};
