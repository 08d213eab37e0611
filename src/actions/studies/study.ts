// Shared by the actions on a study: its field, its row, its tables.

import type { Choice, Field, Planned, Target } from '../../core/actions/action.ts';
import { likelyFirst } from '../../core/actions/choices.ts';
import type { ActionContext, Need, Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { meaningOf } from '../../core/platform/mapping.ts';
import type { Tables } from '../../core/platform/tables.ts';
import { formatCount } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { answeredByDatabase, given, refuse, refusedBy, unknownName } from '../plan.ts';

export const studyField: Field = {
  name: 'study',
  ask: 'which study?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    likelyFirst(
      newest(world.readings.studies)?.value.active ?? [],
      (s) => s.failedJobs,
      (s) => s.id,
    ).map((s) => ({
      value: s.id,
      says: s.jobsUncounted ? s.status : `${s.status}, ${s.failedJobs} of ${s.totalJobs} jobs failed`,
    })),
};

export const studyOf = (target: Target) => given(target, 'study');
export const objectOf = (target: Target) => `study/${studyOf(target)}`;

export function primaryAway(world: World): string | undefined {
  const { primary } = world.readings;
  if (primary.state === 'lost') return `the primary does not answer: ${primary.fault.what}`;
  if (primary.state !== 'live') return undefined;
  if (primary.value.inRecovery) return 'the primary is in recovery: it takes no writes';
  if (primary.value.writes?.readOnly.some(({ by }) => by !== 'role')) return 'the primary is read-only';
  return undefined;
}

export const table =
  (name: string, privileges: readonly ('SELECT' | 'UPDATE')[]) =>
  (_: Target, { schema }: ActionContext): readonly Need[] => [{ kind: 'table', schema, table: name, privileges }];

export const text = (row: SqlRow | undefined, name: string): string => String(row?.[name] ?? '');
export const number = (row: SqlRow | undefined, name: string): number => Number(row?.[name] ?? 0);

export async function studyRow(preflight: Preflight, { studies, study }: Tables, id: string) {
  return preflight.rows(
    'primary',
    `SELECT id::text AS id, ${study.tenant}::text AS tenant, status::text AS status, ${study.completion} AS progress
     FROM ${studies} WHERE id::text = $1`,
    [id],
  );
}

/** A study on a writable server, with its tables, or why there is none. */
export async function writableStudy(
  target: Target,
  preflight: Preflight,
): Promise<{ study: string; row: SqlRow; tables: Tables; says: string } | { planned: Planned }> {
  const study = studyOf(target);
  if (study === '') return { planned: refuse('no study is given', 'give a study id') };
  const who = await answeredByDatabase(preflight);
  if (!who.ok) return { planned: refusedBy(who.fault) };
  const hint = 'check for a failover: compare database.primary';
  if (who.inRecovery) return { planned: refuse('this server is in recovery: it takes no writes', hint) };
  const tables = await preflight.tables();
  if (!tables.ok) return { planned: refusedBy(tables.fault) };
  const found = await studyRow(preflight, tables.value, study);
  if (!found.ok) return { planned: refusedBy(found.fault) };
  const [row] = found.value;
  if (!row) return { planned: unknownName('study', study, await newestStudies(preflight, tables.value)) };
  return { study, row, tables: tables.value, says: who.says };
}

/** Ids of the newest studies, and so those that a mistyped one most likely means. */
async function newestStudies(preflight: Preflight, { studies, study }: Tables): Promise<readonly string[]> {
  const found = await preflight.rows(
    'primary',
    `SELECT id::text AS id FROM ${studies} ORDER BY ${study.created} DESC NULLS LAST LIMIT 500`,
    [],
  );
  return found.ok ? found.value.map((row) => text(row, 'id')) : [];
}

/** A study's jobs by state, those with most first: `status`, null where a job has none, and `jobs`. */
export function jobsByState(preflight: Preflight, { jobs, job, types }: Tables, study: string) {
  return preflight.rows(
    'primary',
    `SELECT status::text AS status, count(*)::int AS jobs FROM ${jobs}
     WHERE ${job.study} = $1::${types.jobStudyId} GROUP BY 1 ORDER BY 2 DESC LIMIT 20`,
    [study],
  );
}

/** `30 FAILED, 2 ON_ICE (not understood)`. */
export function statesSay(rows: readonly SqlRow[]): string {
  return rows
    .map((row) => {
      const state = text(row, 'status');
      const known = meaningOf('job', state) !== undefined;
      return `${formatCount(number(row, 'jobs'))} ${state || 'without a state'}${known ? '' : ' (not understood)'}`;
    })
    .join(', ');
}
