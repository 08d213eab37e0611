// Retry the failed jobs of a study (runbook: Manually Retrying Failed Jobs).

import type { Action, Suggestion } from '../../core/actions/action.ts';
import type { Statement } from '../../core/actions/call.ts';
import { likelyFirst } from '../../core/actions/choices.ts';
import type { Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { labelFor } from '../../core/platform/form.ts';
import { meaningOf, openStudy } from '../../core/platform/mapping.ts';
import type { Tables } from '../../core/platform/tables.ts';
import { present } from '../../core/present.ts';
import { thereIs } from '../../core/text/did-you-mean.ts';
import { formatAge, formatBytes, formatCount } from '../../core/text/format.ts';
import { quoted } from '../../core/text/sql.ts';
import { minute, second } from '../../core/time.ts';
import { type Fault, newest } from '../../core/world/reading.ts';
import {
  choiceField,
  counted,
  disproven,
  fingerprint,
  given,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from '../plan.ts';
import { correctFailed, isUntouched, keptColumns, retrySet, savedBytes } from './job-columns.ts';
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
/** As the table holds them, packed. What is saved of the jobs passes through memory, and has to be read back for an undo. */
const mostBytes = 16 * 1024 ** 2;

export const retryJobs: Action = {
  id: 'retry-jobs',
  title: 'Retry failed jobs',
  also: 'rerun requeue',
  risk: 'data',
  about: {
    does: 'sets the failed jobs of a study, or of one surface in it, to pending with 0 attempts',
    looksAt: 'the failed jobs by surface and error, and their ids',
    calls:
      "SELECT … FOR UPDATE; UPDATE jobs SET status = 'pending', attempt_count = 0, error_message = NULL WHERE id = ANY(…) AND status = 'failed'",
    proof: 'at least one of the rows was begun; of a study that does not run, the rows are pending',
    undo: 'the previous rows are saved: restore-jobs, for jobs that have not started by then',
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
        likelyFirst(
          newest(world.readings.surfaces)?.value.surfaces ?? [],
          (s) => s.failures,
          (s) => s.id,
        ).map((s) => ({
          value: s.id,
          says: `${s.failures} failures`,
        })),
    },
    {
      ...choiceField('insist', 'also where it is pointless?', {
        no: 'only where a retry can succeed',
        yes: 'also of a study that is over, and errors that no retry cures',
      }),
      asked: () => false,
    },
  ],
  names: studyOf,
  object: objectOf,
  unavailable: primaryAway,
  needs: table('jobs', ['SELECT', 'UPDATE']),
  async plan(target, preflight) {
    const writable = await writableStudy(target, preflight);
    if ('planned' in writable) return writable.planned;
    const { study, row, tables } = writable;
    const { jobs, job, types, form } = tables;
    const surface = given(target, 'surface');
    const insists = given(target, 'insist') === 'yes';
    const status = text(row, 'status');
    const meaning = meaningOf('study', status);
    if (meaning !== undefined && !openStudy.includes(meaning) && !insists)
      return refuse(`the study is ${status}: no executor takes its jobs`, 'to retry them all the same: --insist yes');
    const waiting = labelFor('job', form.job.states, 'waiting');
    if (waiting === undefined)
      return refuse(
        `${form.job.name}.status has no state that means waiting`,
        'ask the platform’s developers which state means waiting',
      );
    const all = tables.jobIs('failed');
    const failed = job.final && !insists ? `${all} AND NOT ${job.final}` : all;
    // Compared as what it is, so that an index on it answers.
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
      `SELECT key::text AS id FROM (
         SELECT id AS key, sum(${savedBytes(tables)}) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
         FROM ${jobs} WHERE ${chosen} ORDER BY id LIMIT ${mostJobs + 1}) j
       WHERE coalesce(before, 0) < ${mostBytes} ORDER BY key`,
      by,
    );
    if (!ids.ok) return refusedBy(ids.fault);
    const found = ids.value.map((one) => text(one, 'id'));
    const pointless = await pointlessOf(preflight, tables, study, surface);
    if (!pointless.ok) return refusedBy(pointless.fault);
    if (found.length === 0 && pointless.says && !insists)
      return refuse(`no retry cures them: ${pointless.says}`, 'to retry them all the same: --insist yes');
    const failing = found.length === 0 && surface ? await failingSurfaces(preflight, tables, study) : [];
    if (failing.length > 0) return refuse(`no failed jobs in ${study} on ${surface}`, thereIs(surface, failing));
    if (found.length === 0) {
      const others = await jobsByState(preflight, tables, study);
      const has = others.ok && others.value.length > 0 ? `; it has ${statesSay(others.value)}` : '';
      return refuse(`no failed jobs in ${study}${surface ? ` on ${surface}` : ''}${has}`, 'nothing to retry');
    }
    const list = found.slice(0, mostJobs);
    const left = Math.max(0, Math.max(number(groups.value[0], 'all'), found.length) - list.length);
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
    return planned({
      impact: [
        left === 0
          ? `${counted(list.length, `failed job of ${study} becomes`, `failed jobs of ${study} become`)} ${waiting}: ${surfaces}.`
          : `${formatCount(list.length)} of ${formatCount(list.length + left)} failed jobs of ${study} become ${waiting}; all of them: ${surfaces}.`,
        ...(left === 0
          ? []
          : [
              `One run retries at most ${formatCount(mostJobs)} jobs, and what takes ${formatBytes(mostBytes)} to save: ${counted(left, 'stays', 'stay')} failed. Run it again for them.`,
            ]),
        ...byError
          .slice(0, 3)
          .map(([error, n]) => `${formatCount(n)} × ${error ? `“${error.slice(0, 120)}”` : 'no message'}`),
        `The oldest was created ${formatAge(oldest * second)} ago.`,
        ...(pointless.says && !insists ? [`Left failed, as no retry cures them: ${pointless.says}.`] : []),
      ],
      warnings: [
        ...(worst && /rate limit|captcha|session|timeout/i.test(worst[0])
          ? [`“${worst[0].slice(0, 60)}” is likely to fail again unless its cause is fixed.`]
          : []),
        ...(meaning === 'held' ? [`The study is ${status}: its jobs wait until it is resumed.`] : []),
        ...(meaning !== undefined && !openStudy.includes(meaning)
          ? [`The study is ${status}: its jobs may never run.`]
          : []),
        ...(pointless.says && insists ? [`No retry cures some of them: ${pointless.says}.`] : []),
      ],
      calls: [{ tool: 'sql', server: 'primary', lock, keep: true, change, expectRows: list.length, transaction: true }],
      undo: 'restore-jobs puts back status, attempts and messages of the jobs that have not started by then',
      answered: [writable.says],
      preconditions: fingerprint(list),
      baseline: {
        count: String(list.length),
        left: String(left),
        ids: JSON.stringify(list.slice(0, 1000)),
        type: types.jobId,
        waits: meaning === 'running' || meaning === 'checking' ? '' : status || 'in no state',
      },
    });
  },
  async verify({ plan }, preflight) {
    const { ids: kept = '[]', type = 'text', count, waits } = plan.baseline ?? {};
    const ids = JSON.parse(kept) as string[];
    const tables = await preflight.tables();
    if (!tables.ok) return notYetBy(tables.fault);
    const found = await preflight.rows(
      'primary',
      `SELECT status::text AS status, count(*)::int AS jobs, (count(*) FILTER (WHERE ${isUntouched(tables.value)}))::int AS untouched
       FROM ${tables.value.jobs} WHERE id = ANY($1::${type}[]) GROUP BY 1 ORDER BY 2 DESC`,
      [ids],
    );
    if (!found.ok) return notYetBy(found.fault);
    const sum = (rows: readonly SqlRow[], by: string) => rows.reduce((all, row) => all + number(row, by), 0);
    const states = found.value.map((row) => `${formatCount(number(row, 'jobs'))} ${text(row, 'status')}`).join(', ');
    const failed = found.value.filter((row) => meaningOf('job', text(row, 'status')) === 'failed');
    if (ids.length > 0 && sum(failed, 'jobs') === ids.length) return disproven(`all of them are failed: ${states}`);
    const all = Number(count ?? ids.length);
    const says = all > ids.length ? `of the first ${formatCount(ids.length)}: ${states}` : states;
    if (sum(found.value, 'untouched') < ids.length) return proven(says);
    // Jobs of a study that does not run are not started.
    return !waits ? notYet(`${says}; none has begun`) : proven(`${says}; they wait: the study is ${waits}`);
  },
  within: minute,
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
      says: 'put back the previous rows of jobs that are still pending',
      undo: true,
    };
    return Number(plan.baseline?.left ?? 0) > 0 ? [rest, back] : [back];
  },
};

/** Failures that no retry cures, by code: `124 QUOTA_EXCEEDED`; empty where there are none, or the table cannot say. */
async function pointlessOf(
  preflight: Preflight,
  { jobs, job, types, jobIs }: Tables,
  study: string,
  surface: string,
): Promise<{ ok: true; says: string } | { ok: false; fault: Fault }> {
  if (!job.final) return { ok: true, says: '' };
  const found = await preflight.rows(
    'primary',
    `SELECT coalesce(${job.code}, '') AS code, count(*)::int AS jobs FROM ${jobs}
     WHERE ${job.study} = $1::${types.jobStudyId} AND ${jobIs('failed')} AND ${job.final} AND ($2 = '' OR ${job.surface}::text = $2)
     GROUP BY 1 ORDER BY 2 DESC LIMIT 5`,
    [study, surface],
  );
  if (!found.ok) return found;
  const says = found.value.map((row) => `${formatCount(number(row, 'jobs'))} ${text(row, 'code') || 'not retryable'}`);
  return { ok: true, says: says.join(', ') };
}

function sums(rows: readonly SqlRow[], by: string): readonly [string, number][] {
  const total = new Map<string, number>();
  for (const row of rows) total.set(text(row, by), (total.get(text(row, by)) ?? 0) + number(row, 'jobs'));
  return [...total].sort((a, b) => b[1] - a[1]);
}

/** Surfaces on which jobs of the study failed. */
async function failingSurfaces(
  preflight: Preflight,
  { jobs, job, types, jobIs }: Tables,
  study: string,
): Promise<readonly string[]> {
  const found = await preflight.rows(
    'primary',
    `SELECT DISTINCT ${job.surface}::text AS name FROM ${jobs}
     WHERE ${job.study} = $1::${types.jobStudyId} AND ${jobIs('failed')} LIMIT 200`,
    [study],
  );
  return found.ok ? found.value.map((row) => text(row, 'name')) : [];
}
