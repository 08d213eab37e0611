// A real PostgreSQL with and without TLS, and somebody between it and us with a certificate of his own; a real Redis
// whose only port speaks TLS.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Socket, type Server as TcpServer } from 'node:net';
import path from 'node:path';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { runCheck } from '../../src/data/doctor-check.ts';
import { connect } from '../../src/data/postgres/connect.ts';
import { databaseProbes } from '../../src/data/postgres/doctor.ts';
import { postgresFault } from '../../src/data/postgres/faults.ts';
import { askRedisOnce } from '../../src/data/redis/source.ts';
import { bound } from '../support/bound.ts';
import { good } from '../support/configuration.ts';
import { eventually } from '../support/eventually.ts';

const root = { user: 'postgres', password: 'root-of-test' };
const identity = selfSigned('postgres');
/** Leads to this machine, and is no loopback address to the cockpit. */
const elsewhere = '0.0.0.0';

let guarded: Guarded;
let server: Server;
let admin: pg.Client;
let port = 0;
let authority = '';

beforeAll(async () => {
  guarded = await guardedDirectory();
  const binaries = await findBinaries(guarded.directory);
  const data = path.join(guarded.directory, 'primary');
  await initCluster(binaries, data, root);
  authority = path.join(guarded.directory, 'ca.crt');
  await writeFile(authority, identity.cert);
  const { uid, gid } = binaries;
  for (const [name, text] of [
    ['server.crt', identity.cert],
    ['server.key', identity.key],
  ] as const) {
    const file = path.join(data, name);
    await writeFile(file, text, { mode: 0o600 });
    if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
  }
  port = await freePort();
  server = await startServer(binaries, data, port, root);
  admin = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await server?.stop('fast');
  await guarded?.end();
});

async function ssl(state: 'on' | 'off'): Promise<void> {
  await admin.query(`ALTER SYSTEM SET ssl = ${state}`);
  await admin.query('SELECT pg_reload_conf()');
  await eventually(async () => expect((await admin.query('SHOW ssl')).rows).toEqual([{ ssl: state }]));
}

async function primary(env: Record<string, string> = {}, at = port) {
  const login = { PGUSER: root.user, PGPASSWORD: root.password, PGDATABASE: 'postgres' };
  const { settings } = await good({ env: { PGHOST: elsewhere, PGPORT: String(at), ...login, ...env } });
  return settings.database.primary;
}

async function attempt(env: Record<string, string> = {}, at = port) {
  const to = await primary(env, at);
  try {
    const connection = await connect(to, { signal: AbortSignal.timeout(60_000) });
    const { rows } = await connection.client.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await connection.close();
    return rows[0] as { ssl: boolean };
  } catch (error) {
    return postgresFault(error, to);
  }
}

test('a PostgreSQL without TLS is refused in production unless sslmode=disable is set, and accepted in an environment that is not guarded', async () => {
  await ssl('off');
  expect(await attempt()).toMatchObject({ kind: 'forbidden', what: expect.stringContaining('offers no TLS') });
  expect(await attempt({ PGSSLMODE: 'disable' })).toMatchObject({ ssl: false });
  expect(await attempt({ BENTHAM_PROFILE: 'staging' })).toMatchObject({ ssl: false });
  expect(await attempt({ PGHOST: '127.0.0.1' })).toMatchObject({ ssl: false });
});

test('a PostgreSQL with TLS is encrypted, and verified if its authority is configured', async () => {
  await ssl('on');
  expect(await attempt()).toMatchObject({ ssl: true });
  expect(await attempt({ PGSSLROOTCERT: authority })).toMatchObject({ ssl: true });
  expect(await attempt({ PGSSLROOTCERT: authority, PGSSLMODE: 'verify-full', PGHOST: 'localhost' })).toMatchObject({
    ssl: true,
  });
  const other = path.join(guarded.directory, 'other.crt');
  writeFileSync(other, selfSigned('other').cert);
  expect(await attempt({ PGSSLROOTCERT: other })).toMatchObject({ what: expect.stringContaining('self-signed') });
  const { settings } = await good({
    env: {
      PGHOST: elsewhere,
      PGPORT: String(port),
      PGUSER: root.user,
      PGPASSWORD: root.password,
      PGDATABASE: 'postgres',
    },
  });
  const [login] = await runCheck(databaseProbes(settings, 5000), 10_000, AbortSignal.timeout(60_000));
  expect(login?.answer).toContain('TLSv1.3');
});

test('a statement is cancelled over TLS too: its key is not sent in clear', async () => {
  await ssl('on');
  const seen: Buffer[] = [];
  const relay = createServer((client) => {
    const to = connectSocket({ host: '127.0.0.1', port });
    client.on('data', (chunk) => seen.push(chunk));
    client.pipe(to).pipe(client);
    for (const socket of [client, to]) socket.on('error', () => {});
    // A side without the other one to write to reads no more, and would never see its end.
    to.on('close', () => client.destroy());
  });
  const at = await listening(relay);
  const connection = await connect(await primary({}, at), { signal: AbortSignal.timeout(60_000) });
  const sleeping = connection.client.query('SELECT pg_sleep(60)').catch((error: Error) => error);
  const { processID, secretKey } = connection.client as unknown as { processID: number; secretKey: number };
  const active = `SELECT 1 FROM pg_stat_activity WHERE pid = ${processID} AND query LIKE '%pg_sleep%' AND state = 'active'`;
  await eventually(async () => expect((await admin.query(active)).rowCount).toBe(1));
  await connection.cancel();
  expect(await sleeping).toMatchObject({ code: '57014' });
  await connection.close();
  const key = Buffer.alloc(4);
  key.writeInt32BE(secretKey);
  expect(Buffer.concat(seen).includes(key)).toBe(false);
  await new Promise((resolve) => relay.close(resolve));
});

test('an attacker with another certificate cannot relay the login: SCRAM is bound to the channel', async () => {
  await ssl('on');
  const context = createSecureContext(selfSigned('between'));
  const between = createServer((client) => {
    client.once('data', () => {
      client.write('S');
      const ours = new TLSSocket(client, { isServer: true, secureContext: context });
      const raw = connectSocket({ host: '127.0.0.1', port });
      raw.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
      raw.once('data', () => {
        const theirs = connectTls({ socket: raw, rejectUnauthorized: false });
        ours.pipe(theirs).pipe(ours);
        for (const socket of [client, ours, raw, theirs] as Socket[]) socket.on('error', () => {});
      });
    });
  });
  const at = await listening(between);
  expect(await attempt({}, at)).toMatchObject({ what: expect.stringMatching(/channel binding/) });
  expect(await attempt({ PGSSLROOTCERT: authority }, at)).toMatchObject({
    what: expect.stringContaining('self-signed'),
  });
  await new Promise((resolve) => between.close(resolve));
});

function listening(of: TcpServer): Promise<number> {
  return new Promise((resolve) =>
    of.listen(0, elsewhere, () => {
      const address = of.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    }),
  );
}

const redisServer = spawnSync('redis-server', ['--version']).status === 0;
test.skipIf(redisServer)('skipped without redis-server: TLS', () => {
  expect(redisServer).toBe(false);
});

describe.runIf(redisServer)('a Redis', () => {
  let child: ChildProcess;
  let at = 0;
  let tlsAt = 0;
  beforeAll(async () => {
    [at, tlsAt] = await Promise.all([freePort(), freePort()]);
    const key = path.join(guarded.directory, 'redis.key');
    writeFileSync(key, identity.key, { mode: 0o600 });
    const tls = ['--tls-port', String(tlsAt), '--tls-cert-file', authority, '--tls-key-file', key];
    const rest = ['--tls-ca-cert-file', authority, '--tls-auth-clients', 'no', '--requirepass', 'sesame'];
    const args = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', ...tls, ...rest];
    child = bound(spawn('redis-server', args, { cwd: guarded.directory, stdio: 'ignore' }));
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  const ask = async (url: string, env: Record<string, string> = {}) => {
    const { settings } = await good({ env: { REDIS_URL: url, BENTHAM_REDIS_CA_FILE: authority, ...env } });
    return askRedisOnce(settings.redis, 3000, AbortSignal.timeout(60_000));
  };

  test('without TLS is refused in production unless redis.tls=disable is set', async () => {
    const url = `redis://:sesame@${elsewhere}:${at}`;
    await eventually(async () => expect(await ask(url, { BENTHAM_REDIS_TLS: 'disable' })).toMatchObject({ ok: true }));
    expect(await ask(url)).toMatchObject({ ok: false, fault: { hint: expect.stringContaining('redis.tls=disable') } });
    expect(await ask(url, { BENTHAM_PROFILE: 'staging' })).toMatchObject({ ok: true });
  });

  test('with TLS works by rediss://, and by redis:// if TLS is required', async () => {
    expect(await ask(`rediss://:sesame@localhost:${tlsAt}`)).toMatchObject({ ok: true });
    const required = { BENTHAM_REDIS_TLS: 'require' };
    expect(await ask(`redis://:sesame@localhost:${tlsAt}`, required)).toMatchObject({ ok: true });
    expect(await ask(`redis://:sesame@${elsewhere}:${tlsAt}`)).toMatchObject({
      ok: false,
      fault: { what: 'certificate is for another host' },
    });
  });
});
