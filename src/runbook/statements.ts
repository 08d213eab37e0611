// The runbook's statements on studies, jobs and keys for the tables of this database: with the runbook's own
// tables they are exactly those of the runbook.
import { columnName, type Form, labelFor, labelsOf, nowFor, type States } from '../core/platform/form.ts';
import type { ColumnId, Meaning, StateOwner } from '../core/platform/mapping.ts';
import { quoted } from '../core/text/sql.ts';
import { literal } from './manual-commands.ts';

const study = (form: Form, column: ColumnId<'study'>) => columnName('study', form.study, column);
const job = (form: Form, column: ColumnId<'job'>) => columnName('job', form.job, column);
const key = (form: Form, column: ColumnId<'apiKey'>) => columnName('apiKey', form.apiKey, column);

/** `status = 'failed'`, or `status IN (…)`: the states that the table has for it. */
function statusIs(owner: StateOwner, states: States, ...meanings: readonly Meaning[]): string {
  const had = labelsOf(owner, states, ...meanings);
  const labels = had.length > 0 ? had : meanings.flatMap((meaning) => labelFor(owner, states, meaning) ?? []);
  const [only] = labels;
  if (only === undefined) return 'false';
  return labels.length === 1 ? `status = ${literal(only)}` : `status IN (${labels.map(literal).join(', ')})`;
}

const failed = (form: Form) => statusIs('job', form.job.states, 'failed');

/** The progress of a study: its own figure, else from its cells. */
function progress(form: Form): string {
  const { columns } = form.study;
  if (columns.progress || !columns.totalCells || !columns.completedCells)
    return "progress->>'completionPercentage' as progress";
  return `round(100.0 * ${study(form, 'completedCells')} / nullif(${study(form, 'totalCells')}, 0)) as progress`;
}

/** A job's message. */
function message(form: Form): string {
  const { columns } = form.job;
  return columns.error || !columns.result ? job(form, 'error') : "result->'error'->>'message'";
}

/** One study. */
export function oneStudy(form: Form): string {
  const moved = form.study.columns.updated || !form.study.columns.completed ? 'updated' : 'completed';
  return `SELECT id, ${study(form, 'tenant')}, status, ${progress(form)}, ${study(form, 'created')}, ${study(form, moved)} FROM ${quoted(form.study.name)} WHERE id = '<study>'`;
}

export function activeStudies(form: Form): string {
  const open = statusIs('study', form.study.states, 'running', 'waiting');
  return `SELECT id, ${study(form, 'tenant')}, status FROM ${quoted(form.study.name)} WHERE ${open}`;
}

/** Undefined if the platform has no such state: then only its API cancels. */
export function cancelStudy(form: Form): string | undefined {
  const cancelled = labelFor('study', form.study.states, 'cancelled');
  return cancelled && `UPDATE ${quoted(form.study.name)} SET status=${literal(cancelled)} WHERE id='<study>'`;
}

export function failedJobs(form: Form): string {
  return `SELECT id, ${message(form)}, ${job(form, 'attempts')} FROM ${quoted(form.job.name)} WHERE ${job(form, 'study')} = '<study>' AND ${failed(form)}`;
}

export function retryJobs(form: Form): string {
  const waiting = labelFor('job', form.job.states, 'waiting') ?? 'pending';
  const { error, result, attempted, updated } = form.job.columns;
  const rest =
    error || !result
      ? [`${job(form, 'error')} = NULL`]
      : [
          'result = NULL',
          ...(attempted ? [`${quoted(attempted.name)} = NULL`] : []),
          ...(updated ? [`${quoted(updated.name)} = ${nowFor(updated)}`] : []),
        ];
  const set = [`status = ${literal(waiting)}`, `${job(form, 'attempts')} = 0`, ...rest].join(', ');
  return `UPDATE ${quoted(form.job.name)} SET ${set} WHERE ${job(form, 'study')} = '<study>' AND ${failed(form)}`;
}

/** A time without a zone is compared with one without: a server's own zone would shift the hour. */
function lastHour(form: Form): string {
  const at = form.job.columns.error ? 'created' : 'updated';
  return `${failed(form)} AND ${job(form, at)} > ${nowFor(form.job.columns[at]).replace('now()', 'NOW()')} - INTERVAL '1 hour'`;
}

/** Failures by surface (runbook, SEV2). */
export function failuresBySurface(form: Form): string {
  const surface = job(form, 'surface');
  return `SELECT ${surface}, COUNT(*) as failures, COUNT(DISTINCT ${job(form, 'study')}) as affected_studies FROM ${quoted(form.job.name)} WHERE ${lastHour(form)} GROUP BY ${surface} ORDER BY failures DESC`;
}

/** Failures by message (runbook, SEV2). */
export function failuresByMessage(form: Form): string {
  const by = message(form) === job(form, 'error') ? message(form) : '1';
  return `SELECT ${message(form)}, COUNT(*) FROM ${quoted(form.job.name)} WHERE ${lastHour(form)} GROUP BY ${by} ORDER BY COUNT(*) DESC LIMIT 10`;
}

export const keysOfTenant = (form: Form): string => `${keys(form)} WHERE ${key(form, 'tenant')} = '<tenant>'`;

function keys(form: Form): string {
  const told = (['tenant', 'name', 'permissions', 'rateLimit', 'lastUsed', 'created'] as const)
    .filter((column) => column !== 'rateLimit' || form.apiKey.columns.rateLimit)
    .map((column) => key(form, column));
  return `SELECT id, ${told.join(', ')} FROM ${quoted(form.apiKey.name)}`;
}

export function revokeKey(form: Form): string {
  const { revoked, active } = form.apiKey.columns;
  const set = revoked || !active ? 'revoked = true, revoked_at = NOW()' : 'active = false';
  return `UPDATE ${quoted(form.apiKey.name)} SET ${set} WHERE id = '<key-id>'`;
}

/** The tables of the weekly tasks; Prisma's has no results. */
export const tablesOf = ({ job: jobs, study: studies }: Form): readonly string[] => [
  quoted(jobs.name),
  quoted(studies.name),
  ...(jobs.columns.result && !jobs.columns.error ? [] : ['results']),
];

/** The newest study in a restored database. */
export const newestStudy = (form: Form): string =>
  `SELECT max(${study(form, 'created')}) FROM ${quoted(form.study.name)}`;

/** All keys, the last used first (runbook, Security). */
export const allKeys = (form: Form): string => `${keys(form)} ORDER BY ${key(form, 'lastUsed')} DESC`;
