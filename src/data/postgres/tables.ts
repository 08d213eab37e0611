// Which tables and columns this database has; asked once per session, since migrations are rare.
import {
  type ColumnRow,
  columns,
  endOfJobs,
  inSchema,
  type PagesRow,
  pagesOf,
  type Tables,
} from './queries/studies.ts';
import type { AskSql, Session } from './session.ts';

const known = new WeakMap<Session, Tables>();

/** The tables of a schema. Throws as the server would when one of them is missing. */
export async function tablesOf(session: Session, schema: string, ask: AskSql): Promise<Tables> {
  const before = known.get(session);
  if (before) return before;
  const studies = inSchema(schema, 'studies');
  const jobs = inSchema(schema, 'jobs');
  const found = await ask<ColumnRow>(columns, { values: [jobs] });
  // Not remembered while it is missing: a migration may be under way.
  const tables = { studies, jobs, ended: endOfJobs(new Set(found.map(({ column }) => column))) };
  if (found.length > 0) known.set(session, tables);
  return tables;
}

/** Forget, as after an error that says that a column is gone. */
export function forgetTables(session: Session): void {
  known.delete(session);
}

/** How many pages of a table a sample looks at. */
const samplePages = 1500;

/** The share of a table's pages to look at, in percent; at most 100. */
export async function samplePercent(ask: AskSql, table: string): Promise<number> {
  const [size] = await ask<PagesRow>(pagesOf(table));
  const pages = size?.pages ?? 0;
  return pages <= samplePages ? 100 : Math.max(0.0001, (samplePages / pages) * 100);
}
