// Cancel a study (runbook: Useful Commands, force study completion).
import type { Action } from '../../core/actions/action.ts';
import { formatCount } from '../../core/text/format.ts';
import { qualified } from '../../core/text/sql.ts';
import { second } from '../../core/time.ts';
import {
  choiceField,
  counted,
  disproven,
  given,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from '../plan.ts';
import { number, objectOf, primaryAway, studyField, studyOf, studyRow, text, writableStudy } from './study.ts';

const openStates = "('pending', 'executing', 'running', 'queued')";

export const cancelStudy: Action = {
  id: 'cancel-study',
  title: 'Cancel a study',
  risk: 'data',
  about: {
    does: 'sets a study to cancelled, and its open jobs too where that is wanted',
    looksAt: 'its state, progress and open jobs',
    calls: "UPDATE studies SET status = 'cancelled' WHERE id = … AND status = …",
    proof: 'its status',
    undo: 'set the status of before by hand; ended jobs can be retried',
    runbook: 'Useful Commands: force study completion',
  },
  fields: [
    studyField,
    choiceField('jobs', 'its open jobs?', {
      leave: 'they are left as they are',
      end: 'they become cancelled too',
    }),
  ],
  names: studyOf,
  object: objectOf,
  unavailable: primaryAway,
  needs: (target, { schema }) => [
    { kind: 'table', schema, table: 'studies', privileges: ['SELECT', 'UPDATE'] },
    {
      kind: 'table',
      schema,
      table: 'jobs',
      privileges: given(target, 'jobs') === 'end' ? ['SELECT', 'UPDATE'] : ['SELECT'],
    },
  ],
  async plan(target, survey) {
    const choice = given(target, 'jobs') || 'leave';
    if (choice !== 'leave' && choice !== 'end')
      return refuse(`jobs can be left or ended, not “${choice.slice(0, 40)}”`, 'leave or end');
    const found = await writableStudy(target, survey);
    if ('planned' in found) return found.planned;
    const { study, row } = found;
    const status = text(row, 'status');
    if (/^(cancelled|completed|failed)$/.test(status)) return refuse(`it is ${status} already`, 'nothing to cancel');
    const { schema } = survey.ground;
    const jobs = qualified(schema, 'jobs');
    const counts = await survey.rows(
      'primary',
      `SELECT status::text AS status, count(*)::int AS jobs FROM ${jobs} WHERE study_id = $1 GROUP BY 1 ORDER BY 2 DESC`,
      [study],
    );
    if (!counts.ok) return refusedBy(counts.fault);
    const open = counts.value.filter((one) => /^(pending|executing|running|queued)$/.test(text(one, 'status')));
    const openCount = open.reduce((sum, one) => sum + number(one, 'jobs'), 0);
    const studies = qualified(schema, 'studies');
    return planned({
      impact: [
        `${study} of ${text(row, 'tenant')} goes from ${status} (${text(row, 'progress') || '?'} %) to cancelled.`,
        `Jobs: ${counts.value.map((one) => `${formatCount(number(one, 'jobs'))} ${text(one, 'status')}`).join(', ') || 'none'}.`,
        choice === 'end'
          ? `${counted(openCount, 'open job')} become cancelled too.`
          : `${counted(openCount, 'open job')} are left as they are: executors may go on with them.`,
      ],
      calls: [
        {
          tool: 'sql',
          server: 'primary',
          // One statement: either both are changed or none.
          change: {
            text: `${choice === 'end' ? `WITH ended AS (UPDATE ${jobs} SET status = 'cancelled' WHERE study_id = $3 AND status::text IN ${openStates}) ` : ''}UPDATE ${studies} SET status = 'cancelled' WHERE id = $1 AND status = $2`,
            parameters: choice === 'end' ? [study, status, study] : [study, status],
          },
          expectRows: 1,
          transaction: true,
        },
      ],
      undo: `UPDATE studies SET status = '${status}' for it by hand`,
      answered: [found.says],
      rests: `${study} ${status}`,
      memo: { status },
    });
  },
  async verify({ target }, survey) {
    const found = await studyRow(survey, studyOf(target));
    if (!found.ok) return notYetBy(found.fault);
    const status = text(found.value[0], 'status');
    if (status !== 'cancelled') return disproven(`its status is ${status || 'gone'}`);
    if (given(target, 'jobs') !== 'end') return proven('its status is cancelled');
    const jobs = await survey.rows(
      'primary',
      `SELECT count(*)::int AS open FROM ${qualified(survey.ground.schema, 'jobs')}
       WHERE study_id = $1 AND status::text IN ${openStates}`,
      [studyOf(target)],
    );
    if (!jobs.ok) return notYetBy(jobs.fault);
    const open = number(jobs.value[0], 'open');
    return open === 0
      ? proven('its status is cancelled, none of its jobs is open')
      : notYet(`its status is cancelled, ${counted(open, 'job is', 'jobs are')} still open`);
  },
  within: 15 * second,
};
