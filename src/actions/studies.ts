// Retry failed jobs, and cancel a study (runbook: Manually Retrying Failed Jobs; Useful Commands).
import type { Action, Choice, Done, Field, Target } from '../core/actions/action.ts';
import type { Statement } from '../core/actions/call.ts';
import type { Ground, Need, SqlRow, Survey } from '../core/actions/survey.ts';
import { formatAge, formatCount } from '../core/text/format.ts';
import { qualified } from '../core/text/sql.ts';
import { second } from '../core/time.ts';
import { newest } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import {
  answeredByDatabase,
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
} from './plan.ts';

/** More failed jobs than this are retried in several runs: one transaction must stay short. */
const mostJobs = 50_000;

const studyField: Field = {
  name: 'study',
  ask: 'which study?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    (newest(world.readings.studies)?.value.active ?? []).map((s) => ({
      value: s.id,
      says: s.jobsUncounted ? s.status : `${s.status}, ${s.failedJobs} of ${s.totalJobs} jobs failed`,
    })),
};

const studyOf = (target: Target) => given(target, 'study');
const object = (target: Target) => `study/${studyOf(target)}`;

function primaryAway(world: World): string | undefined {
  const { primary } = world.readings;
  if (primary.state === 'lost') return `the primary does not answer: ${primary.fault.what}`;
  if (primary.state === 'live' && primary.value.inRecovery) return 'the primary is in recovery: it takes no writes';
  return undefined;
}

const table =
  (name: string, privileges: readonly ('SELECT' | 'UPDATE')[]) =>
  (_: Target, { schema }: Ground): readonly Need[] => [{ kind: 'table', schema, table: name, privileges }];

/** The types of the jobs' columns: bigint, text or uuid for ids, text or an enum for the status. */
async function typesOfJobs(survey: Survey) {
  const found = await survey.rows(
    'primary',
    `SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = to_regclass(quote_ident($1) || '.jobs') AND attnum > 0 AND NOT attisdropped`,
    [survey.ground.schema],
  );
  if (!found.ok) return found;
  const of = (column: string) =>
    text(
      found.value.find((row) => text(row, 'name') === column),
      'type',
    ) || 'text';
  // The server quotes a type's name where it has to; anything else than such a name is not put into a statement.
  const safe = (type: string) => (/^("([^"]|"")+"|[a-z0-9_ .])+$/.test(type) ? type : 'text');
  return { ok: true as const, value: { id: safe(of('id')), study: safe(of('study_id')), status: safe(of('status')) } };
}

const text = (row: SqlRow | undefined, name: string): string => String(row?.[name] ?? '');
const number = (row: SqlRow | undefined, name: string): number => Number(row?.[name] ?? 0);

async function studyRow(survey: Survey, id: string) {
  const { schema } = survey.ground;
  const found = await survey.rows(
    'primary',
    `SELECT id::text AS id, tenant_id::text AS tenant, status::text AS status,
       to_jsonb(s) -> 'progress' ->> 'completionPercentage' AS progress
     FROM ${qualified(schema, 'studies')} s WHERE id::text = $1`,
    [id],
  );
  return found;
}

export const retryJobs: Action = {
  id: 'retry-jobs',
  title: 'Retry failed jobs',
  risk: 'data',
  about: {
    does: 'sets the failed jobs of a study, or of one surface in it, to pending with no attempts',
    looksAt: 'the failed jobs by surface and error, and their ids',
    calls:
      "SELECT … FOR UPDATE; UPDATE jobs SET status = 'pending', attempt_count = 0, error_message = NULL WHERE id = ANY(…) AND status = 'failed'",
    proof: 'the rows are pending, then move',
    undo: 'the rows as they were are kept: restore-jobs',
    runbook: 'Manually Retrying Failed Jobs',
  },
  fields: [
    studyField,
    {
      name: 'surface',
      ask: 'only one surface? (empty: all)',
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
  object,
  unavailable: primaryAway,
  needs: table('jobs', ['SELECT', 'UPDATE']),
  async plan(target, survey) {
    const study = studyOf(target);
    if (study === '') return refuse('no study was named', 'name a study');
    const surface = given(target, 'surface');
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    if (who.inRecovery)
      return refuse('this server is in recovery: it takes no writes', 'was there a failover? compare database.primary');
    const found = await studyRow(survey, study);
    if (!found.ok) return refusedBy(found.fault);
    const [row] = found.value;
    if (!row) return refuse(`there is no study ${study.slice(0, 80)}`, 'check its id');
    const types = await typesOfJobs(survey);
    if (!types.ok) return refusedBy(types.fault);
    const { id: idType, study: studyType } = types.value;
    const jobs = qualified(survey.ground.schema, 'jobs');
    // Compared as what it is, so that an index on it answers.
    const chosen = `study_id = $1::${studyType} AND status::text = 'failed'${surface ? ' AND surface_id::text = $2' : ''}`;
    const by = surface ? [study, surface] : [study];
    const groups = await survey.rows(
      'primary',
      `SELECT surface_id::text AS surface, coalesce(error_message::text, '') AS error, count(*)::int AS jobs,
         extract(epoch FROM now() - min(created_at))::float8 AS oldest
       FROM ${jobs} WHERE ${chosen} GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 200`,
      by,
    );
    if (!groups.ok) return refusedBy(groups.fault);
    const ids = await survey.rows(
      'primary',
      `SELECT id::text AS id FROM ${jobs} WHERE ${chosen} ORDER BY id LIMIT ${mostJobs + 1}`,
      by,
    );
    if (!ids.ok) return refusedBy(ids.fault);
    const all = ids.value.map((one) => text(one, 'id'));
    if (all.length === 0)
      return refuse(`no failed jobs in ${study}${surface ? ` on ${surface}` : ''}`, 'nothing to retry');
    const list = all.slice(0, mostJobs);
    const parameters = surface ? [study, list, surface] : [study, list];
    const where = `study_id = $1 AND id = ANY($2::${idType}[]) AND status = 'failed'${surface ? ' AND surface_id = $3' : ''}`;
    const lock: Statement = {
      text: `SELECT id, status, attempt_count, error_message FROM ${jobs} WHERE ${where} ORDER BY id FOR UPDATE`,
      parameters,
    };
    const change: Statement = {
      text: `UPDATE ${jobs} SET status = 'pending', attempt_count = 0, error_message = NULL WHERE ${where}`,
      parameters,
    };
    const bySurface = sums(groups.value, 'surface');
    const byError = sums(groups.value, 'error');
    const [worst] = byError;
    const oldest = Math.max(...groups.value.map((group) => number(group, 'oldest')));
    const status = text(row, 'status');
    return planned({
      impact: [
        `${formatCount(list.length)} failed jobs of ${study} become pending: ${bySurface
          .slice(0, 5)
          .map(([name, n]) => `${name} ${formatCount(n)}`)
          .join(', ')}.`,
        ...byError
          .slice(0, 3)
          .map(([error, n]) => `${formatCount(n)} × ${error ? `“${error.slice(0, 120)}”` : 'no message'}`),
        `The oldest was created ${formatAge(oldest * second)} ago.`,
      ],
      warnings: [
        ...(all.length > mostJobs ? [`There are more than ${formatCount(mostJobs)}: retry again for the rest.`] : []),
        ...(worst && /rate limit|captcha|session|timeout/i.test(worst[0])
          ? [`“${worst[0].slice(0, 60)}” is likely to fail again unless its cause is gone.`]
          : []),
        ...(/^(cancelled|completed)$/.test(status)
          ? [`The study is ${status}: nobody may work on its jobs any more.`]
          : []),
      ],
      calls: [{ tool: 'sql', server: 'primary', lock, keep: true, change, expectRows: list.length, transaction: true }],
      undo: 'their status, attempts and messages are kept: restore-jobs',
      answered: [who.says],
      rests: fingerprint(list),
      memo: { count: String(list.length), ids: JSON.stringify(list.slice(0, 1000)), type: idType },
    });
  },
  async verify({ plan }, survey) {
    const ids = JSON.parse(plan.memo?.ids ?? '[]') as string[];
    const found = await survey.rows(
      'primary',
      `SELECT status::text AS status, count(*)::int AS jobs FROM ${qualified(survey.ground.schema, 'jobs')}
       WHERE id = ANY($1::${plan.memo?.type ?? 'text'}[]) GROUP BY 1 ORDER BY 2 DESC`,
      [ids],
    );
    if (!found.ok) return notYetBy(found.fault);
    const states = found.value.map((row) => `${formatCount(number(row, 'jobs'))} ${text(row, 'status')}`).join(', ');
    const failed = found.value.find((row) => text(row, 'status') === 'failed');
    if (failed && number(failed, 'jobs') === ids.length) return disproven(`all of them are failed: ${states}`);
    const all = Number(plan.memo?.count ?? ids.length);
    return proven(all > ids.length ? `of the first ${formatCount(ids.length)}: ${states}` : states);
  },
  within: 15 * second,
  next: ({ run, target }) => [
    {
      action: 'restore-jobs',
      target: { run, study: studyOf(target) },
      says: 'the rows as they were (those still pending)',
    },
  ],
};

function sums(rows: readonly SqlRow[], by: string): readonly [string, number][] {
  const total = new Map<string, number>();
  for (const row of rows) total.set(text(row, by), (total.get(text(row, by)) ?? 0) + number(row, 'jobs'));
  return [...total].sort((a, b) => b[1] - a[1]);
}

export const restoreJobs: Action = {
  id: 'restore-jobs',
  title: 'Put retried jobs back as they were',
  risk: 'data',
  about: {
    does: 'gives jobs that a retry set to pending, and that nobody has begun, their status, attempts and message back',
    looksAt: 'the rows kept by the retry, and which of them are still pending and untouched',
    calls:
      "UPDATE jobs SET status = …, attempt_count = …, error_message = … FROM unnest(…) WHERE status = 'pending' AND attempt_count = 0",
    proof: 'the rows are as they were',
    undo: 'retry them again',
    runbook: 'Manually Retrying Failed Jobs',
  },
  fields: [
    { name: 'run', ask: 'which retry? (its run id)', kind: 'text' },
    { ...studyField, ask: 'of which study?' },
  ],
  names: studyOf,
  object,
  unavailable: primaryAway,
  needs: table('jobs', ['SELECT', 'UPDATE']),
  async plan(target, survey) {
    const kept = await survey.kept(given(target, 'run'));
    if (!kept.ok) return refusedBy(kept.fault);
    const { columns, rows } = kept.value;
    if (columns.join() !== 'id,status,attempt_count,error_message')
      return refuse('the kept rows are not those of a retry', 'check the run id');
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    const types = await typesOfJobs(survey);
    if (!types.ok) return refusedBy(types.fault);
    const { id: idType, status: statusType } = types.value;
    const jobs = qualified(survey.ground.schema, 'jobs');
    const study = studyOf(target);
    const untouched = `id = ANY($1::${idType}[]) AND study_id = $2 AND status = 'pending' AND attempt_count = 0`;
    const found = await survey.rows('primary', `SELECT id::text AS id FROM ${jobs} WHERE ${untouched}`, [
      rows.map(([id]) => id ?? ''),
      study,
    ]);
    if (!found.ok) return refusedBy(found.fault);
    const still = new Set(found.value.map((row) => text(row, 'id')));
    const back = rows.filter(([id]) => still.has(id ?? ''));
    if (back.length === 0) return refuse('none of them is still pending and untouched', 'there is nothing to put back');
    const column = (at: number) => back.map((row) => row[at] ?? null);
    const lists = [column(0), study, column(1), column(2), column(3)] as const;
    return planned({
      impact: [
        `${formatCount(back.length)} of ${formatCount(rows.length)} jobs of ${study} become what they were.`,
        `${formatCount(rows.length - back.length)} have been begun since and stay as they are.`,
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
            text: `UPDATE ${jobs} AS j SET status = k.status::${statusType}, attempt_count = k.attempts, error_message = k.message
              FROM unnest($1::${idType}[], $3::text[], $4::integer[], $5::text[]) AS k(id, status, attempts, message)
              WHERE j.id = k.id AND j.study_id = $2 AND j.status = 'pending' AND j.attempt_count = 0`.replace(
              /\s+/g,
              ' ',
            ),
            parameters: lists,
          },
          expectRows: back.length,
          transaction: true,
        },
      ],
      undo: 'retry them again',
      answered: [who.says],
      rests: fingerprint(back),
      memo: { ids: JSON.stringify(column(0).slice(0, 1000)), type: idType },
    });
  },
  async verify({ plan }, survey) {
    const found = await survey.rows(
      'primary',
      `SELECT count(*)::int AS jobs FROM ${qualified(survey.ground.schema, 'jobs')}
       WHERE id = ANY($1::${plan.memo?.type ?? 'text'}[]) AND status::text = 'failed'`,
      [JSON.parse(plan.memo?.ids ?? '[]') as string[]],
    );
    if (!found.ok) return notYetBy(found.fault);
    const jobs = number(found.value[0], 'jobs');
    const all = (JSON.parse(plan.memo?.ids ?? '[]') as string[]).length;
    return jobs === all
      ? proven(`${formatCount(jobs)} are failed as before`)
      : notYet(`${formatCount(jobs)} of ${formatCount(all)} are failed as before`);
  },
  within: 15 * second,
  next: ({ target }) => [{ action: 'retry-jobs', target: { study: studyOf(target) }, says: 'retry them again' }],
};

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
    {
      name: 'jobs',
      ask: 'its open jobs?',
      kind: 'choice',
      preset: 'leave',
      choices: () => [
        { value: 'leave', says: 'they are left as they are' },
        { value: 'end', says: 'they become cancelled too' },
      ],
    },
  ],
  names: studyOf,
  object,
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
    const study = studyOf(target);
    if (study === '') return refuse('no study was named', 'name a study');
    const choice = given(target, 'jobs') || 'leave';
    if (choice !== 'leave' && choice !== 'end')
      return refuse(`jobs can be left or ended, not “${choice.slice(0, 40)}”`, 'leave or end');
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    if (who.inRecovery)
      return refuse('this server is in recovery: it takes no writes', 'was there a failover? compare database.primary');
    const found = await studyRow(survey, study);
    if (!found.ok) return refusedBy(found.fault);
    const [row] = found.value;
    if (!row) return refuse(`there is no study ${study.slice(0, 80)}`, 'check its id');
    const status = text(row, 'status');
    if (/^(cancelled|completed|failed)$/.test(status)) return refuse(`it is ${status} already`, 'nothing to cancel');
    const { schema } = survey.ground;
    const jobs = qualified(schema, 'jobs');
    const counts = await survey.rows(
      'primary',
      `SELECT status::text AS status, count(*)::int AS jobs FROM ${jobs} WHERE study_id::text = $1 GROUP BY 1 ORDER BY 2 DESC`,
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
      answered: [who.says],
      rests: `${study} ${status}`,
      memo: { status },
    });
  },
  async verify({ target }: Done, survey) {
    const found = await studyRow(survey, studyOf(target));
    if (!found.ok) return notYetBy(found.fault);
    const status = text(found.value[0], 'status');
    if (status !== 'cancelled') return disproven(`its status is ${status || 'gone'}`);
    if (given(target, 'jobs') !== 'end') return proven('its status is cancelled');
    const jobs = await survey.rows(
      'primary',
      `SELECT count(*)::int AS open FROM ${qualified(survey.ground.schema, 'jobs')}
       WHERE study_id::text = $1 AND status::text IN ${openStates}`,
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
