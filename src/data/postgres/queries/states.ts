// Which states rows have, and how many rows have one that nobody knows. Bounded: a state is looked up in an index where
// there is one, and else in the first rows.
import { hasUnclearLabel, isUnclear } from '../../../core/platform/form.ts';
import type { StateOwner } from '../../../core/platform/mapping.ts';
import type { Tables } from './columns.ts';
import { marginOf, partsOf, type Sample } from './sample.ts';

/** More different states than this are no states. */
export const mostStates = 60;
/** How many rows of unknown states are counted; more are shown as `at least`. */
export const mostUnclear = 50_000;
const firstRows = 2000;

const tableOf = (owner: StateOwner, { studies, jobs }: Tables) => (owner === 'study' ? studies : jobs);

export type StateRow = { label: string };

/** The states that rows have: by steps through the index from one to the next, or of the first rows. */
export function seenStates(owner: StateOwner, tables: Tables): string {
  const table = tableOf(owner, tables);
  if (!tables.status[owner].indexed)
    return `SELECT DISTINCT status::text AS label FROM (SELECT status FROM ${table} LIMIT ${firstRows}) r
      WHERE status IS NOT NULL ORDER BY 1 LIMIT ${mostStates}`;
  return `
    WITH RECURSIVE step (status) AS (
      (SELECT status FROM ${table} WHERE status IS NOT NULL ORDER BY status LIMIT 1)
      UNION ALL
      SELECT (SELECT t.status FROM ${table} t WHERE t.status > step.status ORDER BY t.status LIMIT 1)
      FROM step WHERE step.status IS NOT NULL
    )
    SELECT status::text AS label FROM step WHERE status IS NOT NULL LIMIT ${mostStates}`;
}

/** `margin`: of a sample, twice the standard error. */
export type UnclearRow = { label: string | null; count: number; margin?: number };

/** Row counts of unknown states. Undefined: no row can have one. */
export function unclearRows(owner: StateOwner, tables: Tables): string | undefined {
  const { states } = owner === 'study' ? tables.form.study : tables.form.job;
  const { indexed, nullable } = tables.status[owner];
  // All labels are known from an index or an enum; otherwise every row must be read.
  const where = indexed || states.declared ? hasUnclearLabel(owner, states) : isUnclear(owner, states);
  if (where === 'status IS NULL' && !nullable) return undefined;
  return `
    SELECT status::text AS label, count(*)::int AS count
    FROM (SELECT status FROM ${tableOf(owner, tables)} WHERE ${where} LIMIT ${mostUnclear + 1}) u
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`;
}

/** The same for jobs from a sample, as an estimate: without an index, as few rows are read. */
export const unclearEstimated = (tables: Tables, sample: Sample) => `
  SELECT label, round(sum(weight * n))::bigint::float8 AS count, ${marginOf('n', sample)} AS margin
  FROM (${partsOf(tables.jobs, sample)
    .map(
      ({ from, where, weight }) => `
    SELECT status::text AS label, ${weight}::float8 AS weight, count(*)::float8 AS n
    FROM ${from} WHERE ${where} AND ${tables.jobUnclear} GROUP BY 1, tableoid, (ctid::text::point)[0]`,
    )
    .join(' UNION ALL ')}) pages GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`;
