// Tables by the names that people and the runbook give them: what the catalogue calls them here.
import type { Planned } from '../../core/actions/action.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import type { Form } from '../../core/platform/form.ts';
import { tableNames } from '../../core/platform/mapping.ts';
import { refusedBy, unknownName } from '../plan.ts';

/** Ordinary and partitioned tables of the schema: what can be analyzed and vacuumed. */
const tablesSql = `SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY 1 LIMIT 2000`;

/** What a runbook's table is called here; undefined where this form has none of its meaning. */
function inForce(word: string, { study, job, apiKey }: Form): string | undefined {
  const named = { study: study.name, job: job.name, apiKey: apiKey.name };
  for (const [id, name] of Object.entries(named))
    if (tableNames[id as keyof typeof named].names.some((one) => one.toLowerCase() === word.toLowerCase())) return name;
  return undefined;
}

/** Whether jobs hold their results: then there is no table of them (platform's form). */
const holdsResults = ({ job: { columns } }: Form) => columns.result !== undefined && columns.error === undefined;

export type TablesHere = {
  names: readonly string[];
  /** Asked for, and of no use here: why. */
  skipped: readonly string[];
};

/** The tables by their names here: exact, by the runbook's name, or in another case; otherwise the existing ones. */
export async function tablesHere(
  words: readonly string[],
  preflight: Preflight,
): Promise<{ ok: true; value: TablesHere } | Extract<Planned, { ok: false }>> {
  const { schema } = preflight.context;
  const [tables, found] = await Promise.all([preflight.tables(), preflight.rows('primary', tablesSql, [schema])]);
  if (!tables.ok) return refusedBy(tables.fault);
  if (!found.ok) return refusedBy(found.fault);
  const known = found.value.map(({ name }) => String(name));
  const { form } = tables.value;
  const names: string[] = [];
  const skipped: string[] = [];
  for (const word of words) {
    const byMeaning = inForce(word, form);
    const alike = known.filter((one) => one.toLowerCase() === word.toLowerCase());
    const name = [word, byMeaning, alike.length === 1 ? alike[0] : undefined].find(
      (one) => one !== undefined && known.includes(one),
    );
    if (name !== undefined) names.push(name);
    else if (word === 'results' && holdsResults(form))
      skipped.push(`No table of results: ${form.job.name} holds them.`);
    else return unknownName(`table in ${schema} called`, word, known);
  }
  return { ok: true, value: { names: [...new Set(names)], skipped } };
}
