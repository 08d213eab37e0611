// What the actions on a study share: its field, its row, the types of its jobs' columns.
import type { Choice, Field, Planned, Target } from '../../core/actions/action.ts';
import type { Ground, Need, SqlRow, Survey } from '../../core/actions/preflight.ts';
import { qualified } from '../../core/text/sql.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { answeredByDatabase, given, refuse, refusedBy } from '../plan.ts';

export const studyField: Field = {
  name: 'study',
  ask: 'which study?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    (newest(world.readings.studies)?.value.active ?? []).map((s) => ({
      value: s.id,
      says: s.jobsUncounted ? s.status : `${s.status}, ${s.failedJobs} of ${s.totalJobs} jobs failed`,
    })),
};

export const studyOf = (target: Target) => given(target, 'study');
export const objectOf = (target: Target) => `study/${studyOf(target)}`;

export function primaryAway(world: World): string | undefined {
  const { primary } = world.readings;
  if (primary.state === 'lost') return `the primary does not answer: ${primary.fault.what}`;
  if (primary.state === 'live' && primary.value.inRecovery) return 'the primary is in recovery: it takes no writes';
  return undefined;
}

export const table =
  (name: string, privileges: readonly ('SELECT' | 'UPDATE')[]) =>
  (_: Target, { schema }: Ground): readonly Need[] => [{ kind: 'table', schema, table: name, privileges }];

/** The types of the jobs' columns: bigint, text or uuid for ids, text or an enum for the status. */
export async function typesOfJobs(survey: Survey) {
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
  const safe = (type: string) => (/^(?:"(?:[^"]|"")+"(?!")|[a-z0-9_ .])+$/.test(type) ? type : 'text');
  return { ok: true as const, value: { id: safe(of('id')), study: safe(of('study_id')), status: safe(of('status')) } };
}

export const text = (row: SqlRow | undefined, name: string): string => String(row?.[name] ?? '');
export const number = (row: SqlRow | undefined, name: string): number => Number(row?.[name] ?? 0);

export async function studyRow(survey: Survey, id: string) {
  const { schema } = survey.ground;
  return survey.rows(
    'primary',
    `SELECT id::text AS id, tenant_id::text AS tenant, status::text AS status,
       to_jsonb(s) -> 'progress' ->> 'completionPercentage' AS progress
     FROM ${qualified(schema, 'studies')} s WHERE id::text = $1`,
    [id],
  );
}

/** A study on a server that takes writes, or why there is none. */
export async function writableStudy(
  target: Target,
  survey: Survey,
): Promise<{ study: string; row: SqlRow; says: string } | { planned: Planned }> {
  const study = studyOf(target);
  if (study === '') return { planned: refuse('no study was named', 'name a study') };
  const who = await answeredByDatabase(survey);
  if (!who.ok) return { planned: refusedBy(who.fault) };
  const hint = 'was there a failover? compare database.primary';
  if (who.inRecovery) return { planned: refuse('this server is in recovery: it takes no writes', hint) };
  const found = await studyRow(survey, study);
  if (!found.ok) return { planned: refusedBy(found.fault) };
  const [row] = found.value;
  if (!row) return { planned: refuse(`there is no study ${study.slice(0, 80)}`, 'check its id') };
  return { study, row, says: who.says };
}
