// How many jobs failed since an incident began, and of whom.
import type { Settings } from '../../config/settings.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import type { Tables } from './queries/columns.ts';
import { sessionsFor } from './sessions.ts';
import { tablesOf } from './tables.ts';

/** The time limit of the statement. */
const limit: Ms = 6 * second;

export type JobCounts = { failed: number; studies: number; tenants: number };

const failedSince = ({ jobs, job, studies, study, jobIs }: Tables) => `
  WITH failed AS (
    SELECT ${job.study}::text AS study FROM ${jobs}
    WHERE ${jobIs('failed')} AND (${job.ended} >= to_timestamp($1::float8)
       OR (${job.ended} IS NULL AND ${job.created} >= to_timestamp($1::float8)))
  )
  SELECT (SELECT count(*) FROM failed)::int AS failed,
         (SELECT count(DISTINCT study) FROM failed)::int AS studies,
         (SELECT count(DISTINCT ${study.tenant}) FROM ${studies}
          WHERE ${study.id}::text IN (SELECT study FROM failed))::int AS tenants`;

/** By the database, from `since` until now. Nothing is changed. */
export function countFailedJobs(settings: Settings, since: Instant, signal: AbortSignal): Promise<Result<JobCounts>> {
  const session = sessionsFor(settings).studies;
  return session.read(signal, limit, async (ask): Promise<JobCounts> => {
    const tables = await tablesOf(session, settings.database.schema, ask);
    const [row] = await ask<JobCounts>(failedSince(tables), { values: [since / second] });
    return row ?? { failed: 0, studies: 0, tenants: 0 };
  });
}
