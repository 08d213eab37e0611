// Accounts and sessions by surface and state, where the database has them.
import { columnName, type Form } from '../../../core/platform/form.ts';
import { qualified } from '../../../core/text/sql.ts';

export type PoolRow = { surface: string | null; group: string | null; state: string | null; count: number };

/** Groups are few; a table of another kind by that name must not flood the cockpit. */
const mostGroups = 2000;

/** Undefined: no such table, or it has no surface or status. */
export function accountsOf({ schema, account }: Form): string | undefined {
  if (!account.there || !account.columns.surface || !account.columns.status) return undefined;
  return counted(qualified(schema, account.name), columnName('account', account, 'surface'), 'NULL');
}

export function sessionsOf({ schema, session }: Form): string | undefined {
  if (!session.there || !session.columns.surface || !session.columns.status) return undefined;
  const proxy = session.columns.proxy ? `${columnName('session', session, 'proxy')}::text` : 'NULL';
  return counted(qualified(schema, session.name), columnName('session', session, 'surface'), proxy);
}

const counted = (table: string, surface: string, group: string) => `
  SELECT ${surface}::text AS surface, ${group} AS "group", status::text AS state, count(*)::int AS count
  FROM ${table} GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC LIMIT ${mostGroups}`;
