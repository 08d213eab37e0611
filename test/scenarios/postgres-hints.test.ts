// The advice after a refusal is tried on real servers: it must fix the refusal.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import type { SqlCall } from '../../src/core/actions/call.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { connect } from '../../src/data/postgres/connect.ts';
import { executeSql } from '../../src/data/postgres/execute.ts';
import { renew } from '../../src/data/postgres/rotated-passwords.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { acting } from '../support/acting.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';

const root = { user: 'postgres', password: 'root' };
/** Debian's servers, beside the one that comes with the drill: MAINTAIN came with 17. */
const olderDirectory = ['15', '14', '13', '16']
  .map((version) => `/usr/lib/postgresql/${version}`)
  .find((directory) => existsSync(`${directory}/bin/postgres`));
const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => existsSync(file));
let guarded: Guarded;
let binaries: Binaries;
let server: Server;

const at = (port: number, more: Partial<DatabaseServer> = {}): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'bentham', user: 'ops-team', password: 'ops', sslMode: 'disable' },
  ...more,
});

async function asRoot(port: number, text: string, database = 'bentham'): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, database, ...root });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** A role without privileges, tables in both forms, and other objects. */
const start = async (of: Binaries, name: string): Promise<Server> => {
  const data = path.join(guarded.directory, name);
  await initCluster(of, data, root);
  // What the drill sets for its own version, an older one does not know.
  const settings = path.join(data, 'postgresql.auto.conf');
  const known = readFileSync(settings, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('io_method'));
  if (of !== binaries) writeFileSync(settings, known.join('\n'));
  const started = await startServer(of, data, await freePort(), root);
  await asRoot(started.port, `CREATE ROLE "ops-team" LOGIN PASSWORD 'ops'`, 'postgres');
  await asRoot(started.port, 'CREATE ROLE owner', 'postgres');
  await asRoot(started.port, 'CREATE DATABASE bentham OWNER owner', 'postgres');
  await asRoot(
    started.port,
    `CREATE SCHEMA "Own"; CREATE TABLE public."Study" (id int); CREATE TABLE "Own"."order" (id int);
     CREATE SEQUENCE public."Next"; CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
     REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC; ALTER TABLE public."Study" OWNER TO owner`,
  );
  return started;
};

beforeAll(async () => {
  guarded = await guardedDirectory();
  binaries = await findBinaries(guarded.directory);
  server = await start(binaries, 'newer');
}, 120_000);

afterAll(async () => {
  await server?.stop('immediate');
  await guarded?.end();
});

const read = async (text: string, of = at(server.port)) => {
  const session = new Session(of);
  const found = await session.read(AbortSignal.timeout(20_000), 10_000, (ask) => ask(text));
  await session.close();
  return found;
};
const means = (settings: ExecutionContext['settings']): ExecutionContext => ({
  ...{ settings, context: {} as ExecutionContext['context'], signal: AbortSignal.timeout(20_000) },
  ...{ tell: () => {}, keep: async () => {} },
});
const cockpitOn = (port: number) =>
  acting({
    PATH: process.env.PATH ?? '',
    ...{ PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'ops-team', PGPASSWORD: 'ops', PGDATABASE: 'bentham' },
    PGSSLMODE: 'disable',
  });

test.each([
  'SELECT * FROM "public"."Study"',
  'SELECT * FROM "Own"."order"',
  `SELECT nextval('public."Next"')`,
  'SELECT public.f()',
  'SELECT count(*) FROM pg_ls_waldir()',
])('the advised grants let a read pass: %s', async (text) => {
  // One refusal after the other: the schema's, then the table's.
  for (let refusals = 0; refusals < 3; refusals += 1) {
    const found = await read(text);
    // A sequence cannot move in a read-only transaction; by then it is allowed.
    if (found.ok || found.fault.code === '25006') {
      expect(refusals).toBeGreaterThan(0);
      return;
    }
    expect(found.fault).toMatchObject({ code: '42501', hint: expect.stringMatching(/^GRANT [^;]+;$/) });
    await asRoot(server.port, found.fault.hint);
  }
  expect.fail(`still refused: ${text}`);
});

test('the grant advised for a refused change lets it pass; one for reading would not', async () => {
  const cockpit = await cockpitOn(server.port);
  await asRoot(
    server.port,
    'REVOKE ALL ON public."Study" FROM "ops-team"; GRANT SELECT ON public."Study" TO "ops-team"',
  );
  const change: SqlCall = {
    ...{ tool: 'sql', server: 'primary', transaction: true },
    lock: { text: 'SELECT id FROM "public"."Study" FOR UPDATE', parameters: [] },
    change: { text: 'UPDATE "public"."Study" SET id = 2', parameters: [] },
  };
  const refused = await executeSql(change, means(cockpit.settings));
  expect(refused).toMatchObject({ outcome: 'failed', hint: 'GRANT SELECT, UPDATE ON public."Study" TO "ops-team";' });
  await asRoot(server.port, 'hint' in refused ? refused.hint : '');
  expect(await executeSql(change, means(cockpit.settings))).toMatchObject({ outcome: 'done' });
  await cockpit.stop();
});

describe('who may vacuum', () => {
  const planOn = async (port: number) => {
    const cockpit = await cockpitOn(port);
    const run = await cockpit.plan('vacuum-table', { table: 'Study' });
    await cockpit.stop();
    return run;
  };

  test('from PostgreSQL 17 on: the advised GRANT MAINTAIN lets the plan pass', async () => {
    const run = await planOn(server.port);
    expect(run).toMatchObject({ outcome: 'refused', hint: 'GRANT MAINTAIN ON public."Study" TO "ops-team";' });
    await asRoot(server.port, run.hint ?? '');
    expect(await planOn(server.port)).toMatchObject({ phase: 'planned' });
  });

  // Skipped where no older server is installed: none of the newer ones lacks the privilege.
  test.skipIf(!olderDirectory)(
    'before it: no MAINTAIN is advised; membership in the owner lets the plan pass',
    async () => {
      const older = await start({ ...binaries, directory: olderDirectory ?? '' }, 'older');
      try {
        const run = await planOn(older.port);
        expect(run).toMatchObject({ outcome: 'refused', hint: expect.stringMatching(/GRANT owner TO "ops-team"/) });
        expect(`${run.says} ${run.hint}`).not.toContain('MAINTAIN');
        await asRoot(older.port, 'GRANT owner TO "ops-team"');
        expect(await planOn(older.port)).toMatchObject({ phase: 'planned' });
      } finally {
        await older.stop('immediate');
      }
    },
  );
});

// Skipped where pgbouncer is not installed: only it says these things.
describe.skipIf(!pgbouncer)('behind pgbouncer', () => {
  let pool: ChildProcess;
  let port: number;

  beforeAll(async () => {
    const directory = path.join(guarded.directory, 'pool');
    mkdirSync(directory);
    port = await freePort();
    const nobody = await freePort();
    await asRoot(server.port, `CREATE ROLE limited LOGIN CONNECTION LIMIT 0 PASSWORD 'x'`);
    await asRoot(server.port, `CREATE ROLE barred NOLOGIN PASSWORD 'x'`);
    const as = (role: string) => `host=127.0.0.1 port=${server.port} user=${role} dbname=bentham password=x`;
    const to = (target: number, more: string) => `host=127.0.0.1 port=${target} user=ops-team ${more}`;
    writeFileSync(path.join(directory, 'users'), '"ops-team" "ops"\n');
    writeFileSync(
      path.join(directory, 'pool.ini'),
      `[databases]
good = ${to(server.port, 'dbname=bentham password=ops')}
wrong = ${to(server.port, 'dbname=bentham password=other')}
nowhere = ${to(server.port, 'dbname=absent password=ops')}
limited = ${as('limited')}
barred = ${as('barred')}
down = ${to(nobody, 'dbname=bentham password=ops')}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
admin_users = ops-team
auth_file = ${directory}/users
pool_mode = transaction
default_pool_size = 1
max_client_conn = 3
query_wait_timeout = 2
`,
    );
    const { uid, gid } = binaries;
    const files = [directory, `${directory}/users`, `${directory}/pool.ini`];
    if (uid !== undefined && gid !== undefined) for (const file of files) await chown(file, uid, gid);
    const owner = uid === undefined ? {} : { uid, gid };
    pool = bound(spawn(pgbouncer ?? '', [`${directory}/pool.ini`], { stdio: 'ignore', ...owner }));
    await eventually(async () => {
      const found = await read('SELECT 1', at(port, { database: 'good' }));
      if (!found.ok) throw new Error(found.fault.what);
    });
  });
  afterAll(() => void pool?.kill('SIGKILL'));

  test.each<readonly [says: string, of: Partial<DatabaseServer>, kind: string, hint: RegExp]>([
    ['a wrong password', { password: 'x' }, 'forbidden', /PGPASSWORD/],
    ['an unknown user', { user: 'nobody' }, 'forbidden', /auth_file/],
    ['a wrong password of its own', { database: 'wrong' }, 'forbidden', /\[databases\] or auth_file/],
    ['a database that it does not know', { database: 'absent' }, 'unconfigured', /PGDATABASE/],
    ['a database that the server does not have', { database: 'nowhere' }, 'unconfigured', /dbname/],
    ['a role behind it at its limit', { database: 'limited' }, 'refused', /raise the limit that it names/],
    ['a role behind it without LOGIN', { database: 'barred' }, 'refused', /ALTER ROLE … LOGIN/],
    ['its own console', { database: 'pgbouncer' }, 'unconfigured', /PGDATABASE/],
    ['no server behind it', { database: 'down' }, 'refused', /server behind it is down/],
  ])('%s is reported as such', async (_, of, kind, hint) => {
    const found = await read('SELECT 1', at(port, { database: 'good', ...of }));
    expect(found).toMatchObject({ ok: false, fault: { kind, code: '08P01', hint: expect.stringMatching(hint) } });
  });

  test('a full pool and a full pgbouncer are told apart', async () => {
    const held = [];
    try {
      for (let n = 0; n < 2; n += 1) {
        const client = new pg.Client({ ...at(port, { database: 'good' }) });
        client.on('error', () => {});
        await client.connect();
        held.push(client);
      }
      await held[0]?.query('BEGIN');
      const pooled = await read('SELECT 1', at(port, { database: 'good' }));
      expect(pooled).toMatchObject({ fault: { kind: 'refused', hint: expect.stringContaining('pool is full') } });
      const third = new pg.Client({ ...at(port, { database: 'good' }) });
      third.on('error', () => {});
      await third.connect();
      held.push(third);
      const clients = await read('SELECT 1', at(port, { database: 'good' }));
      expect(clients).toMatchObject({ fault: { kind: 'refused', hint: expect.stringContaining('max_client_conn') } });
    } finally {
      await Promise.all(held.map((client) => client.end()));
    }
  });

  test('a rotated password is tried where pgbouncer refused the one before', async () => {
    renew(at(port), 'not set yet');
    const connection = await connect(at(port, { database: 'good' }), { signal: AbortSignal.timeout(10_000) });
    await connection.close();
  });
});

describe('a password that was rotated in ~/.pgpass', () => {
  const rotate = (password: string) => asRoot(server.port, `ALTER ROLE "ops-team" PASSWORD '${password}'`);
  const login = (file: string) => at(server.port, { password: 'before', passwordFile: file });
  const opens = (of: DatabaseServer) => connect(of, { signal: AbortSignal.timeout(20_000) }).then((one) => one.close());
  const write = (name: string, password: string, mode = 0o600): string => {
    const file = path.join(guarded.directory, name);
    writeFileSync(file, `*:*:*:other:x\n127.0.0.1:*:bentham:ops-team:${password}\n`, { mode });
    return file;
  };

  test('is read again, and kept for the next connections', async () => {
    const file = write('pgpass', 'after');
    await rotate('after');
    await opens(login(file));
    writeFileSync(file, 'gone');
    await opens(login(file));
    await rotate('third');
    await expect(opens(login(file))).rejects.toMatchObject({ code: '28P01' });
    write('pgpass', 'third');
    await opens(login(file));
    await rotate('ops');
  });

  test.each<[string, () => string | undefined]>([
    ['a file that others can read', () => write('open', 'ops', 0o644)],
    ['a file that is gone', () => path.join(guarded.directory, 'none')],
    ['a file with the same password', () => write('same', 'before')],
    ['a password that came from elsewhere', () => undefined],
  ])('%s changes nothing: the refusal stands', async (_, file) => {
    const of = at(server.port, { password: 'wrong', passwordFile: file() });
    await expect(opens(of)).rejects.toMatchObject({ code: '28P01' });
  });
});
