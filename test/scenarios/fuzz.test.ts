// Every text of every answer of every backend with a hostile end, some ten thousands of them: what the engine tells the
// screen, what the terminal gets, and what commands print have the letters, and nothing else of it.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Drill } from '../../simulator/drill.ts';
import type { Query } from '../../src/core/queries/query.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { modulesFor } from '../../src/engine/modules.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { sourcesFor } from '../../src/engine/sources.ts';
import { good } from '../support/configuration.ts';
import { drillOf, launcher } from '../support/drill.ts';
import { eventually } from '../support/eventually.ts';
import { Hostile, leakInTerminal, leakInText, mark } from '../support/hostile.ts';
import { type Tainting, taintHttp, taintPostgres, taintRedis } from '../support/tainting.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const hostile = new Hostile();
const made: Tainting[] = [];
let drill: Drill;
let environment: Record<string, string>;
let asks: readonly Query[];

beforeAll(async () => {
  drill = await drillOf('study-failures', { pods: 200 });
  const env = drill.environment;
  const put = async (making: Promise<Tainting>) => {
    const one = await making;
    made.push(one);
    return one.port;
  };
  const http = async (url = '') => `http://127.0.0.1:${await put(taintHttp(url, hostile))}`;
  const postgres = (port = '', lies = false) =>
    put(taintPostgres({ host: env.PGHOST ?? '', port: Number(port) }, hostile, { lies }));
  const redis = new URL(env.REDIS_URL ?? '');
  const redisPort = await put(taintRedis({ host: redis.hostname, port: Number(redis.port) }, hostile));
  type Kubeconfig = { clusters: { cluster: { server: string } }[] };
  const kubeconfig = parse(readFileSync(env.KUBECONFIG ?? '', 'utf8')) as Kubeconfig;
  for (const { cluster } of kubeconfig.clusters) cluster.server = await http(cluster.server);
  const file = path.join(path.dirname(env.KUBECONFIG ?? ''), 'tainted');
  writeFileSync(file, stringify(kubeconfig));
  environment = {
    ...env,
    KUBECONFIG: file,
    BENTHAM_GATEWAY_URL: await http(env.BENTHAM_GATEWAY_URL),
    PGPORT: String(await postgres(env.PGPORT)),
    BENTHAM_DATABASE_REPLICA_PORT: String(await postgres(env.BENTHAM_DATABASE_REPLICA_PORT, true)),
    REDIS_URL: `redis://:${redis.password}@127.0.0.1:${redisPort}`,
    AWS_ENDPOINT_URL_S3: await http(env.AWS_ENDPOINT_URL_S3),
    AWS_ENDPOINT_URL_RDS: await http(env.AWS_ENDPOINT_URL_RDS),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await http(env.AWS_ENDPOINT_URL_SECRETS_MANAGER),
  };
  asks = await questions();
});
afterAll(async () => {
  await Promise.all(made.map((one) => one.stop()));
  await drill?.stop();
});

/** Look-ups of what there is, by its own names. */
async function questions(): Promise<readonly Query[]> {
  const { PGHOST = '', PGPORT = '', PGUSER = '', PGPASSWORD = '', PGDATABASE = '' } = drill.environment;
  const login = { host: PGHOST, port: Number(PGPORT), user: PGUSER, password: PGPASSWORD, database: PGDATABASE };
  const client = new pg.Client(login);
  await client.connect();
  await client.query("UPDATE jobs SET error_message = 'Rate limited' WHERE status = 'failed'");
  const failed = "SELECT study_id AS study, surface_id AS surface FROM jobs WHERE status = 'failed' LIMIT 1";
  const { study, surface } = (await client.query<{ study: string; surface: string }>(failed)).rows[0] ?? {};
  await client.end();
  const [pod] = drill.kubernetes.podsOf('executor');
  if (!study || !surface || !pod) throw new Error('the drill has nothing to ask for');
  return [
    { kind: 'studies', search: '', rows: 200 },
    { kind: 'study', study },
    { kind: 'jobs', study, status: '', search: '', rows: 200 },
    { kind: 'surface', surface },
    { kind: 'api-keys' },
    { kind: 'database', server: 'primary' },
    { kind: 'database', server: 'replica' },
    { kind: 'evidence' },
    { kind: 'evidence-study', study: 'study_abc123' },
    { kind: 'pod', pod: pod.metadata.name },
    { kind: 'node', node: pod.spec.nodeName ?? '' },
    { kind: 'deployment', deployment: 'api-gateway' },
    { kind: 'choices', action: 'rollback-deployment', field: 'revision', target: '{"deployment":"api-gateway"}' },
  ];
}

/** Each text below a value, with the way to it; numbers of rows and names of questions are left out of the way. */
function* textsOf(value: unknown, way = ''): Generator<readonly [way: string, text: string]> {
  if (typeof value === 'string') yield [way, value];
  else if (Array.isArray(value)) for (const one of value) yield* textsOf(one, `${way}[]`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) {
      yield [`${way}{}`, key];
      yield* textsOf(one, `${way}.${key.startsWith('[') ? (/"kind","([\w-]+)"/.exec(key)?.[1] ?? '') : key}`);
    }
}

/** What the engine tells of what the backends say. A new field that shows their text belongs here. */
const fields = `
.incidentContext.alerts[].subject
.logs.entries[].fields.studyId
.logs.entries[].fields.tenantId
.logs.entries[].message
.logs.entries[].more[]
.logs.entries[].pod
.logs.entries[].raw
.queries.api-keys.value.rows[].id
.queries.api-keys.value.rows[].name
.queries.api-keys.value.rows[].tenant
.queries.choices.value[].says
.queries.database.value.idAges[].database
.queries.database.value.replicas[].name
.queries.database.value.sessions[].application
.queries.database.value.sessions[].client
.queries.database.value.sessions[].query
.queries.database.value.sessions[].user
.queries.database.value.slots[].name
.queries.database.value.tables[].name
.queries.deployment.value.conditions[].message
.queries.deployment.value.conditions[].reason
.queries.deployment.value.revisions[].cause
.queries.deployment.value.revisions[].differs[].added[]
.queries.deployment.value.revisions[].differs[].removed[]
.queries.deployment.value.revisions[].images[]
.queries.deployment.value.revisions[].replicaSet
.queries.deployment.value.strategy
.queries.evidence-study.value.versions[].key
.queries.evidence-study.value.versions[].versionId
.queries.evidence.value.groups[].study
.queries.jobs.value.rows[].id
.queries.jobs.value.rows[].status
.queries.jobs.value.rows[].surface
.queries.node.value.conditions[].message
.queries.node.value.conditions[].reason
.queries.node.value.name
.queries.node.value.system
.queries.node.value.version
.queries.pod.value.containers[].image
.queries.pod.value.containers[].ports[]
.queries.pod.value.containers[].probes[]
.queries.pod.value.name
.queries.pod.value.owner
.queries.pod.value.qos
.queries.pod.value.serviceAccount
.queries.studies.value.rows[].id
.queries.studies.value.rows[].status
.queries.studies.value.rows[].tenant
.queries.study.value.api.answer.tenant
.queries.study.value.counts[].surface
.queries.study.value.errors[].message
.queries.study.value.row.id
.queries.study.value.row.tenant
.queries.surface.value.errors[].message
.queries.surface.value.newest[].id
.queries.surface.value.newest[].study
.queries.surface.value.newest[].surface
.queries.surface.value.studies[].study
.readings.backups.value.evidence.value.mode
.readings.backups.value.snapshots.value[].id
.readings.cluster.value.version
.readings.deployments.value[].images[]
.readings.deployments.value[].name
.readings.gateway.value.detailed.services[].word
.readings.gateway.value.detailed.status
.readings.gateway.value.health.services[].word
.readings.gateway.value.health.status
.readings.pods.value[].app
.readings.pods.value[].image
.readings.pods.value[].message
.readings.pods.value[].name
.readings.pods.value[].node
.readings.pods.value[].reason
.readings.primary.value.database
.readings.primary.value.slots[].name
.readings.primary.value.version
.readings.redis.value.policy
.readings.redis.value.version
.readings.studies.value.active[].id
.readings.studies.value.active[].status
.readings.studies.value.active[].tenant
.readings.surfaces.value.surfaces[].id
.readings.surfaces.value.surfaces[].topError
`
  .trim()
  .split('\n');

/** Of some texts each second one is left as it is: another look follows soon, and has the time that a busy machine needs. */
const quick = {
  BENTHAM_INTERVALS_DATABASE: '1000',
  BENTHAM_INTERVALS_REDIS: '1000',
  BENTHAM_INTERVALS_SURFACES: '5000',
  BENTHAM_INTERVALS_TIMEOUT: '20000',
};

test('the engine sends only letters to the screen, in every fact and every query', async () => {
  const { BENTHAM_CONFIG: _, ...env } = environment;
  const { settings } = await good({ env: { ...env, ...quick } });
  for (const [name, value] of Object.entries(environment)) if (name.startsWith('AWS_')) vi.stubEnv(name, value);
  const engine = createEngine({ settings, sources: await sourcesFor(settings), modules: modulesFor(settings) });
  const leaks: string[] = [];
  const reached = new Set<string>();
  engine.subscribe((update: Update) => {
    for (const [way, text] of textsOf(update)) {
      const leak = leakInText(text);
      if (leak && leaks.length < 20) leaks.push(`${way}: ${leak}`);
      if (text.toUpperCase().includes(mark)) reached.add(way);
    }
  });
  for (const ask of asks) engine.send({ kind: 'subscribe', ask });
  const view = { workload: { deployment: 'api-gateway' }, since: 900_000, previous: true, filter: '', paused: false };
  engine.send({ kind: 'logs', view });
  try {
    await vi.waitFor(() => expect(fields.filter((field) => !reached.has(field))).toEqual([]), 200_000);
    await eventually(() => expect(hostile.count).toBeGreaterThan(30_000));
  } finally {
    await engine.stop();
    vi.unstubAllEnvs();
  }
  expect(leaks).toEqual([]);
});

/** Screens by the words that the palette finds them by. */
const words = [
  'Pods',
  'Deployments',
  'Studies',
  'Surfaces',
  'Sessions',
  'Tables',
  'API keys',
  'Evidence',
  'Backups',
  'Logs',
];

test('a terminal gets letters only, on every screen and in every detail', async () => {
  const terminal = new TerminalUnderTest({ columns: 200, rows: 50, environment });
  try {
    await terminal.shows(mark);
    for (const word of words) {
      await terminal.press(':').type(word).press('enter').settles();
      expect(leakInTerminal(terminal.raw), word).toBeUndefined();
      await terminal.press('down', 'enter').settles();
      expect(leakInTerminal(terminal.raw), `${word}, in detail`).toBeUndefined();
      await terminal.press('y').settles();
      expect(leakInTerminal(terminal.raw), `${word}, copied`).toBeUndefined();
      await terminal.press('esc', 'esc', 'esc').settles();
    }
    const copied = [...terminal.raw.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)];
    for (const [, text = ''] of copied) expect(leakInText(Buffer.from(text, 'base64').toString())).toBeUndefined();
  } finally {
    await terminal.close();
  }
});

test.each(
  [
    ['status', '--all'],
    ['status', '--all', '--json'],
    ['status', '--line'],
    ['doctor'],
    ['doctor', '--json'],
    ['config'],
    ['logs', '--selector', 'app=api-gateway', '--tail', '300'],
    ['run', 'revoke-api-key', '--key', 'key-ald001', '--by', 'sql'],
    ['run', 'retry-jobs', '--study', 'study_abc123'],
    ['run', 'restart-deployment', '--deployment', 'api-gateway'],
    ['run', 'rollback-deployment', '--deployment', 'api-gateway'],
  ].map((args) => [args.join(' '), args] as const),
)('output has letters only: %s', async (_, args) => {
  const env = { PATH: process.env.PATH ?? '', HOME: path.dirname(environment.KUBECONFIG ?? ''), ...environment };
  const printed = await new Promise<string>((resolve) =>
    execFile(process.execPath, [launcher, ...args], { env, timeout: 60_000 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    ),
  );
  expect(printed).not.toBe('');
  expect(leakInText(printed)).toBeUndefined();
  if (args.includes('--json'))
    for (const [way, text] of textsOf(JSON.parse(printed))) expect(leakInText(text), way).toBeUndefined();
});
