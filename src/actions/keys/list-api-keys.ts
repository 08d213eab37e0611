// List API keys (runbook: Viewing API Key Status).
import type { Action } from '../../core/actions/action.ts';
import type { Preflight, SqlRow } from '../../core/actions/preflight.ts';
import { thereIs } from '../../core/text/did-you-mean.ts';
import { formatAge } from '../../core/text/format.ts';
import { second } from '../../core/time.ts';
import { answeredByDatabase, counted, given, planned, proven, refuse, refusedBy } from '../plan.ts';
import { describe, keysWhere, mostKeys, needsTable, permissionsOf, tenantField } from './key.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'list-api-keys': true;
  }
}

export const listApiKeys: Action = {
  id: 'list-api-keys',
  title: 'List API keys',
  risk: 'reversible',
  reads: true,
  about: {
    does: 'lists the keys of one tenant, or of all',
    looksAt: 'tenant, name, permissions, last use, age, revoked or not',
    calls: 'SELECT … FROM api_keys WHERE tenant_id = …',
    proof: 'nothing is changed',
    undo: 'nothing is changed',
    runbook: 'Viewing API Key Status',
  },
  fields: [{ ...tenantField, ask: 'which tenant?', empty: 'all', optional: true }],
  names: (target) => given(target, 'tenant'),
  object: () => 'api-keys',
  needs: (_, context) => [needsTable(context)],
  async plan(target, preflight) {
    const tenant = given(target, 'tenant');
    const who = await answeredByDatabase(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const found = await keysWhere(preflight, `($1 = '' OR tenant_id::text = $1)`, [tenant]);
    if (!found.ok) return refusedBy(found.fault);
    const rows = found.value;
    if (rows.length === 0 && tenant)
      return refuse(`${tenant.slice(0, 80)} has no keys`, await tenantsSay(tenant, preflight));
    const says = `${counted(rows.length, 'key')}${rows.length === mostKeys ? ' or more (newest first)' : ''}; the secrets are not shown.`;
    return planned({
      impact: [
        says,
        ...rows.map((row) => {
          const made = `created ${formatAge(Number(row.age) * second)} ago`;
          return `${row.id}  ${describe(row)}, ${made}${row.revoked === true ? ', REVOKED' : ''}`;
        }),
      ],
      found: { says, ...asTable(rows), json: { complete: rows.length < mostKeys, keys: rows.map(forPrograms) } },
      calls: [],
      undo: 'nothing is changed',
      answered: [who.says],
      preconditions: 'read',
    });
  },
  verify: async () => proven('nothing was changed'),
  within: second,
};

/** When keys expire is told where some do. */
function asTable(rows: readonly SqlRow[]) {
  const expires = rows.some((row) => time(row.expires) !== undefined);
  const state = (row: SqlRow) => (row.revoked === true ? 'REVOKED' : row.expired === true ? 'EXPIRED' : 'live');
  return {
    head: ['KEY', 'TENANT', 'NAME', 'PERMISSIONS', 'LAST USED', 'CREATED', ...(expires ? ['EXPIRES'] : []), 'STATE'],
    table: rows.map((row) => [
      ...[row.id, row.tenant, row.name].map((one) => String(one ?? '')),
      permissionsOf(row).join(',') || '–',
      time(row.used)?.slice(0, 16) ?? 'never',
      time(row.created)?.slice(0, 16) ?? '–',
      ...(expires ? [time(row.expires)?.slice(0, 16) ?? '–'] : []),
      state(row),
    ]),
  };
}

const forPrograms = (row: SqlRow) => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  permissions: permissionsOf(row),
  lastUsedAt: time(row.used) ?? null,
  createdAt: time(row.created) ?? null,
  expiresAt: time(row.expires) ?? null,
  revoked: row.revoked === true,
});

/** Seconds since the epoch as an instant: `2026-01-17T02:00:00.000Z`. */
function time(seconds: unknown): string | undefined {
  const at = new Date(Number(seconds ?? Number.NaN) * second);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Tenants that have keys, the one that was meant first. */
async function tenantsSay(tenant: string, preflight: Preflight): Promise<string> {
  const known = (await tenantField.look?.({}, preflight)) ?? [];
  return known.length > 0
    ? thereIs(
        tenant,
        known.map(({ value }) => value),
      )
    : 'no tenant has a key';
}
