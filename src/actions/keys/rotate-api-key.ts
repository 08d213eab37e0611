// Rotate an API key: a new one first, the old one revoked in a second step (runbook: Rotating API Keys).
import type { Action } from '../../core/actions/action.ts';
import { second } from '../../core/time.ts';
import { needsAdmin, planned } from '../plan.ts';
import { createCall, created } from './create-api-key.ts';
import { describe, keyField, keyOf, needsTable, objectOf, oneKey, permissionsOf } from './key.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'rotate-api-key': true;
  }
}

/** Only with characters that the admin command accepts. */
export function rotatedName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_.:/@,+-]+/g, '-').replace(/^[^A-Za-z0-9_]+|[^A-Za-z0-9_]+$/g, '');
  return `${plain.replace(/-rotated$/, '') || 'key'}-rotated`;
}

export const rotateApiKey: Action = {
  id: 'rotate-api-key',
  title: 'Rotate an API key',
  also: 'renew',
  risk: 'data',
  about: {
    does: 'creates a new key with the same permissions; revoke the old one in a second step, when the tenant uses the new key',
    looksAt: 'the old key’s tenant, permissions and last use; the admin command is installed',
    calls: 'pnpm admin:apikey create …; later pnpm admin:apikey revoke --key-id OLD',
    proof: 'the new key’s row',
    undo: 'revoke the new key',
    runbook: 'Rotating API Keys',
  },
  fields: [keyField],
  names: keyOf,
  object: objectOf,
  needs: (_, context) => [needsAdmin(context, 'admin:apikey'), needsTable(context)],
  async plan(target, preflight) {
    const found = await oneKey(preflight, keyOf(target));
    if ('planned' in found) return found.planned;
    const { row } = found;
    const tenant = String(row.tenant);
    const name = rotatedName(String(row.name));
    const permissions = permissionsOf(row).join(',') || '*';
    const made = createCall(preflight, tenant, name, permissions);
    if (!made.ok) return made;
    return planned({
      impact: [
        `${keyOf(target)}: ${describe(row)}.`,
        `Creates “${name}” for ${tenant} with the same permissions, shown once. The old key keeps working.`,
        'Hand it over, wait until the tenant uses it, then revoke the old key (offered afterwards).',
      ],
      calls: [made.call],
      undo: 'revoke the new key; the old one is unchanged',
      answered: [found.says],
      preconditions: `${keyOf(target)} live`,
      baseline: { tenant, name },
    });
  },
  verify: created,
  within: 20 * second,
  next: ({ target }) => [
    {
      action: 'revoke-api-key',
      target: { key: keyOf(target) },
      says: `revoke ${keyOf(target)}, once the tenant uses the new key`,
    },
  ],
};
