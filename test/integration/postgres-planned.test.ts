// What is asked again and again is planned once, on a session of our own, and told as it is now whatever changes meanwhile.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { PlannedStatements } from '../../src/data/postgres/planned.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';

let server: CountedServer;
let there: DatabaseServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startCountedServer();
  const login = { user: 'bentham', password: 'bentham', database: 'bentham' };
  there = { host: '127.0.0.1', port: server.port, sslMode: 'disable', ...login };
}, 120_000);
afterAll(() => server?.stop());
beforeEach(async () => {
  client = new pg.Client({ ...there, ssl: false });
  await client.connect();
});
afterEach(() => client.end());

const soon = () => AbortSignal.timeout(60_000);
const minute = 60_000;

const plansOf = async (): Promise<readonly { statement: string; used: number }[]> => {
  const { rows } = await client.query(
    'SELECT statement, generic_plans::int AS used FROM pg_prepared_statements ORDER BY prepare_time',
  );
  return rows as { statement: string; used: number }[];
};

/** Plans of the connection `client`, at a time of our own. */
function planned() {
  const clock = { now: 0 };
  const statements = new PlannedStatements(() => clock.now);
  const send = (text: string) => client.query(text);
  const ask = async (sql: string): Promise<readonly object[]> => {
    const results = (await statements.run(send, "SELECT set_config('jit', 'off', true)", sql)) as pg.QueryResult[];
    return (results.at(-1)?.rows ?? []) as object[];
  };
  return { clock, ask };
}

test('the look at a server is planned once, however often it is repeated', async () => {
  // The first look asks for what is known later, the second one is the first of its kind.
  const session = new Session(there);
  for (let look = 0; look < 5; look += 1)
    expect(await readServer(session, 10_000, soon())).toMatchObject({ ok: true, value: { missing: [] } });
  const plans = await session.read(soon(), 5000, (ask) =>
    ask<{ used: number }>('SELECT generic_plans::int AS used FROM pg_prepared_statements ORDER BY 1 DESC'),
  );
  await session.close();
  expect(plans).toMatchObject({ ok: true, value: [{ used: 3 }] });
});

test('a statement that is asked seldom is not kept, and a plan is made anew after a while', async () => {
  const { ask, clock } = planned();
  for (let i = 0; i < 4; i += 1) {
    expect(await ask('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    clock.now += minute;
  }
  expect(await plansOf()).toEqual([]);
  for (let i = 0; i < 3; i += 1) expect(await ask('SELECT 2 AS a')).toEqual([{ a: 2 }]);
  expect(await plansOf()).toMatchObject([{ used: 2 }]);
  for (let i = 0; i < 30; i += 1) {
    clock.now += minute / 3;
    expect(await ask('SELECT 2 AS a')).toEqual([{ a: 2 }]);
  }
  expect(await plansOf()).toMatchObject([{ used: 1 }]);
});

test('a table that has changed since is told as it is now', async () => {
  const { ask } = planned();
  await client.query('CREATE TEMPORARY TABLE moved AS SELECT 7 AS a');
  for (let i = 0; i < 3; i += 1) expect(await ask('SELECT * FROM moved')).toEqual([{ a: 7 }]);
  await client.query(`ALTER TABLE moved ALTER a TYPE text; ALTER TABLE moved ADD b int DEFAULT 1`);
  for (let i = 0; i < 3; i += 1) expect(await ask('SELECT * FROM moved')).toEqual([{ a: '7', b: 1 }]);
  await client.query('DROP TABLE moved');
  for (let i = 0; i < 3; i += 1) await expect(ask('SELECT * FROM moved')).rejects.toMatchObject({ code: '42P01' });
  await client.query('CREATE TEMPORARY TABLE moved AS SELECT 8 AS a');
  for (let i = 0; i < 3; i += 1) expect(await ask('SELECT * FROM moved')).toEqual([{ a: 8 }]);
});

test('a session keeps eight plans at most: those that were used last', async () => {
  const { ask } = planned();
  for (let i = 0; i < 12; i += 1) for (const _ of [1, 2]) expect(await ask(`SELECT ${i} AS a`)).toEqual([{ a: i }]);
  const kept = (await plansOf()).map(({ statement }) =>
    Number(/SELECT (\d+)/.exec(statement.split(' AS ')[1] ?? '')?.[1]),
  );
  expect(kept).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
});

test('a plan that is gone, or there already, as behind a pooler, costs no answer', async () => {
  const [first, second] = [planned(), planned()];
  const both = async () => {
    for (const { ask } of [first, second, first, second]) expect(await ask('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  };
  await both();
  expect(await plansOf()).toHaveLength(1);
  await client.query('DEALLOCATE ALL');
  await both();
  expect(await plansOf()).toEqual([]);
});

test('what the server does not prepare is asked as it is', async () => {
  const { ask } = planned();
  for (let i = 0; i < 3; i += 1) expect(await ask('SHOW transaction_isolation')).toHaveLength(1);
  expect(await plansOf()).toEqual([]);
});
