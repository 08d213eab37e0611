// `doctor` against real servers: a PostgreSQL with a login that may nothing, a Redis with a user that may little, the
// drill, and a platform of which nothing is there.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDrill } from '../../simulator/drill.ts';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { keys, tables } from '../../simulator/postgres/schema.ts';
import { freePort, initCluster, startServer } from '../../simulator/postgres/server.ts';
import { guardedDirectory } from '../../simulator/reaper.ts';
import { scenarios } from '../../simulator/scenario.ts';
import type { Checkup } from '../../src/core/health/checkup.ts';
import { type DoctorCheck, runCheck } from '../../src/data/doctor-check.ts';
import { databaseProbes } from '../../src/data/postgres/doctor.ts';
import { connectRedis } from '../../src/data/redis/connect.ts';
import { redisProbe } from '../../src/data/redis/doctor.ts';
import { bound } from '../support/bound.ts';
import { good } from '../support/configuration.ts';
import { eventually } from '../support/eventually.ts';

const run = (probes: readonly DoctorCheck[]) => runCheck(probes, 10_000, new AbortController().signal);
const row = (found: readonly Checkup[], what: string) => found.find((one) => one.what === what);
const staging = { BENTHAM_PROFILE: 'staging' };

describe('a PostgreSQL', () => {
  const root = { user: 'postgres', password: 'root-of-test' };
  let port = 0;
  let end: () => Promise<void> = async () => {};
  let admin: pg.Client;

  beforeAll(async () => {
    const guarded = await guardedDirectory();
    end = () => guarded.end();
    const binaries = await findBinaries(guarded.directory);
    const data = path.join(guarded.directory, 'primary');
    await initCluster(binaries, data, root);
    port = await freePort();
    const server = await startServer(binaries, data, port, root);
    admin = new pg.Client({ host: '127.0.0.1', port, database: 'postgres', ...root });
    end = async () => {
      await admin.end();
      await server.stop('fast');
      await guarded.end();
    };
    await admin.connect();
    await admin.query(tables + keys);
    await admin.query(`CREATE ROLE "on call" LOGIN PASSWORD 'right'`);
  });
  afterAll(() => end());

  const probe = async (env: Record<string, string> = {}) => {
    const login = { PGHOST: '127.0.0.1', PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'on call' };
    const { settings } = await good({ env: { ...staging, ...login, PGPASSWORD: 'right', ...env } });
    return run(databaseProbes(settings, 5000));
  };

  test('names missing privileges of a login, and its advice fixes them', async () => {
    const before = await probe();
    expect(row(before, 'primary')).toMatchObject({ verdict: 'ok', answer: expect.stringContaining('as on call') });
    expect(row(before, 'read studies, jobs')).toMatchObject({
      verdict: 'critical',
      answer: 'not allowed: studies, jobs',
      todo: 'GRANT SELECT ON public.studies, public.jobs TO "on call";',
    });
    const limited = before.filter((one) => one.verdict === 'warning').map((one) => one.what);
    expect(limited).toEqual([
      'read results, api_keys',
      'see all sessions',
      'retry jobs, cancel studies',
      'revoke API keys',
      'end sessions',
      'ANALYZE, VACUUM',
    ]);
    for (const { todo } of before) if (todo) await admin.query(todo);
    expect((await probe()).filter((one) => one.verdict !== 'ok')).toEqual([]);
  });

  test('grants on the columns that an action writes are enough', async () => {
    await admin.query('CREATE ROLE narrow LOGIN');
    await admin.query(
      `GRANT UPDATE (status, attempt_count, error_message) ON jobs TO narrow; GRANT UPDATE (status) ON studies TO narrow`,
    );
    const found = await probe({ PGUSER: 'narrow', PGPASSWORD: 'any' }).then(
      (all) => row(all, 'retry jobs, cancel studies') ?? row(all, 'primary'),
    );
    // The server of the test wants a password and narrow has none: the login itself is what is refused.
    expect(found).toMatchObject({ verdict: 'critical', what: 'primary' });
    await admin.query(`ALTER ROLE narrow PASSWORD 'any'`);
    const after = await probe({ PGUSER: 'narrow', PGPASSWORD: 'any' });
    expect(row(after, 'retry jobs, cancel studies')).toMatchObject({ verdict: 'ok' });
    expect(row(after, 'read studies, jobs')).toMatchObject({ verdict: 'critical' });
  });

  test('a wrong password, a wrong schema, a wrong port', async () => {
    expect(await probe({ PGPASSWORD: 'wrong' })).toMatchObject([
      {
        what: 'primary',
        verdict: 'critical',
        answer: expect.stringContaining('password authentication failed for on call'),
      },
    ]);
    expect(row(await probe({ BENTHAM_DATABASE_SCHEMA: 'bentham' }), 'read studies, jobs')).toMatchObject({
      verdict: 'critical',
      answer: 'no studies, jobs in schema bentham',
    });
    expect(await probe({ PGPORT: '1' })).toMatchObject([
      { what: 'primary', verdict: 'critical', answer: expect.stringContaining('connection refused') },
    ]);
  });

  test('a primary in the replica’s place is reported', async () => {
    const env = { BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1', BENTHAM_DATABASE_REPLICA_PORT: String(port) };
    expect(row(await probe(env), 'replica')).toMatchObject({
      verdict: 'warning',
      answer: expect.stringContaining('not in recovery'),
    });
  });
});

const redisServer = spawnSync('redis-server', ['--version']).status === 0;
if (!redisServer) test('skipped without redis-server: permissions', () => {});

describe.runIf(redisServer)('a Redis', () => {
  let server: ChildProcess;
  let port = 0;
  beforeAll(async () => {
    port = await freePort();
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--maxmemory', '64mb'];
    server = bound(spawn('redis-server', args, { stdio: 'ignore' }));
    const { settings } = await good({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    const connect = () => connectRedis(settings.redis, 500, new AbortController().signal);
    const root = await eventually(connect);
    await root.client.call('ACL', 'SETUSER', 'looker', 'on', '>look', '+ping', '+info', '+hello', '+client');
    await root.client.call('ACL', 'SETUSER', 'scanner', 'on', '>scan', '~*', '+@all', '-unlink');
    await root.close();
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  });

  const probe = async (login: string) => {
    const { settings } = await good({ env: { REDIS_URL: `redis://${login}127.0.0.1:${port}` } });
    return run([redisProbe(settings, 3000)]);
  };

  test('the default user has every permission', async () => {
    expect((await probe('')).map((one) => [one.what, one.verdict])).toEqual([
      ['answers', 'ok'],
      ['memory limit', 'ok'],
      ['evict old data', 'ok'],
    ]);
  });

  test('a read-only user cannot evict, and the command that allows it is named', async () => {
    const evict = row(await probe('looker:look@'), 'evict old data');
    expect(evict).toMatchObject({ verdict: 'warning', answer: expect.stringContaining('SCAN not allowed') });
    expect(evict?.todo).toContain('ACL SETUSER looker +scan');
    expect(row(await probe('scanner:scan@'), 'evict old data')).toMatchObject({
      verdict: 'warning',
      answer: expect.stringContaining('unlink'),
    });
  });

  test('a wrong password is refused, not unknown', async () => {
    expect(await probe('looker:wrong@')).toMatchObject([{ what: 'answers', verdict: 'critical' }]);
  });
});

type Report = { verdict: string; checkups: Checkup[] };

function doctor(env: Record<string, string>): Promise<{ code: number; report: Report; errors: string }> {
  const args = ['bin/bentham-cockpit.cjs', 'doctor', '--json', '--timeout', '3'];
  const { PATH = '', HOME = '' } = process.env;
  const environment = { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', ...env };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: environment }, (error, stdout, stderr) => {
      try {
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, report: JSON.parse(stdout) as Report, errors: stderr });
      } catch {
        reject(new Error(`${stdout}\n${stderr}`));
      }
    });
  });
}

test('in a drill every check passes that the drill serves', async () => {
  const calm = scenarios.find((one) => one.id === 'calm');
  if (!calm) throw new Error('the drill has no calm scenario');
  const drill = await startDrill({ scenario: calm, pods: 0, jobs: 0 });
  try {
    const { code, report } = await doctor(drill.environment);
    for (const area of ['kubernetes', 'database', 'redis'])
      expect(report.checkups.filter((one) => one.area === area && one.verdict !== 'ok')).toEqual([]);
    expect(row(report.checkups, 'replica')?.answer).toContain('as bentham');
    expect([0, 1, 2]).toContain(code);
    expect(JSON.stringify(report)).not.toContain(drill.environment.PGPASSWORD);
  } finally {
    await drill.stop();
  }
});

test('without any backend, each one is a row with what to do, and the exit code is 2', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const { code, report, errors } = await doctor({
    BENTHAM_GATEWAY_URL: nowhere,
    KUBECONFIG: '/nowhere/kubeconfig',
    PGHOST: '127.0.0.1',
    PGPORT: '1',
    BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1',
    BENTHAM_DATABASE_REPLICA_PORT: '1',
    REDIS_URL: 'redis://127.0.0.1:1',
    AWS_ENDPOINT_URL: nowhere,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    PATH: '/nowhere',
    BENTHAM_JOURNAL_DIRECTORY: path.resolve('package.json', 'journal'),
  });
  expect(code).toBe(2);
  expect(errors).toBe('');
  const of = (area: string) => report.checkups.filter((one) => one.area === area);
  for (const area of ['gateway', 'kubernetes', 'database', 'redis', 'journal'])
    expect(
      of(area).some((one) => one.verdict === 'critical' && one.todo),
      area,
    ).toBe(true);
  for (const area of ['evidence', 'backups', 'credentials', 'tools', 'channels'])
    expect(
      of(area).some((one) => one.verdict === 'warning' && one.todo),
      area,
    ).toBe(true);
  expect(of('configuration').map((one) => one.what)).toContain('database.primary.host');
});
