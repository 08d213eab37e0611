// The columns of a job that a retry sets in this form of the table: which are saved, and how they are restored.
import { type Column, type Form, nowFor } from '../../core/platform/form.ts';
import type { Tables } from '../../core/platform/tables.ts';
import { literal, quoted } from '../../core/text/sql.ts';

/** Beside the status: attempts, message or result, and when it was last tried, as far as the table has them. */
function columnsSet({ job }: Form): readonly Column[] {
  const { attempts, error, result, attempted } = job.columns;
  // If the table has a message column, the result belongs to others.
  return [attempts, error ?? result, error ? undefined : attempted].flatMap((column) => column ?? []);
}

/** The columns that a retry saves of each row: id, status and the columns that it sets. */
export const keptColumns = ({ form }: Tables): readonly string[] => [
  'id',
  'status',
  ...columnsSet(form).map(({ name }) => name),
];

/** SQL: how much of a job is saved, as the table holds it: it is not unpacked for that. */
export const savedBytes = (tables: Tables): string =>
  keptColumns(tables)
    .map((name) => `coalesce(pg_column_size(${quoted(name)}), 0)`)
    .join(' + ');

/** SQL: what a retry sets (runbook, Manually Retrying Failed Jobs). */
export function retrySet({ form }: Tables, waiting: string): string {
  const { attempts, updated } = form.job.columns;
  const rest = columnsSet(form).map((column) => `${quoted(column.name)} = ${column === attempts ? '0' : 'NULL'}`);
  const stamp = touchesUpdated(form) && updated ? [`${quoted(updated.name)} = ${nowFor(updated)}`] : [];
  return [`status = ${literal(waiting)}`, ...rest, ...stamp].join(', ');
}

/** Prisma's rows carry the time of each change, which its client would set. */
const touchesUpdated = ({ job }: Form) => job.columns.error === undefined;

/** SQL: a job that has not started since the retry. */
export function isUntouched(tables: Tables): string {
  const { attempts } = tables.form.job.columns;
  return `${tables.jobIs('waiting')}${attempts ? ` AND ${quoted(attempts.name)} = 0` : ''}`;
}

/** SQL that restores saved columns from lists, one for each column: parameters from `first` on. */
export function putBack({ form }: Tables, first: number): { set: string; lists: string; names: string } {
  const { status } = form.job.columns;
  const columns = [{ name: 'status', type: status?.type ?? 'text' }, ...columnsSet(form)];
  return {
    set: columns.map(({ name, type }, at) => `${quoted(name)} = k.c${at}::${castable(type)}`).join(', '),
    lists: columns.map((_, at) => `$${first + at}::text[]`).join(', '),
    names: columns.map((_, at) => `c${at}`).join(', '),
  };
}

/** The server quotes a type's name if needed; anything but such a name is rejected. */
const castable = (type: string) => (/^(?:"(?:[^"]|"")+"(?!")|[a-z0-9_ .])+$/.test(type) ? type : 'text');

/**
 * SQL: a part before the change that corrects how many failed jobs a study counts, where it counts them: by `by`, as
 * the same transaction that changes the jobs. The study is parameter $1.
 */
export function correctFailed({ form, studies }: Tables, by: number, study: string): string {
  const { failedCells } = form.study.columns;
  if (!failedCells) return '';
  const name = quoted(failedCells.name);
  return `WITH counted AS (UPDATE ${studies} SET ${name} = greatest(0, ${name} ${by < 0 ? '-' : '+'} ${Math.abs(by)}) WHERE id = ${study}) `;
}
