// Which tenants there are: those of the platform's own table, else those that have studies or keys.
import type { Planned } from '../../core/actions/action.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { columnName } from '../../core/platform/form.ts';
import type { Tables } from '../../core/platform/tables.ts';
import { thereIs } from '../../core/text/did-you-mean.ts';
import { qualified } from '../../core/text/sql.ts';
import { unknownName } from '../plan.ts';

const most = 1000;

/** Refused if the platform's table has no such tenant; a warning if only studies and keys can be queried. */
export async function tenantDoubt(
  tenant: string,
  preflight: Preflight,
): Promise<{ refused: Extract<Planned, { ok: false }> } | { warning: string } | undefined> {
  const tables = await preflight.tables();
  if (!tables.ok) return { warning: `Whether there is a tenant ${tenant} is unknown: ${tables.fault.what}.` };
  const { schema, tenant: own } = tables.value.form;
  if (own.there && own.columns.id) {
    const id = `${columnName('tenant', own, 'id')}::text`;
    const found = await preflight.rows(
      'primary',
      `SELECT ${id} AS name FROM ${qualified(schema, own.name)} ORDER BY ${id} = $1 DESC LIMIT ${most}`,
      [tenant],
    );
    if (found.ok) {
      const known = found.value.map(({ name }) => String(name));
      return known.includes(tenant) ? undefined : { refused: unknownName('tenant', tenant, known) };
    }
  }
  const known = await byUse(preflight, tables.value);
  if (known.includes(tenant)) return undefined;
  return { warning: `No study and no key is of ${tenant}: is the tenant new? ${capital(thereIs(tenant, known))}.` };
}

async function byUse(preflight: Preflight, { form, studies, study }: Tables): Promise<readonly string[]> {
  const ofKey = columnName('apiKey', form.apiKey, 'tenant');
  const found = await preflight.rows(
    'primary',
    `SELECT ${study.tenant}::text AS name FROM ${studies} UNION SELECT ${ofKey}::text FROM ${qualified(form.schema, form.apiKey.name)} LIMIT ${most}`,
    [],
  );
  return found.ok ? found.value.map(({ name }) => String(name)) : [];
}

const capital = (text: string) => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
