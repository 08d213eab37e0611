// Undo a job retry (runbook: Manually Retrying Failed Jobs).
import type { Action } from '../../core/actions/action.ts';
import { formatCount } from '../../core/text/format.ts';
import { second } from '../../core/time.ts';
import {
  answeredByDatabase,
  counted,
  fingerprint,
  given,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from '../plan.ts';
import { correctFailed, isUntouched, keptColumns, putBack } from './job-columns.ts';
import { number, objectOf, primaryAway, studyField, studyOf, table, text } from './study.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'restore-jobs': true;
  }
}

/** A ULID; it is also a file name. */
const runId = { pattern: /^[0-9A-HJKMNP-TV-Z]{26}$/i, says: 'the id of a run, 26 letters and digits' };

export const restoreJobs: Action = {
  id: 'restore-jobs',
  title: 'Undo a job retry',
  risk: 'data',
  about: {
    does: 'restores status, attempts and message of retried jobs that have not started',
    looksAt: 'the rows saved by the retry, and which of them are still pending and unchanged',
    calls:
      "UPDATE jobs SET status = …, attempt_count = …, error_message = … FROM unnest(…) WHERE status = 'pending' AND attempt_count = 0",
    proof: 'the rows have their previous values',
    undo: 'retry them again',
    runbook: 'Manually Retrying Failed Jobs',
  },
  fields: [
    { name: 'run', ask: 'which retry?', kind: 'text', form: runId },
    { ...studyField, ask: 'which study?' },
  ],
  names: studyOf,
  object: objectOf,
  unavailable: primaryAway,
  needs: table('jobs', ['SELECT', 'UPDATE']),
  async plan(target, preflight) {
    const kept = await preflight.kept(given(target, 'run'));
    if (!kept.ok) return refusedBy(kept.fault);
    const { columns, rows } = kept.value;
    const who = await answeredByDatabase(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const found = await preflight.tables();
    if (!found.ok) return refusedBy(found.fault);
    const tables = found.value;
    if (columns.join() !== keptColumns(tables).join())
      return refuse('the saved rows are not from a retry', 'check the run id');
    const { jobs, job, types } = tables;
    const idType = types.jobId;
    const study = studyOf(target);
    const untouched = `id = ANY($1::${idType}[]) AND ${job.study} = $2 AND ${isUntouched(tables)}`;
    const waiting = await preflight.rows('primary', `SELECT id::text AS id FROM ${jobs} WHERE ${untouched}`, [
      rows.map(([id]) => id ?? ''),
      study,
    ]);
    if (!waiting.ok) return refusedBy(waiting.fault);
    const still = new Set(waiting.value.map((row) => text(row, 'id')));
    const back = rows.filter(([id]) => still.has(id ?? ''));
    if (back.length === 0) return refuse('none of them is still waiting and unchanged', 'nothing to restore');
    const column = (at: number) => back.map((row) => row[at] ?? null);
    const lists = [column(0), study, ...columns.slice(1).map((_, at) => column(at + 1))];
    const columnsBack = putBack(tables, 3);
    return planned({
      impact: [
        `Restores ${formatCount(back.length)} of ${formatCount(rows.length)} jobs of ${study}.`,
        `${counted(rows.length - back.length, 'has started since and stays as it is', 'have started since and stay as they are')}.`,
      ],
      calls: [
        {
          tool: 'sql',
          server: 'primary',
          lock: {
            text: `SELECT id FROM ${jobs} WHERE ${untouched} ORDER BY id FOR UPDATE`,
            parameters: [column(0), study],
          },
          change: {
            text: `${correctFailed(tables, back.length, '$2')}UPDATE ${jobs} AS j SET ${columnsBack.set} FROM unnest($1::${idType}[], ${columnsBack.lists}) AS k(key, ${columnsBack.names}) WHERE j.id = k.key AND ${untouched}`,
            parameters: lists,
          },
          expectRows: back.length,
          transaction: true,
        },
      ],
      undo: 'retry them again',
      answered: [who.says],
      preconditions: fingerprint(back),
      baseline: { ids: JSON.stringify(column(0).slice(0, 1000)), type: idType },
    });
  },
  async verify({ plan }, preflight) {
    const tables = await preflight.tables();
    if (!tables.ok) return notYetBy(tables.fault);
    const found = await preflight.rows(
      'primary',
      `SELECT count(*)::int AS jobs FROM ${tables.value.jobs}
       WHERE id = ANY($1::${plan.baseline?.type ?? 'text'}[]) AND ${tables.value.jobIs('failed')}`,
      [JSON.parse(plan.baseline?.ids ?? '[]') as string[]],
    );
    if (!found.ok) return notYetBy(found.fault);
    const jobs = number(found.value[0], 'jobs');
    const all = (JSON.parse(plan.baseline?.ids ?? '[]') as string[]).length;
    return jobs === all
      ? proven(`${formatCount(jobs)} are failed again`)
      : notYet(`${formatCount(jobs)} of ${formatCount(all)} are failed again`);
  },
  within: 15 * second,
  next: ({ target }) => [
    { action: 'retry-jobs', target: { study: studyOf(target) }, says: 'retry them again', undo: true },
  ],
};
