// How far VACUUM and ANALYZE have come, asked over a connection of its own while they run (PostgreSQL,
// pg_stat_progress_vacuum and pg_stat_progress_analyze). Reads only; if it is not available, that is reported once.
import type { DatabaseServer } from '../../config/settings.ts';
import type { Progress } from '../../core/actions/progress.ts';
import { formatCount } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { pause } from '../source.ts';
import { Session } from './session.ts';

const every: Ms = second;
const within: Ms = 5 * second;

type Row = Record<string, unknown>;

/** Asks until the signal aborts. `pid`: the backend that does the work. */
export async function followProgress(
  server: DatabaseServer,
  pid: number,
  tell: (says: string, counted?: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const session = new Session(server);
  let said = '';
  let unasked = false;
  const say = (says: string, counted?: Progress) => {
    const news = `${says} ${counted?.done}`;
    if (news !== said && !signal.aborted) tell(says, counted);
    said = news;
  };
  try {
    while (!signal.aborted) {
      const look = AbortSignal.any([signal, AbortSignal.timeout(within)]);
      const found = await session.read(look, within * 0.8, (ask) => ask<Row>(sql, { values: [pid] }));
      const [row] = found.ok ? found.value : [];
      if (row) say(progressSays(row), countsOf(row));
      if (!found.ok && !unasked) say(`progress unknown: ${found.fault.what}`);
      unasked ||= !found.ok;
      await pause(every, signal);
    }
  } finally {
    await session.close();
  }
}

/** As JSON, so that what a version does not have is merely absent. ANALYZE's view came with PostgreSQL 13. */
const sql = `SELECT p.name, p.part FROM (
    SELECT relid::regclass::text AS name, to_jsonb(v) AS part FROM pg_stat_progress_vacuum v WHERE pid = $1
    UNION ALL
    SELECT relid::regclass::text, to_jsonb(a) FROM pg_stat_progress_analyze a WHERE pid = $1) p LIMIT 1`;

const phaseOf = (of: Row) => sanitize(of.phase ?? 'working', 60);

/** What the server counts in this phase; undefined where it counts nothing. */
export function countsOf({ part }: Row): Progress | undefined {
  const of = (part ?? {}) as Row;
  const phase = phaseOf(of);
  const n = (field: string) => Number(of[field] ?? 0);
  const [done, total, unit] =
    phase === 'vacuuming heap'
      ? [n('heap_blks_vacuumed'), n('heap_blks_total'), 'blocks']
      : phase === 'acquiring sample rows'
        ? [n('sample_blks_scanned'), n('sample_blks_total'), 'sampled blocks']
        : /indexes/.test(phase)
          ? [n('indexes_processed'), n('indexes_total'), 'indexes']
          : phase === 'scanning heap'
            ? [n('heap_blks_scanned'), n('heap_blks_total'), 'blocks']
            : [0, 0, ''];
  return total > 0 ? { done: Math.min(done, total), total, unit } : undefined;
}

/** `scanning heap of jobs: 45 % of 12,345 blocks`. */
export function progressSays(row: Row): string {
  const table = row.name ? ` of ${sanitize(row.name, 80)}` : '';
  const phase = phaseOf((row.part ?? {}) as Row);
  const { done, total, unit } = countsOf(row) ?? { done: 0, unit: '' };
  if (total === undefined) return phase + table;
  return `${phase}${table}: ${Math.floor((done / total) * 100)} % of ${formatCount(total)} ${unit}`;
}
