// A pgbouncer with nothing behind it: it takes its clients, and lets them wait for minutes.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateFailover } from '../../src/core/health/failover.ts';
import { provesAway } from '../../src/core/world/reading.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';
import { now, world } from '../support/world.ts';

const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => existsSync(file));
let guarded: Guarded;
let pool: ChildProcess | undefined;
let port: number;

const at = (more: Partial<DatabaseServer> = {}): DatabaseServer => ({
  ...{ host: '127.0.0.1', port, database: 'bentham', user: 'bentham', password: 'bentham', sslMode: 'disable' },
  ...more,
});

beforeAll(async () => {
  if (!pgbouncer) return;
  guarded = await guardedDirectory();
  const directory = path.join(guarded.directory, 'pool');
  const { uid, gid } = await findBinaries(guarded.directory);
  const [file, users] = [path.join(directory, 'pool.ini'), path.join(directory, 'users.txt')];
  port = await freePort();
  mkdirSync(directory);
  writeFileSync(users, '"bentham" "bentham"\n"watcher" "watcher"\n');
  writeFileSync(
    file,
    `[databases]\nbentham = host=127.0.0.1 port=${await freePort()}\n` +
      `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = md5\n` +
      `auth_file = ${users}\nstats_users = watcher\n`,
  );
  if (uid !== undefined && gid !== undefined) for (const each of [directory, file, users]) await chown(each, uid, gid);
  pool = bound(spawn(pgbouncer, [file], { stdio: 'ignore', ...(uid === undefined ? {} : { uid, gid }) }));
  const listens = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port }, () => {
        socket.destroy();
        resolve();
      });
      socket.on('error', reject);
    });
  await eventually(listens);
}, 120_000);

afterAll(async () => {
  pool?.kill('SIGKILL');
  await guarded?.end();
});

// Skipped where pgbouncer is not installed: no other server lets its clients wait as it does.
test.skipIf(!pgbouncer).each([
  ['whom its console refuses', {}],
  ['who may use its console', { user: 'watcher', password: 'watcher' }],
])('one %s learns that the server behind it is away, and no failover rests on it', async (_, login) => {
  const session = new Session(at(login));
  const outcome = await readServer(session, 30_000, AbortSignal.timeout(60_000));
  await session.close();
  if (outcome.ok) throw new Error('it answered');
  const { fault } = outcome;
  expect(fault).toMatchObject({ kind: 'refused', what: expect.stringContaining('pgbouncer answers') as string });
  expect(fault.hint).toContain('SHOW POOLS');
  expect(provesAway(fault.code)).toBe(false);
  const seen = world({ readings: { primary: { state: 'lost', fault, at: now } } });
  expect(evaluate(seen).find(({ id }) => id === 'database/primary')).toMatchObject({ verdict: 'critical' });
  expect(evaluateFailover(seen).answer).not.toBe('yes');
});
