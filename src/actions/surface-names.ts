// Which surfaces there are, as far as the database tells: those that jobs ran on, and those that have accounts.
import type { Planned } from '../core/actions/action.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { columnName, type Form } from '../core/platform/form.ts';
import { qualified } from '../core/text/sql.ts';
import { unknownName } from './plan.ts';

/** How many are distinguished. */
const most = 500;

/** Why a surface is refused: it is unknown. Or a warning that it cannot be checked; nothing if it is known. */
export async function surfaceDoubt(
  surface: string,
  preflight: Preflight,
): Promise<{ refused: Extract<Planned, { ok: false }> } | { warning: string } | undefined> {
  const unsure = (what: string) => ({ warning: `Whether there is a surface ${surface} is unknown: ${what}.` });
  const tables = await preflight.tables();
  if (!tables.ok) return unsure(tables.fault.what);
  const { jobs, job } = tables.value;
  // Most surfaces have a job among the first rows; only an unknown one is looked for in all of them.
  const used = await preflight.rows(
    'primary',
    `SELECT EXISTS (SELECT FROM ${jobs} WHERE ${job.surface}::text = $1) AS used`,
    [surface],
  );
  if (!used.ok) return unsure(used.fault.what);
  if (used.value[0]?.used === true) return undefined;
  const [ran, accounts] = await Promise.all([
    preflight.rows('primary', `SELECT DISTINCT ${job.surface}::text AS name FROM ${jobs} LIMIT ${most}`, []),
    withAccounts(preflight, tables.value.form),
  ]);
  if (!ran.ok) return unsure(ran.fault.what);
  const known = [...new Set([...accounts, ...ran.value.map(({ name }) => String(name))])].toSorted();
  if (accounts.includes(surface)) return undefined;
  if (known.length === 0) return unsure('no job has run yet');
  return { refused: unknownName('surface', surface, known) };
}

/** Surfaces that have accounts, where the platform has a table of them. */
async function withAccounts(preflight: Preflight, { schema, account }: Form): Promise<readonly string[]> {
  if (!account.there || !account.columns.surface) return [];
  const column = columnName('account', account, 'surface');
  const rows = await preflight.rows(
    'primary',
    `SELECT DISTINCT ${column}::text AS name FROM ${qualified(schema, account.name)} LIMIT ${most}`,
    [],
  );
  return rows.ok ? rows.value.map(({ name }) => String(name)) : [];
}
