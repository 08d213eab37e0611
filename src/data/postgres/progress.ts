// How far VACUUM and ANALYZE have come, asked over a connection of its own while they run (PostgreSQL,
// pg_stat_progress_vacuum and pg_stat_progress_analyze). Reads only; if it is not available, that is reported once.
import type { DatabaseServer } from '../../config/settings.ts';
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
  tell: (says: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const session = new Session(server);
  let said = '';
  let unasked = false;
  const say = (says: string) => {
    if (says !== said && !signal.aborted) tell(says);
    said = says;
  };
  try {
    while (!signal.aborted) {
      const look = AbortSignal.any([signal, AbortSignal.timeout(within)]);
      const found = await session.read(look, within * 0.8, (ask) => ask<Row>(sql, { values: [pid] }));
      const [row] = found.ok ? found.value : [];
      if (row) say(progressSays(row));
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

/** `scanning heap of jobs: 45 % of 12,345 blocks`. */
export function progressSays({ name, part }: Row): string {
  const of = (part ?? {}) as Row;
  const phase = sanitize(of.phase ?? 'working', 60);
  const n = (field: string) => Number(of[field] ?? 0);
  const table = name ? ` of ${sanitize(name, 80)}` : '';
  const [done, total, what] =
    phase === 'vacuuming heap'
      ? [n('heap_blks_vacuumed'), n('heap_blks_total'), 'blocks']
      : phase === 'acquiring sample rows'
        ? [n('sample_blks_scanned'), n('sample_blks_total'), 'sampled blocks']
        : /indexes/.test(phase)
          ? [n('indexes_processed'), n('indexes_total'), 'indexes']
          : phase === 'scanning heap'
            ? [n('heap_blks_scanned'), n('heap_blks_total'), 'blocks']
            : [0, 0, ''];
  if (total === 0) return phase + table;
  return `${phase}${table}: ${Math.floor((Math.min(done, total) / total) * 100)} % of ${formatCount(total)} ${what}`;
}
