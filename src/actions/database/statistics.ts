// Table statistics of PostgreSQL: sizes, dead rows, the last ANALYZE and VACUUM.
import type { Check, Plan } from '../../core/actions/action.ts';
import type { Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { describeFault } from '../../core/health/describe.ts';
import { formatAge, formatCount } from '../../core/text/format.ts';
import { type Instant, second } from '../../core/time.ts';
import { disproven, notYet, notYetBy, proven } from '../plan.ts';

type Stats = {
  bytes: number;
  dead: number;
  live: number;
  analyzed: Instant;
  vacuumed: Instant;
  /** The same for manual runs: a run of autovacuum does not prove ours. */
  byHand: { analyzed: Instant; vacuumed: Instant };
};

/** Sizes and last runs; of a partitioned table, those of its partitions. A table that does not exist is absent. */
export async function statsOf(preflight: Preflight, tables: readonly string[]) {
  const found = await preflight.rows(
    'primary',
    `SELECT t.relname::text AS name, sum(pg_total_relation_size(s.relid))::text AS bytes,
       sum(s.n_dead_tup)::text AS dead, sum(s.n_live_tup)::text AS live,
       min(coalesce(extract(epoch FROM greatest(s.last_analyze, s.last_autoanalyze)), 0))::float8 AS analyzed,
       min(coalesce(extract(epoch FROM greatest(s.last_vacuum, s.last_autovacuum)), 0))::float8 AS vacuumed,
       min(coalesce(extract(epoch FROM s.last_analyze), 0))::float8 AS own_analyzed,
       min(coalesce(extract(epoch FROM s.last_vacuum), 0))::float8 AS own_vacuumed
     FROM pg_class t
     JOIN pg_namespace n ON n.oid = t.relnamespace
     CROSS JOIN LATERAL (
       SELECT t.oid AS relid WHERE t.relkind = 'r'
       UNION SELECT p.relid::oid FROM pg_partition_tree(t.oid) p WHERE t.relkind = 'p' AND p.isleaf) part
     JOIN pg_stat_all_tables s ON s.relid = part.relid
     WHERE n.nspname = $1 AND t.relname = ANY($2) AND t.relkind IN ('r', 'p')
     GROUP BY t.oid, t.relname`,
    [preflight.context.schema, tables],
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
      byHand: { analyzed: n(row, 'own_analyzed') * second, vacuumed: n(row, 'own_vacuumed') * second },
    },
  ]);
  return { ok: true as const, value: new Map(stats) };
}

export const ago = (at: Instant, now: Instant) => (at > 0 ? `${formatAge(now - at)} ago` : 'never');

/** The last manual run of each, kept with the plan: the server's clock is compared only with itself. */
export const lastByHand = (stats: ReadonlyMap<string, Stats>, which: 'analyzed' | 'vacuumed') => ({
  before: JSON.stringify(Object.fromEntries([...stats].map(([name, of]) => [name, of.byHand[which]]))),
});

/** Whether each table that the plan was about was done by hand since. */
export async function ranSince(
  which: 'analyzed' | 'vacuumed',
  baseline: Plan['baseline'],
  preflight: Preflight,
): Promise<Check> {
  const before = JSON.parse(baseline?.before ?? '{}') as Readonly<Record<string, Instant>>;
  const tables = Object.keys(before);
  const found = await statsOf(preflight, tables);
  if (!found.ok) return notYetBy(found.fault);
  const old = tables.filter((name) => (found.value.get(name)?.byHand[which] ?? 0) <= (before[name] ?? 0));
  if (old.length > 0) return notYet(`not yet in the statistics: ${old.join(', ')}`);
  const dead = tables.map((name) => `${name} ${formatCount(found.value.get(name)?.dead ?? 0)}`);
  return proven(`${which} just now; dead tuples: ${dead.join(', ')}`);
}

/** What keeps dead rows from being removed: the oldest snapshot of this database, and its age in transaction ids. */
const holderSql = `SELECT * FROM (
    SELECT greatest(age(backend_xmin), age(backend_xid)) AS ids, pid, usename::text AS role, state::text AS state,
      backend_type::text AS kind, NULL::text AS name, extract(epoch FROM xact_start)::float8 AS since
    FROM pg_stat_activity
    WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
      AND (datname = current_database() OR backend_type = 'walsender')
      AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
    UNION ALL
    SELECT age(transaction), NULL, owner::text, NULL, 'prepared transaction', gid, extract(epoch FROM prepared)::float8
    FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL
    SELECT age(xmin), active_pid, NULL, NULL, 'replication slot', slot_name::text, NULL
    FROM pg_replication_slots WHERE xmin IS NOT NULL) held
  WHERE since < $1 OR (since IS NULL AND ids >= $2)
  ORDER BY ids DESC LIMIT 1`;

/** Replicas that keep up hold a few transactions all the time: no reason to warn. */
export const keepsUp = 1000;

/**
 * The holder and how to release it; undefined if nothing held a snapshot at `before`. Replicas and slots count from
 * `least` transactions behind.
 */
export async function holderOf(preflight: Preflight, before: Instant, least = 0): Promise<string | undefined> {
  const found = await preflight.rows('primary', holderSql, [before / second, least]);
  if (!found.ok) return `(holders unknown: ${describeFault(found.fault)})`;
  const [row] = found.value;
  if (!row) return undefined;
  const { pid, role, state, kind, name, since, ids } = row;
  const age = since === null ? '' : `, for ${formatAge(Math.max(0, preflight.now() - Number(since) * second))}`;
  const whose = role === null ? '' : ` of ${role}`;
  const old = `${formatCount(Number(ids))} transactions behind`;
  if (kind === 'prepared transaction') return `prepared transaction ${name}${whose}${age}; ROLLBACK PREPARED ends it`;
  if (kind === 'replication slot')
    return pid === null
      ? `replication slot ${name} without a consumer, ${old}; start its consumer, or drop the slot if it is gone for good`
      : `replication slot ${name}, ${old}; end long queries on its replica (hot_standby_feedback)`;
  if (kind === 'walsender') return `a replica with hot_standby_feedback (pid ${pid}), ${old}; check its long queries`;
  return `pid ${pid}${whose}${state === null ? '' : `, ${state}`}${age}; end that session`;
}

/** This many dead rows are normal: rows die during the run on a table in use. */
const few = 100;

/** Whether a vacuum succeeded: it ran, and the dead rows are gone. */
export async function vacuumed(baseline: Plan['baseline'], preflight: Preflight): Promise<Check> {
  const { table = '' } = baseline ?? {};
  const ran = await ranSince('vacuumed', baseline, preflight);
  if (ran.state !== 'pass') return ran;
  const found = await statsOf(preflight, [table]);
  if (!found.ok) return notYetBy(found.fault);
  const own = found.value.get(table);
  const left = own?.dead ?? Number.NaN;
  if (left <= Math.max(few, Number(baseline?.dead ?? 0) / 10)) return ran;
  const holder = await holderOf(preflight, own?.byHand.vacuumed ?? 0);
  const says = `${formatCount(left)} dead rows left`;
  return disproven(holder === undefined ? `${says}, no longer held: vacuum it again` : `${says}, held by ${holder}`);
}
