// Which tables, columns and states this database has; asked once per session, since migrations are rare. States of a
// text, and how long the table of jobs is, are looked at again and again: any row may bring a new one.
import type { StateOwner } from '../../core/platform/mapping.ts';
import { type Ms, second } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import { isLate, NoHour, sqlState } from './faults.ts';
import { type ColumnRow, columns, type Tables, tablesFrom } from './queries/columns.ts';
import { type PagesRow, pagesOf, type Sample } from './queries/sample.ts';
import { mostStates, type StateRow, seenStates } from './queries/states.ts';
import type { Session } from './session.ts';

/** `seen`: what they were made of, beside the columns. */
type Known = { found: readonly ColumnRow[]; tables: Tables; seen: string; statesUntil: Ms };

const known = new WeakMap<Session, Known>();

const statesFor: Ms = 20 * second;
const statesWithin: Ms = second;

/** The tables of a schema by meaning. Where there is none, the runbook's: the server says that they are missing. */
export async function tablesOf(session: Session, schema: string, ask: AskSql): Promise<Tables> {
  const before = known.get(session);
  const now = performance.now();
  if (before && now < before.statesUntil) return before.tables;
  const found = before?.found ?? (await ask<ColumnRow>(columns, { values: [schema] }));
  const plain = before?.tables ?? tablesFrom(schema, found);
  const [study, job, pages] = await Promise.all([
    statesOf('study', plain, ask),
    statesOf('job', plain, ask),
    jobPagesOf(plain, ask),
  ]);
  const seen = JSON.stringify([study, job, pages]);
  // The same tables stay the same object, with what was made of them.
  const tables = before?.seen === seen ? before.tables : tablesFrom(schema, found, { study, job }, pages);
  // Not remembered while one is missing: a migration may be under way.
  if (tables.form.study.there && tables.form.job.there)
    known.set(session, { found, tables, seen, statesUntil: performance.now() + statesFor });
  return tables;
}

/** The labels that rows have. What an enum declares needs no rows; what cannot be read in time is left as it was known. */
async function statesOf(owner: StateOwner, tables: Tables, ask: AskSql): Promise<readonly string[]> {
  const table = owner === 'study' ? tables.form.study : tables.form.job;
  if (table.states.declared || !table.there || !table.columns.status) return [];
  try {
    const rows = await ask<StateRow>(seenStates(owner, tables), { within: statesWithin });
    return rows.slice(0, mostStates).map(({ label }) => label);
  } catch (error) {
    // The query for the rows names the lock.
    if (!isLate(error)) throw error;
    return table.states.labels;
  }
}

async function jobPagesOf({ jobs, jobPages, sampling, form }: Tables, ask: AskSql): Promise<number> {
  if (sampling === 'none' || !form.job.there) return 0;
  try {
    const [size] = await ask<PagesRow>(pagesOf(jobs), { within: statesWithin });
    return size?.pages ?? 0;
  } catch (error) {
    if (!isLate(error)) throw error;
    return jobPages;
  }
}

/**
 * A longer table is not read as a whole where a sample can tell as much: 25 000 pages (195 MiB, some two million jobs) take
 * a server 0.1 to 0.2 s.
 */
const mostPages = 25_000;
/** The same where nothing else can tell it: 60 000 pages (470 MiB, some five million jobs) take 0.3 s for each read. */
const mostPagesUnsampled = 60_000;

/** Whether to read all jobs costs the server more than the answer is worth. */
export const tooManyJobs = ({ jobPages }: Tables, { sampled }: { sampled: boolean }): boolean =>
  jobPages > (sampled ? mostPages : mostPagesUnsampled);

/** Throws where the tables say only on which day a row was made: its hour would be taken for midnight. */
export function refuseDays({ form: { study, job } }: Tables): void {
  for (const { name, columns } of [study, job])
    if (columns.created?.type === 'date') throw new NoHour(`${name}.${columns.created.name} is a date without a time`);
}

/** Discards the cached form, as after an error about a missing column or enum label. */
export function forgetTables(session: Session, error: unknown): void {
  if (['42703', '42P01', '22P02'].includes(sqlState(error) ?? '')) known.delete(session);
}

/** How many pages of a table a sample reads, at random and at its end. */
const samplePages = 1500;
const tailPages = 1500;

/** How to sample the jobs; undefined where they cannot be: of a view there are no pages. */
export async function sampleOf(ask: AskSql, tables: Tables): Promise<Sample | undefined> {
  if (tables.sampling === 'none') return undefined;
  const pages = await pagesNow(ask, tables);
  const percent = percentOf(samplePages, pages);
  return tables.sampling === 'tail' ? { percent, tail: Math.max(0, Math.round(pages) - tailPages) } : { percent };
}

/** How many of the newest jobs are read, and how many pages at random: what chance finds of them is little, and rare. */
const newestJobs = 10_000;
const pagesBesideNewest = 6000;

/** How to sample the jobs that ended of late: where an index gives the newest, they are wherever in the table. */
export async function recentSampleOf(ask: AskSql, tables: Tables): Promise<Sample | undefined> {
  if (tables.sampling === 'none' || !tables.jobsBy.newest) return sampleOf(ask, tables);
  return { percent: percentOf(pagesBesideNewest, await pagesNow(ask, tables)), newest: newestJobs };
}

const percentOf = (wanted: number, pages: number) => (pages <= wanted ? 100 : Math.max(0.0001, (wanted / pages) * 100));

async function pagesNow(ask: AskSql, { jobs }: Tables): Promise<number> {
  const [size] = await ask<PagesRow>(pagesOf(jobs));
  return size?.pages ?? 0;
}
