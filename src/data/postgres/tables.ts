// Which tables and columns this database has; asked once per session, since migrations are rare.
import { type ColumnRow, columns, inSchema, type Tables, tablesFrom } from './queries/columns.ts';
import { type PagesRow, pagesOf, type Sample } from './queries/studies.ts';
import type { AskSql, Session } from './session.ts';

const known = new WeakMap<Session, Tables>();

/** The tables of a schema. Throws as the server would when one of them is missing. */
export async function tablesOf(session: Session, schema: string, ask: AskSql): Promise<Tables> {
  const before = known.get(session);
  if (before) return before;
  const values = [inSchema(schema, 'studies'), inSchema(schema, 'jobs')];
  const found = await ask<ColumnRow>(columns, { values });
  const tables = tablesFrom(schema, found);
  // Not remembered while one is missing: a migration may be under way.
  if (new Set(found.map(({ which }) => which)).size === 2) known.set(session, tables);
  return tables;
}

/** Forget, as after an error that says that a column is gone. */
export function forgetTables(session: Session): void {
  known.delete(session);
}

/** How many pages of a table a sample looks at, by chance and at its end. */
const samplePages = 1500;
const tailPages = 1500;

/** How to sample the jobs; undefined where they cannot be: of a view there are no pages. */
export async function sampleOf(ask: AskSql, { jobs, sampling }: Tables): Promise<Sample | undefined> {
  if (sampling === 'none') return undefined;
  const [size] = await ask<PagesRow>(pagesOf(jobs));
  const pages = size?.pages ?? 0;
  const percent = pages <= samplePages ? 100 : Math.max(0.0001, (samplePages / pages) * 100);
  return sampling === 'tail' ? { percent, tail: Math.max(0, Math.round(pages) - tailPages) } : { percent };
}
