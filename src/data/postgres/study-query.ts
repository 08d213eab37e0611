// Queries of the screens: one study, and lists of studies and jobs.
import type { Settings } from '../../config/settings.ts';
import type { Job, JobList, StudyDetail, StudyList, StudyRow, SurfaceDetail } from '../../core/queries/study.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { readApiStudy } from '../gateway/study-api.ts';
import type { Result } from '../source.ts';
import type { AskSql } from './ask.ts';
import { sqlState } from './faults.ts';
import type { Tables } from './queries/columns.ts';
import * as sql from './queries/details.ts';
import { sessionsFor } from './sessions.ts';
import { completionFrom } from './studies.ts';
import { tablesOf } from './tables.ts';

/** The time limit of one statement. */
const limit: Ms = 6 * second;
/** Rows read at a time. Without an index each page reads the whole table: few large ones are quicker than many. */
const page = 10_000;
/** Words of a search that count. */
const mostWords = 6;

/** Where each page after the first begins. */
type Cursor = { id: string; cursor: string | null };
type PageAsk = Omit<sql.Page, 'words'> & { values: readonly [cursor: string | null, id: string | null] };

/**
 * Reads page after page, each beginning after the last row of the one before, until there are `rows` and one more: first
 * those that say when they were made, then those that do not.
 */
async function inPages<R extends Cursor>(
  rows: number,
  read: (page: PageAsk) => Promise<readonly R[]>,
): Promise<{ rows: readonly R[]; more: boolean }> {
  const found: R[] = [];
  for (const undated of [false, true]) {
    let last: R | undefined;
    while (found.length <= rows) {
      const wanted = Math.min(page, rows + 1 - found.length);
      const values = [last?.cursor ?? null, last?.id ?? null] as const;
      const some = await read({ after: last !== undefined, undated, limit: wanted, values });
      found.push(...some);
      last = some.at(-1);
      if (some.length < wanted) break;
    }
  }
  return { rows: found.slice(0, rows), more: found.length > rows };
}

/** The words of a search, each as a pattern for ILIKE that takes them literally. */
function patternsOf(search: string): readonly string[] {
  const words = search.split(/\s+/).filter(Boolean).slice(0, mostWords);
  return words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
}

/** The newest studies whose id, tenant or status have all words of `search`. */
export function listStudies(
  settings: Settings,
  { search, rows }: { search: string; rows: number },
  signal: AbortSignal,
): Promise<Result<StudyList>> {
  const session = sessionsFor(settings).studies;
  const like = patternsOf(search);
  return session.read(signal, limit, async (ask) => {
    const tables = await tablesOf(session, settings.database.schema, ask);
    const list = await inPages(rows, ({ values, ...part }) =>
      ask<sql.StudyListRow>(sql.studyPage(tables, { ...part, words: like.length }), { values: [...values, ...like] }),
    );
    return { ...list, rows: list.rows.map(studyRow) };
  });
}

/** One study by the database and, at the same time, by the API. */
export async function queryStudy(settings: Settings, study: string, signal: AbortSignal): Promise<Result<StudyDetail>> {
  const session = sessionsFor(settings).studies;
  const [api, outcome] = await Promise.all([
    readApiStudy(settings, study, signal),
    session.read(signal, limit, async (ask) => {
      const tables = await tablesOf(session, settings.database.schema, ask);
      const values = [study];
      const [row] = await ask<sql.StudyListRow>(sql.oneStudy(tables), { values }).catch(noSuchId);
      const found = row === undefined ? noJobs : await jobsOf(ask, sql.jobsSummary(tables), values);
      const { counts, errors, running, slowest } = found ?? noJobs;
      return {
        row: row ? studyRow(row) : undefined,
        jobsUncounted: found ? undefined : true,
        counts: (counts ?? []).map(({ surface, status, count }) => ({
          surface: sanitize(surface ?? 'no surface', 100),
          status: sanitize(status ?? 'no status', 40),
          count,
        })),
        exact: (counts ?? []).reduce((sum, { count }) => sum + count, 0) < sql.mostOfStudy,
        errors: (errors ?? []).map(({ message, code, count, final }) => ({
          message: sanitize(message ?? 'no message', 400),
          code: code === null ? undefined : sanitize(code, 60),
          count,
          final,
        })),
        cost: row ? await costOf(ask, tables, study) : undefined,
        running: (running ?? []).map(jobFrom),
        slowest: (slowest ?? []).map(jobFrom),
      };
    }),
  ]);
  return outcome.ok ? { ok: true, value: { ...outcome.value, api } } : outcome;
}

/** What cannot be an id here is the id of nothing. */
function noSuchId(error: unknown): [] {
  if (sqlState(error) === '22P02') return [];
  throw error;
}

const noJobs: sql.JobSummaryRow = { counts: null, errors: null, running: null, slowest: null };

/** The summary of a study's jobs; undefined when it took too long: what is known of the study itself stands. */
async function jobsOf(ask: AskSql, statement: string, values: string[]): Promise<sql.JobSummaryRow | undefined> {
  try {
    const [row] = await ask<sql.JobSummaryRow>(statement, { values });
    return row;
  } catch (error) {
    if (sqlState(error) !== '57014') throw error;
    return undefined;
  }
}

/** The sum of its cost records; undefined where the platform has none, or none that we may read. */
async function costOf(ask: AskSql, { form }: Tables, study: string): Promise<number | undefined> {
  const statement = sql.costOfStudy(form);
  if (statement === undefined) return undefined;
  const [row] = await ask<{ total: number | null }>(statement, { values: [study] });
  return numberFrom(row?.total);
}

/** A study's jobs whose id, surface, status or error have all words of `search`, newest first. */
export function listJobs(
  settings: Settings,
  { study, status, search, rows }: { study: string; status: string; search: string; rows: number },
  signal: AbortSignal,
): Promise<Result<JobList>> {
  const session = sessionsFor(settings).studies;
  const like = patternsOf(search);
  return session.read(signal, limit, async (ask) => {
    const tables = await tablesOf(session, settings.database.schema, ask);
    const list = await inPages(rows, ({ values, ...part }) =>
      ask<sql.JobPageRow>(sql.jobPage(tables, { ...part, words: like.length }), {
        values: [study, status || null, ...values, ...like],
      }),
    );
    return { ...list, rows: list.rows.map(jobFrom) };
  });
}

/** A surface's failures of the last hour. */
export function querySurface(settings: Settings, surface: string, signal: AbortSignal): Promise<Result<SurfaceDetail>> {
  const session = sessionsFor(settings).studies;
  return session.read(signal, limit, async (ask) => {
    const tables = await tablesOf(session, settings.database.schema, ask);
    const values = [surface];
    const errors = await ask<sql.SurfaceErrorRow>(sql.errorsOfSurface(tables), { values }).catch(noSuchId);
    const studies = await ask<sql.SurfaceStudyRow>(sql.studiesOfSurface(tables), { values }).catch(noSuchId);
    const newest = await ask<sql.FailedJobRow>(sql.newestOfSurface(tables), { values }).catch(noSuchId);
    return {
      errors: errors.map((row) => ({ ...row, message: sanitize(row.message ?? 'no message', 400) })),
      studies: studies.map(({ study, count }) => ({ study: sanitize(study, 100), count })),
      newest: newest.map((row) => ({ ...jobFrom(row), study: sanitize(row.study, 100) })),
      exact: errors.reduce((sum, { count }) => sum + count, 0) < sql.mostOfSurface,
    };
  });
}

function studyRow(row: sql.StudyListRow): StudyRow {
  const completion = completionFrom(row.completion);
  const createdAt = (row.created ?? 0) * second;
  return {
    id: sanitize(row.id, 100),
    tenant: sanitize(row.tenant, 100),
    status: sanitize(row.status, 40),
    completion,
    createdAt,
    progressedAt: row.progressed === null ? createdAt : row.progressed * second,
    deadline: row.deadline === null ? undefined : row.deadline * second,
  };
}

function jobFrom(row: sql.JobRow): Job {
  return {
    id: sanitize(row.id, 100),
    surface: sanitize(row.surface ?? 'no surface', 100),
    status: sanitize(row.status, 40),
    attempts: numberFrom(row.attempts) ?? 0,
    createdAt: (row.created ?? 0) * second,
    begunAt: row.begun === null ? undefined : row.begun * second,
    endedAt: row.ended === null ? undefined : row.ended * second,
    error: row.error === null ? undefined : sanitize(row.error, 400),
    code: row.code === null ? undefined : sanitize(row.code, 60),
    retryable: row.retryable === null ? undefined : row.retryable.toLowerCase() !== 'false',
  };
}

/** PostgreSQL has NaN and Infinity, which JSON has as words; neither is a figure. */
const numberFrom = (told: number | null | undefined): number | undefined =>
  typeof told === 'number' && Number.isFinite(told) ? told : undefined;
