// Changes of a database that are stopped, held up or refused, against a real server: what the person is told, and what
// is left behind.

import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSecrets } from '../../simulator/aws/secrets.ts';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { type DatabaseServer, type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { SqlCall } from '../../src/core/actions/call.ts';
import { secretState } from '../../src/data/aws/preflight.ts';
import { secretOpens } from '../../src/data/aws/secret-login.ts';
import { executeSecrets } from '../../src/data/aws/secrets.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { executeSql } from '../../src/data/postgres/execute.ts';
import { PostgresPreflight } from '../../src/data/postgres/preflight.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { sessionsFor } from '../../src/data/postgres/sessions.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { Distrusted } from '../../src/disk/private-files.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';
import { bound } from '../support/bound.ts';

const root = { user: 'postgres', password: 'root' };
let guarded: Guarded;
let binaries: Binaries;
let data: string;
let server: Server;
const patient = { timeout: 30_000 };

const as = (user: string, port = server.port): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'bentham', user, password: user, sslMode: 'disable' as const },
});

async function client(user = 'postgres', password = root.password): Promise<pg.Client> {
  const made = new pg.Client({ host: '127.0.0.1', port: server.port, database: 'bentham', user, password });
  made.on('error', () => {});
  await made.connect();
  return made;
}

async function sql<Row extends object = Record<string, unknown>>(text: string): Promise<Row[]> {
  const one = await client();
  try {
    return (await one.query<Row>(text)).rows;
  } finally {
    await one.end();
  }
}

function settingsFor(primary: DatabaseServer): Settings {
  return settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary },
    redis: { url: 'redis://127.0.0.1:1' },
  });
}

function means(
  primary: DatabaseServer,
  signal = AbortSignal.timeout(60_000),
  more: Partial<Settings> = {},
): ExecutionContext {
  const settings = { ...settingsFor(primary), ...more };
  return { settings, context: {} as ExecutionContext['context'], signal, tell: () => {}, keep: async () => {} };
}

const look = async (of: DatabaseServer) => {
  const session = new Session(of);
  const found = await readStudies(session, 'public', 1000, newStudiesMemory(), AbortSignal.timeout(60_000));
  await session.close();
  return found.ok ? 'it answered' : found.fault;
};

beforeAll(async () => {
  guarded = await guardedDirectory();
  binaries = await findBinaries(guarded.directory);
  data = path.join(guarded.directory, 'server');
  await initCluster(binaries, data, root);
  appendFileSync(
    path.join(data, 'postgresql.auto.conf'),
    `log_statement = 'all'\nlog_min_duration_statement = 0\nmax_prepared_transactions = 5\nautovacuum = off\n`,
  );
  server = await startServer(binaries, data, await freePort(), root);
  const setup = new pg.Client({ host: '127.0.0.1', port: server.port, database: 'postgres', ...root });
  await setup.connect();
  await setup.query(`CREATE ROLE bentham LOGIN PASSWORD 'bentham'; GRANT pg_monitor TO bentham`);
  await setup.query(`CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'owner'`);
  await setup.query('GRANT bentham TO owner WITH ADMIN OPTION');
  await setup.query('CREATE DATABASE bentham OWNER owner');
  await setup.end();
  await sql(`CREATE TABLE studies (id text, tenant_id text, status text, progress jsonb, created_at timestamptz DEFAULT now(),
      updated_at timestamptz DEFAULT now());
    CREATE TABLE jobs (id bigserial, study_id text, surface_id text, status text, error_message text, attempt_count int,
      created_at timestamptz DEFAULT now());
    INSERT INTO jobs (study_id, status) SELECT 'a', 'completed' FROM generate_series(1, 50000);
    ALTER TABLE studies OWNER TO bentham; ALTER TABLE jobs OWNER TO bentham; DELETE FROM jobs WHERE id % 2 = 0`);
}, 120_000);

afterAll(async () => {
  await server?.stop('immediate');
  await guarded?.end();
});

const vacuum: SqlCall = {
  tool: 'sql',
  server: 'primary',
  change: { text: 'VACUUM ANALYZE jobs', parameters: [] },
  transaction: false,
};

test('a stopped VACUUM ends on the server, too, without a free connection', async () => {
  await sql(`ALTER ROLE bentham SET vacuum_cost_delay = 100; ALTER ROLE bentham SET vacuum_cost_limit = 1;
    ALTER ROLE bentham CONNECTION LIMIT 1`);
  const running = () => sql(`SELECT pid FROM pg_stat_progress_vacuum`);
  const stop = new AbortController();
  const performed = executeSql(vacuum, means(as('bentham'), stop.signal));
  await expect.poll(running, patient).toHaveLength(1);
  stop.abort();
  expect(await performed).toEqual({ outcome: 'cancelled', says: 'stopped; no row was changed' });
  expect(await running()).toEqual([]);
  expect(readFileSync(`${data}.log`, 'utf8')).toContain('canceling statement due to user request');
  await sql(`ALTER ROLE bentham RESET ALL; ALTER ROLE bentham CONNECTION LIMIT -1`);
});

/** A change whose server process freezes while it runs `statement`; `then` comes before it thaws. */
async function frozen(call: SqlCall, statement: string, signal: AbortSignal, then: () => void): Promise<unknown> {
  const performed = executeSql(call, means(as('bentham'), signal));
  const sleeping = () =>
    sql<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE query LIKE '${statement}%' AND wait_event = 'PgSleep'`,
    );
  await expect.poll(sleeping, patient).toHaveLength(1);
  const [{ pid } = { pid: 0 }] = await sleeping();
  process.kill(pid, 'SIGSTOP');
  try {
    then();
    return await performed;
  } finally {
    process.kill(pid, 'SIGCONT');
    // It finds out that its client has gone when it has something to say.
    await sql(`SELECT pg_terminate_backend(${pid})`);
    await expect.poll(() => sql(`SELECT pid FROM pg_stat_activity WHERE pid = ${pid}`), patient).toEqual([]);
  }
}

describe('a server process that freezes keeps nobody', () => {
  const insert = (text: string, within?: number): SqlCall => ({
    ...{ tool: 'sql', server: 'primary', transaction: true, within },
    change: { text, parameters: [] },
  });
  const inserted = () => sql(`SELECT id FROM studies`);

  test('who stops the change: it was not committed, and says so', async () => {
    const stop = new AbortController();
    const slow = insert(`INSERT INTO studies (id) SELECT 's' FROM pg_sleep(600)`);
    expect(await frozen(slow, 'INSERT', stop.signal, () => stop.abort())).toEqual({
      outcome: 'cancelled',
      says: 'stopped and rolled back, nothing was changed',
    });
    expect(await inserted()).toEqual([]);
  });

  test('who waits for it: it ends by itself, later than a server that answers would end it', {
    timeout: 120_000,
  }, async () => {
    const slow = insert(`INSERT INTO studies (id) SELECT 's' FROM pg_sleep(600)`, 5000);
    expect(await frozen(slow, 'INSERT', new AbortController().signal, () => undefined)).toEqual({
      ...{ outcome: 'failed', says: 'stopped after 20 s; no row was changed' },
      hint: expect.any(String) as string,
    });
    expect(await inserted()).toEqual([]);
  });

  test('who stops its COMMIT: nobody knows whether it was committed', async () => {
    await sql(`CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(600); RETURN NULL; END$$;
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON studies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slowly()`);
    const stop = new AbortController();
    try {
      const result = await frozen(insert(`INSERT INTO studies (id) VALUES ('s')`), 'COMMIT', stop.signal, () =>
        stop.abort(),
      );
      expect(result).toMatchObject({
        outcome: 'unknown',
        says: expect.stringContaining('lost after COMMIT') as string,
      });
    } finally {
      await sql('DROP TRIGGER slow ON studies; DROP FUNCTION slowly; DELETE FROM studies');
    }
  });
});

test('rows that cannot be saved for the undo are not changed', async () => {
  const change: SqlCall = {
    ...{ tool: 'sql', server: 'primary', transaction: true, keep: true, expectRows: 1 },
    lock: { text: 'SELECT id, status FROM jobs WHERE id = 1 FOR UPDATE', parameters: [] },
    change: { text: `UPDATE jobs SET status = 'pending' WHERE id = 1`, parameters: [] },
  };
  const keep = () => Promise.reject(new Distrusted('takes more than 256 MB', 'choose fewer rows'));
  expect(await executeSql(change, { ...means(as('bentham')), keep })).toEqual({
    ...{ outcome: 'failed', says: 'rolled back, nothing was changed: takes more than 256 MB' },
    hint: 'choose fewer rows',
  });
  expect(await sql('SELECT status FROM jobs WHERE id = 1')).toEqual([{ status: 'completed' }]);
});

test('the owner of the database can maintain its tables, a read-only role cannot', async () => {
  const may = async (user: string) => {
    const preflight = new PostgresPreflight(settingsFor(as(user)).database, AbortSignal.timeout(60_000));
    const answer = await preflight.allowed({
      kind: 'table',
      schema: 'public',
      table: 'jobs',
      privileges: ['MAINTAIN'],
    });
    await preflight.close();
    return answer.ok ? answer.value.allowed : answer.fault;
  };
  await sql(`REVOKE bentham FROM owner; CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON jobs TO reader`);
  expect([await may('owner'), await may('reader'), await may('bentham')]).toEqual([true, false, true]);
  expect(await executeSql(vacuum, means(as('owner')))).toEqual({ outcome: 'done', says: 'VACUUM done' });
  await sql(`GRANT bentham TO owner WITH ADMIN OPTION`);
});

test('a blocking lock is shown with its holder: a session, a waiting session, a prepared transaction', async () => {
  const holder = await client();
  const holderPid = (await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  await holder.query('BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE');
  expect(await look(as('bentham'))).toMatchObject({
    kind: 'timeout',
    what: expect.stringMatching(new RegExp(`^waiting for jobs: pid ${holderPid} \\(postgres\\) holds its lock, for`)),
    where: `127.0.0.1:${server.port}`,
  });

  // A reader that is slow, somebody who wants to alter the table, and everybody behind them.
  await holder.query('ROLLBACK; BEGIN; SELECT count(*) FROM jobs');
  const altering = await client();
  const wanted = altering.query('ALTER TABLE jobs ADD COLUMN later int').catch(() => undefined);
  await expect.poll(() => sql(`SELECT 1 FROM pg_locks WHERE NOT granted`), patient).toHaveLength(1);
  expect(await look(as('bentham'))).toMatchObject({
    what: expect.stringMatching(new RegExp(`^waiting for jobs behind pid .*, which waits for pid ${holderPid}$`)),
    hint: `end pid ${holderPid} to unblock the others`,
  });
  await holder.query('ROLLBACK');
  await wanted;

  await holder.query(`BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'it''s mine'`);
  expect(await look(as('bentham'))).toMatchObject({
    what: expect.stringMatching(/^waiting for jobs: a prepared transaction holds its lock \(it's mine\), for/),
    hint: expect.stringContaining(`ROLLBACK PREPARED 'it''s mine'`),
  });
  await holder.query(`ROLLBACK PREPARED 'it''s mine'`);
  await Promise.all([holder.end(), altering.end()]);
  expect(await look(as('bentham'))).toBe('it answered');
});

test('a new password is in no log of the server: only its verifier is sent, and the password works', async () => {
  const secrets = await startSecrets({ id: 'bentham/db', text: JSON.stringify({ password: 'bentham' }) });
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIADRILL';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'drill';
  process.env.AWS_REGION ??= 'eu-west-1';
  try {
    const base = means(as('owner'));
    const credentials = { ...base.settings.credentials, endpoint: secrets.url };
    const change = { tool: 'secrets', do: { verb: 'rotate', secretId: 'bentham/db', username: 'bentham' } } as const;
    const done = await executeSecrets(change as never, { ...base, settings: { ...base.settings, credentials } });
    expect(done).toMatchObject({ outcome: 'done' });
    const { password } = JSON.parse(secrets.current()) as { password: string };
    expect(password).toMatch(/^[\w-]{32}$/);
    await (await client('bentham', password)).end();
    const log = readFileSync(`${data}.log`, 'utf8');
    expect(log).toContain(`ALTER ROLE "bentham" PASSWORD 'SCRAM-SHA-256$`);
    expect(log).not.toContain(password);
  } finally {
    await secrets.stop();
    await sql(`ALTER ROLE bentham PASSWORD 'bentham'`);
  }
});

describe('a Secrets Manager that gives no answer keeps nobody', () => {
  const rotation = {
    tool: 'secrets',
    do: { verb: 'rotate-password', secretId: 'bentham/db', username: 'bentham' },
  } as const;

  /** What becomes of a rotation that is stopped when Secrets Manager is asked for `held`, to which it says nothing. */
  async function rotated(held: 'GetSecretValue' | 'UpdateSecret') {
    const stop = new AbortController();
    const { credentials, evidence } = await awsAnsweredBy((request, response) => {
      const asked = request.headers['x-amz-target'];
      if (asked === `secretsmanager.${held}`) stop.abort();
      else if (asked !== 'secretsmanager.DescribeSecret')
        response.end(JSON.stringify({ SecretString: '{"password":"bentham"}' }));
    });
    const given = means(as('owner'), stop.signal, { credentials, evidence });
    // A request that nobody stops, with less time than those of a rotation have.
    const patient = secretState(given.settings, 'bentham/db', AbortSignal.timeout(12_000)).then(() => 'late');
    const result = await Promise.race([patient, executeSecrets(rotation, given)]);
    const opens = await client('bentham', 'bentham').then(
      async (one) => one.end().then(() => true),
      () => false,
    );
    await sql(`ALTER ROLE bentham PASSWORD 'bentham'`);
    return { result, opens };
  }

  test('before the change: nothing is changed', async () => {
    expect(await rotated('GetSecretValue')).toEqual({
      ...{ result: { outcome: 'cancelled', says: 'stopped before any change' }, opens: true },
    });
  });

  test('after it: the outcome is unknown, and what to do is said', async () => {
    expect(await rotated('UpdateSecret')).toMatchObject({
      result: {
        outcome: 'unknown',
        says: expect.stringContaining('no answer in time') as string,
        hint: expect.stringContaining('rotate again now') as string,
      },
      opens: false,
    });
  });

  test('when the new password is tried', async () => {
    const stop = new AbortController();
    const { credentials, evidence } = await awsAnsweredBy(() => stop.abort());
    const { settings } = means(as('owner'), stop.signal, { credentials, evidence });
    const found = await secretOpens(settings, 'bentham/db', 'bentham', stop.signal);
    expect(found).toMatchObject({ ok: false, fault: { kind: expect.not.stringMatching('timeout') as string } });
  });
});

const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => existsSync(file));

/** A pool in front of the server, until it is ended. */
async function pooled(mode: 'statement' | 'transaction', behind = server.port) {
  const directory = path.join(guarded.directory, `pool-${mode}-${behind}`);
  const port = await freePort();
  mkdirSync(directory);
  const file = path.join(directory, 'pool.ini');
  writeFileSync(
    file,
    `[databases]\nbentham = host=127.0.0.1 port=${behind} user=bentham password=bentham\n[pgbouncer]\n` +
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any\npool_mode = ${mode}\n`,
  );
  const { uid, gid } = binaries;
  if (uid !== undefined && gid !== undefined) for (const each of [directory, file]) await chown(each, uid, gid);
  const owner = uid === undefined ? {} : { uid, gid };
  const child = bound(spawn(pgbouncer ?? '', [file], { stdio: 'ignore', ...owner }));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await expect
    .poll(async () => {
      const fault = await look(as('bentham', port));
      return typeof fault === 'object' && fault.kind === 'refused' && /^connection refused/.test(fault.what);
    }, patient)
    .toBe(false);
  return {
    port,
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

// Skipped where pgbouncer is not installed: there is no other server that pools as it does.
test.skipIf(!pgbouncer)('pgbouncer works in transaction mode; statement mode is refused with what to do', async () => {
  const transaction = await pooled('transaction');
  expect(await look(as('bentham', transaction.port))).toBe('it answered');
  const one: SqlCall = {
    ...{ tool: 'sql', server: 'primary', transaction: true, expectRows: 1 },
    change: { text: `UPDATE jobs SET status = 'failed' WHERE id = $1`, parameters: [1] },
  };
  expect(await executeSql(one, means(as('bentham', transaction.port)))).toMatchObject({ outcome: 'done' });
  await transaction.end();

  const statement = await pooled('statement');
  expect(await look(as('bentham', statement.port))).toMatchObject({
    kind: 'unconfigured',
    what: 'pool_mode=statement of pgbouncer allows no transactions',
    hint: expect.stringContaining('pool_mode=transaction'),
  });
  expect(await executeSql(one, means(as('bentham', statement.port)))).toMatchObject({ outcome: 'failed' });
  await statement.end();
});

test('without a free connection, plan and change use the cockpit’s own', async () => {
  await sql('ALTER ROLE bentham CONNECTION LIMIT 2');
  const given = means(as('bentham'));
  const watching = sessionsFor(given.settings).primary;
  const asked = () =>
    watching.read(AbortSignal.timeout(60_000), 2000, (ask) => ask<{ one: number }>('SELECT 1 AS one'));
  expect(await asked()).toMatchObject({ ok: true });
  const idle = await client('bentham', 'bentham');
  const [{ pid } = { pid: 0 }] = (await idle.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  await expect(client('bentham', 'bentham')).rejects.toThrow('too many connections');
  const preflight = new PostgresPreflight(given.settings.database, AbortSignal.timeout(60_000));
  expect(await preflight.rows('primary', 'SELECT 2 AS two', [])).toMatchObject({ ok: true, value: [{ two: 2 }] });
  const end: SqlCall = {
    tool: 'sql',
    server: 'primary',
    change: { text: 'SELECT pg_terminate_backend($1) AS ended', parameters: [pid] },
    expectRows: 1,
    transaction: true,
  };
  expect(await executeSql(end, given)).toMatchObject({ outcome: 'done' });
  // It is the watcher's again, and cannot write.
  expect(await asked()).toMatchObject({ ok: true, value: [{ one: 1 }] });
  expect(await watching.read(AbortSignal.timeout(60_000), 2000, (ask) => ask('DELETE FROM jobs'))).toMatchObject({
    ok: false,
  });
  await expect.poll(() => client('bentham', 'bentham').then((one) => one.end()), patient).toBeUndefined();
  await preflight.close();
  await watching.close();
  await sql('ALTER ROLE bentham CONNECTION LIMIT -1');
});
