// Surfaces over the last hour as one fact.
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Surface, Surfaces } from '../../core/world/facts.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { surfaces as surfacesSchema } from '../shared-looks/study-schemas.ts';
import { poll, type Source } from '../source.ts';
import type { AskSql } from './ask.ts';
import { BudgetedQuery, type ReadBudget } from './budgeted-query.ts';
import { identityOf } from './identity.ts';
import { namingLocks } from './lock-holder.ts';
import { newPoolsMemory, type PoolsMemory, withPools } from './pools.ts';
import type { Tables } from './queries/columns.ts';
import { type LastFinishedRow, lastFinished } from './queries/studies.ts';
import * as sql from './queries/surfaces.ts';
import { statementLimit } from './server.ts';
import type { Session } from './session.ts';
import { sessionsFor, withoutPassword } from './sessions.ts';
import { lookTimeout } from './studies.ts';
import { forgetTables, recentSampleOf, refuseDays, tablesOf, tooManyJobs } from './tables.ts';
import { hiddenOf, lackOf } from './unclear.ts';

export type SurfacesMemory = {
  /** Undefined where there is no telling: a view that takes too long. */
  rows: BudgetedQuery<readonly sql.SurfaceRow[] | undefined>;
  last: BudgetedQuery<LastFinishedRow | undefined>;
  pools: PoolsMemory;
};

export function newSurfacesMemory(budget?: ReadBudget): SurfacesMemory {
  return { rows: new BudgetedQuery(budget), last: new BudgetedQuery(budget), pools: newPoolsMemory(budget) };
}

export function surfacesSource(settings: Settings, shared: boolean): Source {
  const { primary, studies: session, budget } = sessionsFor(settings);
  const { surfaces: every, studies, timeout } = settings.intervals;
  const within = lookTimeout(every, timeout);
  const memory = newSurfacesMemory(budget);
  return poll({
    id: 'postgres surfaces',
    fact: 'surfaces',
    every,
    // It may have to wait for its turn on the connection that it shares with the studies.
    timeout: within + lookTimeout(studies, timeout),
    from: `postgres ${session.where}`,
    where: session.where,
    read: (signal) => readSurfaces(session, settings.database.schema, within, memory, signal),
    renew() {
      for (const kept of [memory.rows, memory.last, memory.pools.accounts, memory.pools.sessions]) kept.renew();
    },
    sharing: shared
      ? shareLooks(settings, {
          fact: 'surfaces',
          parts: [withoutPassword(session.server), settings.database.schema],
          value: surfacesSchema,
          identity: () => identityOf(primary, timeout),
          every,
          timeout: within + lookTimeout(studies, timeout),
        })
      : undefined,
    close: () => session.close(),
  });
}

/** One poll of the surfaces of the last hour. */
export function readSurfaces(
  session: Session,
  schema: string,
  within: Ms,
  memory: SurfacesMemory,
  signal: AbortSignal,
) {
  return session.read(signal, statementLimit(within), async (ask): Promise<Surfaces> => {
    try {
      const tables = await tablesOf(session, schema, ask);
      refuseDays(tables);
      return await namingLocks(ask, [tables.studies, tables.jobs], () => look(ask, tables, within / 3, memory));
    } catch (error) {
      forgetTables(session, error);
      throw error;
    }
  });
}

async function look(ask: AskSql, tables: Tables, dear: Ms, memory: SurfacesMemory): Promise<Surfaces> {
  const {
    value: counted,
    exact,
    at: countedAt,
  } = await memory.rows.read(
    () => ask<sql.SurfaceRow>(sql.surfaces(tables), { within: dear }),
    async () => {
      const sample = await recentSampleOf(ask, tables);
      return sample && ask<sql.SurfaceRow>(sql.surfaces(tables, sample));
    },
    !tables.jobsBy.ended && tooManyJobs(tables, { sampled: true }),
  );
  const rows = counted ?? [];
  const all = (rows[0]?.seen ?? 0) <= sql.mostRecent;
  const surfaces = rows.map(surfaceFrom);
  const estimated = !exact || !all || tables.partial.includes('jobs');
  const lack = hiddenOf('job', tables) ?? lackOf('job', tables, ['done', 'failed']);
  const doubt = lack ? { doubt: lack } : {};
  // A part of the rows may lack the newest.
  const newest = exact && all ? Math.max(...rows.map((row) => row.newest ?? Number.NEGATIVE_INFINITY)) : undefined;
  const lastFinishedAt = newest !== undefined && Number.isFinite(newest) ? newest * second : undefined;
  const messages = rows
    .flatMap((row) => row.messages ?? [])
    .map(({ error, count, margin }) => ({
      error: sanitize(error ?? 'no message', 300),
      count,
      margin: margin || undefined,
    }));
  if (surfaces.length > 0) {
    const pooled = await withPools(surfaces, tables, memory.pools, ask, dear);
    return { ...pooled, messages, lastFinishedAt, estimated, countedAt, ...doubt };
  }
  const last = await memory.last.read(
    async () => (await ask<LastFinishedRow>(lastFinished(tables), { within: dear }))[0],
    async () => undefined,
    !tables.jobsBy.ended && tooManyJobs(tables, { sampled: false }),
  );
  return {
    surfaces,
    lastFinished: last.value ? { at: last.value.at * second, study: sanitize(last.value.study, 100) } : undefined,
    estimated,
    countedAt: counted && countedAt,
    ...doubt,
  };
}

function surfaceFrom(row: sql.SurfaceRow): Surface {
  const named = row.failures > 0 && row.topCount !== null;
  return {
    id: sanitize(row.id ?? 'no surface', 100),
    failures: row.failures,
    finished: row.finished,
    unclear: row.unclear > 0 ? row.unclear : undefined,
    margin: row.margin || undefined,
    failuresMargin: row.failuresMargin || undefined,
    jobsMargin: row.jobsMargin || undefined,
    unclearMargin: (row.unclear > 0 && row.unclearMargin) || undefined,
    affectedStudies: row.studies,
    created: { failures: row.createdFailures, studies: row.createdStudies, margin: row.createdMargin || undefined },
    lastFailedAt: row.lastFailed === null ? undefined : row.lastFailed * second,
    lastDoneAt: row.lastDone === null ? undefined : row.lastDone * second,
    topError: named ? sanitize(row.topError ?? 'no message', 300) : undefined,
    topErrorCount: named ? (row.topCount ?? undefined) : undefined,
    topErrorMargin: (named && row.topMargin) || undefined,
  };
}
