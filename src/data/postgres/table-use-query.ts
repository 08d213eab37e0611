// How tables and indexes are used, and what came from the cache; since a moment, and since the statistics were reset.
import type { Settings } from '../../config/settings.ts';
import type { Lack } from '../../core/queries/lack.ts';
import type { Queries } from '../../core/queries/query.ts';
import { countsSince, type TableCounts, type TableUseList } from '../../core/queries/table-use.ts';
import { statementKind } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { Moments } from './moments.ts';
import * as sql from './queries/statements.ts';
import type { Session } from './session.ts';
import { noReplica, sessionsFor } from './sessions.ts';
import { partOf } from './statement-means.ts';

type Snapshot = {
  at: Instant;
  resetAt: number | null;
  cache: { hit: number; read: number };
  tables: ReadonlyMap<string, TableCounts>;
  indexes: ReadonlyMap<string, number>;
  /** Not all tables and indexes are in it. */
  cut: boolean;
};

const moments = new Moments<Snapshot>();

export async function queryTableUse(
  settings: Settings,
  { server, moment }: Queries['table-use']['ask'],
  signal: AbortSignal,
): Promise<Result<TableUseList>> {
  const session = sessionsFor(settings)[server];
  return session ? readTableUse(session, settings.database.schema, moment, signal) : noReplica(server);
}

/** Tables and indexes of one server's database, counted since the first look with this moment. */
export function readTableUse(
  session: Session,
  schema: string,
  moment: string,
  signal: AbortSignal,
): Promise<Result<TableUseList>> {
  return session.read(signal, 4 * second, async (ask) => {
    const lacks: Lack[] = [];
    const part = <Row extends object>(what: string, statement: string, values?: string[]) =>
      partOf(what, session.server.user, lacks, () => ask<Row>(statement, values ? { values } : {}));
    const [whole] = (await part<sql.DatabaseUseRow>('cache', sql.databaseUse)) ?? [];
    const tables = (await part<sql.TableUseRow>('tables', sql.tableUse, [schema])) ?? [];
    const indexes = (await part<sql.IndexUseRow>('indexes', sql.indexUse, [schema])) ?? [];
    const at = Date.now();
    const now: Snapshot = {
      at,
      resetAt: whole?.resetAt ?? null,
      cache: { hit: whole?.hit ?? 0, read: whole?.read ?? 0 },
      tables: new Map(tables.map((row) => [row.id, countsOf(row)])),
      indexes: new Map(indexes.map(({ id, scans }) => [id, scans])),
      cut: tables.length > sql.mostTablesUsed || indexes.length > sql.mostIndexes,
    };
    const begun = moments.begun(session, moment, now);
    const shift = at - (whole?.serverAt ?? at / second) * second;
    const resetAt = now.resetAt === null ? undefined : now.resetAt * second + shift;
    const reset = now.resetAt !== null && begun.resetAt !== now.resetAt;
    const before = reset ? undefined : begun;
    const grown = (n: number, was: number | undefined) => (was === undefined || n < was ? n : n - was);
    return {
      where: session.where,
      ...{ from: reset && resetAt !== undefined ? resetAt : begun.at, at, resetAt, reset, lacks },
      cache: {
        since: {
          hit: grown(now.cache.hit, before?.cache.hit),
          read: grown(now.cache.read, before?.cache.read),
        },
        whole: now.cache,
      },
      tables: tables.slice(0, sql.mostTablesUsed).map((row) => ({
        name: sanitize(row.name, 120),
        bytes: row.bytes ?? 0,
        liveRows: row.live,
        deadRows: row.dead,
        // A table that the first look did not list is new, unless that list was cut.
        since: countsSince(countsOf(row), before?.tables.get(row.id) ?? (before?.cut ? countsOf(row) : undefined)),
        whole: countsOf(row),
      })),
      indexes: indexes.slice(0, sql.mostIndexes).map((row) => ({
        name: sanitize(row.name, 120),
        table: sanitize(row.table, 120),
        bytes: row.bytes ?? 0,
        since: grown(row.scans, before?.indexes.get(row.id) ?? (before?.cut ? row.scans : undefined)),
        whole: row.scans,
        constraint: row.constraint,
        valid: row.valid,
        columns: statementKind(row.columns, 200),
      })),
      more: now.cut,
    };
  });
}

const countsOf = ({ seqScans, seqRows, indexScans, hit, read }: sql.TableUseRow): TableCounts => ({
  ...{ seqScans, seqRows, indexScans, hit, read },
});
