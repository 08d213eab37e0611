// Retry the failed jobs of a study (runbook: Manually Retrying Failed Jobs).
import type { Action, Suggestion } from '../../core/actions/action.ts';
import type { Statement } from '../../core/actions/call.ts';
import type { SqlRow } from '../../core/actions/preflight.ts';
import { labelFor } from '../../core/platform/form.ts';
import { meaningOf } from '../../core/platform/mapping.ts';
import { present } from '../../core/present.ts';
import { formatAge, formatCount } from '../../core/text/format.ts';
import { quoted } from '../../core/text/sql.ts';
import { second } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import { disproven, fingerprint, given, notYetBy, planned, proven, refuse, refusedBy } from '../plan.ts';
import { correctFailed, keptColumns, retrySet } from './job-columns.ts';
import {
  jobsByState,
  number,
  objectOf,
  primaryAway,
  statesSay,
  studyField,
  studyOf,
  table,
  text,
  writableStudy,
} from './study.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'retry-jobs': true;
  }
}

/** More failed jobs than this are retried in several runs: one transaction must stay short. */
const mostJobs = 50_000;

export const retryJobs: Action = {
  id: 'retry-jobs',
  title: 'Retry failed jobs',
  risk: 'data',
  about: {
    does: 'sets the failed jobs of a study, or of one surface in it, to pending with 0 attempts',
    looksAt: 'the failed jobs by surface and error, and their ids',
    calls:
      "SELECT … FOR UPDATE; UPDATE jobs SET status = 'pending', attempt_count = 0, error_message = NULL WHERE id = ANY(…) AND status = 'failed'",
    proof: 'the rows are pending, then progress',
    undo: 'the previous rows are saved: restore-jobs',
    runbook: 'Manually Retrying Failed Jobs',
  },
  fields: [
    studyField,
    {
      name: 'surface',
      ask: 'which surface?',
      empty: 'all',
      kind: 'text',
      optional: true,
      choices: (world) =>
        (newest(world.readings.surfaces)?.value.surfaces ?? []).map((s) => ({
          value: s.id,
          says: `${s.failures} failures`,
        })),
    },
  ],
  names: studyOf,
  object: objectOf,
  unavailable: primaryAway,
  needs: table('jobs', ['SELECT', 'UPDATE']),
  async plan(target, preflight) {
    const found = await writableStudy(target, preflight);
    if ('planned' in found) return found.planned;
    const { study, row, tables } = found;
    const { jobs, job, types, form } = tables;
    const surface = given(target, 'surface');
    const waiting = labelFor('job', form.job.states, 'waiting');
    if (waiting === undefined)
      return refuse(
        `${form.job.name}.status has no state that means waiting`,
        'ask the platform’s developers which state means waiting',
      );
    const failed = tables.jobIs('failed');
    // Compared in its own type, so that its index is used.
    const chosen = `${job.study} = $1::${types.jobStudyId} AND ${failed}${surface ? ` AND ${job.surface}::text = $2` : ''}`;
    const by = surface ? [study, surface] : [study];
    const groups = await preflight.rows(
      'primary',
      `SELECT ${job.surface}::text AS surface, coalesce(${job.error}, '') AS error, count(*)::int AS jobs,
         (sum(count(*)) OVER ())::bigint::text AS all, extract(epoch FROM now() - min(${job.created}))::float8 AS oldest
       FROM ${jobs} WHERE ${chosen} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 200`,
      by,
    );
    if (!groups.ok) return refusedBy(groups.fault);
    const ids = await preflight.rows(
      'primary',
      `SELECT id::text AS id FROM ${jobs} WHERE ${chosen} ORDER BY id LIMIT ${mostJobs + 1}`,
      by,
    );
    if (!ids.ok) return refusedBy(ids.fault);
    const all = ids.value.map((one) => text(one, 'id'));
    if (all.length === 0) {
      const others = await jobsByState(preflight, tables, study);
      const has = others.ok && others.value.length > 0 ? `; it has ${statesSay(others.value)}` : '';
      return refuse(`no failed jobs in ${study}${surface ? ` on ${surface}` : ''}${has}`, 'nothing to retry');
    }
    const list = all.slice(0, mostJobs);
    const left = Math.max(0, Math.max(number(groups.value[0], 'all'), all.length) - list.length);
    const parameters = surface ? [study, list, surface] : [study, list];
    const where = `${job.study} = $1 AND id = ANY($2::${types.jobId}[]) AND ${failed}${surface ? ` AND ${job.surface} = $3` : ''}`;
    const lock: Statement = {
      text: `SELECT ${keptColumns(tables).map(quoted).join(', ')} FROM ${jobs} WHERE ${where} ORDER BY id FOR UPDATE`,
      parameters,
    };
    const change: Statement = {
      text: `${correctFailed(tables, -list.length, '$1')}UPDATE ${jobs} SET ${retrySet(tables, waiting)} WHERE ${where}`,
      parameters,
    };
    const bySurface = sums(groups.value, 'surface');
    const surfaces = bySurface
      .slice(0, 5)
      .map(([name, n]) => `${name} ${formatCount(n)}`)
      .join(', ');
    const byError = sums(groups.value, 'error');
    const [worst] = byError;
    const oldest = Math.max(...groups.value.map((group) => number(group, 'oldest')));
    const status = text(row, 'status');
    return planned({
      impact: [
        left === 0
          ? `${formatCount(list.length)} failed jobs of ${study} become ${waiting}: ${surfaces}.`
          : `${formatCount(list.length)} of ${formatCount(list.length + left)} failed jobs of ${study} become ${waiting}; all of them: ${surfaces}.`,
        ...(left === 0
          ? []
          : [
              `One run retries at most ${formatCount(mostJobs)}: ${formatCount(left)} stay failed. Run it again for them.`,
            ]),
        ...byError
          .slice(0, 3)
          .map(([error, n]) => `${formatCount(n)} × ${error ? `“${error.slice(0, 120)}”` : 'no message'}`),
        `The oldest was created ${formatAge(oldest * second)} ago.`,
      ],
      warnings: [
        ...(worst && /rate limit|captcha|session|timeout/i.test(worst[0])
          ? [`“${worst[0].slice(0, 60)}” is likely to fail again unless its cause is fixed.`]
          : []),
        ...(['cancelled', 'done'].includes(meaningOf('study', status) ?? '')
          ? [`The study is ${status}: its jobs may never run.`]
          : []),
      ],
      calls: [{ tool: 'sql', server: 'primary', lock, keep: true, change, expectRows: list.length, transaction: true }],
      undo: 'their status, attempts and messages are saved: restore-jobs',
      answered: [found.says],
      preconditions: fingerprint(list),
      baseline: {
        count: String(list.length),
        left: String(left),
        ids: JSON.stringify(list.slice(0, 1000)),
        type: types.jobId,
      },
    });
  },
  async verify({ plan }, preflight) {
    const ids = JSON.parse(plan.baseline?.ids ?? '[]') as string[];
    const tables = await preflight.tables();
    if (!tables.ok) return notYetBy(tables.fault);
    const found = await preflight.rows(
      'primary',
      `SELECT status::text AS status, count(*)::int AS jobs FROM ${tables.value.jobs}
       WHERE id = ANY($1::${plan.baseline?.type ?? 'text'}[]) GROUP BY 1 ORDER BY 2 DESC`,
      [ids],
    );
    if (!found.ok) return notYetBy(found.fault);
    const states = found.value.map((row) => `${formatCount(number(row, 'jobs'))} ${text(row, 'status')}`).join(', ');
    const failed = found.value
      .filter((row) => meaningOf('job', text(row, 'status')) === 'failed')
      .reduce((sum, row) => sum + number(row, 'jobs'), 0);
    if (failed > 0 && failed === ids.length) return disproven(`all of them are failed: ${states}`);
    const all = Number(plan.baseline?.count ?? ids.length);
    return proven(all > ids.length ? `of the first ${formatCount(ids.length)}: ${states}` : states);
  },
  within: 15 * second,
  next({ run, target, plan }) {
    const { surface } = target;
    const rest: Suggestion = {
      action: 'retry-jobs',
      target: present({ study: studyOf(target), surface: surface || undefined }),
      says: `retry the remaining ${formatCount(Number(plan.baseline?.left ?? 0))}`,
    };
    const back: Suggestion = {
      action: 'restore-jobs',
      target: { run, study: studyOf(target) },
      says: 'the previous rows (those still pending)',
    };
    return Number(plan.baseline?.left ?? 0) > 0 ? [rest, back] : [back];
  },
};

function sums(rows: readonly SqlRow[], by: string): readonly [string, number][] {
  const total = new Map<string, number>();
  for (const row of rows) total.set(text(row, by), (total.get(text(row, by)) ?? 0) + number(row, 'jobs'));
  return [...total].sort((a, b) => b[1] - a[1]);
}
