// How a study is cancelled, held or let go: by the platform's API, whose orchestrator decides, or by its row. The
// orchestrator keeps studies in memory and writes them at its checkpoints: a row that SQL alone changed may be overwritten.
import type { Check, Execution, Field, Planned } from '../../core/actions/action.ts';
import type { ApiCall } from '../../core/actions/call.ts';
import type { Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { labelFor } from '../../core/platform/form.ts';
import { type Meaning, meaningOf } from '../../core/platform/mapping.ts';
import type { Tables } from '../../core/platform/tables.ts';
import type { ApiStudy } from '../../core/queries/study.ts';
import { formatAge } from '../../core/text/format.ts';
import { studyUrl } from '../../core/world/targets.ts';
import { choiceField, disproven, notYet, notYetBy, proven, refuse, refusedBy } from '../plan.ts';
import { studyOf, studyRow, text } from './study.ts';

/** Not prompted for: the plan says which way is used, and why. */
export const byField: Field = {
  ...choiceField('by', 'by the API or by SQL?', {
    auto: 'the API where it answers, else SQL',
    api: 'the gateway’s API',
    sql: 'the study’s row',
  }),
  asked: () => false,
};

export type Verb = 'cancel' | 'pause' | 'resume';

const requests: Record<Verb, { method: ApiCall['method']; path: string; participle: string }> = {
  cancel: { method: 'DELETE', path: '', participle: 'cancelled' },
  pause: { method: 'POST', path: '/pause', participle: 'held' },
  resume: { method: 'POST', path: '/resume', participle: 'running' },
};

export type Way =
  | { by: 'api'; call: ApiCall; warnings: readonly string[] }
  | { by: 'sql'; label: string; warnings: readonly string[]; overwritten: boolean };

/** Prisma's rows are the orchestrator's; the runbook changes its own by SQL. */
const isOrchestrated = ({ form }: Tables, api: ApiStudy) =>
  /[A-Z]/.test(form.study.name) || api.answer?.controls === true;

/** Another key may be let in. */
const isAboutKey = ({ refusal }: ApiStudy) => refusal !== undefined && refusal !== 'other';

/** The way that works here, or why none does. `wanted`: `auto`, `api` or `sql`. */
export async function wayOf(
  {
    verb,
    study,
    row,
    tables,
    wanted,
    to,
  }: { verb: Verb; study: string; row: SqlRow; tables: Tables; wanted: string; to: Meaning },
  preflight: Preflight,
): Promise<Way | { planned: Planned }> {
  const asked = await preflight.apiStudy(study);
  if (!asked.ok) return { planned: refusedBy(asked.fault) };
  const api = asked.value;
  const { form } = tables;
  const label = labelFor('study', form.study.states, to);
  const { method, path, participle } = requests[verb];
  const url = `${studyUrl(preflight.context.targets, study)}${path}`;
  const call: ApiCall = { tool: 'api', method, url };
  if (api.answer && (wanted === 'api' || (wanted !== 'sql' && api.answer.controls)))
    return {
      by: 'api',
      call,
      warnings: api.answer.controls
        ? []
        : ['The API answers in another form than the platform’s: it may not know this request.'],
    };
  const problem = api.problem ?? 'it answers in another form than the platform’s';
  const hint = isAboutKey(api)
    ? `set ADMIN_API_KEY to a key of ${text(row, 'tenant') || 'its tenant'}`
    : 'check the gateway';
  if (wanted === 'api') return { planned: refuse(`the API cannot do it: ${problem}`, hint) };
  if (label === undefined) {
    const why = `${form.study.name}.status has no state that means ${participle}`;
    return {
      planned: refuse(
        wanted === 'sql' ? why : `${why}, and the API cannot do it: ${problem}`,
        wanted === 'sql' ? 'use the API: by=api' : hint,
      ),
    };
  }
  const { schema } = preflight.context;
  const may = await preflight.allows({ kind: 'table', schema, table: 'studies', privileges: ['SELECT', 'UPDATE'] });
  if (!may.ok) return { planned: refusedBy(may.fault) };
  const overwritten = isOrchestrated(tables, api);
  const every = formatAge(preflight.context.checkpoint);
  const warnings = overwritten
    ? [
        ...(wanted === 'sql' ? [] : [`The API cannot do it: ${problem}.`]),
        `By SQL alone the orchestrator may not notice, and may overwrite the row at its next checkpoint (every ${every}).`,
      ]
    : [];
  return { by: 'sql', label, warnings, overwritten };
}

/** What the proof has to know of the way: kept in the plan's baseline. */
export const baselineOf = (way: Way) => ({
  by: way.by,
  overwritten: way.by === 'sql' && way.overwritten ? 'yes' : 'no',
});

/** A checkpoint may come a little late. */
const slack = 2000;

/**
 * Whether the study has the state that was asked for, read back after the orchestrator's next checkpoint. By the API: its
 * row has to say it; where the table has no such state, the API. By SQL: it has to survive the checkpoint.
 */
export async function proveState(
  { target, startedAt, plan }: Execution,
  preflight: Preflight,
  to: readonly Meaning[],
): Promise<Check> {
  const tables = await preflight.tables();
  if (!tables.ok) return notYetBy(tables.fault);
  const found = await studyRow(preflight, tables.value, studyOf(target));
  if (!found.ok) return notYetBy(found.fault);
  const status = text(found.value[0], 'status');
  const meaning = meaningOf('study', status);
  const reached = meaning !== undefined && to.includes(meaning);
  const says = `its status is ${status || 'gone'}`;
  const { by, overwritten } = plan.baseline ?? {};
  const left = startedAt + preflight.context.checkpoint + slack - preflight.now();
  if (by === 'api') return reached ? proven(says) : byApi(studyOf(target), says, meaning, left, preflight, to);
  if (!reached) return disproven(overwritten === 'yes' ? `${says}: the orchestrator overwrote it` : says);
  if (overwritten !== 'yes' || left <= 0) return proven(says);
  return notYet(`${says}; the orchestrator’s next checkpoint may overwrite it: read again in ${formatAge(left)}`);
}

/** The row does not have it (yet): the API's state. */
async function byApi(
  study: string,
  says: string,
  meaning: Meaning | undefined,
  left: number,
  preflight: Preflight,
  to: readonly Meaning[],
): Promise<Check> {
  const api = await preflight.apiStudy(study);
  const told = api.ok ? api.value.answer?.status : undefined;
  const toldMeaning = told === undefined ? undefined : meaningOf('study', told);
  const agreed = toldMeaning !== undefined && to.includes(toldMeaning);
  // A table without a cancelled state marks it as finished.
  const over = to.includes('cancelled') && (meaning === 'failed' || meaning === 'done');
  const word = told === undefined ? 'the API does not answer' : `the API says ${told}`;
  if (agreed && (over || left <= 0)) return proven(`${word}; ${says}`);
  if (left > 0) return notYet(`${word}; ${says}: the next checkpoint is due in ${formatAge(left)}`);
  return notYet(`${word}; ${says}`);
}
