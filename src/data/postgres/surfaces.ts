// Surfaces over the last hour as one fact.
import type { Settings } from '../../config/settings.ts';
import type { Surface, Surfaces } from '../../core/facts.ts';
import { door } from '../../core/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { poll, type Source } from '../source.ts';
import { Dear } from './dear.ts';
import { sqlState } from './faults.ts';
import * as sql from './queries/studies.ts';
import { statementLimit } from './server.ts';
import type { AskSql, Session } from './session.ts';
import { sessionsFor } from './sessions.ts';
import { lookTimeout } from './studies.ts';
import { forgetTables, samplePercent, tablesOf } from './tables.ts';

type Sampled = { rows: readonly sql.SurfaceRow[]; percent: number };

export type SurfacesMemory = { rows: Dear<Sampled>; last: Dear<sql.LastFinishedRow | undefined> };

export function newSurfacesMemory(): SurfacesMemory {
  return { rows: new Dear(), last: new Dear() };
}

export function surfacesSource(settings: Settings): Source {
  const session = sessionsFor(settings).studies;
  const { surfaces: every, studies, timeout } = settings.intervals;
  const within = lookTimeout(every, timeout);
  const memory = newSurfacesMemory();
  return poll({
    id: 'postgres surfaces',
    fact: 'surfaces',
    every,
    // It may have to wait for its turn on the connection that it shares with the studies.
    timeout: within + lookTimeout(studies, timeout),
    from: `postgres ${session.where}`,
    where: session.where,
    read: (signal) => lookAtSurfaces(session, settings.database.schema, within, memory, signal),
    close: () => session.close(),
  });
}

/** One look at the surfaces of the last hour. */
export function lookAtSurfaces(
  session: Session,
  schema: string,
  within: Ms,
  memory: SurfacesMemory,
  signal: AbortSignal,
) {
  return session.read(signal, statementLimit(within), async (ask): Promise<Surfaces> => {
    try {
      return await look(ask, await tablesOf(session, schema, ask), within / 3, memory);
    } catch (error) {
      if (sqlState(error) === '42703' || sqlState(error) === '42P01') forgetTables(session);
      throw error;
    }
  });
}

async function look(ask: AskSql, tables: sql.Tables, dear: Ms, memory: SurfacesMemory): Promise<Surfaces> {
  const { value, exact } = await memory.rows.read(
    async () => ({ rows: await ask<sql.SurfaceRow>(sql.surfaces(tables), { within: dear }), percent: 100 }),
    async () => {
      const percent = await samplePercent(ask, tables.jobs);
      return { rows: await ask<sql.SurfaceRow>(sql.surfaces(tables, percent)), percent };
    },
  );
  const all = (value.rows[0]?.seen ?? 0) <= sql.mostRecent;
  const surfaces = value.rows.map((row) => surfaceFrom(row, value.percent));
  if (surfaces.length > 0) return { surfaces, estimated: !exact || !all };
  const last = await memory.last.read(
    async () => (await ask<sql.LastFinishedRow>(sql.lastFinished(tables), { within: dear }))[0],
    async () => undefined,
  );
  return {
    surfaces,
    ...(last.value ? { lastFinished: { at: last.value.at * second, study: door(last.value.study, 100) } } : {}),
    estimated: !exact,
  };
}

function surfaceFrom(row: sql.SurfaceRow, percent: number): Surface {
  const whole = (sampled: number) => Math.round((sampled * 100) / percent);
  return {
    id: door(row.id ?? 'no surface', 100),
    failures: whole(row.failures),
    finished: whole(row.finished),
    affectedStudies: row.studies,
    ...(row.failures > 0 && row.topCount !== null
      ? { topError: door(row.topError ?? 'no message', 300), topErrorCount: whole(row.topCount) }
      : {}),
  };
}
