// Who is in a database and who waits for whom, at the moment it is asked.
import type { Settings } from '../../config/settings.ts';
import { redactedValue } from '../../core/preserve/redacted.ts';
import { statementSays } from '../../core/text/statement.ts';
import { type Ms, second } from '../../core/time.ts';
import { Session } from '../postgres/session.ts';
import { openSessions } from '../postgres/sessions.ts';
import type { Collecting } from './collecting.ts';

const within: Ms = 10 * second;
/** Rows of one view. */
const mostRows = 10_000;
/** Characters of a statement: the server keeps 1 kB of it, unless it is configured otherwise. */
const longestStatement = 16_000;

/** By file. The views are in every supported PostgreSQL. */
const views: Readonly<Record<string, string>> = {
  'sessions.json': 'SELECT a.*, pg_blocking_pids(a.pid) AS blocked_by FROM pg_stat_activity a ORDER BY a.pid',
  'locks.json': 'SELECT l.*, l.relation::regclass::text AS relation_name FROM pg_locks l ORDER BY l.pid, l.locktype',
  'prepared-transactions.json': 'SELECT * FROM pg_prepared_xacts ORDER BY prepared',
  'replication.json': 'SELECT * FROM pg_stat_replication ORDER BY pid',
  'databases.json': 'SELECT * FROM pg_stat_database ORDER BY datname',
};

/** Saves them as `database/SERVER/VIEW.json`, the rows as one list. */
export async function saveDatabase(database: Settings['database'], collecting: Collecting): Promise<void> {
  for (const server of ['primary', 'replica'] as const) {
    const settings = database[server];
    if (!settings) continue;
    const session = new Session(settings, () => openSessions(database, server));
    try {
      for (const [file, query] of Object.entries(views))
        await saveView(session, `database/${server}/${file}`, query, collecting);
    } finally {
      await session.close();
    }
  }
}

async function saveView(session: Session, name: string, query: string, collecting: Collecting): Promise<void> {
  const { archive, content, over } = collecting;
  if (archive.has(name) || collecting.ending) return;
  const signal = AbortSignal.any([over, AbortSignal.timeout(within)]);
  const found = await session.read(signal, within * 0.8, (ask) =>
    ask<{ row: unknown }>(`SELECT to_jsonb(v) AS row FROM (${query}) v LIMIT ${mostRows + 1}`),
  );
  if (!found.ok) {
    if (!collecting.stopped.aborted) archive.lacks(name, found.fault.what);
    return;
  }
  const rows = found.value.slice(0, mostRows).map(({ row }) => (content === 'whole' ? row : redactedRow(row)));
  const text = Buffer.from(`[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
  const partial = found.value.length > mostRows ? `the first ${mostRows} rows` : undefined;
  if (collecting.takes(text.length)) await archive.add(name, text, partial);
  else archive.lacks(name, 'the size limit was reached');
}

/** Statements without the data in their literals, as on the screen. */
function redactedRow(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  const { query, ...rest } = Object.fromEntries(Object.entries(row));
  const others = redactedValue(rest);
  return typeof query === 'string' ? { ...Object(others), query: statementSays(query, longestStatement) } : others;
}
