// One literal per action: what to do it to, who carries the change, and how the world moves away from its plan. The
// proofs of every action are generated from these.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Agent, request } from 'undici';
import { expect, vi } from 'vitest';
import { parse } from 'yaml';
import type { Drill } from '../../simulator/drill.ts';
import type { BuiltInActionId, Target } from '../../src/core/actions/action.ts';
import { type Environment, sql } from './acting.ts';

/** Who is asked to change something; without its answer nobody knows whether it happened. */
export type Carrier =
  | 'kubernetes'
  | 'primary'
  | 'redis'
  | 's3'
  | 'rds'
  | 'secrets'
  | 'command'
  | 'script'
  | 'kubectl'
  | 'channel'
  | 'pager';

export type Case = {
  action: BuiltInActionId;
  by: Carrier;
  /** Sets the stage, and gives what it is done to. */
  target(of: Environment): Promise<Target> | Target;
  /** Moves the world between plan and confirmation; absent where the plan rests on nothing that can move. */
  moves?(of: Environment, target: Target, drill: Drill): Promise<unknown> | unknown;
  /** Puts back what the next one needs, after it moved or was done. */
  back?(of: Environment, drill: Drill): Promise<unknown> | unknown;
  /** The facts cannot tell whether it happened: only the answer of the call can. */
  onlyAnswer?: true;
  /** Typed on a terminal only: --yes does not cover it. */
  typed?: true;
  /** It looks for its proof for half an hour: what a lost answer comes to is not waited for. */
  looksLong?: true;
  /** Nothing can undo it: it can be done once in a drill. */
  once?: true;
};

let made = 0;
let scaled = 0;
/** A study that the drill's orchestrator does not work on, with thirty failed jobs. */
async function study(of: Environment, status = 'paused', jobs = 'failed'): Promise<string> {
  made += 1;
  const id = `study_case${made}`;
  await sql(of, `INSERT INTO studies (id, tenant_id, name, status) VALUES ($1, 'tenant-lyra', 'x', $2)`, [id, status]);
  await sql(
    of,
    `INSERT INTO jobs (study_id, surface_id, status, error_message, attempt_count)
     SELECT $1, 'no-such-surface', $2, 'Rate limited', 3 FROM generate_series(1, 30)`,
    [id, jobs],
  );
  return id;
}

/** Retries what failed of a study, and gives the run: it keeps the rows as they were. */
async function retried(of: Environment, id: string): Promise<string> {
  const args = ['run', 'retry-jobs', '--study', id, '--yes', '--arm', 'a test', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [path.resolve('bin/bentham-cockpit.cjs'), ...args], {
    env: of,
  });
  return (JSON.parse(stdout) as { run: string }).run;
}

/** A session unused for two days. */
async function oldSession(of: Environment): Promise<Target> {
  made += 1;
  await sql(
    of,
    `INSERT INTO sessions (id, surface_id, created_at, refreshed_at)
     VALUES ($1, 'openai-api', now() - interval '3 days', now() - interval '2 days')`,
    [`session_case${made}`],
  );
  return { 'older-than': '24h' };
}

async function key(of: Environment): Promise<string> {
  made += 1;
  const id = `key-case${made}`;
  await sql(
    of,
    `INSERT INTO api_keys (id, tenant_id, name, key_hash, permissions) VALUES ($1, 'tenant-lyra', $1, 'x', '{studies:read}')`,
    [id],
  );
  return id;
}

function s3(of: Environment): S3Client {
  return new S3Client({
    endpoint: of.AWS_ENDPOINT_URL_S3 ?? '',
    region: of.AWS_REGION ?? '',
    forcePathStyle: true,
    credentials: { accessKeyId: of.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: of.AWS_SECRET_ACCESS_KEY ?? '' },
  });
}

async function olderVersion(of: Environment): Promise<string> {
  const client = s3(of);
  const found = await client.send(
    new ListObjectVersionsCommand({ Bucket: 'bentham-evidence', Prefix: 'study_abc123/screenshot.png' }),
  );
  client.destroy();
  const [first] = (found.Versions ?? []).filter((version) => !version.IsLatest);
  return first?.VersionId ?? '';
}

const longAgo = String(Date.now() - 60 * 86_400_000);

/** Evidence that nobody needs any more. */
async function oldEvidence(of: Environment): Promise<string> {
  made += 1;
  const prefix = `study_case${made}/`;
  const client = s3(of);
  for (const name of ['a.png', 'b.png'])
    await client.send(
      new PutObjectCommand({
        Bucket: 'bentham-evidence',
        Key: prefix + name,
        Body: 'x',
        Metadata: { modified: longAgo },
      }),
    );
  client.destroy();
  return prefix;
}

/** Puts an object and deletes it, as people do: a marker hides its version. */
async function deleteEvidence(of: Environment, ...keys: readonly string[]): Promise<void> {
  const client = s3(of);
  for (const Key of keys) {
    await client.send(new PutObjectCommand({ Bucket: 'bentham-evidence', Key, Body: Key }));
    await client.send(new DeleteObjectCommand({ Bucket: 'bentham-evidence', Key }));
  }
  client.destroy();
}

/** A study whose evidence is all deleted. */
async function deletedEvidence(of: Environment): Promise<string> {
  made += 1;
  const prefix = `study_case${made}/`;
  await deleteEvidence(of, `${prefix}a.png`, `${prefix}b c.png`);
  return prefix;
}

/** Somebody else restarts it: another generation. */
async function patched(of: Environment, deployment: string): Promise<void> {
  const config = parse(readFileSync(of.KUBECONFIG ?? '', 'utf8')) as {
    clusters: { cluster: { server: string } }[];
    users: { user: { token: string } }[];
  };
  const server = config.clusters[0]?.cluster.server ?? '';
  const url = `${server}/apis/apps/v1/namespaces/bentham-prod/deployments/${deployment}`;
  made += 1;
  const answer = await request(url, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${config.users[0]?.user.token}`,
      'content-type': 'application/strategic-merge-patch+json',
    },
    body: JSON.stringify({ spec: { template: { metadata: { annotations: { moved: String(made) } } } } }),
    dispatcher: new Agent({ connect: { rejectUnauthorized: false } }),
  });
  if (answer.statusCode !== 200) throw new Error(await answer.body.text());
  await answer.body.dump();
}

function session(of: Environment, application: string): pg.Client {
  const client = new pg.Client({
    host: of.PGHOST,
    port: Number(of.PGPORT),
    user: of.PGUSER,
    password: of.PGPASSWORD,
    database: of.PGDATABASE,
    application_name: application,
  });
  client.on('error', () => {});
  return client;
}

/** Keys that nobody reads. */
async function cachedData(of: Environment): Promise<Target> {
  made += 1;
  const prefix = `cache:case${made}:`;
  const client = new Redis(of.REDIS_URL ?? '');
  for (const n of [1, 2, 3]) await client.set(`${prefix}${n}`, 'x'.repeat(1000));
  const idle = () => client.object('IDLETIME', `${prefix}3`);
  await vi.waitFor(async () => expect(await idle()).toBeGreaterThanOrEqual(1), { timeout: 20_000, interval: 200 });
  client.disconnect();
  return { prefix, idle: '1s' };
}

/** A session with a statement that does not end by itself. */
async function busySession(of: Environment): Promise<Target> {
  const client = session(of, 'a-report');
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = String(rows[0]?.pid ?? 0);
  client.query('SELECT pg_sleep(3600)').catch(() => client.end().catch(() => {}));
  const running = () =>
    sql(of, `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND query LIKE 'SELECT pg_sleep%'`, [pid]);
  while ((await running()).length === 0);
  return { pid };
}

const endsItself = (of: Environment, { pid }: Target) => sql(of, 'SELECT pg_terminate_backend($1)', [pid]);

/** A session from before: it stays whatever the password becomes. */
let insider: pg.Client | undefined;

async function login(of: Environment): Promise<Target> {
  await sql(of, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'a-report'`);
  const client = session(of, 'bentham-cockpit test');
  await client.connect();
  await insider?.end().catch(() => {});
  insider = client;
  return { role: 'bentham' };
}

/** The password is again what everybody was given. */
async function formerLogin(of: Environment): Promise<void> {
  await insider?.query(`ALTER ROLE bentham PASSWORD '${of.PGPASSWORD}'`);
  const client = new SecretsManagerClient({
    endpoint: of.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '',
    region: of.AWS_REGION ?? '',
    credentials: { accessKeyId: of.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: of.AWS_SECRET_ACCESS_KEY ?? '' },
  });
  const SecretString = JSON.stringify({ username: of.PGUSER, password: of.PGPASSWORD });
  await client.send(new UpdateSecretCommand({ SecretId: 'bentham/db-credentials', SecretString }));
  client.destroy();
}

const moveJob = (of: Environment, { study: id }: Target) =>
  sql(of, `UPDATE jobs SET status = 'completed' WHERE id = (SELECT min(id) FROM jobs WHERE study_id = $1)`, [id]);

export const cases: readonly Case[] = [
  {
    action: 'restart-deployment',
    by: 'kubernetes',
    target: () => ({ deployment: 'orchestrator' }),
    moves: (of) => patched(of, 'orchestrator'),
  },
  {
    action: 'rollback-deployment',
    by: 'kubernetes',
    target: () => ({ deployment: 'executor' }),
    moves: (of) => patched(of, 'executor'),
  },
  {
    action: 'scale-deployment',
    by: 'kubernetes',
    target() {
      scaled += 1;
      return { deployment: 'orchestrator', replicas: String(3 + (scaled % 3)) };
    },
    moves: (of) => patched(of, 'orchestrator'),
  },
  { action: 'retry-jobs', by: 'primary', target: async (of) => ({ study: await study(of) }), moves: moveJob },
  {
    action: 'restore-jobs',
    by: 'primary',
    async target(of) {
      const id = await study(of);
      return { run: await retried(of, id), study: id };
    },
    moves: (of, { study: id }) =>
      sql(of, `UPDATE jobs SET status = 'running' WHERE id = (SELECT min(id) FROM jobs WHERE study_id = $1)`, [id]),
  },
  {
    action: 'cancel-study',
    by: 'primary',
    target: async (of) => ({ study: await study(of, 'paused', 'pending'), jobs: 'end' }),
    moves: (of, { study: id }) => sql(of, `UPDATE studies SET status = 'queued' WHERE id = $1`, [id]),
  },
  { action: 'disable-surface', by: 'command', target: () => ({ surface: 'openai-api' }), onlyAnswer: true },
  { action: 'enable-surface', by: 'command', target: () => ({ surface: 'openai-api' }), onlyAnswer: true },
  { action: 'test-surface', by: 'command', target: () => ({ surface: 'anthropic-api' }), onlyAnswer: true },
  {
    action: 'create-api-key',
    by: 'command',
    target() {
      made += 1;
      return { tenant: 'tenant-lyra', name: `new-${made}`, permissions: 'studies:read' };
    },
  },
  {
    action: 'revoke-api-key',
    by: 'primary',
    target: async (of) => ({ key: await key(of) }),
    moves: (of, { key: id }) => sql(of, 'UPDATE api_keys SET revoked = true WHERE id = $1', [id]),
  },
  {
    action: 'rotate-api-key',
    by: 'command',
    target: async (of) => ({ key: await key(of) }),
    moves: (of, { key: id }) => sql(of, 'UPDATE api_keys SET revoked = true WHERE id = $1', [id]),
  },
  { action: 'cleanup-sessions', by: 'command', target: oldSession },
  { action: 'refresh-sessions', by: 'command', target: () => ({}) },
  { action: 'analyze-tables', by: 'primary', target: () => ({ tables: 'jobs,studies' }) },
  { action: 'vacuum-table', by: 'primary', target: () => ({ table: 'studies' }) },
  { action: 'cancel-query', by: 'primary', target: busySession, moves: endsItself },
  { action: 'end-session', by: 'primary', target: busySession, moves: endsItself },
  { action: 'evict-redis', by: 'redis', target: cachedData },
  {
    action: 'cleanup-evidence',
    by: 's3',
    target: async (of) => ({ prefix: await oldEvidence(of), days: '40' }),
    typed: true,
  },
  {
    action: 'restore-evidence',
    by: 's3',
    target: async (of) => ({ file: 'study_abc123/screenshot.png', version: await olderVersion(of) }),
  },
  {
    action: 'restore-deleted-evidence',
    by: 's3',
    target: async (of) => ({ prefix: await deletedEvidence(of) }),
    moves: (of, { prefix }) => deleteEvidence(of, `${prefix}more.png`),
  },
  {
    action: 'restore-database',
    by: 'rds',
    target() {
      made += 1;
      const at = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, '');
      return { at, name: `bentham-case${made}` };
    },
    looksLong: true,
    typed: true,
  },
  {
    action: 'rotate-database-credentials',
    by: 'secrets',
    target: login,
    moves: (of) => patched(of, 'executor'),
    back: formerLogin,
    typed: true,
  },
  { action: 'deploy', by: 'kubectl', target: () => ({}), moves: (of) => patched(of, 'executor') },
  { action: 'notify', by: 'channel', target: () => ({ channel: 'slack-ops', text: 'a test' }), onlyAnswer: true },
  { action: 'acknowledge-page', by: 'channel', target: () => ({ page: 'bentham/test' }), onlyAnswer: true },
  { action: 'resolve-page', by: 'channel', target: () => ({ page: 'bentham/test' }), onlyAnswer: true },
  {
    action: 'reassign-page',
    by: 'pager',
    target: async (of) => ({ page: await paged(of), to: 'sofia@bentham.io' }),
    moves,
  },
  { action: 'escalate-page', by: 'pager', target: async (of) => ({ page: await paged(of) }), moves },
  { action: 'note-page', by: 'pager', target: async (of) => ({ page: await paged(of), text: 'a test' }), moves },
];

/** What an event does at the drill's PagerDuty. */
async function event(of: Environment, key: string, action: 'trigger' | 'resolve'): Promise<void> {
  const { BENTHAM_CHANNELS_PAGER_DUTY_URL: url = '', BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: routing } = of;
  const payload = { summary: 'a page', source: 'a test', severity: 'critical' };
  const body = JSON.stringify({ routing_key: routing, event_action: action, dedup_key: key, payload });
  const { statusCode, body: said } = await request(url, { method: 'POST', body });
  await said.dump();
  if (statusCode !== 202) throw new Error(`PagerDuty answered ${statusCode}`);
}

/** A page of its own, by its key. */
async function paged(of: Environment): Promise<string> {
  made += 1;
  const key = `bentham/case${made}`;
  await event(of, key, 'trigger');
  return key;
}

/** Somebody else resolves the page. */
function moves(of: Environment, { page = '' }: Target): Promise<void> {
  return event(of, page, 'resolve');
}

const onReplica = (of: Environment): Environment => ({ ...of, PGPORT: of.BENTHAM_DATABASE_REPLICA_PORT ?? '' });

/** What can be done only while the primary is down. */
export const outageCases: readonly Case[] = [
  {
    action: 'failover-database',
    by: 'script',
    target: () => ({}),
    moves: (of) => sql(onReplica(of), 'SELECT pg_wal_replay_pause()'),
    back: (of) => sql(onReplica(of), 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_replay_resume() END'),
    typed: true,
    once: true,
  },
];

/** What has to be typed for an action beside the environment: its target's own name. */
export function nameToType(action: BuiltInActionId, target: Target, { environment }: Drill): string {
  const names: { readonly [Action in BuiltInActionId]?: string | undefined } = {
    'create-api-key': target.tenant,
    'cleanup-sessions': target['older-than'] ?? '24h',
    'refresh-sessions': 'sessions',
    'restore-database': target.name,
    'rotate-database-credentials': 'bentham/db-credentials',
    deploy: 'bentham-prod',
    'restore-jobs': target.study,
    'failover-database': environment.BENTHAM_DATABASE_REPLICA_HOST,
  };
  return names[action] ?? Object.values(target)[0] ?? '';
}

/** An environment in which this carrier refuses: the wrong person, or nothing there. */
export const forbidden: Readonly<Record<Carrier, Environment>> = {
  kubernetes: { BENTHAM_KUBERNETES_CONTEXT: 'bentham-drill-viewer' },
  kubectl: { BENTHAM_KUBERNETES_CONTEXT: 'bentham-drill-viewer' },
  primary: { PGUSER: 'replicator' },
  redis: { REDIS_URL: 'redis://:wrong@REDIS' },
  s3: { AWS_ACCESS_KEY_ID: 'AKIAWRONG' },
  rds: { AWS_ENDPOINT_URL_RDS: 'http://127.0.0.1:1' },
  secrets: { AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1' },
  command: { BENTHAM_ADMIN_COMMAND: 'no-such-pnpm' },
  script: { BENTHAM_ADMIN_FAILOVER_SCRIPT: './scripts/none.sh' },
  pager: { BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN: '' },
  channel: {
    BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: '',
    BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: '',
  },
};

/** Names as an attacker, or a clipboard, gives them. */
export const hostile: readonly string[] = [
  `it's`,
  `'; DROP TABLE studies; --`,
  '$(touch /tmp/bentham-owned)',
  '`touch /tmp/bentham-owned`',
  '--all',
  '../../secrets',
  'a\nb',
  'a\u001b]0;owned\u0007b',
  '\u202egnp.exe',
  '*',
  'x'.repeat(10_240),
];
