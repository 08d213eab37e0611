// Cancel a study (runbook: Useful Commands, force study completion).
import type { Action } from '../../core/actions/action.ts';
import type { SqlRow } from '../../core/actions/preflight.ts';
import { labelFor } from '../../core/platform/form.ts';
import { meaningOf, openJob, openStudy } from '../../core/platform/mapping.ts';
import { literal } from '../../core/text/sql.ts';
import { second } from '../../core/time.ts';
import { choiceField, counted, given, notYet, notYetBy, planned, proven, refuse, refusedBy } from '../plan.ts';
import {
  jobsByState,
  number,
  objectOf,
  primaryAway,
  statesSay,
  studyField,
  studyOf,
  text,
  writableStudy,
} from './study.ts';
import { baselineOf, byField, proveState, wayOf } from './way.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'cancel-study': true;
  }
}

/** `45`, or a question mark if the platform does not report it. */
const percentOf = (row: SqlRow) => (text(row, 'progress') === '' ? '?' : Math.round(number(row, 'progress')) || 0);

export const cancelStudy: Action = {
  id: 'cancel-study',
  title: 'Cancel a study',
  also: 'stop abort',
  risk: 'data',
  about: {
    does: 'cancels a study by the API, or sets it, and optionally its open jobs, to cancelled',
    looksAt: 'its state, progress and open jobs; whether the API knows it',
    calls: "DELETE /v1/studies/STUDY, or UPDATE studies SET status = 'cancelled' WHERE id = … AND status = …",
    proof: 'its status, read back after the orchestrator’s checkpoint',
    undo: 'set the previous status by hand; ended jobs can be retried',
    runbook: 'Useful Commands: force study completion',
  },
  fields: [
    studyField,
    choiceField('jobs', 'what about its open jobs?', {
      leave: 'leave them as they are',
      end: 'cancel them too',
    }),
    byField,
  ],
  names: studyOf,
  object: objectOf,
  unavailable: primaryAway,
  needs: (target, { schema }) => [
    { kind: 'table', schema, table: 'studies', privileges: ['SELECT'] },
    {
      kind: 'table',
      schema,
      table: 'jobs',
      privileges: given(target, 'jobs') === 'end' ? ['SELECT', 'UPDATE'] : ['SELECT'],
    },
  ],
  async plan(target, preflight) {
    const choice = given(target, 'jobs') || 'leave';
    if (choice !== 'leave' && choice !== 'end')
      return refuse(`jobs can be left or ended, not “${choice.slice(0, 40)}”`, 'leave or end');
    const found = await writableStudy(target, preflight);
    if ('planned' in found) return found.planned;
    const { study, row, tables } = found;
    const { studies, jobs, job, form } = tables;
    const status = text(row, 'status');
    const meaning = meaningOf('study', status);
    if (meaning !== undefined && !openStudy.includes(meaning))
      return refuse(`it is already ${status}`, 'nothing to cancel');
    const wanted = given(target, 'by') || 'auto';
    const way = await wayOf({ verb: 'cancel', study, row, tables, wanted, to: 'cancelled' }, preflight);
    if ('planned' in way) return way.planned;
    const jobCancelled = labelFor('job', form.job.states, 'cancelled');
    if (way.by === 'sql' && choice === 'end' && jobCancelled === undefined)
      return refuse(`${form.job.name}.status has no state that means cancelled`, 'leave its jobs as they are');
    const counts = await jobsByState(preflight, tables, study);
    if (!counts.ok) return refusedBy(counts.fault);
    const openCount = counts.value
      .filter((one) => openJob.some((open) => open === meaningOf('job', text(one, 'status'))))
      .reduce((sum, one) => sum + number(one, 'jobs'), 0);
    const unknown =
      meaning === undefined ? [`The meaning of “${status}” is unknown: the study may already be over.`] : [];
    const shared = {
      warnings: [...unknown, ...way.warnings],
      answered: [found.says],
      preconditions: `${study} ${status}`,
      baseline: { status, ...baselineOf(way) },
    };
    if (way.by === 'api')
      return planned({
        impact: [
          `${study} of ${text(row, 'tenant')}, now ${status || 'without a state'} (${percentOf(row)} %), is cancelled by the API.`,
          `Jobs: ${statesSay(counts.value) || 'none'}.`,
          `${counted(openCount, 'open job')}: the orchestrator ends them.`,
        ],
        calls: [way.call],
        ...shared,
      });
    const cancelled = way.label;
    const ends = `WITH ended AS (UPDATE ${jobs} SET status = ${literal(jobCancelled ?? '')} WHERE ${job.study} = $3 AND ${tables.jobIs(...openJob)}) `;
    return planned({
      impact: [
        `${study} of ${text(row, 'tenant')} goes from ${status || 'no state'} (${percentOf(row)} %) to ${cancelled}.`,
        `Jobs: ${statesSay(counts.value) || 'none'}.`,
        choice === 'end'
          ? `${counted(openCount, 'open job becomes', 'open jobs become')} ${jobCancelled} too.`
          : `${counted(openCount, 'open job stays', 'open jobs stay')} as before: executors may continue to run them.`,
      ],
      calls: [
        {
          tool: 'sql',
          server: 'primary',
          // One statement: either both are changed or none.
          change: {
            text: `${choice === 'end' ? ends : ''}UPDATE ${studies} SET status = ${literal(cancelled)} WHERE id = $1 AND status = $2`,
            parameters: choice === 'end' ? [study, status, study] : [study, status],
          },
          expectRows: 1,
          transaction: true,
        },
      ],
      undo: `by hand: UPDATE ${studies} SET status = ${literal(status)} WHERE id = ${literal(study)}`,
      ...shared,
    });
  },
  async verify(done, preflight) {
    const { target } = done;
    const proof = await proveState(done, preflight, ['cancelled']);
    if (proof.state !== 'pass' || given(target, 'jobs') !== 'end' || done.plan.baseline?.by === 'api') return proof;
    const tables = await preflight.tables();
    if (!tables.ok) return notYetBy(tables.fault);
    const jobs = await preflight.rows(
      'primary',
      `SELECT count(*)::int AS open FROM ${tables.value.jobs}
       WHERE ${tables.value.job.study} = $1 AND ${tables.value.jobIs(...openJob)}`,
      [studyOf(target)],
    );
    if (!jobs.ok) return notYetBy(jobs.fault);
    const open = number(jobs.value[0], 'open');
    return open === 0
      ? proven(`${proof.because}, none of its jobs is open`)
      : notYet(`${proof.because}, ${counted(open, 'job is', 'jobs are')} still open`);
  },
  within: 75 * second,
};
