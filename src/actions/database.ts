// Database maintenance and blocking sessions (runbook: Database Maintenance).
import type { Action, ActionId, Check, Done, Target } from '../core/actions/action.ts';
import type { SqlRow, Survey } from '../core/actions/survey.ts';
import { formatAge, formatBytes, formatCount } from '../core/text/format.ts';
import { qualified } from '../core/text/sql.ts';
import { hour, type Instant, minute, second } from '../core/time.ts';
import { newest } from '../core/world/reading.ts';
import { answeredByDatabase, given, notYet, notYetBy, planned, proven, refuse, refusedBy } from './plan.ts';

/** The runbook's weekly three. */
const weekly = 'jobs,studies,results';
const tablesOf = (target: Target) =>
  (given(target, 'tables') || weekly)
    .split(',')
    .map((t) => t.trim())
    .filter(Boolean);

type Stats = { bytes: number; dead: number; live: number; analyzed: Instant; vacuumed: Instant };

/** Sizes and last runs, of a partitioned table those of its partitions; tables that do not exist are absent. */
async function statsOf(survey: Survey, tables: readonly string[]) {
  const found = await survey.rows(
    'primary',
    `SELECT t.relname::text AS name, sum(pg_total_relation_size(s.relid))::text AS bytes,
       sum(s.n_dead_tup)::text AS dead, sum(s.n_live_tup)::text AS live,
       min(coalesce(extract(epoch FROM greatest(s.last_analyze, s.last_autoanalyze)), 0))::float8 AS analyzed,
       min(coalesce(extract(epoch FROM greatest(s.last_vacuum, s.last_autovacuum)), 0))::float8 AS vacuumed
     FROM pg_class t
     JOIN pg_namespace n ON n.oid = t.relnamespace
     CROSS JOIN LATERAL (
       SELECT t.oid AS relid WHERE t.relkind = 'r'
       UNION SELECT p.relid::oid FROM pg_partition_tree(t.oid) p WHERE t.relkind = 'p' AND p.isleaf) part
     JOIN pg_stat_all_tables s ON s.relid = part.relid
     WHERE n.nspname = $1 AND t.relname = ANY($2) AND t.relkind IN ('r', 'p')
     GROUP BY t.oid, t.relname`,
    [survey.ground.schema, tables],
  );
  if (!found.ok) return found;
  const n = (row: SqlRow, name: string) => Number(row[name] ?? 0);
  const stats = found.value.map((row): [string, Stats] => [
    String(row.name),
    {
      bytes: n(row, 'bytes'),
      dead: n(row, 'dead'),
      live: n(row, 'live'),
      analyzed: n(row, 'analyzed') * second,
      vacuumed: n(row, 'vacuumed') * second,
    },
  ]);
  return { ok: true as const, value: new Map(stats) };
}

const ago = (at: Instant, now: Instant) => (at > 0 ? `${formatAge(now - at)} ago` : 'never');

/** The statistics' own clock is the server's; a little slack for ours. */
const slack = 5 * second;

async function ranSince(
  tables: readonly string[],
  which: 'analyzed' | 'vacuumed',
  since: Instant,
  survey: Survey,
): Promise<Check> {
  const found = await statsOf(survey, tables);
  if (!found.ok) return notYetBy(found.fault);
  const old = tables.filter((name) => (found.value.get(name)?.[which] ?? 0) < since - slack);
  if (old.length > 0) return notYet(`not yet told by the statistics: ${old.join(', ')}`);
  const dead = tables.map((name) => `${name} ${formatCount(found.value.get(name)?.dead ?? 0)}`);
  return proven(`${which} just now; dead tuples: ${dead.join(', ')}`);
}

export const analyzeTables: Action = {
  id: 'analyze-tables',
  title: 'Update table statistics',
  risk: 'reversible',
  about: {
    does: 'ANALYZE: the planner’s statistics are made anew',
    looksAt: 'sizes, dead tuples, last runs',
    calls: 'ANALYZE jobs; ANALYZE studies; ANALYZE results',
    proof: 'the statistics’ time',
    undo: 'not needed',
    runbook: 'Database Maintenance step 1',
  },
  fields: [{ name: 'tables', ask: 'which tables? (with commas)', kind: 'text', preset: weekly }],
  names: (target) => tablesOf(target).join(','),
  object: () => 'maintenance',
  needs: (target, { schema }) =>
    tablesOf(target).map((table) => ({ kind: 'table', schema, table, privileges: ['MAINTAIN'] })),
  async plan(target, survey) {
    const tables = tablesOf(target);
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    const stats = await statsOf(survey, tables);
    if (!stats.ok) return refusedBy(stats.fault);
    const absent = tables.filter((name) => !stats.value.has(name));
    if (absent.length > 0) return refuse(`there is no table ${absent.join(', ').slice(0, 100)}`, 'check the names');
    return planned({
      impact: tables.map((name) => {
        const s = stats.value.get(name);
        return `${name}: ${formatBytes(s?.bytes ?? 0)}, analyzed ${ago(s?.analyzed ?? 0, survey.now())}`;
      }),
      calls: tables.map((name) => ({
        tool: 'sql',
        server: 'primary',
        change: { text: `ANALYZE ${qualified(survey.ground.schema, name)}`, parameters: [] },
        transaction: true,
        progress: true,
        within: 10 * minute,
      })),
      undo: 'not needed: only statistics change',
      answered: [who.says],
      rests: tables.join(),
    });
  },
  verify: ({ target, startedAt }, survey) => ranSince(tablesOf(target), 'analyzed', startedAt, survey),
  within: 20 * second,
};

export const vacuumTable: Action = {
  id: 'vacuum-table',
  title: 'Vacuum and analyze a table',
  risk: 'reversible',
  about: {
    does: 'VACUUM ANALYZE: the room of dead rows can be used again; readers and writers go on',
    looksAt: 'size, dead tuples, last run, a vacuum under way',
    calls: 'VACUUM ANALYZE TABLE',
    proof: 'dead tuples and the statistics’ time',
    undo: 'not needed',
    runbook: 'Database Maintenance step 3',
  },
  fields: [
    {
      name: 'table',
      ask: 'which table?',
      kind: 'text',
      preset: 'jobs',
      async look(_, survey) {
        const found = await survey.rows(
          'primary',
          `SELECT relname::text AS name, n_dead_tup::text AS dead FROM pg_stat_user_tables WHERE schemaname = $1 ORDER BY n_dead_tup DESC LIMIT 50`,
          [survey.ground.schema],
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
  needs: (target, { schema }) => [{ kind: 'table', schema, table: given(target, 'table'), privileges: ['MAINTAIN'] }],
  async plan(target, survey) {
    const table = given(target, 'table');
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    const stats = await statsOf(survey, [table]);
    if (!stats.ok) return refusedBy(stats.fault);
    const own = stats.value.get(table);
    if (!own) return refuse(`there is no table ${table.slice(0, 80)}`, 'check its name');
    const busy = await survey.rows(
      'primary',
      `SELECT pid, phase::text AS phase FROM pg_stat_progress_vacuum
       WHERE relid = to_regclass($1) OR relid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)))`,
      [qualified(survey.ground.schema, table)],
    );
    const [running] = busy.ok ? busy.value : [];
    return planned({
      impact: [
        `${table}: ${formatBytes(own.bytes)}, ${formatCount(own.dead)} dead of ${formatCount(own.live + own.dead)} rows.`,
        `Vacuumed ${ago(own.vacuumed, survey.now())}. Readers and writers go on; it costs disk reads.`,
      ],
      warnings: running
        ? [`A vacuum of it is under way (pid ${running.pid}, ${running.phase}): this one waits for it.`]
        : [],
      calls: [
        {
          tool: 'sql',
          server: 'primary',
          change: { text: `VACUUM ANALYZE ${qualified(survey.ground.schema, table)}`, parameters: [] },
          transaction: false,
          progress: true,
          within: 2 * hour,
        },
      ],
      undo: 'not needed: no row changes',
      answered: [who.says],
      rests: table,
    });
  },
  verify: ({ target, startedAt }, survey) => ranSince([given(target, 'table')], 'vacuumed', startedAt, survey),
  within: 20 * second,
};

const sessionsSql = `SELECT pid, backend_start::text AS began, usename::text AS role, application_name::text AS application,
  state::text AS state, extract(epoch FROM now() - coalesce(xact_start, state_change))::float8 AS age, left(query, 300) AS query,
  cardinality(pg_blocking_pids(pid)) AS waits_for,
  (SELECT count(*)::int FROM pg_stat_activity w WHERE s.pid = ANY(pg_blocking_pids(w.pid))) AS blocks,
  backend_type::text AS kind, pid = pg_backend_pid() AS own,
  (pg_has_role(current_user, s.usesysid, 'USAGE') OR pg_has_role(current_user, 'pg_signal_backend', 'USAGE')) AS may
  FROM pg_stat_activity s WHERE pid = $1`;

/** The longest first. */
const busySql = `SELECT pid, usename::text AS role, application_name::text AS application, state::text AS state,
  extract(epoch FROM now() - coalesce(xact_start, state_change))::float8 AS age
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
  AND application_name NOT LIKE 'bentham-cockpit%' ORDER BY xact_start NULLS LAST LIMIT 50`;

async function sessionOf(target: Target, survey: Survey) {
  const pid = Number(given(target, 'pid'));
  if (!Number.isInteger(pid) || pid <= 0) return { ok: true as const, value: undefined };
  const found = await survey.rows('primary', sessionsSql, [pid]);
  return found.ok ? { ok: true as const, value: found.value[0] } : found;
}

/** `cancel` ends what a session runs; `terminate` ends the session. */
function sessionAction(
  id: ActionId,
  how: 'cancel' | 'terminate',
  more: Pick<Action, 'title' | 'risk' | 'about'>,
): Action {
  return {
    id,
    ...more,
    fields: [
      {
        name: 'pid',
        ask: 'which session? (its pid)',
        kind: 'text',
        choices: (world) =>
          (newest(world.readings.primary)?.value.blocked ?? []).flatMap((b) =>
            b.blockedBy
              .filter((pid) => pid > 0)
              .map((pid) => ({ value: String(pid), says: `blocks ${b.pid}, ${formatAge(b.waiting)}` })),
          ),
        async look(_, survey) {
          const found = await survey.rows('primary', busySql, []);
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
    async plan(target, survey) {
      const who = await answeredByDatabase(survey);
      if (!who.ok) return refusedBy(who.fault);
      const found = await sessionOf(target, survey);
      if (!found.ok) return refusedBy(found.fault);
      const row = found.value;
      if (!row)
        return refuse(
          `there is no session ${given(target, 'pid').slice(0, 20)}`,
          'it has ended, or look at its pid again',
        );
      if (row.own === true || row.kind !== 'client backend')
        return refuse(
          `that is ${row.own === true ? 'the cockpit’s own session' : `a ${row.kind}`}`,
          'choose a client’s session',
        );
      if (row.may !== true)
        return refuse(
          `may not end sessions of ${row.role}`,
          `GRANT pg_signal_backend TO ${survey.ground.targets.primary.user};`,
        );
      if (how === 'cancel' && row.state === 'idle')
        return refuse('it runs nothing now', 'end the session instead, if it holds locks');
      const began = String(row.began);
      return planned({
        impact: [
          `${row.role}, ${row.application || 'no application name'}, ${row.state} for ${formatAge(Number(row.age) * second)}.`,
          `Holds up ${formatCount(Number(row.blocks))} others. Runs: ${String(row.query).slice(0, 200)}`,
          how === 'cancel'
            ? 'Its statement is cancelled; the session stays.'
            : 'The session ends; its transaction is rolled back.',
        ],
        warnings:
          how === 'cancel' && String(row.state).startsWith('idle in transaction')
            ? ['It is idle in a transaction: cancelling does nothing. End the session to free its locks.']
            : [],
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
        answered: [who.says],
        rests: `${row.pid} ${began}`,
        memo: { began, query: String(row.query) },
      });
    },
    async verify(done: Done, survey) {
      const found = await sessionOf(done.target, survey);
      if (!found.ok) return notYetBy(found.fault);
      const row = found.value;
      if (!row || String(row.began) !== done.plan.memo?.began) return proven('the session is gone');
      if (how === 'cancel' && (row.state !== 'active' || row.query !== done.plan.memo?.query))
        return proven(`it is ${row.state} now`);
      return notYet(`it is still ${row.state}`);
    },
    within: 20 * second,
  };
}

export const cancelQuery = sessionAction('cancel-query', 'cancel', {
  title: 'Cancel what a session runs',
  risk: 'reversible',
  about: {
    does: 'cancels the statement of one database session; the session stays',
    looksAt: 'whose it is, how long it runs, whom it blocks; pinned by pid and backend start',
    calls: 'SELECT pg_cancel_backend(pid) … WHERE pid = … AND backend_start = …',
    proof: 'it does not run any more',
    undo: 'the application may run it again',
    runbook: 'Database Maintenance',
  },
});

export const endSession = sessionAction('end-session', 'terminate', {
  title: 'End a database session',
  risk: 'data',
  about: {
    does: 'ends one database session; its transaction is rolled back',
    looksAt: 'whose it is, how long it runs, whom it blocks; pinned by pid and backend start',
    calls: 'SELECT pg_terminate_backend(pid) … WHERE pid = … AND backend_start = …',
    proof: 'the session is gone',
    undo: 'none: the application connects again',
    runbook: 'Database Maintenance',
  },
});
