// The drill's database: a primary, its streaming replica, and what an outage or a failover does to them.
import { randomBytes } from 'node:crypto';
import { appendFile, chown, cp, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { Weather } from '../scenario.ts';
import { bulk, lastHour, schema, seed } from './schema.ts';
import { type Binaries, freePort, initCluster, type Server, startServer, unpackBinaries } from './server.ts';

export type Cluster = {
  host: string;
  primaryPort: number;
  replicaPort: number;
  database: string;
  user: string;
  password: string;
  /** A session on the server that takes writes now; the caller ends it. */
  connect(application: string): Promise<pg.Client>;
  stopPrimary(): Promise<void>;
  startPrimary(): Promise<void>;
  /** The replica becomes the primary; the former primary stays away. */
  promote(): Promise<void>;
  promoted(): boolean;
  stop(): Promise<void>;
};

const host = '127.0.0.1';
const database = 'bentham';
const user = 'bentham';

/** Starts both servers with the runbook's tables, seeded; `jobs` more jobs for load. */
export async function startCluster(directory: string, options: { jobs: number; weather: Weather }): Promise<Cluster> {
  const binaries = await unpackBinaries(directory);
  const password = randomBytes(12).toString('hex');
  const root = { user: 'postgres', password: randomBytes(12).toString('hex') };
  const [primaryPort, replicaPort] = [await freePort(), await freePort()];
  const data = path.join(directory, 'primary');
  await initCluster(binaries, data, root.password);
  let primary: Server | undefined = await startServer(binaries, data, primaryPort, root);

  const admin = (to: string, port = primaryPort) =>
    new pg.Client({ host, port, database: to, ...root, application_name: 'drill' });
  await withClient(admin('postgres'), async (client) => {
    await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    await client.query(`GRANT pg_monitor, pg_signal_backend TO ${user}`);
    await client.query(`CREATE ROLE replicator LOGIN REPLICATION PASSWORD '${password}'`);
    await client.query(`SELECT pg_create_physical_replication_slot('replica')`);
    await client.query(`CREATE DATABASE ${database} OWNER ${user}`);
  });
  const session = (port: number, application: string) =>
    new pg.Client({ host, port, database, user, password, application_name: application });
  await withClient(session(primaryPort, 'migration'), async (client) => {
    await client.query(schema);
    await client.query(seed);
    await client.query(bulk(options.jobs, options.weather.queue));
    for (const { text, values } of lastHour(options.weather)) await client.query(text, [...values]);
    await client.query('ANALYZE');
  });

  const replicaData = path.join(directory, 'replica');
  await withClient(admin('postgres'), (client) => copyCluster(client, binaries, data, replicaData));
  await appendFile(
    path.join(replicaData, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${host} port=${primaryPort} user=replicator password=${password} application_name=replica'\nprimary_slot_name = 'replica'\n`,
  );
  await writeFile(path.join(replicaData, 'standby.signal'), '');
  if (binaries.uid !== undefined && binaries.gid !== undefined)
    await chown(path.join(replicaData, 'standby.signal'), binaries.uid, binaries.gid);
  const replica = await startServer(binaries, replicaData, replicaPort, root);
  let promoted = false;

  return {
    host,
    primaryPort,
    replicaPort,
    database,
    user,
    password,
    async connect(application) {
      const client = session(promoted ? replicaPort : primaryPort, application);
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    async stopPrimary() {
      await primary?.stop();
      primary = undefined;
    },
    async startPrimary() {
      if (!promoted) primary ??= await startServer(binaries, data, primaryPort, root);
    },
    async promote() {
      if (promoted) return;
      await withClient(admin('postgres', replicaPort), (client) => client.query('SELECT pg_promote(true, 30)'));
      promoted = true;
    },
    promoted: () => promoted,
    async stop() {
      await Promise.all([primary?.stop(), replica.stop()]);
    },
  };
}

async function withClient<T>(client: pg.Client, use: (client: pg.Client) => Promise<T>): Promise<T> {
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** A base backup by copying the files, as the manual's low-level API does it. */
async function copyCluster(client: pg.Client, { uid, gid }: Binaries, from: string, to: string): Promise<void> {
  await client.query(`SELECT pg_backup_start('replica', true)`);
  const left = ['postmaster.pid', 'postmaster.opts', 'pg_replslot', 'pg_wal'].map((name) => path.join(from, name));
  await cp(from, to, { recursive: true, filter: (file) => !left.includes(file) });
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  await writeFile(path.join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  await cp(path.join(from, 'pg_wal'), path.join(to, 'pg_wal'), { recursive: true });
  await cp(path.join(from, 'pg_replslot'), path.join(to, 'pg_replslot'), { recursive: true });
  for (const slot of await readdir(path.join(to, 'pg_replslot')))
    await rm(path.join(to, 'pg_replslot', slot), { recursive: true });
  if (uid === undefined || gid === undefined) return;
  await chownAll(to, uid, gid);
}

async function chownAll(directory: string, uid: number, gid: number): Promise<void> {
  await chown(directory, uid, gid);
  for (const entry of await readdir(directory, { recursive: true })) await chown(path.join(directory, entry), uid, gid);
}
