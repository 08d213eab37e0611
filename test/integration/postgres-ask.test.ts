// Statements that are asked together, on a real server: each gets its own rows, its own refusal and its own values.
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { type DatabaseServer, settingsSchema } from '../../src/config/settings.ts';
import type { AskSql } from '../../src/data/postgres/ask.ts';
import { sqlState } from '../../src/data/postgres/faults.ts';
import { listApiKeys } from '../../src/data/postgres/keys-query.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { sessionsFor } from '../../src/data/postgres/sessions.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { listJobs, listStudies, queryStudy, querySurface } from '../../src/data/postgres/study-query.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import type { Result } from '../../src/data/source.ts';
import { forms } from '../support/platform-forms.ts';

const root = { user: 'postgres', password: 'root' };
let guarded: Guarded;
let server: Server;
let client: pg.Client;
const open: Session[] = [];
const there = (): DatabaseServer => ({
  ...{ host: '127.0.0.1', port: server.port, database: 'postgres', sslMode: 'disable' as const },
  ...root,
});
const soon = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  guarded = await guardedDirectory();
  const binaries = await findBinaries(guarded.directory);
  const data = path.join(guarded.directory, 'data');
  await initCluster(binaries, data, root);
  server = await startServer(binaries, data, await freePort(), root);
  client = new pg.Client({ ...there(), ssl: false });
  await client.connect();
  await client.query(`ALTER DATABASE postgres SET timezone = 'Asia/Kolkata'`);
}, 120_000);
afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});
afterAll(async () => {
  await client?.end();
  await server?.stop('immediate');
  await guarded?.end();
});

function good<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

async function looking<T>(look: (ask: AskSql) => Promise<T>, within = 20_000): Promise<T> {
  const session = new Session(there());
  open.push(session);
  return good(await session.read(soon(), within, look));
}

const stateOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: unknown) => sqlState(error),
  );

test('each statement gets its own rows, in their order, and none where it has none', async () => {
  const counts = [3, 0, 1, 12, 7];
  const found = await looking((ask) =>
    Promise.all(
      counts.map((n, i) => ask(`SELECT ${i} AS which, k FROM generate_series(${n}, 1, -1) k ORDER BY k DESC`)),
    ),
  );
  expect(found).toEqual(counts.map((n, which) => Array.from({ length: n }, (_, at) => ({ which, k: n - at }))));
});

test('a statement that fails does so alone, now and at the next look', async () => {
  const session = new Session(there());
  open.push(session);
  for (let n = 0; n < 2; n += 1) {
    const states = good(
      await session.read(soon(), 20_000, (ask) =>
        Promise.all(
          ['SELECT 1 AS a', 'SELECT 1 / 0 AS b', 'SELECT * FROM no_such_table', 'SELECT 2 AS c'].map((sql) =>
            stateOf(ask(sql)),
          ),
        ),
      ),
    );
    expect(states).toEqual(['answered', '22012', '42P01', 'answered']);
  }
});

test('what was refused is asked alone for a while, so that the others go together again', async () => {
  const session = new Session(there());
  open.push(session);
  // Within one transaction, now() stands still.
  const moments = async () =>
    good(
      await session.read(soon(), 20_000, async (ask) => {
        const [a, , c] = await Promise.all([
          ask<{ at: string }>('SELECT now()::text AS at, 1 AS n'),
          ask('SELECT 1 / 0 AS b').catch(() => []),
          ask<{ at: string }>('SELECT now()::text AS at, 2 AS n'),
        ]);
        return [a[0]?.at, c[0]?.at];
      }),
    );
  const [a, c] = await moments();
  expect(a).not.toBe(c);
  const [again, too] = await moments();
  expect(again).toBe(too);
  expect(again).not.toBe(a);
});

test('a statement that takes too long is ended alone', async () => {
  const states = await looking((ask) =>
    Promise.all([
      stateOf(ask('SELECT 1 AS a')),
      stateOf(ask('SELECT pg_sleep(600)::text AS b', { within: 2000 })),
      stateOf(ask('SELECT 3 AS c', { within: 2000 })),
    ]),
  );
  expect(states).toEqual(['answered', '57014', 'answered']);
});

test('a look that has failed asks no more: the connection is the next look’s', async () => {
  const session = new Session(there());
  open.push(session);
  let late: Promise<unknown> | undefined;
  const goesOn = async (ask: AskSql) => {
    await ask('SELECT 1 AS b', { within: 10_000 });
    await new Promise((resolve) => setImmediate(resolve));
    return ask('SELECT 2 AS c');
  };
  const failed = await session.read(soon(), 20_000, (ask) => {
    const fails = ask('SELECT 1 / 0 AS a');
    late = goesOn(ask);
    return Promise.all([fails, late]);
  });
  expect(failed.ok).toBe(false);
  await expect(late).rejects.toThrow('the look has ended');
  expect(good(await session.read(soon(), 20_000, (ask) => ask('SELECT 3 AS d')))).toEqual([{ d: 3 }]);
});

const settingsSeen = `SELECT current_setting('transaction_read_only') AS ro, current_setting('TimeZone') AS zone,
  current_setting('application_name') AS name, current_setting('jit') AS jit, current_setting('statement_timeout') AS late`;

test('however it is asked, a statement runs read-only, in UTC and bounded; after it, nothing of that is left', async () => {
  const seen = await looking(async (ask) => [
    ...(await ask(settingsSeen, { within: 3000 })),
    ...(await ask(settingsSeen, { within: 3000, values: [] })),
    ...(await Promise.all([ask(settingsSeen, { within: 3000 }), ask('SELECT 1 AS a', { within: 3000 })]))
      .flat()
      .slice(0, 1),
  ]);
  const bounds = { ro: 'on', zone: 'UTC', name: 'bentham-cockpit', jit: 'off' };
  expect(seen).toEqual([
    { ...bounds, late: '3s' },
    { ...bounds, late: '3s' },
    { ...bounds, late: '1500ms' },
  ]);
  await client.query('CREATE TABLE untouched (n int)');
  const writes = await looking((ask) =>
    Promise.all([
      stateOf(ask('SELECT 1 AS a')),
      stateOf(ask('INSERT INTO untouched VALUES (1) RETURNING n')),
      stateOf(ask(`SELECT nextval(pg_get_serial_sequence('untouched', 'n')) AS n`)),
      stateOf(ask('DELETE FROM untouched', { values: [] })),
    ]),
  );
  expect(writes[0]).toBe('answered');
  expect(writes).not.toContain(undefined);
  expect((await client.query('SELECT FROM untouched')).rowCount).toBe(0);
});

test('text arrives whole and without control characters, alone and together', async () => {
  const text = `SELECT E'a\\u001b[31m\\u202e"\\\\{}\\u2028' AS t, '{"deep": [1, "x"]}'::jsonb AS j, NULL::int AS n, true AS b`;
  const [alone, [together]] = await looking(async (ask) => [
    await ask(text),
    await Promise.all([ask(text), ask('SELECT 1 AS a')]),
  ]);
  expect(together).toEqual(alone);
  expect(alone).toEqual([{ t: 'a"\\{} ', j: { deep: [1, 'x'] }, n: null, b: true }]);
});

const someForms = forms.filter(({ schema }) => /^(?:prisma|runbook)_text_lower$/.test(schema));

/** All that the screens show of a platform's tables. */
function figuresOf(schema: string) {
  const settings = settingsSchema.parse({
    ...{ profile: 'test', environment: { name: 'TEST', guarded: false }, kubernetes: { namespace: 'x' } },
    ...{
      gateway: { url: 'http://127.0.0.1:1' },
      redis: { url: 'redis://127.0.0.1:1' },
      database: { primary: there(), schema: schema },
    },
  });
  open.push(sessionsFor(settings).studies);
  return async () => {
    const session = new Session(there());
    open.push(session);
    return {
      studies: good(await readStudies(session, schema, 20_000, newStudiesMemory(), soon())),
      surfaces: good(await readSurfaces(session, schema, 20_000, newSurfacesMemory(), soon())),
      study: good(await queryStudy(settings, 'st_runs', soon())),
      surface: good(await querySurface(settings, 'openai-api', soon())),
      jobs: good(await listJobs(settings, { study: 'st_runs', status: '', search: '', rows: 50 }, soon())),
      list: good(await listStudies(settings, { search: '', rows: 50 }, soon())),
      keys: good(await listApiKeys(settings, soon())),
    };
  };
}

/** Values that PostgreSQL has and a calendar or a figure has not. */
const odd = ['infinity', '-infinity', '294000-01-01', '4000-01-01 BC'];

test.each(someForms)(
  '$name: moments that are none are never shown as one, and spoil no other figure',
  async (form) => {
    await client.query(form.create);
    await client.query(`SET search_path = "${form.schema}"`);
    const { rows } = await client.query<{ of: string; column: string }>(
      `SELECT table_name AS of, column_name AS column FROM information_schema.columns
       WHERE table_schema = '${form.schema}' AND data_type LIKE 'timestamp%'`,
    );
    expect(rows.length).toBeGreaterThan(4);
    const figures = figuresOf(form.schema);
    const before = await figures();
    for (const moment of odd) {
      for (const { of, column } of rows) await client.query(`UPDATE "${of}" SET "${column}" = '${moment}'`);
      const seen = await figures();
      expect([numbersIn(seen).filter((at) => !(Math.abs(at) <= 8.64e15)), moment]).toEqual([[], moment]);
      expect(seen.list.rows).toHaveLength(before.list.rows.length);
      expect(seen.studies.activeCount).toEqual(before.studies.activeCount);
    }
    await client.query('RESET search_path');
  },
  60_000,
);

test.each(someForms)(
  '$name: JSON that no text can hold spoils no figure, and the rest of it is read',
  async (form) => {
    const schema = `json_${form.schema}`;
    await client.query(form.create.replaceAll(form.schema, schema));
    await client.query(`SET search_path = "${schema}"`);
    const figures = figuresOf(schema);
    const [of, column] = form.schema.startsWith('prisma') ? ['jobs', 'result'] : ['studies', 'progress'];
    const table = (
      await client.query(`SELECT table_name AS name FROM information_schema.columns
    WHERE table_schema = '${schema}' AND column_name = '${column}'`)
    ).rows[0].name;
    await client.query(`ALTER TABLE "${table}" ALTER COLUMN ${column} TYPE json`);
    for (const [part, read] of [
      ['a \\u0000 b', 'a \ufffd b'],
      ['a \\ud800 b', 'a \ufffd b'],
      ['a \\udc00 b', 'a \ufffd b'],
      ['a \\\\u0000 b', 'a \\\ufffd b'.replace('\\\ufffd', '\\ufffd')],
      ['a \\ud83d\\ude00 b', 'a \u{1f600} b'],
    ] as const) {
      const json = of === 'jobs' ? `{"error":{"message":"${part}"}}` : `{"note":"${part}","completionPercentage":41}`;
      await client.query(`UPDATE "${table}" SET ${column} = $1`, [json]);
      const seen = await figures();
      if (of === 'jobs') expect(seen.surfaces.surfaces.flatMap(({ topError = [] }) => topError)).toContain(read);
      else expect(seen.studies.active.map(({ completion }) => completion)).toContain(41);
    }
    await client.query('RESET search_path');
  },
  60_000,
);

test.each(someForms)(
  '$name: numbers that are none, or beyond what a number holds, are never shown as one',
  async (form) => {
    const schema = `numbers_${form.schema}`;
    await client.query(form.create.replaceAll(form.schema, schema));
    await client.query(`SET search_path = "${schema}"`);
    const { rows } = await client.query<{ of: string; column: string }>(
      `SELECT table_name AS of, column_name AS column FROM information_schema.columns
     WHERE table_schema = '${schema}' AND data_type IN ('integer', 'bigint', 'numeric', 'double precision')`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const type of ['numeric', 'float8', 'bigint'])
      for (const number of type === 'bigint'
        ? ['9007199254740993', '-9223372036854775808']
        : ['NaN', 'Infinity', '1e300']) {
        for (const { of, column } of rows)
          await client.query(`ALTER TABLE "${of}" ALTER COLUMN "${column}" TYPE ${type} USING '${number}'::${type}`);
        const seen = await figuresOf(schema)();
        expect([numbersIn(seen).filter((one) => !Number.isFinite(one)), type, number]).toEqual([[], type, number]);
        expect(seen.jobs.rows.every(({ attempts }) => typeof attempts === 'number')).toBe(true);
      }
    await client.query('RESET search_path');
  },
  60_000,
);

/** Every number, and what stands where a number should. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return [Number(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
