// Revoke an API key (runbook: Revoking an API Key).
import type { Action } from '../../core/actions/action.ts';
import type { SqlRow } from '../../core/actions/preflight.ts';
import { formatAge } from '../../core/text/format.ts';
import { minute, second } from '../../core/time.ts';
import { adminCall, choiceField, given, needsAdmin, notYet, notYetBy, planned, proven, refusedBy } from '../plan.ts';
import { describe, keyField, keyOf, keysWhere, lastUse, needsTable, objectOf, oneKey, revokeStatement } from './key.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'revoke-api-key': true;
  }
}

/** A key used a few minutes ago is in production use. */
const recently = 15 * minute;

/** Whether the tenant uses another key: the last step of a rotation waits for that. */
function switched(row: SqlRow, others: readonly SqlRow[]): readonly string[] {
  if (others.length === 0)
    return [`It is the only active key of ${row.tenant}: all requests of the tenant will be refused.`];
  const newer = others.filter((other) => Number(other.age) < Number(row.age));
  const used = newer.some((other) => other.idle !== null && other.idle !== undefined);
  if (newer.length === 0 || used) return [];
  return [`${row.tenant} has not used a newer key yet: in a rotation, wait until it has; a leaked key cannot wait.`];
}

export const revokeApiKey: Action = {
  id: 'revoke-api-key',
  title: 'Revoke an API key',
  also: 'leak leaked compromised',
  risk: 'data',
  about: {
    does: 'revokes a key immediately',
    looksAt: 'tenant, permissions, last use; a warning if it was used minutes ago',
    calls: 'pnpm admin:apikey revoke --key-id KEY, or UPDATE api_keys SET revoked = true, revoked_at = NOW()',
    proof: 'the key’s row',
    undo: 'none: create a new key for the tenant',
    runbook: 'Revoking an API Key',
  },
  fields: [
    keyField,
    choiceField('by', 'revoke by admin command or by SQL?', {
      sql: 'UPDATE api_keys (runbook, Or via SQL)',
      admin: 'pnpm admin:apikey revoke',
    }),
  ],
  names: keyOf,
  object: objectOf,
  needs: (target, context) =>
    given(target, 'by') === 'admin'
      ? [needsTable(context), needsAdmin(context, 'admin:apikey')]
      : [needsTable(context, ['SELECT', 'UPDATE'])],
  async plan(target, preflight) {
    const id = keyOf(target);
    const byAdmin = given(target, 'by') === 'admin';
    const made = adminCall(preflight.context, 'admin:apikey', 'revoke', '--key-id', { key: id });
    // SQL takes any id: it is a parameter.
    if (byAdmin && !made.ok) return { ...made, hint: `revoke it by SQL. ${made.hint}` };
    const found = await oneKey(preflight, id);
    if ('planned' in found) return found.planned;
    const { row } = found;
    const idle = row.idle === null ? Number.POSITIVE_INFINITY : Number(row.idle) * second;
    const tables = await preflight.tables();
    if (!tables.ok) return refusedBy(tables.fault);
    const others = await keysWhere(preflight, 'tenant_id::text = $1 AND id::text <> $2 AND revoked IS NOT TRUE', [
      String(row.tenant),
      id,
    ]);
    if (!others.ok) return refusedBy(others.fault);
    return planned({
      impact: [
        `${id}: ${describe(row)}.`,
        'Requests with it will be refused.',
        ...others.value
          .slice(0, 5)
          .map((other) => `${row.tenant} also has ${other.id} “${other.name}”, ${lastUse(other)}.`),
      ],
      warnings: [
        ...(idle < recently ? [`It was used ${formatAge(idle)} ago: it is still in use.`] : []),
        ...switched(row, others.value),
      ],
      calls:
        byAdmin && made.ok
          ? [made.call]
          : [
              {
                tool: 'sql',
                server: 'primary',
                change: revokeStatement(tables.value.form, id),
                expectRows: 1,
                transaction: true,
              },
            ],
      instead: 'create a new key for the tenant',
      answered: [found.says],
      preconditions: `${id} live`,
      baseline: { tenant: String(row.tenant), name: String(row.name) },
    });
  },
  async verify({ target }, preflight) {
    const found = await keysWhere(preflight, 'id::text = $1', [keyOf(target)]);
    if (!found.ok) return notYetBy(found.fault);
    const [row] = found.value;
    return !row || row.revoked === true
      ? proven(row ? 'its row is revoked' : 'its row is gone')
      : notYet('its row is not revoked');
  },
  within: 20 * second,
  next: ({ plan }) => [
    {
      action: 'create-api-key',
      target: { tenant: plan.baseline?.tenant ?? '', name: plan.baseline?.name ?? '' },
      says: `a new key for ${plan.baseline?.tenant}`,
    },
  ],
};
