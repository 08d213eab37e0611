// Replication told truly: behind, paused, cut off, silent; several and cascading replicas; log kept for nobody.
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Binaries, findBinaries } from '../../simulator/postgres/binaries.ts';
import { copyAsReplica } from '../../simulator/postgres/replica.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateFailover } from '../../src/core/health/failover.ts';
import { evaluateReplica } from '../../src/core/health/replication.ts';
import type { Database, Gateway } from '../../src/core/world/facts.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { readServer } from '../../src/data/postgres/server.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { calm, live } from '../support/worlds.ts';

const root = { user: 'postgres', password: 'root' };
type Name = 'primary' | 'first' | 'second' | 'below';
let guarded: Guarded;
let binaries: Binaries;
const servers = new Map<Name, Server>();
const sessions = new Map<Name, Session>();
const patient = { timeout: 30_000 };

const directoryOf = (name: Name) => path.join(guarded.directory, name);
const postmasterOf = (name: Name) =>
  Number(readFileSync(path.join(directoryOf(name), 'postmaster.pid'), 'utf8').split('\n')[0]);

async function sql<Row extends object = Record<string, unknown>>(name: Name, text: string): Promise<Row[]> {
  const port = servers.get(name)?.port ?? 0;
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const serverOf = (name: Name): DatabaseServer => {
  const port = servers.get(name)?.port ?? 0;
  return { host: '127.0.0.1', port, database: 'postgres', ...root, sslMode: 'disable' };
};

async function start(name: Name): Promise<void> {
  const port = servers.get(name)?.port ?? (await freePort());
  servers.set(name, await startServer(binaries, directoryOf(name), port, root));
  if (!sessions.has(name)) sessions.set(name, new Session(serverOf(name)));
}

async function standby(name: Name, of: Name): Promise<void> {
  const upstream = servers.get(of);
  if (!upstream) throw new Error('start the upstream first');
  await sql(of, `SELECT pg_create_physical_replication_slot('${name}')`);
  // The copy is the primary's, whoever sends the changes from then on.
  const port = servers.get('primary')?.port ?? 0;
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
  await client.connect();
  await copyAsReplica(client, binaries, directoryOf('primary'), directoryOf(name), {
    ...{ host: '127.0.0.1', port: upstream.port, ...root, slot: name },
  });
  await client.end();
  appendFileSync(path.join(directoryOf(name), 'postgresql.auto.conf'), `wal_receiver_timeout = '4s'\n`);
  await start(name);
}

async function facts(name: Name): Promise<Database> {
  const session = sessions.get(name);
  if (!session) throw new Error(`no ${name}`);
  const found = await readServer(session, 5000, AbortSignal.timeout(60_000));
  if (!found.ok) throw new Error(JSON.stringify(found.fault));
  return found.value;
}

const lag = async (name: Name) => (await facts(name)).lag;

/** What the header, the panes and the exit code would say of these servers. */
function findings(primary: Database, replica: Database) {
  const { readings } = calm;
  return evaluate({ ...calm, readings: { ...readings, primary: live(primary), replica: live(replica) } }).filter(
    ({ id, verdict }) => id.startsWith('database/') && verdict !== 'ok',
  );
}

beforeAll(async () => {
  guarded = await guardedDirectory();
  binaries = await findBinaries(guarded.directory);
  await initCluster(binaries, directoryOf('primary'), root);
  appendFileSync(path.join(directoryOf('primary'), 'postgresql.auto.conf'), `max_slot_wal_keep_size = -1\n`);
  await start('primary');
  await standby('first', 'primary');
  await standby('second', 'primary');
  await standby('below', 'first');
}, 120_000);

afterAll(async () => {
  await Promise.all([...sessions.values()].map((each) => each.close()));
  for (const name of ['below', 'second', 'first', 'primary'] as const) await servers.get(name)?.stop('immediate');
  await guarded?.end();
});

test('several and cascading replicas that keep up have no lag, however long the primary is idle', async () => {
  await expect.poll(() => lag('primary'), patient).toEqual({ bytes: 0, ms: 0, streaming: true, replicas: 2 });
  for (const name of ['first', 'second', 'below'] as const)
    await expect.poll(() => lag(name), patient).toEqual({ bytes: 0, ms: 0, streaming: true });
  expect((await facts('first')).slots).toMatchObject([{ name: 'below', active: true }]);
  expect(findings(await facts('primary'), await facts('first'))).toEqual([]);
});

test('a paused replay is named, and its lag counts from the pause', async () => {
  await sql('second', 'SELECT pg_wal_replay_pause()');
  try {
    await expect.poll(() => lag('second'), patient).toMatchObject({ streaming: true, paused: true });
    await sql('primary', 'CREATE TABLE written AS SELECT generate_series(1, 10000)');
    await expect.poll(async () => (await lag('second'))?.bytes, patient).toBeGreaterThan(100_000);
    const second = await facts('second');
    expect(evaluateReplica(second)).toMatchObject({
      verdict: 'warning',
      says: expect.stringMatching(/^replay paused/),
    });
    expect(findings(await facts('primary'), second)).toMatchObject([
      { id: 'database/replica', remedy: expect.stringContaining('pg_wal_replay_resume') },
    ]);
    // The furthest of both counts.
    expect((await lag('primary'))?.bytes).toBeGreaterThan(100_000);
  } finally {
    await sql('second', 'SELECT pg_wal_replay_resume()');
  }
  await expect.poll(() => lag('second'), patient).toEqual({ bytes: 0, ms: 0, streaming: true });
});

test('log kept for a slot without a consumer is shown in the header until the slot is dropped', async () => {
  await sql('primary', `SELECT pg_create_physical_replication_slot('forgotten', true)`);
  expect(findings(await facts('primary'), await facts('first'))).toEqual([]);
  await sql('primary', `SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)) FROM generate_series(1, 80)`);
  await expect
    .poll(async () => findings(await facts('primary'), await facts('first')).map(({ id }) => id), patient)
    .toEqual(['database/primary/slot/forgotten']);
  expect(findings(await facts('primary'), await facts('first'))).toMatchObject([
    {
      verdict: 'warning',
      says: expect.stringMatching(/slot forgotten has no consumer: it retains .* of WAL, without a limit/),
      remedy: expect.stringContaining(`pg_drop_replication_slot('forgotten')`),
    },
  ]);
  // A limit takes the log away instead: then the slot's reader is lost.
  await sql('primary', `ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'`);
  await sql('primary', 'SELECT pg_reload_conf()');
  await expect
    .poll(async () => {
      await sql('primary', `SELECT pg_switch_wal()`);
      await sql('primary', 'CHECKPOINT');
      return findings(await facts('primary'), await facts('first')).map(({ says }) => says);
    }, patient)
    .toContain('slot forgotten has lost its WAL');
  await sql('primary', `SELECT pg_drop_replication_slot('forgotten')`);
  await sql('primary', 'ALTER SYSTEM RESET max_slot_wal_keep_size');
  await sql('primary', 'SELECT pg_reload_conf()');
  await expect.poll(async () => findings(await facts('primary'), await facts('first')), patient).toEqual([]);
});

test('a silent primary is noticed before the replica disconnects', async () => {
  const [sender] = await sql<{ pid: number }>(
    'primary',
    `SELECT active_pid AS pid FROM pg_replication_slots WHERE slot_name = 'second'`,
  );
  process.kill(sender?.pid ?? 0, 'SIGSTOP');
  try {
    const told = async () => {
      const [receiver] = await sql('second', 'SELECT status FROM pg_stat_wal_receiver');
      return { receiver: receiver?.status, streaming: (await lag('second'))?.streaming };
    };
    await expect.poll(told, { ...patient, interval: 50 }).toEqual({ receiver: 'streaming', streaming: false });
  } finally {
    process.kill(sender?.pid ?? 0, 'SIGCONT');
  }
  await expect.poll(() => lag('second'), patient).toMatchObject({ streaming: true });
});

/** What would be advised, from what the servers answer and a platform that has lost its database. */
async function advised(): Promise<ReturnType<typeof evaluateFailover>> {
  const read = async (name: Name): Promise<Reading<Database>> => {
    const server = serverOf(name);
    const session = new Session(server);
    const found = await readServer(session, 1500, AbortSignal.timeout(60_000));
    await session.close();
    return found.ok ? live(found.value) : { state: 'lost', at: Date.now(), fault: found.fault };
  };
  const ill = { url: 'http://gateway/v1/health', statusCode: 200, latency: 1, healthy: false, at: calm.now };
  const services = [{ name: 'database', word: 'error', healthy: false }];
  const [primary, replica] = await Promise.all([read('primary'), read('first')]);
  const gateway = live<Gateway>({ health: { ...ill, services: [] }, detailed: { ...ill, services } });
  return evaluateFailover({ now: calm.now, scope: { hasReplica: true }, readings: { primary, replica, gateway } });
}

test('a frozen primary is proven down, and a replica that still receives from it is not promoted', async () => {
  const postmaster = postmasterOf('primary');
  process.kill(postmaster, 'SIGSTOP');
  try {
    const { answer, objections } = await advised();
    expect([answer, objections.map(({ code }) => code)]).toEqual(['no', ['replica-receiving']]);
    expect(objections[0]?.says).toMatch(/still receives WAL from 127\.0\.0\.1:\d+, last message/);
  } finally {
    process.kill(postmaster, 'SIGCONT');
  }
  await expect.poll(async () => (await advised()).because, patient).toBe('the primary answers');
});

test('a slow primary is not proven down', async () => {
  const session = new Session(serverOf('primary'));
  const slow = await session.read(AbortSignal.timeout(1500), 60_000, (ask) => ask('SELECT pg_sleep(60)'));
  expect(slow).toMatchObject({ ok: false, fault: { kind: 'timeout', what: 'timed out after 1.5 s' } });
  expect(slow.ok || slow.fault.code).toBeUndefined();
  await session.close();
});

test('a primary that refuses a login or has no free connection is not proven down', async () => {
  const codeOf = async (server: DatabaseServer) => {
    const session = new Session(server);
    const found = await readServer(session, 5000, AbortSignal.timeout(60_000));
    await session.close();
    return found.ok ? 'answers' : found.fault.code;
  };
  expect(await codeOf({ ...serverOf('primary'), password: 'wrong' })).toBe('28P01');
  expect(await codeOf({ ...serverOf('primary'), host: 'no-such-host.invalid' })).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  await sql('primary', `CREATE ROLE limited LOGIN CONNECTION LIMIT 0 PASSWORD 'x'`);
  expect(await codeOf({ ...serverOf('primary'), user: 'limited', password: 'x' })).toBe('53300');
  await sql('primary', 'DROP ROLE limited');
});

test('a replica without its primary is not “0 bytes behind”, nor are those that stream from it', async () => {
  process.kill(postmasterOf('primary'), 'SIGQUIT');
  await expect.poll(() => lag('first'), patient).toEqual({ ms: expect.any(Number), streaming: false });
  expect(evaluateReplica(await facts('first'))).toMatchObject({
    verdict: 'critical',
    says: expect.stringMatching(/^not streaming, newest change .* old$/),
  });
  // The one below still streams from one that gets nothing any more: it cannot know, the one above it does.
  expect(await lag('below')).toMatchObject({ streaming: true });
});

test('with the primary down, a platform that agrees and a replica that receives nothing, a failover is recommended', async () => {
  const { answer, because } = await advised();
  expect([answer, because]).toEqual([
    'yes',
    expect.stringMatching(/connection refused.*database error.*no longer receives WAL/),
  ]);
});

test('a replica that was promoted while the primary accepts writes is a second primary; at both addresses it is none', async () => {
  await sql('first', 'SELECT pg_promote()');
  await start('primary');
  const [primary, first] = [await facts('primary'), await facts('first')];
  const judged = (one: Database, other: Database) => findings(one, other).filter(({ id }) => id === 'database/replica');
  expect(judged(primary, first)).toMatchObject([{ verdict: 'critical', rule: 'replica/second-primary' }]);
  // After a failover both addresses may lead to it.
  expect(judged(first, await facts('first'))).toMatchObject([{ verdict: 'warning', rule: 'replica/promoted' }]);
});
