// One PostgreSQL server of the drill as a child process.
import { spawn } from 'node:child_process';
import { chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { type Ms, second } from '../time.ts';
import { type Binaries, runTool } from './binaries.ts';

/** The role that made the cluster; the drill’s own sessions use it. */
export type Superuser = { user: string; password: string };

/** A free port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export type Server = {
  port: number;
  /** `fast` ends its sessions and tells its replica everything; `immediate` is a crash. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
};

const patience: Ms = 30 * second;

/** Starts a server on an existing data directory and waits until it answers. Its log is beside the directory. */
export async function startServer(
  binaries: Binaries,
  data: string,
  port: number,
  superuser: Superuser,
): Promise<Server> {
  const { directory, environment, uid, gid } = binaries;
  const log = await open(`${data}.log`, 'a');
  const child = spawn(path.join(directory, 'bin', 'postgres'), ['-D', data, '-p', String(port)], {
    env: environment,
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    cwd: '/',
    uid,
    gid: uid === undefined ? undefined : gid,
  });
  await log.close();
  child.unref();
  let over = false;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      over = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const failed = async (why: string) =>
    new Error(`${why}\n${(await readFile(`${data}.log`, 'utf8').catch(() => '')).slice(-2000)}`);
  const end = Date.now() + patience;
  for (;;) {
    if (over) throw await failed('PostgreSQL ended while it was starting');
    if (await answers(port, superuser)) break;
    if (Date.now() > end) {
      child.kill('SIGQUIT');
      throw await failed(`PostgreSQL did not start within ${patience / second} s`);
    }
    await after(20);
  }
  return {
    port,
    async stop(how) {
      if (over) return;
      child.ref();
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await exited;
    },
  };
}

async function answers(port: number, superuser: Superuser): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...superuser });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** Makes an empty cluster. Durability is given up: a drill does not outlive its machine's power. */
export async function initCluster(binaries: Binaries, data: string, superuser: Superuser): Promise<void> {
  const { uid, gid } = binaries;
  await mkdir(data, { mode: 0o700 });
  const file = `${data}.password`;
  await writeFile(file, superuser.password, { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) for (const each of [data, file]) await chown(each, uid, gid);
  await runTool(binaries, 'initdb', [
    ...['-D', data, '-U', superuser.user, '--pwfile', file, '--auth', 'scram-sha-256'],
    ...['--no-sync', '--no-instructions', '--encoding', 'UTF8', '--locale', 'C'],
  ]);
  await rm(file);
  // initdb made both files, and they keep their owner.
  await writeFile(path.join(data, 'postgresql.auto.conf'), settings);
  await writeFile(path.join(data, 'pg_hba.conf'), hba);
}

const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = '32MB'
io_method = sync
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = replica
max_wal_senders = 5
max_replication_slots = 5
max_slot_wal_keep_size = '1GB'
wal_keep_size = '64MB'
max_wal_size = '1GB'
wal_receiver_status_interval = '1s'
wal_retrieve_retry_interval = '500ms'
hot_standby_feedback = on
track_io_timing = on
shared_preload_libraries = 'pg_stat_statements'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

const hba = `
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;
