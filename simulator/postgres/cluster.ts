// The drill's database: a primary, its streaming replica, and what an outage or a failover does to them.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { conversion } from '../platform/convert.ts';
import { prismaKeys, prismaTables } from '../platform/tables.ts';
import { servicesSchema, serviceViews } from '../platform/views.ts';
import type { Conditions } from '../scenario.ts';
import { second } from '../time.ts';
import { type Moved, moveAddress } from './address.ts';
import { findBinaries } from './binaries.ts';
import { copyAsReplica } from './replica.ts';
import { keys, requestLog, tables } from './schema.ts';
import { load, seed } from './seed.ts';
import { freePort, initCluster, type Server, startServer } from './server.ts';

export type Cluster = {
  host: string;
  primaryPort: number;
  replicaPort: number;
  database: string;
  user: string;
  password: string;
  /** A session on the server that takes writes now; the caller ends it. */
  connect(application: string): Promise<pg.Client>;
  /** Stops the primary as in a crash: connections are refused. */
  stopPrimary(): Promise<void>;
  startPrimary(): Promise<void>;
  /** The replica becomes the primary, for good. */
  promote(): Promise<void>;
  promoted(): boolean;
  /** From now on the platform's own sessions log in with this password. */
  logInWith(password: string): void;
  stop(): Promise<void>;
};

export type ClusterOptions = {
  /** Finished jobs more, for load. */
  jobs: number;
  conditions: Conditions;
  /** The tables as the platform has them: Prisma's names, on a server that is not in UTC. */
  platform?: boolean;
  /** The replica was promoted, and answers at the primary's address, too. */
  onPromoted?(): void;
};

const host = '127.0.0.1';
const database = 'bentham';
const user = 'bentham';

/** Starts both servers with the runbook's tables or the platform's own, seeded. */
export async function startCluster(
  directory: string,
  { jobs, conditions, platform = false, onPromoted }: ClusterOptions,
): Promise<Cluster> {
  const password = randomBytes(12).toString('hex');
  const superuser = { user: 'postgres', password: randomBytes(12).toString('hex') };
  const [binaries, primaryPort, replicaPort] = await Promise.all([findBinaries(directory), freePort(), freePort()]);
  const data = path.join(directory, 'primary');
  await initCluster(binaries, data, superuser);
  let primary: Server | undefined = await startServer(binaries, data, primaryPort, superuser);
  const admin = (application: string, port = primaryPort, to = 'postgres') =>
    new pg.Client({ host, port, database: to, ...superuser, application_name: application });
  let current = password;
  const session = (port: number, application: string) =>
    new pg.Client({
      ...{ host, port, database, user, password: current, application_name: application },
      options: platform ? `-c search_path=${servicesSchema},public` : undefined,
      connectionTimeoutMillis: 3 * second,
    });

  await withClient(admin('setup'), async (client) => {
    await client.query(roles(password));
    await client.query(`CREATE DATABASE ${database} OWNER ${user}`);
  });
  await withClient(admin('setup', primaryPort, database), (client) => client.query(grants));
  await withClient(session(primaryPort, 'migration'), async (client) => {
    await client.query(`SET maintenance_work_mem = '128MB'`);
    await client.query(tables);
    for (const { text, values } of [...seed(conditions), ...load(jobs)]) await client.query(text, [...values]);
    await client.query(keys);
    if (platform) await becomePrisma(client, conditions);
    if (conditions.slowStatement) await client.query(requestLog);
    await client.query('ANALYZE');
  });
  const replicaData = path.join(directory, 'replica');
  await withClient(admin('setup'), (client) =>
    copyAsReplica(client, binaries, data, replicaData, {
      ...{ host, port: primaryPort, user: 'replicator', password, slot: 'replica' },
    }),
  );
  const replica = await startServer(binaries, replicaData, replicaPort, superuser);

  let promoted = false;
  let stopped = false;
  let moved: Moved | undefined;
  /** Waits for a promotion. Two servers that accept writes would diverge: the former primary is stopped. */
  const followPromotion = async () => {
    let client: pg.Client | undefined;
    while (!promoted && !stopped) {
      await after(300);
      try {
        if (!client) {
          client = admin('failover-manager', replicaPort);
          client.on('error', () => {});
          await client.connect();
        }
        const { rows } = await client.query<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica');
        if (rows[0]?.replica !== false || stopped) continue;
        promoted = true;
        await primary?.stop('immediate');
        primary = undefined;
        moved = await moveAddress(primaryPort, replicaPort).catch(() => undefined);
        onPromoted?.();
      } catch {
        // The server restarted or refused: a new session at the next turn.
        await client?.end().catch(() => {});
        client = undefined;
      }
    }
    await client?.end().catch(() => {});
  };
  const following = followPromotion();

  return {
    ...{ host, primaryPort, replicaPort, database, user, password },
    async connect(application) {
      const client = session(promoted ? replicaPort : primaryPort, application);
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    async stopPrimary() {
      await primary?.stop('immediate');
      primary = undefined;
    },
    async startPrimary() {
      if (!promoted) primary ??= await startServer(binaries, data, primaryPort, superuser);
    },
    async promote() {
      await withClient(admin('setup', replicaPort), (client) => client.query('SELECT pg_promote(true, 30)'));
      await following;
    },
    promoted: () => promoted,
    logInWith(next) {
      current = next;
    },
    async stop() {
      stopped = true;
      await Promise.all([primary?.stop('immediate'), replica.stop('immediate')]);
      await following;
      await moved?.stop();
    },
  };
}

/** `bentham` sees everything and may end sessions, but is no superuser; neither is an on-call. */
const roles = (password: string) => `
CREATE ROLE ${user} LOGIN PASSWORD '${password}';
GRANT pg_monitor, pg_signal_backend TO ${user};
CREATE ROLE replicator LOGIN REPLICATION PASSWORD '${password}';
SELECT pg_create_physical_replication_slot('replica');
`;

/** Statistics of statements; what scripts/db-failover.sh needs, and what makes a replica lag for an exercise. */
const grants = `
CREATE EXTENSION pg_stat_statements;
GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer), pg_wal_replay_pause(), pg_wal_replay_resume() TO ${user};
`;

/** The same rows in the platform's own form. Its server keeps another time than its rows. */
async function becomePrisma(client: pg.Client, conditions: Conditions): Promise<void> {
  await client.query(prismaTables);
  for (const { text, values } of conversion(conditions)) await client.query(text, [...values]);
  await client.query(prismaKeys);
  await client.query(serviceViews);
  await client.query(`ALTER DATABASE ${database} SET timezone = 'America/New_York'`);
}

async function withClient<T>(client: pg.Client, use: (client: pg.Client) => Promise<T>): Promise<T> {
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
