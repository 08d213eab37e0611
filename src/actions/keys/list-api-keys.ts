// List API keys (runbook: Viewing API Key Status).
import type { Action } from '../../core/actions/action.ts';
import { formatAge } from '../../core/text/format.ts';
import { second } from '../../core/time.ts';
import { answeredByDatabase, counted, given, planned, proven, refuse, refusedBy } from '../plan.ts';
import { describe, keysWhere, mostKeys, needsTable, tenantField } from './key.ts';

export const listApiKeys: Action = {
  id: 'list-api-keys',
  title: 'List API keys',
  risk: 'reversible',
  reads: true,
  about: {
    does: 'shows the keys, of one tenant or of all; the plan itself is the answer',
    looksAt: 'tenant, name, permissions, rate limit, last use, age, revoked or not',
    calls: 'SELECT … FROM api_keys WHERE tenant_id = …',
    proof: 'nothing is changed',
    undo: 'nothing is changed',
    runbook: 'Viewing API Key Status',
  },
  fields: [{ ...tenantField, ask: 'of which tenant? (empty: all)', optional: true }],
  names: (target) => given(target, 'tenant'),
  object: () => 'api-keys',
  needs: (_, ground) => [needsTable(ground)],
  async plan(target, survey) {
    const tenant = given(target, 'tenant');
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    const found = await keysWhere(survey, `($1 = '' OR tenant_id::text = $1)`, [tenant]);
    if (!found.ok) return refusedBy(found.fault);
    const rows = found.value;
    if (rows.length === 0)
      return refuse(`there is no key${tenant ? ` of ${tenant.slice(0, 80)}` : ''}`, 'check the tenant');
    return planned({
      impact: [
        `${counted(rows.length, 'key')}${rows.length === mostKeys ? ' or more, the newest' : ''}; none is shown itself.`,
        ...rows.map((row) => {
          const made = `made ${formatAge(Number(row.age) * second)} ago`;
          return `${row.id}  ${describe(row)}, ${made}${row.revoked === true ? ', REVOKED' : ''}`;
        }),
      ],
      calls: [],
      undo: 'nothing is changed',
      answered: [who.says],
      rests: 'read',
    });
  },
  verify: async () => proven('nothing was changed'),
  within: second,
};
