// Jobs that have not ended, where no index leads from a state to its jobs: one scan for all that is asked of them.
import { labelsOf } from '../../../core/platform/form.ts';
import { finished } from '../../../core/platform/mapping.ts';
import { literal } from '../../../core/text/sql.ts';
import type { Ms } from '../../../core/time.ts';
import type { Tables } from './columns.ts';

/** `late`: those that were begun longer ago than the limit; 0 where no column says when a job began. */
export type UnfinishedRow = { label: string | null; count: number; late: number };

/** More different states than these are no states. */
const mostLabels = 1000;

/**
 * That a job has a state and has not ended. Nearly all jobs of a long table have, in one of two or three states: to compare each with these,
 * one by one, is cheaper than to look it up among many words. Undefined where no state is known that means the end.
 */
export function notEnded({ form }: Tables): string | undefined {
  const ended = form.job.states.labels.length === 0 ? [] : labelsOf('job', form.job.states, ...finished);
  if (ended.length === 0) return undefined;
  return ended.map((label) => `status <> ${literal(label)}`).join(' AND ');
}

/** The jobs that have not ended, by state; undefined where no state is known that means the end. */
export function unfinishedJobs(tables: Tables, limit: Ms): string | undefined {
  const { jobs, job } = tables;
  const where = notEnded(tables);
  if (where === undefined) return undefined;
  const late = job.begun
    ? `count(*) FILTER (WHERE ${job.begun} < (SELECT now() - interval '${Math.round(limit)} milliseconds'))`
    : '0';
  return `
  SELECT status::text AS label, count(*)::float8 AS count, (${late})::float8 AS late FROM ${jobs}
  WHERE status IS NULL OR (${where})
  GROUP BY status ORDER BY 2 DESC, 1 LIMIT ${mostLabels}`;
}
