// Samples of a table's pages, and how far off a number from one may be.
import pg from 'pg';

/**
 * A look at some of a table's pages: at `percent` of them, chosen by chance. What is new, chance would miss: it lies at the
 * table's end, of which all pages are read from `tail` on, or an index gives the `newest` so many rows.
 */
export type Sample = { percent: number; tail?: number; newest?: number };

/** Rows of a table, and how many rows each of them stands for. */
export type Part = { from: string; where: string; weight: string };

/** The parts of a sample that are pages; without one, the whole table. */
export function partsOf(jobs: string, sample: Sample | undefined): readonly Part[] {
  if (!sample) return [{ from: jobs, where: 'true', weight: '1' }];
  const { percent, tail } = sample;
  const chance = { from: `${jobs} TABLESAMPLE SYSTEM (${percent})`, weight: `${100 / percent}` };
  if (tail === undefined) return [{ ...chance, where: 'true' }];
  const page = `'(${tail},0)'::tid`;
  return [
    { from: jobs, where: `ctid >= ${page}`, weight: '1' },
    { ...chance, where: `ctid < ${page}` },
  ];
}

/**
 * How far off a sum of `weight * n` over the pages of a sample may be, in rows, for rows `n, weight`: each page was chosen
 * with the probability p = 1 / weight, so that the variance is estimated by the squares of the pages' numbers, times
 * (1 - p) / p² (Horvitz-Thompson), and twice its root is the margin. Where no page that was chosen by chance has one, up
 * to 3 / p with one each may have been missed (95 %: the rule of three). 0 where all pages were read.
 */
export function marginOf(n: string, sample: Sample | undefined): string {
  const weight = sample ? 100 / sample.percent : 1;
  if (weight <= 1) return '0::float8';
  const missed = `CASE WHEN coalesce(sum(${n}) FILTER (WHERE weight > 1), 0) = 0 THEN ${3 * weight} ELSE 0 END`;
  return `ceil(greatest(2 * sqrt(sum(${n} * ${n} * (weight * weight - weight))), ${missed}))::float8`;
}

export type PagesRow = { pages: number };

/** A table's size in pages, as it lies on disk now, with its partitions and the tables that inherit from it. */
export const pagesOf = (table: string) => `
  WITH RECURSIVE parts (id) AS (
    SELECT ${pg.escapeLiteral(table)}::regclass::oid
    UNION SELECT inhrelid FROM parts JOIN pg_inherits ON inhparent = id
  )
  SELECT coalesce(sum(pg_relation_size(id)), 0)::float8 / current_setting('block_size')::int AS pages FROM parts`;
