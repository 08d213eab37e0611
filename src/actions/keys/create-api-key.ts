// Create an API key (runbook: Rotating API Keys).
import type { Action, Execution } from '../../core/actions/action.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { minute, second } from '../../core/time.ts';
import {
  adminCall,
  answeredByDatabase,
  given,
  needsAdmin,
  notYet,
  notYetBy,
  planned,
  proven,
  refusedBy,
} from '../plan.ts';
import { keysWhere, lastUse, needsTable, tenantField } from './key.ts';
import { tenantDoubt } from './tenant.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'create-api-key': true;
  }
}

/** The new key: of that tenant and name, younger than the run. */
export async function created({ plan, startedAt }: Execution, preflight: Preflight) {
  const { tenant = '', name = '' } = plan.baseline ?? {};
  const found = await keysWhere(preflight, 'tenant_id::text = $1 AND name::text = $2 AND revoked IS NOT TRUE', [
    tenant,
    name,
  ]);
  if (!found.ok) return notYetBy(found.fault);
  const fresh = found.value.find((row) => Number(row.age) * second < preflight.now() - startedAt + minute);
  return fresh
    ? proven(`${fresh.id} is in the table; hand over the key now, it is not shown again`)
    : notYet('no new key in the table yet');
}

export function createCall(preflight: Preflight, tenant: string, name: string, permissions: string) {
  const made = adminCall(
    preflight.context,
    ...['admin:apikey', 'create', '--tenant-id', { tenant }],
    ...['--name', { name }, '--permissions', { permissions }],
  );
  return made.ok ? { ...made, call: { ...made.call, reveals: true } } : made;
}

export const createApiKey: Action = {
  id: 'create-api-key',
  title: 'Create an API key',
  risk: 'data',
  about: {
    does: 'creates a key for a tenant; it is shown once, never recorded, then cleared from the screen',
    looksAt: 'the tenant’s keys; the admin command is installed',
    calls: 'pnpm admin:apikey create --tenant-id T --name N --permissions P',
    proof: 'the key’s row',
    undo: 'revoke it',
    runbook: 'Rotating API Keys',
  },
  fields: [
    tenantField,
    { name: 'name', ask: 'name of the key?', kind: 'text' },
    { name: 'permissions', ask: 'permissions? (*: all)', kind: 'text', preset: '*' },
  ],
  names: (target) => given(target, 'tenant'),
  object: (target) => `api-keys-of/${given(target, 'tenant')}`,
  needs: (_, context) => [needsAdmin(context, 'admin:apikey'), needsTable(context)],
  async plan(target, preflight) {
    const [tenant, name, permissions] = [
      given(target, 'tenant'),
      given(target, 'name'),
      given(target, 'permissions') || '*',
    ];
    const made = createCall(preflight, tenant, name, permissions);
    if (!made.ok) return made;
    const who = await answeredByDatabase(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const doubt = await tenantDoubt(tenant, preflight);
    if (doubt && 'refused' in doubt) return doubt.refused;
    const found = await keysWhere(preflight, 'tenant_id::text = $1 AND revoked IS NOT TRUE', [tenant]);
    if (!found.ok) return refusedBy(found.fault);
    return planned({
      impact: [
        `${tenant} has ${found.value.length} active keys: ${
          found.value
            .slice(0, 5)
            .map((row) => `${row.id} (${lastUse(row)})`)
            .join(', ') || 'none'
        }.`,
        `Creates “${name}” with permissions ${permissions}. The key is shown once.`,
      ],
      warnings: [
        ...(doubt ? [doubt.warning] : []),
        ...(permissions === '*' ? ['Permissions *: the key has full access.'] : []),
      ],
      calls: [made.call],
      undo: 'revoke the new key',
      answered: [who.says],
      preconditions: `${tenant} ${name}`,
      baseline: { tenant, name },
    });
  },
  verify: created,
  within: 20 * second,
};
