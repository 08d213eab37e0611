// Evidence whose study is under legal hold: the bucket's own locks do not know of it, the study's manifest does.
import type { Answer, EvidenceAsk, EvidenceFound, EvidenceObject, Preflight } from '../core/actions/preflight.ts';
import { plainName } from '../core/platform/form.ts';
import { quoted } from '../core/text/sql.ts';

/** Why an object is left alone that no lock of the bucket holds. */
const heldByStudy = 'legal hold of its study';

const studyOf = ({ key }: EvidenceObject): string => key.split('/')[0] ?? key;

/** Old evidence; of studies whose manifest says legalHold it is held. `unasked`: why that could not be asked. */
export async function evidenceWithHolds(
  preflight: Preflight,
  wanted: EvidenceAsk,
): Promise<Answer<EvidenceFound & { unasked?: string | undefined }>> {
  const found = await preflight.evidence(wanted);
  if (!found.ok) return found;
  const held = await studiesOnHold(preflight, [...new Set(found.value.objects.map(studyOf))]);
  if (!held.ok) return { ok: true, value: { ...found.value, unasked: held.fault.what } };
  const objects = found.value.objects.map((one) =>
    one.held === undefined && held.value.has(studyOf(one)) ? { ...one, held: heldByStudy } : one,
  );
  return { ok: true, value: { ...found.value, objects } };
}

/** None where studies have no manifest. */
async function studiesOnHold(preflight: Preflight, ids: readonly string[]): Promise<Answer<ReadonlySet<string>>> {
  if (ids.length === 0) return { ok: true, value: new Set() };
  const tables = await preflight.tables();
  if (!tables.ok) return tables;
  const { study } = tables.value.form;
  if (!study.columns.manifest) return { ok: true, value: new Set() };
  const hold = `${quoted(plainName('study', study, 'manifest'))}::jsonb -> 'legalHold'`;
  const found = await preflight.rows(
    'primary',
    `SELECT id::text AS id FROM ${tables.value.studies}
     WHERE id::text = ANY($1) AND coalesce(${hold}, 'false'::jsonb) NOT IN ('false'::jsonb, 'null'::jsonb)`,
    [ids],
  );
  return found.ok ? { ok: true, value: new Set(found.value.map((row) => String(row.id))) } : found;
}
