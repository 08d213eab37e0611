// The jobs of the last hour by surface (runbook, SEV2: failure patterns, error messages).
import { finished } from '../../../core/platform/mapping.ts';
import { isMoment, type Tables } from './columns.ts';
import { marginOf, type Part, partsOf, type Sample } from './sample.ts';
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
  /** The same, in jobs, of `failures`, all jobs, `unclear`, `createdFailures` and `topCount`. */
  failuresMargin: number | null;
  jobsMargin: number | null;
  unclearMargin: number | null;
  createdMargin: number | null;
  topMargin: number | null;
  /** Rows read in total. */
  seen: number;
};

/**
 * Per surface over the last hour: finished and failed jobs, the studies they belong to and the most frequent error
 * (runbook, SEV2: failure patterns, error messages). From a sample, numbers of jobs are estimates of all.
 */
export function surfaces(tables: Tables, sample?: Sample): string {
  const jobs = (where: string) =>
    sample ? `coalesce(round(sum(weight) FILTER (WHERE ${where})), 0)::int` : `(count(*) FILTER (WHERE ${where}))::int`;
  const newest = (where: string) =>
    `extract(epoch FROM max(ended) FILTER (WHERE ${where} AND ${isMoment('ended')}))::float8`;
  const order = 'failures DESC, unclear DESC, finished DESC, id';
  return `
  WITH ${sample?.newest === undefined ? '' : newestOf(tables, sample.newest)}recent AS MATERIALIZED (
    SELECT * FROM (${recentParts(tables, sample).join(' UNION ALL')}) parts
    LIMIT ${mostRecent + 1}
  ),${sample ? `${marginsOf(tables, sample)},` : ''}
  errors AS (
    SELECT DISTINCT ON (id) id, error, round(sum(weight * n))::int AS count, ${marginOf('n', sample)} AS margin
    FROM (${pagesOf(['id', 'error'], 'failed', sample)}) pages
    GROUP BY id, error ORDER BY id, sum(weight * n) DESC, error
  ),
  messages AS (
    SELECT error, round(sum(weight * n))::int AS count, ${createdMargin(tables, 'n', sample)} AS margin
    FROM (${pagesOf(['error'], 'failed AND fresh', sample)}) pages
    GROUP BY error ORDER BY sum(weight * n) DESC, error LIMIT 10
  ),
  counted AS (
    SELECT id, ${jobs('NOT unclear')} AS finished, ${jobs('failed')} AS failures, ${jobs('unclear')} AS unclear,
           count(DISTINCT study) FILTER (WHERE failed)::int AS studies, ${newest('NOT unclear')} AS newest,
           ${jobs('failed AND fresh')} AS "createdFailures",
           count(DISTINCT study) FILTER (WHERE failed AND fresh)::int AS "createdStudies",
           ${newest('failed')} AS "lastFailed", ${newest('NOT failed AND NOT unclear')} AS "lastDone", count(*) AS seen
    FROM recent GROUP BY id
  ),
  most AS (
    SELECT *, row_number() OVER (ORDER BY ${order}) AS place, sum(seen) OVER () AS total
    FROM counted ORDER BY place LIMIT 200
  )
  SELECT most.id, finished, failures, unclear, studies, newest, "createdFailures", "createdStudies", "lastFailed", "lastDone",
         CASE WHEN place = 1 THEN (SELECT json_agg(m ORDER BY m.count DESC, m.error) FROM messages m) END AS messages,
         e.error AS "topError", e.count AS "topCount", e.margin AS "topMargin",
         ${['margin', 'failuresMargin', 'jobsMargin', 'unclearMargin', 'createdMargin'].map((name) => `${sample ? `m."${name}"` : '0::float8'} AS "${name}"`).join(', ')},
         total::int AS seen
  FROM most LEFT JOIN errors e ON e.id IS NOT DISTINCT FROM most.id
  ${sample ? 'LEFT JOIN margins m ON m.id IS NOT DISTINCT FROM most.id' : ''}
  ORDER BY place`;
}

/**
 * That a job ended within the hour. Where no index leads there, the moment is worked out once, and each row is asked for
 * its time first: most are older, and to compare a state with many words is dearer.
 */
function endedInLastHour({ job, jobIs, jobUnclear, jobsBy }: Tables): string {
  const over = `(${jobIs(...finished)} OR ${jobUnclear})`;
  return jobsBy.ended
    ? `${inLastHour(job.ended, job.created)} AND ${over}`
    : `CASE WHEN coalesce(${job.ended}, ${job.created}) > (SELECT now() - interval '1 hour') THEN ${over} END`;
}

/** What is asked of each job. */
const columnsOf = ({ job, jobIs, jobUnclear, form }: Tables) => {
  const failed = `coalesce(${jobIs('failed')}, false)`;
  return `${job.surface}::text AS id, ${job.study} AS study, ${failed} AS failed, ${jobUnclear} AS unclear,
             CASE WHEN ${failed} THEN left(${job.error}, 500) END AS error, coalesce(${job.ended}, ${job.created}) AS ended,
             ${form.job.columns.error ? inLastHour(job.created) : 'true'} AS fresh`;
};

/** The rows that ended within the hour, of each part. */
function recentParts(tables: Tables, sample: Sample | undefined): readonly string[] {
  const rowsOf = ({ from, where, weight }: Part) => `
      SELECT ${columnsOf(tables)}
             ${sample ? `, ${weight}::float8 AS weight, tableoid::text || ' ' || (ctid::text::point)[0] AS page` : ''}
      FROM ${from}
      WHERE ${where} AND ${endedInLastHour(tables)}`;
  if (sample?.newest === undefined) return partsOf(tables.jobs, sample).map(rowsOf);
  const { created } = tables.job;
  const older = `(${created} <= (SELECT made FROM edge) OR ${created} IS NULL)`;
  return [
    `
      SELECT id, study, failed, unclear, error, ended, fresh, 1::float8 AS weight, NULL::text AS page
      FROM newest WHERE recent AND made > (SELECT made FROM edge)`,
    ...partsOf(tables.jobs, { percent: sample.percent }).map((part) => rowsOf({ ...part, where: older })),
  ];
}

/** The newest rows, and where they end. Those that were created in the same moment as the last of them are not among them. */
const newestOf = (tables: Tables, rows: number) => `newest AS MATERIALIZED (
    SELECT ${columnsOf(tables)}, ${tables.job.created} AS made, ${endedInLastHour(tables)} AS recent
    FROM ${tables.jobs} WHERE ${tables.job.created} IS NOT NULL ORDER BY ${tables.job.created} DESC LIMIT ${rows}
  ),
  edge AS MATERIALIZED (SELECT CASE WHEN count(*) = ${rows} THEN min(made) ELSE '-infinity' END AS made FROM newest),
  `;

/** Rows that have the same in these columns, of a sample page by page: how many they are, and what each stands for. */
const pagesOf = (columns: readonly string[], where: string, sample: Sample | undefined) => {
  const same = [...columns, ...(sample ? ['weight', 'page'] : [])].join(', ');
  return `SELECT ${columns.join(', ')}, ${sample ? 'weight' : '1::float8 AS weight'}, count(*)::float8 AS n
          FROM recent WHERE ${where} GROUP BY ${same}`;
};

/** Of what was created within the hour: none, where the newest rows that were read reach further back. */
const createdMargin = ({ form }: Tables, n: string, sample: Sample | undefined) =>
  sample?.newest === undefined || !form.job.columns.error
    ? marginOf(n, sample)
    : `CASE WHEN (SELECT made FROM edge) < now() - interval '1 hour' THEN 0 ELSE ${marginOf(n, sample)} END::float8`;

/**
 * How far off a sample's numbers may be. The margin of a share f / n is twice the standard error of that ratio over pages
 * chosen by chance; where none failed, or all did, three more of the jobs that were read; where chance met none at all, as
 * many more that failed, or did not (95 %: the rule of three).
 */
function marginsOf(tables: Tables, sample: Sample): string {
  const missed = 3 * (100 / sample.percent - 1);
  return `
  margins AS (
    SELECT id, (100 * CASE
      WHEN max(weight) = 1 THEN ${missed} / (${missed} + sum(n))
      WHEN sum(f) IN (0, sum(n)) THEN least(1, ${missed} / nullif(sum(n * weight), 0))
      ELSE 2 * sqrt(greatest(0, sum(v * f * f) - 2 * (sum(weight * f) / sum(weight * n)) * sum(v * f * n)
             + (sum(weight * f) / sum(weight * n)) ^ 2 * sum(v * n * n))) / sum(weight * n) END)::float8 AS margin,
      ${marginOf('f', sample)} AS "failuresMargin", ${marginOf('n', sample)} AS "jobsMargin",
      ${marginOf('u', sample)} AS "unclearMargin", ${createdMargin(tables, 'g', sample)} AS "createdMargin"
    FROM (SELECT id, weight, weight * weight - weight AS v, (count(*) FILTER (WHERE failed))::float8 AS f,
                 (count(*) FILTER (WHERE failed AND fresh))::float8 AS g,
                 (count(*) FILTER (WHERE unclear))::float8 AS u, count(*)::float8 AS n
          FROM recent GROUP BY id, weight, page) pages
    GROUP BY id
  )`;
}
