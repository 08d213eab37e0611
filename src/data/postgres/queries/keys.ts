// API keys (runbook, Viewing API Key Status). The key itself and its hash are never read.
import { columnName, type Form } from '../../../core/platform/form.ts';
import type { ColumnId } from '../../../core/platform/mapping.ts';
import { qualified } from '../../../core/text/sql.ts';
import { epoch } from './columns.ts';

export type ApiKeyRow = {
  id: string;
  tenant: string;
  name: string | null;
  permissions: unknown;
  rateLimit: number | null;
  lastUsed: number | null;
  created: number | null;
  revoked: boolean | null;
  revokedAt: number | null;
  expires: number | null;
  /** Of its tenant; null where the tenants have none, or may not be read. */
  tenantStatus: string | null;
};

export const mostKeys = 5000;

/** API keys (runbook, Viewing API Key Status). The key itself and its hash are never read. */
export const apiKeys = ({ schema, apiKey: found, tenant }: Form) => {
  const has = (column: ColumnId<'apiKey'>) => found.columns[column] !== undefined;
  const name = (column: ColumnId<'apiKey'>) => columnName('apiKey', found, column);
  const maybe = (column: ColumnId<'apiKey'>, as: (name: string) => string, type: string) =>
    has(column) ? as(name(column)) : `NULL::${type}`;
  const seconds = (column: ColumnId<'apiKey'>) => maybe(column, epoch, 'float8');
  const revoked = has('revoked') || !has('active') ? name('revoked') : `NOT ${name('active')}`;
  const tenantStatus =
    tenant.there && tenant.columns.id && tenant.columns.status
      ? `(SELECT t.status::text FROM ${qualified(schema, tenant.name)} t WHERE t.id = k.${name('tenant')})`
      : 'NULL::text';
  return `
  SELECT id::text AS id, ${name('tenant')}::text AS tenant, name::text AS name, to_jsonb(permissions) AS permissions,
         ${maybe('rateLimit', (of) => `${of}::float8`, 'float8')} AS "rateLimit", ${seconds('lastUsed')} AS "lastUsed",
         ${seconds('created')} AS created, ${revoked} AS revoked, ${seconds('revokedAt')} AS "revokedAt",
         ${maybe('expires', (of) => `CASE WHEN ${of} = '-infinity' THEN 0 ELSE ${epoch(of)} END`, 'float8')} AS expires, ${tenantStatus} AS "tenantStatus"
  FROM ${qualified(schema, found.name)} k ORDER BY ${name('tenant')}, ${revoked}, name, id LIMIT ${mostKeys + 1}`;
};
