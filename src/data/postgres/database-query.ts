// The details of a server: sessions and who blocks whom, tables, replication. Each part degrades alone.

import type { Settings } from '../../config/settings.ts';
import type { DatabaseDetail, DatabaseSession, RunningVacuum, TableState } from '../../core/queries/database.ts';
import type { DatabasePart, MissingPart } from '../../core/queries/missing.ts';
import { quoted } from '../../core/text/sql.ts';
import { statementSays } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { isLate, isRefusal, remedyOf, retried } from './faults.ts';
import * as sql from './queries/details.ts';
import { type IdAgeRow, idAges, type SlotRow, slots as slotsSql, type WhoRow, who } from './queries/server.ts';
import { idAgeFrom, slotFrom } from './server.ts';
import { noReplica, sessionsFor } from './sessions.ts';

export async function queryDatabase(
  settings: Settings,
  which: 'primary' | 'replica',
  signal: AbortSignal,
): Promise<Result<DatabaseDetail>> {
  const session = sessionsFor(settings)[which];
  if (!session) return noReplica(which);
  return session.read(signal, 2 * second, async (ask) => {
    const [me] = await ask<WhoRow>(who);
    const missing: MissingPart[] = [];
    const part = async <Row extends object>(
      what: DatabasePart,
      statement: string,
      values?: string[],
    ): Promise<Row[]> => {
      try {
        return await ask<Row>(statement, values ? { values } : {});
      } catch (error) {
        if (!isLate(error) && !isRefusal(error)) throw error;
        missing.push({ part: what, grant: isLate(error) ? retried : remedyOf(error, session.server.user) });
        return [];
      }
    };
    const rows = await part<sql.SessionRow>('sessions', sql.sessions);
    const tables = await part<sql.TableRow>('tables', sql.tables, [settings.database.schema]);
    const ages = await part<IdAgeRow>('age of ids', idAges);
    const vacuums = await part<sql.VacuumRow>('running vacuums', sql.vacuums);
    const replicas = await part<sql.ReplicaRow>('replication', sql.replicas);
    const slots = await part<SlotRow>('replication slots', slotsSql);
    if (me && !me.seesAll)
      missing.push({
        part: 'other roles’ sessions',
        grant: `GRANT pg_read_all_stats TO ${quoted(sanitize(me.role, 64))};`,
      });
    return {
      where: session.where,
      inRecovery: me?.inRecovery ?? false,
      sessions: rows.slice(0, sql.mostSessions).map(sessionFrom),
      sessionsExact: rows.length <= sql.mostSessions,
      tables: tables.map(tableFrom),
      idAges: ages.map(idAgeFrom),
      vacuums: vacuums.map(vacuumFrom),
      replicas: replicas.map(({ name, client, state, bytes }) => ({
        name: sanitize(name ?? '', 80),
        client: sanitize(client ?? '', 80),
        state: sanitize(state ?? 'hidden', 40),
        bytes: bytes === null ? undefined : Math.max(0, bytes),
      })),
      slots: slots.map(slotFrom),
      missing,
    };
  });
}

function sessionFrom(row: sql.SessionRow): DatabaseSession {
  const ms = (seconds: number) => Math.max(0, seconds * second);
  return {
    pid: row.pid,
    ...(row.autovacuum
      ? { user: 'server', application: 'autovacuum', client: '', autovacuum: true }
      : {
          user: sanitize(row.user ?? '', 64),
          application: sanitize(row.application ?? '', 64),
          client: sanitize(row.client ?? '', 80),
        }),
    database: sanitize(row.database ?? '', 64),
    state: sanitize(row.state ?? '', 40),
    wait: row.wait === null ? undefined : sanitize(row.wait, 60),
    transactionAge: row.transaction === null ? undefined : ms(row.transaction),
    stateAge: row.since === null ? undefined : ms(row.since),
    blockedBy: [...new Set(row.blockedBy ?? [])],
    query: statementSays(row.query, 600),
  };
}

function vacuumFrom({ pid, database, table, phase, share, seconds, auto, forced }: sql.VacuumRow): RunningVacuum {
  return {
    pid,
    database: sanitize(database ?? '', 64),
    table: table === null ? undefined : sanitize(table, 120),
    phase: phase === null ? undefined : sanitize(phase, 40),
    share: share ?? undefined,
    age: seconds === null ? undefined : Math.max(0, seconds * second),
    auto: auto ?? undefined,
    forced: forced ?? undefined,
  };
}

function tableFrom(row: sql.TableRow): TableState {
  return {
    name: sanitize(row.name, 120),
    totalBytes: row.bytes ?? 0,
    liveRows: row.live,
    deadRows: row.dead,
    lastVacuum: row.vacuum === null ? undefined : row.vacuum * second,
    lastAnalyze: row.analyze === null ? undefined : row.analyze * second,
    changed: row.changed,
  };
}
