// What a cockpit costs PostgreSQL, as the server counts it: few statements, however many facts it tells.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';

let server: CountedServer;
let there: DatabaseServer;
let session: Session;

beforeAll(async () => {
  server = await startCountedServer();
  const login = { user: 'bentham', password: 'bentham', database: 'bentham' };
  there = { host: '127.0.0.1', port: server.port, sslMode: 'disable', ...login };
});
afterAll(() => server?.stop());
beforeEach(() => {
  session = new Session(there);
});
afterEach(() => session.close());

const soon = () => AbortSignal.timeout(30_000);

/** Statements of a look, once the connection is open, the tables are known and what is asked often is planned. */
async function statementsOf(look: () => Promise<{ ok: boolean }>): Promise<number> {
  for (let i = 0; i < 3; i += 1) expect(await look()).toMatchObject({ ok: true });
  await server.reset();
  expect(await look()).toMatchObject({ ok: true });
  return (await server.counted()).calls;
}

test('a cockpit runs less than 200 statements a minute', async () => {
  const [studies, surfaces] = [newStudiesMemory({ cockpits: 0 }), newSurfacesMemory({ cockpits: 0 })];
  const ofServer = await statementsOf(() => readServer(session, 10_000, soon()));
  const ofStudies = await statementsOf(() => readStudies(session, 'public', 10_000, studies, soon()));
  const ofSurfaces = await statementsOf(() => readSurfaces(session, 'public', 10_000, surfaces, soon()));
  // Each look is one statement for its settings, and one for all that has the same time to answer.
  expect({ ofServer, ofStudies, ofSurfaces }).toEqual({ ofServer: 2, ofStudies: 4, ofSurfaces: 2 });
  // Every 5 s the primary, the replica and the studies, every 15 s the surfaces, every 20 s the states.
  expect(12 * (2 * ofServer + ofStudies) + 4 * ofSurfaces + 3 * 2).toBeLessThan(200);
});

const one = 'SELECT 1 AS found';
const refused = 'SELECT count(*)::int AS found FROM pg_authid';
const late = 'SELECT pg_sleep(30)::text AS found';

const ask = (statements: readonly string[], within: number) =>
  session.read(soon(), 10_000, (each) =>
    Promise.allSettled(statements.map((statement) => each<{ found: number }>(statement, { within }))),
  );
const statuses = async (statements: readonly string[], within = 5000) => {
  const answer = await ask(statements, within);
  return answer.ok ? answer.value.map(({ status }) => status) : answer.fault;
};

test('what is asked together fails alone, and is asked alone from then on', async () => {
  for (let i = 0; i < 3; i += 1)
    expect(await statuses([one, refused, one])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await server.reset();
  expect(await statuses([one, refused, one])).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  // The server counts no statement that it refused: the settings of both, and the two that went together.
  expect((await server.counted()).calls).toBe(3);
});

test('what takes too long together with others costs them nothing but a moment', async () => {
  expect(await statuses([one, late, one], 200)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('rows keep their types, order and columns when they are asked together', async () => {
  const rows = `SELECT i, i / 4::float8 AS f, 'x"' || chr(10) || i AS t, NULL::text AS n, ARRAY[i, 2] AS a, i > 1 AS b
                FROM generate_series(3, 1, -1) i ORDER BY i DESC`;
  const alone = await session.read(soon(), 5000, (each) => each(rows));
  const together = await session.read(soon(), 5000, (each) => Promise.all([each(rows), each(one), each(rows)]));
  expect(together).toEqual({ ok: true, value: [alone.ok && alone.value, [{ found: 1 }], alone.ok && alone.value] });
  expect(alone.ok && alone.value[0]).toEqual({ i: 3, f: 0.75, t: 'x"\n3', n: null, a: [3, 2], b: true });
});

test('nothing that is asked can write, alone, together or with values', async () => {
  const write = `SELECT set_config('transaction_read_only', 'off', true), lo_create(0)::int AS found`;
  for (const statements of [[write], [one, write]])
    expect((await statuses(statements)) as string[]).toContain('rejected');
  const answer = await session.read(soon(), 5000, (each) => each(`SELECT lo_create($1::int)::int`, { values: [0] }));
  expect(answer).toMatchObject({ ok: false });
  expect(
    await session.read(soon(), 5000, (each) => each('SELECT count(*)::int AS n FROM pg_largeobject_metadata')),
  ).toEqual({ ok: true, value: [{ n: 0 }] });
});
