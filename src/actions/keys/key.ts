// Shared by the actions on API keys: how keys are read, named and described.
import type { Field, Planned, Target } from '../../core/actions/action.ts';
import type { Statement } from '../../core/actions/call.ts';
import type { ActionContext, Need, Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { columnName, type Form } from '../../core/platform/form.ts';
import type { ColumnId } from '../../core/platform/mapping.ts';
import { formatAge } from '../../core/text/format.ts';
import { qualified } from '../../core/text/sql.ts';
import { second } from '../../core/time.ts';
import { answeredByDatabase, given, refuse, refusedBy, unknownName } from '../plan.ts';

const columns = `id::text AS id, tenant_id::text AS tenant, name::text AS name, permissions::text AS permissions,
  revoked, extract(epoch FROM now() - last_used_at)::float8 AS idle, extract(epoch FROM now() - created_at)::float8 AS age,
  extract(epoch FROM last_used_at)::float8 AS used, extract(epoch FROM created_at)::float8 AS created,
  extract(epoch FROM expires_at)::float8 AS expires, coalesce(expires_at <= now(), false) AS expired`;

export const mostKeys = 200;

/** Keys, the newest first. The condition is in the runbook's words, whatever the columns are called. */
export async function keysWhere(preflight: Preflight, where: string, parameters: readonly string[]) {
  const tables = await preflight.tables();
  if (!tables.ok) return tables;
  return preflight.rows(
    'primary',
    `SELECT ${columns} FROM (${inRunbookWords(tables.value.form)}) k WHERE ${where} ORDER BY created_at DESC LIMIT ${mostKeys}`,
    parameters,
  );
}

function inRunbookWords({ schema, apiKey }: Form): string {
  const name = (column: ColumnId<'apiKey'>) => columnName('apiKey', apiKey, column);
  const revoked = isActiveForm(apiKey) ? `NOT ${name('active')}` : name('revoked');
  return `SELECT id, ${name('tenant')} AS tenant_id, name, permissions, ${revoked} AS revoked,
    ${name('lastUsed')} AS last_used_at, ${name('created')} AS created_at,
    ${apiKey.columns.expires ? name('expires') : 'NULL::timestamptz'} AS expires_at FROM ${qualified(schema, apiKey.name)}`;
}

/** Prisma's keys are active or not; the runbook's are revoked or not. */
const isActiveForm = ({ columns: { revoked, active } }: Form['apiKey']) => !revoked && active !== undefined;

/** The statement that revokes an active key (runbook, Revoking an API Key). */
export function revokeStatement({ schema, apiKey }: Form, id: string): Statement {
  const keys = qualified(schema, apiKey.name);
  const text = isActiveForm(apiKey)
    ? `UPDATE ${keys} SET active = false WHERE id = $1 AND active`
    : `UPDATE ${keys} SET revoked = true, revoked_at = NOW() WHERE id = $1 AND revoked IS NOT TRUE`;
  return { text, parameters: [id] };
}

export const lastUse = (row: SqlRow): string =>
  row.idle === null || row.idle === undefined ? 'never used' : `last used ${formatAge(Number(row.idle) * second)} ago`;

/** Of an array, of JSON, or of a list with commas. */
export const permissionsOf = (row: SqlRow): readonly string[] =>
  String(row.permissions ?? '')
    .replace(/^[[{]|[\]}]$/g, '')
    .split(',')
    .map((one) => one.replaceAll('"', '').trim())
    .filter((one) => one !== '');

export const describe = (row: SqlRow): string =>
  `“${row.name}” of ${row.tenant}, permissions ${row.permissions}, ${lastUse(row)}${row.expired === true ? ', expired' : ''}`;

export const keyField: Field = {
  name: 'key',
  ask: 'which key? (id)',
  kind: 'text',
  async look(_, preflight) {
    const found = await keysWhere(preflight, 'revoked IS NOT TRUE', []);
    return found.ok ? found.value.map((row) => ({ value: String(row.id), says: describe(row) })) : [];
  },
};

export const tenantField: Field = {
  name: 'tenant',
  ask: 'which tenant?',
  kind: 'text',
  async look(_, preflight) {
    const found = await keysWhere(preflight, 'true', []);
    return found.ok ? [...new Set(found.value.map((row) => String(row.tenant)))].map((value) => ({ value })) : [];
  },
};

export const keyOf = (target: Target) => given(target, 'key');

export async function oneKey(
  preflight: Preflight,
  id: string,
): Promise<{ row: SqlRow; says: string } | { planned: Planned }> {
  const who = await answeredByDatabase(preflight);
  if (!who.ok) return { planned: refusedBy(who.fault) };
  const found = await keysWhere(preflight, 'id::text = $1', [id]);
  if (!found.ok) return { planned: refusedBy(found.fault) };
  const [row] = found.value;
  if (!row) {
    const all = await keysWhere(preflight, 'true', []);
    return { planned: unknownName('key', id, all.ok ? all.value.map((one) => String(one.id)) : []) };
  }
  if (row.revoked === true) return { planned: refuse('it is already revoked', 'nothing to do') };
  return { row, says: who.says };
}

export const objectOf = (target: Target) => `api-key/${keyOf(target)}`;

/** The permissions on the table of keys. */
export const needsTable = (
  { schema }: ActionContext,
  privileges: readonly ('SELECT' | 'UPDATE')[] = ['SELECT'],
): Need => ({
  kind: 'table',
  schema,
  table: 'api_keys',
  privileges,
});
