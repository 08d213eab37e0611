// The jobs of the last hour by surface (runbook, SEV2: failure patterns, error messages).
import { finished } from '../../../core/platform/mapping.ts';
import { isMoment, type Tables } from './columns.ts';
import { marginOf, partsOf, type Sample } from './sample.ts';
import { inLastHour } from './studies.ts';

/** How many jobs of the last hour are grouped by surface and error. */
export const mostRecent = 200_000;

export type SurfaceRow = {
  id: string;
  finished: number;
  failures: number;
  /** Jobs in an unknown state. */
  unclear: number;
  studies: number;
  topError: string | null;
  topCount: number | null;
  /** When the newest of them finished, in seconds. */
  newest: number | null;
  /** What the runbook's statement counts (SEV2, failure patterns): failed jobs that were created within the hour. */
  createdFailures: number;
  createdStudies: number;
  /** Seconds: when a job of it failed, and completed, last. */
  lastFailed: number | null;
  lastDone: number | null;
  /** On the first row: the runbook's messages (SEV2, error messages), those of most jobs first. */
  messages: readonly { error: string | null; count: number; margin: number }[] | null;
  /** Of a sample: how far off the share of failures may be either way, in percent of jobs; else 0. */
  margin: number | null;
  /** The same, in jobs, of `failures`, `createdFailures` and `topCount`. */
  failuresMargin: number | null;
  createdMargin: number | null;
  topMargin: number | null;
  /** Rows read in total. */
  seen: number;
};

/**
 * Per surface over the last hour: finished and failed jobs, the studies they belong to and the most frequent error
 * (runbook, SEV2: failure patterns, error messages). From a sample, numbers of jobs are estimates of all. The margin of a
 * share f / n is twice the standard error of that ratio over pages chosen by chance; where none failed, or all did, three
 * more of the jobs that were read (95 %: the rule of three).
 */
export const surfaces = ({ jobs, job, jobIs, jobUnclear, form }: Tables, sample?: Sample) => `
  WITH recent AS MATERIALIZED (
    SELECT * FROM (${partsOf(jobs, sample)
      .map(
        ({ from, where, weight }) => `
      SELECT ${job.surface}::text AS id, ${job.study} AS study, coalesce(${jobIs('failed')}, false) AS failed,
             ${jobUnclear} AS unclear, left(${job.error}, 500) AS error, ${weight}::float8 AS weight,
             coalesce(${job.ended}, ${job.created}) AS ended,
             ${sample ? "tableoid::text || ' ' || (ctid::text::point)[0]" : 'NULL::text'} AS page,
             ${form.job.columns.error ? inLastHour(job.created) : 'true'} AS fresh
      FROM ${from}
      WHERE ${where} AND ${inLastHour(job.ended, job.created)} AND (${jobIs(...finished)} OR ${jobUnclear})`,
      )
      .join(' UNION ALL')}) parts
    LIMIT ${mostRecent + 1}
  ),
  margins AS (
    SELECT id, 100 * CASE
      WHEN sum(f) IN (0, sum(n)) THEN least(1, 3 * max(weight - 1) / nullif(sum(n * weight), 0))
      ELSE 2 * sqrt(greatest(0, sum(v * f * f) - 2 * (sum(weight * f) / sum(weight * n)) * sum(v * f * n)
             + (sum(weight * f) / sum(weight * n)) ^ 2 * sum(v * n * n))) / sum(weight * n) END AS margin,
      ${marginOf('f', sample)} AS failures, ${marginOf('g', sample)} AS created
    FROM (SELECT id, weight, weight * weight - weight AS v, (count(*) FILTER (WHERE failed))::float8 AS f,
                 (count(*) FILTER (WHERE failed AND fresh))::float8 AS g, count(*)::float8 AS n
          FROM recent GROUP BY id, weight, page) pages
    GROUP BY id
  ),
  errors AS (
    SELECT DISTINCT ON (id) id, error, round(sum(weight * n))::int AS count, ${marginOf('n', sample)} AS margin
    FROM (SELECT id, error, weight, count(*)::float8 AS n FROM recent WHERE failed GROUP BY id, error, weight, page) pages
    GROUP BY id, error ORDER BY id, sum(n) DESC, error
  ),
  messages AS (
    SELECT error, round(sum(weight * n))::int AS count, ${marginOf('n', sample)} AS margin
    FROM (SELECT error, weight, count(*)::float8 AS n FROM recent WHERE failed AND fresh
          GROUP BY error, weight, page) pages
    GROUP BY error ORDER BY sum(weight * n) DESC, error LIMIT 10
  )
  SELECT r.id, coalesce(round(sum(r.weight) FILTER (WHERE NOT r.unclear)), 0)::int AS finished,
         coalesce(round(sum(r.weight) FILTER (WHERE r.failed)), 0)::int AS failures,
         coalesce(round(sum(r.weight) FILTER (WHERE r.unclear)), 0)::int AS unclear,
         count(DISTINCT r.study) FILTER (WHERE r.failed)::int AS studies,
         extract(epoch FROM max(r.ended) FILTER (WHERE NOT r.unclear AND ${isMoment('r.ended')}))::float8 AS newest,
         coalesce(round(sum(r.weight) FILTER (WHERE r.failed AND r.fresh)), 0)::int AS "createdFailures",
         count(DISTINCT r.study) FILTER (WHERE r.failed AND r.fresh)::int AS "createdStudies",
         extract(epoch FROM max(r.ended) FILTER (WHERE r.failed AND ${isMoment('r.ended')}))::float8 AS "lastFailed",
         extract(epoch FROM max(r.ended) FILTER (WHERE NOT r.failed AND NOT r.unclear AND ${isMoment('r.ended')}))::float8 AS "lastDone",
         CASE WHEN row_number() OVER () = 1
              THEN (SELECT json_agg(m ORDER BY m.count DESC, m.error) FROM messages m) END AS messages,
         e.error AS "topError", e.count AS "topCount", m.margin::float8 AS margin,
         m.failures AS "failuresMargin", m.created AS "createdMargin", e.margin AS "topMargin",
         (SELECT count(*) FROM recent)::int AS seen
  FROM recent r LEFT JOIN errors e ON e.id IS NOT DISTINCT FROM r.id
  LEFT JOIN margins m ON m.id IS NOT DISTINCT FROM r.id
  GROUP BY r.id, e.error, e.count, e.margin, m.margin, m.failures, m.created
  ORDER BY failures DESC, unclear DESC, finished DESC, r.id
  LIMIT 200`;
