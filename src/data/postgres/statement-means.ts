// What a server shows of its statements, and what would make it show more.
import { type Lack, lackOf, type Means } from '../../core/queries/lack.ts';
import { quoted } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';
import type { AskSql } from './ask.ts';
import { isLate, isRefusal, remedyOf, retried } from './faults.ts';
import { type MeansRow, means as meansSql } from './queries/statements.ts';

export async function meansOf(ask: AskSql): Promise<MeansRow> {
  const [row] = await ask<MeansRow>(meansSql);
  if (!row) throw new Error('the server did not identify itself');
  return row;
}

export const meansSaid = ({ role, database, preload }: MeansRow): Means => ({
  role: quoted(sanitize(role, 64)),
  database: sanitize(database, 64),
  preload: preload === null ? undefined : sanitize(preload, 200),
});

/** Why no statement can be counted; undefined where they are. */
export function whyUncounted(row: MeansRow): Lack | undefined {
  const means = meansSaid(row);
  // The library's settings exist where it is loaded, also for those who may not see the list of libraries.
  if (row.track === null) return lackOf('preload', means);
  if (row.schema === null || row.columns.length === 0) return lackOf('extension', means);
  if (row.track === 'none') return lackOf('not-tracked', means);
  return row.ids === 'off' ? lackOf('no-ids', means) : undefined;
}

/** What is missing of statements that are counted. */
export function statementLacks(row: MeansRow): Lack[] {
  const means = meansSaid(row);
  const lacks: Lack[] = [];
  if (!row.seesAll) lacks.push(lackOf('other-roles', means));
  if (!row.columns.includes('total_exec_time')) lacks.push(lackOf('old-extension', means));
  if (row.ioTiming === 'off') lacks.push(lackOf('io-timing', means));
  return lacks;
}

/** A part of an answer that may be refused or late without the others. */
export async function partOf<T>(
  what: string,
  role: string,
  lacks: Lack[],
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isLate(error) && !isRefusal(error)) throw error;
    const late = isLate(error);
    lacks.push({
      code: late ? 'late' : 'refused',
      what: `${what} not visible`,
      remedy: late ? retried : remedyOf(error, role),
    });
    return undefined;
  }
}
