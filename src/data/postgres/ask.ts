// Statements of one look at a server. What is asked at the same time goes as one statement: a cockpit is one of many, and
// each statement costs the server a transaction.
import type { QueryResult } from 'pg';
import { cleanLines } from '../../core/text/text.ts';
import { type Instant, type Ms, minute } from '../../core/time.ts';
import { type Connection, reading } from './connect.ts';
import { isLostConnection, sqlState } from './faults.ts';
import { refusedStatement } from './grants.ts';

/** Values of a statement's parameters. */
export type SqlParameter = string | number | readonly string[] | null;

/**
 * Runs one statement in a read-only transaction and gives its rows. Throws what the server answered; the session is
 * usable afterwards. Statements that are asked in the same turn with the same time limit, without values, are asked
 * together: their numbers arrive as JSON has them, so a statement casts what is no text to int or float8.
 */
export type AskSql = <Row extends object>(
  sql: string,
  options?: { values?: readonly SqlParameter[]; within?: Ms },
) => Promise<Row[]>;

/** Statements that failed, and until when they are asked alone, so that the others can go together. */
export type Refusals = Map<string, Instant>;

const apartFor: Ms = minute;

type Asking = {
  sql: string;
  within: Ms;
  answer(rows: object[]): void;
  fail(error: unknown): void;
};

export type AskOptions = {
  /** What a statement may take on the server. */
  limit: Ms;
  /** The server said something. */
  hear(): void;
  refusals: Refusals;
};

/**
 * How a look asks over this connection. `settled` resolves when nothing of it is under way any more; what it asks from then
 * on is refused, as the connection is the next look's.
 */
export function asker(
  { client, planned }: Connection,
  { limit, hear, refusals }: AskOptions,
): { ask: AskSql; settled(): Promise<void> } {
  let waiting: Asking[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  };

  const send = async (text: string) => {
    const results = await client.query(text);
    hear();
    return results;
  };

  /** One message, one round trip, one implicit transaction: it ends with its error or its last statement. */
  const plain = async (sql: string, within: Ms): Promise<object[]> => {
    const own = settings(within);
    try {
      const results = await (planned ? planned.run(send, own, sql) : send(`${own}; ${sql}`));
      // Several statements give several results (the client's types know only one); the last is ours.
      return (results as unknown as QueryResult<object>[]).at(-1)?.rows ?? [];
    } catch (error) {
      if (sqlState(error) !== undefined) hear();
      throw refusedStatement(error, sql);
    }
  };

  const withValues = async (sql: string, within: Ms, values: readonly SqlParameter[]): Promise<object[]> => {
    try {
      await client.query(`BEGIN READ ONLY; ${settings(within)}`);
      hear();
      const { rows } = await client.query<object>(sql, [...values]);
      await client.query('COMMIT');
      hear();
      return rows;
    } catch (error) {
      if (sqlState(error) !== undefined) hear();
      if (!isLostConnection(error)) await client.query('ROLLBACK').catch(() => undefined);
      throw refusedStatement(error, sql);
    }
  };

  const alone = async ({ sql, within, answer, fail }: Asking): Promise<void> => {
    try {
      answer(await inTurn(() => plain(sql, within)));
      refusals.delete(sql);
    } catch (error) {
      refusals.set(sql, performance.now() + apartFor);
      fail(error);
    }
  };

  /** Where one is late, the others need time to be asked alone. */
  const togetherWithin = (within: Ms): Ms => Math.ceil(within / (within === Math.round(limit) ? 8 : 2));
  const together = async (asked: readonly Asking[], within: Ms): Promise<void> => {
    const parts = asked.map(({ sql }, i) => `(SELECT coalesce(json_agg(q${i}), '[]') FROM (${sql}\n) q${i}) AS "${i}"`);
    try {
      const [found = {}] = await inTurn(() => plain(`SELECT ${parts.join(',\n')}`, togetherWithin(within)));
      for (const [i, one] of asked.entries()) one.answer(rowsIn((found as Record<string, unknown>)[i]));
    } catch (error) {
      if (isLostConnection(error) || sqlState(error) === undefined) {
        for (const { fail } of asked) fail(error);
        return;
      }
      // Together they took too long; each may be quick enough.
      if (sqlState(error) === '57014') for (const { sql } of asked) refusals.set(sql, performance.now() + apartFor);
      // What the attempt together took is missing now.
      for (const one of asked) await alone({ ...one, within: Math.ceil(one.within * 0.7) });
    }
  };

  const flush = () => {
    const asked = waiting;
    waiting = [];
    const now = performance.now();
    for (const one of asked.filter(({ sql }) => (refusals.get(sql) ?? 0) > now)) void alone(one);
    const rest = asked.filter(({ sql }) => !((refusals.get(sql) ?? 0) > now));
    for (const within of new Set(rest.map((one) => one.within))) {
      const some = rest.filter((one) => one.within === within);
      const [one] = some;
      if (one && some.length === 1) void alone(one);
      else void together(some, within);
    }
  };

  const pending = new Set<Promise<object[]>>();
  let isOver = false;
  const rowsOf = (sql: string, within: Ms, values: readonly SqlParameter[] | undefined) =>
    values
      ? inTurn(() => withValues(sql, within, values))
      : new Promise<object[]>((answer, fail) => {
          if (waiting.length === 0) queueMicrotask(flush);
          waiting.push({ sql, within, answer, fail });
        });
  const ask: AskSql = async <Row extends object>(
    sql: string,
    { within = limit, values }: { values?: readonly SqlParameter[]; within?: Ms } = {},
  ) => {
    if (isOver) throw new Error('the look has ended');
    const asked = rowsOf(sql, Math.max(1, Math.round(within)), values);
    pending.add(asked);
    try {
      return (await asked).map((row) => neutralized(row as Row));
    } finally {
      pending.delete(asked);
    }
  };
  return {
    ask,
    async settled() {
      while (pending.size > 0) await Promise.allSettled(pending);
      isOver = true;
    },
  };
}

/** What a server gives as the rows of a part; one that lies may give anything. */
const rowsIn = (told: unknown): object[] =>
  Array.isArray(told) ? told.filter((row): row is object => typeof row === 'object' && row !== null) : [];

/** Planning for throughput (JIT, parallel workers) costs the server more than short queries gain. */
function settings(within: Ms): string {
  const values = {
    transaction_read_only: 'on',
    statement_timeout: within,
    lock_timeout: Math.ceil(within / 2),
    idle_in_transaction_session_timeout: within * 2,
    jit: 'off',
    // Columns without a time zone hold UTC, whatever the server's own zone is.
    TimeZone: 'UTC',
    max_parallel_workers_per_gather: 0,
    application_name: reading,
  };
  return `SELECT ${Object.entries(values)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(', ')}`;
}

/** The caller sanitizes text columns; a number that the server sends as text is not trusted either. */
function neutralized<Row extends object>(row: Row): Row {
  for (const [column, value] of Object.entries(row))
    if (typeof value === 'string') Object.assign(row, { [column]: cleanLines(value, Number.POSITIVE_INFINITY) });
  return row;
}
