// API keys: create, revoke, rotate (runbook: Revoking an API Key; Rotating API Keys).
import type { Action, Done, Field, Planned, Target } from '../core/actions/action.ts';
import type { SqlRow, Survey } from '../core/actions/survey.ts';
import { formatAge } from '../core/text/format.ts';
import { qualified } from '../core/text/sql.ts';
import { minute, second } from '../core/time.ts';
import {
  adminCall,
  answeredByDatabase,
  asArgument,
  counted,
  given,
  needsAdmin,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

const columns = `id::text AS id, tenant_id::text AS tenant, name::text AS name, permissions::text AS permissions,
  revoked, extract(epoch FROM now() - last_used_at)::float8 AS idle, extract(epoch FROM now() - created_at)::float8 AS age`;

const mostKeys = 200;

async function keysWhere(survey: Survey, where: string, parameters: readonly string[]) {
  const keys = qualified(survey.ground.schema, 'api_keys');
  return survey.rows(
    'primary',
    `SELECT ${columns} FROM ${keys} WHERE ${where} ORDER BY created_at DESC LIMIT ${mostKeys}`,
    parameters,
  );
}

const lastUse = (row: SqlRow): string =>
  row.idle === null || row.idle === undefined ? 'never used' : `last used ${formatAge(Number(row.idle) * second)} ago`;

const describe = (row: SqlRow): string =>
  `“${row.name}” of ${row.tenant}, permissions ${row.permissions}, ${lastUse(row)}`;

const keyField: Field = {
  name: 'key',
  ask: 'which key? (its id)',
  kind: 'text',
  async look(_, survey) {
    const found = await keysWhere(survey, 'revoked IS NOT TRUE', []);
    return found.ok ? found.value.map((row) => ({ value: String(row.id), says: describe(row) })) : [];
  },
};

const tenantField: Field = {
  name: 'tenant',
  ask: 'for which tenant?',
  kind: 'text',
  async look(_, survey) {
    const found = await keysWhere(survey, 'true', []);
    return found.ok ? [...new Set(found.value.map((row) => String(row.tenant)))].map((value) => ({ value })) : [];
  },
};

const keyOf = (target: Target) => given(target, 'key');

async function oneKey(survey: Survey, id: string): Promise<{ row: SqlRow; says: string } | { planned: Planned }> {
  const who = await answeredByDatabase(survey);
  if (!who.ok) return { planned: refusedBy(who.fault) };
  const found = await keysWhere(survey, 'id::text = $1', [id]);
  if (!found.ok) return { planned: refusedBy(found.fault) };
  const [row] = found.value;
  if (!row) return { planned: refuse(`there is no key ${id.slice(0, 80)}`, 'check its id') };
  if (row.revoked === true) return { planned: refuse('it is revoked already', 'nothing to do') };
  return { row, says: who.says };
}

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
  needs: (_, { schema }) => [{ kind: 'table', schema, table: 'api_keys', privileges: ['SELECT'] }],
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

/** A key in use a few minutes ago is somebody's production. */
const recently = 15 * minute;

/** Whether the tenant can do without it: the last step of a rotation waits for that. */
function switched(row: SqlRow, others: readonly SqlRow[]): readonly string[] {
  if (others.length === 0) return [`It is the only live key of ${row.tenant}: all its requests will be refused.`];
  const newer = others.filter((other) => Number(other.age) < Number(row.age));
  const used = newer.some((other) => other.idle !== null && other.idle !== undefined);
  if (newer.length === 0 || used) return [];
  return [`No newer key of ${row.tenant} was ever used: wait until the tenant has switched.`];
}

export const revokeApiKey: Action = {
  id: 'revoke-api-key',
  title: 'Revoke an API key',
  risk: 'data',
  about: {
    does: 'makes a key useless at once',
    looksAt: 'tenant, permissions, last use; warns of a key used minutes ago',
    calls: 'pnpm admin:apikey revoke --key-id KEY, or UPDATE api_keys SET revoked = true, revoked_at = NOW()',
    proof: 'the key’s row',
    undo: 'create a new key for the tenant',
    runbook: 'Revoking an API Key',
  },
  fields: [
    keyField,
    {
      name: 'by',
      ask: 'by the admin command or by SQL?',
      kind: 'choice',
      preset: 'sql',
      choices: () => [
        { value: 'sql', says: 'UPDATE api_keys (runbook, Or via SQL)' },
        { value: 'admin', says: 'pnpm admin:apikey revoke' },
      ],
    },
  ],
  names: keyOf,
  object: (target) => `api-key/${keyOf(target)}`,
  needs: (target, ground) => [
    {
      kind: 'table',
      schema: ground.schema,
      table: 'api_keys',
      privileges: given(target, 'by') === 'admin' ? ['SELECT'] : ['SELECT', 'UPDATE'],
    },
    ...(given(target, 'by') === 'admin' ? [needsAdmin(ground)] : []),
  ],
  async plan(target, survey) {
    const id = keyOf(target);
    const byAdmin = given(target, 'by') === 'admin';
    const wrong = byAdmin ? asArgument('key', id) : undefined;
    if (wrong) return wrong;
    const found = await oneKey(survey, id);
    if ('planned' in found) return found.planned;
    const { row } = found;
    const idle = row.idle === null ? Number.POSITIVE_INFINITY : Number(row.idle) * second;
    const keys = qualified(survey.ground.schema, 'api_keys');
    const others = await keysWhere(survey, 'tenant_id::text = $1 AND id::text <> $2 AND revoked IS NOT TRUE', [
      String(row.tenant),
      id,
    ]);
    if (!others.ok) return refusedBy(others.fault);
    return planned({
      impact: [
        `${id}: ${describe(row)}.`,
        'Requests with it are refused from now on.',
        ...others.value
          .slice(0, 5)
          .map((other) => `${row.tenant} also has ${other.id} “${other.name}”, ${lastUse(other)}.`),
      ],
      warnings: [
        ...(idle < recently ? [`It was used ${formatAge(idle)} ago: somebody depends on it.`] : []),
        ...switched(row, others.value),
      ],
      calls: byAdmin
        ? [adminCall(survey.ground, 'admin:apikey', 'revoke', '--key-id', id)]
        : [
            {
              tool: 'sql',
              server: 'primary',
              change: {
                text: `UPDATE ${keys} SET revoked = true, revoked_at = NOW() WHERE id = $1 AND revoked IS NOT TRUE`,
                parameters: [id],
              },
              expectRows: 1,
              transaction: true,
            },
          ],
      undo: 'create a new key for the tenant; a revoked one does not come back',
      answered: [found.says],
      rests: `${id} live`,
      memo: { tenant: String(row.tenant), name: String(row.name) },
    });
  },
  async verify({ target }, survey) {
    const found = await keysWhere(survey, 'id::text = $1', [keyOf(target)]);
    if (!found.ok) return notYetBy(found.fault);
    const [row] = found.value;
    return !row || row.revoked === true
      ? proven(row ? 'its row says revoked' : 'its row is gone')
      : notYet('its row says not revoked');
  },
  within: 20 * second,
  next: ({ plan }) => [
    {
      action: 'create-api-key',
      target: { tenant: plan.memo?.tenant ?? '', name: plan.memo?.name ?? '' },
      says: `a new key for ${plan.memo?.tenant}`,
    },
  ],
};

/** What is new: a key of that tenant and name, younger than the run. */
async function created({ plan, startedAt }: Done, survey: Survey) {
  const { tenant = '', name = '' } = plan.memo ?? {};
  const found = await keysWhere(survey, 'tenant_id::text = $1 AND name::text = $2 AND revoked IS NOT TRUE', [
    tenant,
    name,
  ]);
  if (!found.ok) return notYetBy(found.fault);
  const fresh = found.value.find((row) => Number(row.age) * second < survey.now() - startedAt + minute);
  return fresh
    ? proven(`${fresh.id} is in the table; hand the key over, it is not shown again`)
    : notYet('no new key in the table yet');
}

function createCall(survey: Survey, tenant: string, name: string, permissions: string) {
  const call = adminCall(
    survey.ground,
    ...['admin:apikey', 'create', '--tenant-id', tenant],
    ...['--name', name, '--permissions', permissions],
  );
  return { ...call, reveals: true };
}

export const createApiKey: Action = {
  id: 'create-api-key',
  title: 'Create an API key',
  risk: 'data',
  about: {
    does: 'makes a key for a tenant; it is shown once, never recorded, and cleared from the screen',
    looksAt: 'the tenant’s keys; the admin command is there',
    calls: 'pnpm admin:apikey create --tenant-id T --name N --permissions P',
    proof: 'the key’s row',
    undo: 'revoke it',
    runbook: 'Rotating API Keys',
  },
  fields: [
    tenantField,
    { name: 'name', ask: 'its name?', kind: 'text' },
    { name: 'permissions', ask: 'permissions? (*: everything)', kind: 'text', preset: '*' },
  ],
  names: (target) => given(target, 'tenant'),
  object: (target) => `api-keys-of/${given(target, 'tenant')}`,
  needs: (_, ground) => [
    needsAdmin(ground),
    { kind: 'table', schema: ground.schema, table: 'api_keys', privileges: ['SELECT'] },
  ],
  async plan(target, survey) {
    const [tenant, name, permissions] = [
      given(target, 'tenant'),
      given(target, 'name'),
      given(target, 'permissions') || '*',
    ];
    for (const [what, value] of [
      ['tenant', tenant],
      ['name', name],
      ['permissions', permissions],
    ] as const) {
      const wrong = asArgument(what, value);
      if (wrong) return wrong;
    }
    const who = await answeredByDatabase(survey);
    if (!who.ok) return refusedBy(who.fault);
    const found = await keysWhere(survey, 'tenant_id::text = $1 AND revoked IS NOT TRUE', [tenant]);
    if (!found.ok) return refusedBy(found.fault);
    return planned({
      impact: [
        `${tenant} has ${found.value.length} live keys: ${
          found.value
            .slice(0, 5)
            .map((row) => `${row.id} (${lastUse(row)})`)
            .join(', ') || 'none'
        }.`,
        `A new one, “${name}”, with permissions ${permissions}. It is shown once.`,
      ],
      warnings: permissions === '*' ? ['Permissions *: the key may do everything.'] : [],
      calls: [createCall(survey, tenant, name, permissions)],
      undo: 'revoke the new key',
      answered: [who.says],
      rests: `${tenant} ${name}`,
      memo: { tenant, name },
    });
  },
  verify: created,
  within: 20 * second,
};

export const rotateApiKey: Action = {
  id: 'rotate-api-key',
  title: 'Rotate an API key',
  risk: 'data',
  about: {
    does: 'makes a new key like an old one; the old one is revoked in a second step, when the tenant uses the new one',
    looksAt: 'the old key’s tenant, permissions and last use; the admin command is there',
    calls: 'pnpm admin:apikey create …; later pnpm admin:apikey revoke --key-id OLD',
    proof: 'the new key’s row',
    undo: 'revoke the new key',
    runbook: 'Rotating API Keys',
  },
  fields: [keyField],
  names: keyOf,
  object: (target) => `api-key/${keyOf(target)}`,
  needs: (_, ground) => [
    needsAdmin(ground),
    { kind: 'table', schema: ground.schema, table: 'api_keys', privileges: ['SELECT'] },
  ],
  async plan(target, survey) {
    const found = await oneKey(survey, keyOf(target));
    if ('planned' in found) return found.planned;
    const { row } = found;
    const tenant = String(row.tenant);
    const name = `${String(row.name).replace(/ \(rotated\)$/, '')} (rotated)`;
    const permissions =
      String(row.permissions)
        .replace(/^[[{]|[\]}]$/g, '')
        .replaceAll('"', '') || '*';
    for (const [what, value] of [
      ['tenant', tenant],
      ['name', name],
      ['permissions', permissions],
    ] as const) {
      const wrong = asArgument(what, value);
      if (wrong) return wrong;
    }
    return planned({
      impact: [
        `${keyOf(target)}: ${describe(row)}.`,
        `A new key “${name}” for ${tenant} with the same permissions is shown once. The old one goes on working.`,
        'Hand it over, wait until the tenant uses it, then revoke the old one: it is offered afterwards.',
      ],
      calls: [createCall(survey, tenant, name, permissions)],
      undo: 'revoke the new key; the old one has not been touched',
      answered: [found.says],
      rests: `${keyOf(target)} live`,
      memo: { tenant, name },
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
