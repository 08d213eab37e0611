// Several statements of one look in one read-only transaction, for SQL text that comes from outside.
import type { QueryConfig } from 'pg';
import type { Ms } from '../../core/time.ts';
import type { SqlParameter } from './ask.ts';
import { type Connection, reading } from './connect.ts';
import { sqlState } from './faults.ts';

/**
 * Runs statements on one server connection, in one read-only transaction that is rolled back: what SQL text from outside
 * sets in it ends with it. Rows come as the server sent them: the caller sanitizes what it shows.
 */
export type InTransaction = <T>(use: (run: RunSql) => Promise<T>) => Promise<T>;

/** One statement by the extended protocol, which takes no second one behind a semicolon. */
export type RunSql = <Row extends object>(sql: string, values?: readonly SqlParameter[]) => Promise<Row[]>;

/** `limit`: what a statement may take on the server; half of it to wait for a lock. */
export function transactor({ client }: Connection, limit: Ms, hear: () => void): InTransaction {
  return async (use) => {
    await client.query(beginning(Math.max(1, Math.round(limit))));
    hear();
    try {
      return await use(async <Row extends object>(text: string, values: readonly SqlParameter[] = []) => {
        const { rows } = await client.query<Row>(extended(text, values));
        hear();
        return rows;
      });
    } catch (error) {
      if (sqlState(error) !== undefined) hear();
      throw error;
    } finally {
      await client.query('ROLLBACK').catch(() => undefined);
    }
  };
}

/** The client's types do not know its option. */
const extended = (text: string, values: readonly SqlParameter[]) => {
  const query: QueryConfig & { queryMode: 'extended' } = { text, values: [...values], queryMode: 'extended' };
  return query;
};

const beginning = (within: Ms) =>
  `BEGIN READ ONLY; SET LOCAL statement_timeout = ${within}; SET LOCAL lock_timeout = ${Math.ceil(within / 2)}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${within * 2}; SET LOCAL application_name = '${reading}'`;
