// Statements by what they cost, since a moment and since the statistics were reset. Asked only while a screen is open.
import type { Settings } from '../../config/settings.ts';
import type { Lack } from '../../core/queries/lack.ts';
import type { Queries } from '../../core/queries/query.ts';
import {
  differenceSince,
  type Figure,
  foremost,
  noUse,
  plus,
  type Snapshot,
  type StatementList,
} from '../../core/queries/statements.ts';
import { statementKind } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import type { AskSql } from './ask.ts';
import { Moments } from './moments.ts';
import * as sql from './queries/statements.ts';
import type { Session } from './session.ts';
import { noReplica, sessionsFor } from './sessions.ts';
import { meansOf, partOf, statementLacks, whyUncounted } from './statement-means.ts';

/** Rows by each order and span. */
const mostRows = 60;
/** Characters of a statement. */
const longest = 2000;
/** A server that loses entries this fast has too small a table. */
const manyEvicted = 100;

const moments = new Moments<Snapshot>();

/** Texts by statement id: they do not change, and reading them is dear. */
const textsOf = new WeakMap<Session, Map<string, string>>();
const mostTexts = 2000;

export async function queryStatements(
  settings: Settings,
  { server, moment }: Queries['statements']['ask'],
  signal: AbortSignal,
): Promise<Result<StatementList>> {
  const session = sessionsFor(settings)[server];
  return session ? readStatements(session, moment, signal) : noReplica(server);
}

/** The statements of one server, counted since the first look with this moment. */
export function readStatements(session: Session, moment: string, signal: AbortSignal): Promise<Result<StatementList>> {
  return session.read(signal, 4 * second, async (ask) => {
    const means = await meansOf(ask);
    const why = whyUncounted(means);
    if (why) return uncounted(session, why);
    const lacks = statementLacks(means);
    const schema = means.schema ?? '';
    const taken = await partOf('pg_stat_statements', session.server.user, lacks, () =>
      takeSnapshot(ask, schema, means.columns, means.info),
    );
    if (!taken) return { ...uncounted(session), lacks };
    const { now, complete } = taken;
    const begun = moments.begun(session, moment, now);
    const { from, reset, evicted, of } = differenceSince(begun, now);
    const all = { since: noUse, whole: noUse };
    const counted = now.figures.map((figure) => {
      const { use, partial } = of.get(figure.key) ?? { use: noUse, partial: false };
      all.since = plus(all.since, use);
      all.whole = plus(all.whole, figure.use);
      return { figure, since: use, whole: figure.use, partial };
    });
    const chosen = foremost(
      counted.filter(({ figure }) => figure.queryId !== undefined),
      mostRows,
    );
    const ids = chosen.flatMap(({ figure }) => figure.queryId ?? []);
    const texts = await partOf('texts of statements', session.server.user, lacks, () =>
      textsFor(session, ask, schema, ids),
    );
    if ((evicted ?? 0) >= manyEvicted) lacks.push(evictions(evicted ?? 0));
    return {
      where: session.where,
      ...{ from, at: now.at, reset, evicted, all, complete, lacks },
      resetAt: now.resetAt === undefined ? undefined : now.resetAt + (now.at - now.serverAt),
      entries: now.figures.length,
      rows: chosen.map(({ figure: { key, queryId = '', user, database, top }, since, whole, partial }) => ({
        id: key,
        ...{ user, database, top, since, whole },
        text: texts?.get(queryId) ?? '',
        partial: partial ? true : undefined,
      })),
    };
  });
}

const evictions = (count: number): Lack => ({
  code: 'evictions',
  what: `${count} entries were dropped since the moment: figures are lower bounds`,
  remedy: 'raise pg_stat_statements.max (needs a restart)',
});

const uncounted = ({ where }: Session, why?: Lack): StatementList => ({
  where,
  ...{ from: Date.now(), at: Date.now(), reset: false, rows: [], entries: 0, complete: true },
  all: { since: noUse, whole: noUse },
  lacks: why ? [why] : [],
});

async function takeSnapshot(
  ask: AskSql,
  schema: string,
  columns: readonly string[],
  info: boolean,
): Promise<{ now: Snapshot; complete: boolean }> {
  const [about] = await ask<sql.SnapshotRow>(sql.snapshot(schema, info));
  const rows = await ask<sql.FigureRow>(sql.figures(schema, columns));
  const at = Date.now();
  const ms = (seconds: number | null | undefined) => (seconds == null ? undefined : seconds * second);
  const now = {
    at,
    serverAt: ms(about?.serverAt) ?? at,
    resetAt: ms(about?.resetAt),
    evicted: about?.evicted ?? undefined,
    figures: rows.slice(0, sql.mostEntries).map(figureFrom),
  };
  return { now, complete: rows.length <= sql.mostEntries };
}

function figureFrom(row: sql.FigureRow): Figure {
  const { calls, time, rows, hit, read, temp, io } = row;
  return {
    key: `${row.queryId ?? 'hidden'}/${row.roleId}/${row.databaseId}/${row.top ? 'top' : 'nested'}`,
    queryId: row.queryId ?? undefined,
    user: sanitize(row.user ?? '', 64),
    database: sanitize(row.database ?? '', 64),
    top: row.top,
    use: { calls, time, rows, hit, read, temp, io },
    begun: row.begun === null ? undefined : row.begun * second,
  };
}

async function textsFor(
  session: Session,
  ask: AskSql,
  schema: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const known = textsOf.get(session) ?? new Map<string, string>();
  textsOf.set(session, known);
  const unknown = [...new Set(ids)].filter((id) => !known.has(id));
  if (unknown.length > 0) {
    const found = await ask<sql.TextRow>(sql.texts(schema), { values: [unknown] });
    for (const { id, text } of found) known.set(id, statementKind(text, longest));
  }
  for (const id of ids) {
    const text = known.get(id);
    if (text === undefined) continue;
    known.delete(id);
    known.set(id, text);
  }
  for (const old of known.keys()) if (known.size > mostTexts) known.delete(old);
  return known;
}
