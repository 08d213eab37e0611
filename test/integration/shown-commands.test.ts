// What a command shows is where it goes: each call that speaks HTTP is made by the cockpit, and typed as it was shown, with
// curl, kubectl and aws. A server on loopback records both; they have to be the same request.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { actionById } from '../../src/actions/index.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { BuiltInActionId, Target } from '../../src/core/actions/action.ts';
import type { Call, KubernetesChange } from '../../src/core/actions/call.ts';
import type { ActionContext, Preflight } from '../../src/core/actions/preflight.ts';
import { toShellCommand } from '../../src/core/actions/shell-command.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { execute } from '../../src/data/execute.ts';
import { good } from '../support/configuration.ts';

/** Every tool, and whether its requests are compared here. A new one has to say so. */
const tools: Record<Call['tool'], 'compared' | 'no HTTP' | 'only looks' | 'elsewhere'> = {
  ...{
    kubernetes: 'compared',
    http: 'compared',
    api: 'compared',
    pagerduty: 'compared',
    channel: 'compared',
    s3: 'compared',
    rds: 'compared',
  },
  ...{ sql: 'no HTTP', command: 'no HTTP', redis: 'no HTTP', rollout: 'only looks', preserve: 'only looks' },
  // Its password is made while it runs: test/scenarios/rotation.test.ts.
  secrets: 'elsewhere',
};

const installed = (program: string) =>
  (process.env.PATH ?? '').split(path.delimiter).some((place) => existsSync(path.join(place, program)));

type Heard = { method: string; host: string; path: string; body: string; headers: IncomingHttpHeaders };
let heard: Heard[] = [];
let server: Server;
let home: string;
let settings: ExecutionContext['settings'];
let environment: Record<string, string>;

const name = 'api-gateway';
const meta = { name, namespace: 'bentham', uid: 'u', generation: 3, resourceVersion: '7' };
const template = (image: string) => ({ metadata: { labels: { app: name } }, spec: { containers: [{ name, image }] } });
const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { ...meta, annotations: { 'deployment.kubernetes.io/revision': '2' } },
  spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template('api:2') },
  status: {},
};
const replicaSet = (revision: number) => ({
  ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  metadata: {
    ...{ name: `${name}-${revision}`, namespace: 'bentham', uid: `r${revision}`, labels: { app: name } },
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: 'u', controller: true }],
  },
  spec: { replicas: 0, selector: { matchLabels: { app: name } }, template: template(`api:${revision}`) },
});
const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: meta, spec: { replicas: 2 }, status: {} };
const kinds = [
  { name: 'deployments', singularName: 'deployment', namespaced: true, kind: 'Deployment', verbs: ['get', 'patch'] },
  {
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    kind: 'Scale',
    group: 'autoscaling',
    version: 'v1',
    verbs: ['get', 'patch', 'update'],
  },
  { name: 'replicasets', singularName: 'replicaset', namespaced: true, kind: 'ReplicaSet', verbs: ['list'] },
];

/** What every one of the services says, told apart by the path. */
function answerTo(method: string, url: string): string {
  const { pathname } = new URL(url, 'http://x');
  if (pathname === '/api') return JSON.stringify({ kind: 'APIVersions', versions: ['v1'] });
  if (pathname === '/api/v1') return JSON.stringify({ kind: 'APIResourceList', groupVersion: 'v1', resources: [] });
  const version = { groupVersion: 'apps/v1', version: 'v1' };
  if (pathname === '/apis')
    return JSON.stringify({
      kind: 'APIGroupList',
      groups: [{ name: 'apps', versions: [version], preferredVersion: version }],
    });
  if (pathname === '/apis/apps/v1')
    return JSON.stringify({ kind: 'APIResourceList', groupVersion: 'apps/v1', resources: kinds });
  if (pathname.endsWith('/scale')) return JSON.stringify(scale);
  if (pathname.includes('/replicasets'))
    return JSON.stringify({ kind: 'ReplicaSetList', apiVersion: 'apps/v1', items: [replicaSet(2), replicaSet(1)] });
  if (pathname.includes('/deployments')) return JSON.stringify(deployment);
  if (pathname.includes('/bucket') && method === 'POST')
    return '<DeleteResult><Deleted><Key>x</Key></Deleted></DeleteResult>';
  if (pathname.includes('/bucket')) return '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>';
  if (pathname === '/pagerduty') return '{"status":"success"}';
  if (pathname.startsWith('/slack')) return 'ok';
  if (pathname.startsWith('/v1/studies')) return '{"success":true}';
  if (pathname.startsWith('/incidents/')) return '{"incident":{},"note":{}}';
  if (pathname === '/health') return '{"status":"ok"}';
  return `<RestoreDBClusterToPointInTimeResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><RestoreDBClusterToPointInTimeResult/></RestoreDBClusterToPointInTimeResponse>`;
}

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    heard.push({ method, host: headers.host ?? '', path: url, body, headers });
    const json = !answerTo(method, url).startsWith('<');
    response
      .writeHead(200, { 'content-type': json ? 'application/json' : 'application/xml' })
      .end(answerTo(method, url));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  home = mkdtempSync(path.join(tmpdir(), 'shown-'));
  const kubeconfig = path.join(home, 'config');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [{ name: 'c', cluster: { server: at } }],
      contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: {} }],
    }),
  );
  environment = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: kubeconfig },
    ...{ AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: at },
    ...{ BENTHAM_KUBERNETES_NAMESPACE: 'bentham', BENTHAM_GATEWAY_URL: at, ADMIN_API_KEY: 'admin-key' },
    BENTHAM_CHANNELS_PAGER_DUTY_URL: `${at}/pagerduty`,
    BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: 'routing-key',
    BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN: 'u+api-token',
    BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: `${at}/slack/ops`,
    BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK: `${at}/slack/alerts`,
  };
  for (const one of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(one, environment[one]);
  ({ settings } = await good({ env: environment }));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  heard = [];
});

/** The requests that change something, or all where none does. */
const asked = () => {
  const changes = heard.filter(({ method }) => method !== 'GET');
  return changes.length > 0 ? changes : heard;
};

/** What the cockpit sends, and what a person sends who types what was shown. */
async function both(call: Call): Promise<{ own: Heard[]; typed: Heard[] }> {
  const context = { settings, context: {} as ActionContext, signal: AbortSignal.timeout(30_000) };
  heard = [];
  const done = await execute(call, { ...context, tell: () => {}, keep: async () => {} });
  expect(done, JSON.stringify(done)).toMatchObject({ outcome: 'done' });
  const own = asked();
  heard = [];
  await promisify(execFile)('/bin/sh', ['-c', toShellCommand(call, targetsOf(settings, environment))], {
    env: environment,
    timeout: 60_000,
  });
  return { own, typed: asked() };
}

/** A bucket is the same with and without a slash behind it. */
const where = ({ method, host, path: at }: Heard) => ({
  method,
  host,
  path: at.split('?')[0]?.replace(/(?<=.)\/$/, ''),
});
const json = (one: Heard) => ({ ...where(one), body: JSON.parse(one.body || 'null') as unknown });

/** The calls of a channel's action, as its plan makes them. */
async function callsOf(action: BuiltInActionId, target: Target): Promise<readonly Call[]> {
  const targets = targetsOf(settings, environment);
  const channels = { ...targets.channels, pagerApi: undefined };
  const preflight: Partial<Preflight> = {
    // Without a token, so that it is an event: requests of the REST API are compared below.
    context: { environment: 'TEST', targets: { ...targets, channels } } as ActionContext,
    incident: () => undefined,
  };
  const made = await actionById[action].plan(target, preflight as Preflight);
  if (!made.ok) throw new Error(made.why);
  return made.plan.calls;
}

test('every tool that changes something over HTTP is compared', () => {
  expect(Object.values(tools).filter((how) => how === 'compared')).toHaveLength(7);
});

const text = `it's $(id) "quoted" \\ back & more\nsecond line é`;
test.skipIf(!installed('curl')).each<readonly [BuiltInActionId, Target]>([
  ['acknowledge-page', { page: `bentham/it's` }],
  ['resolve-page', { page: 'bentham/1' }],
  ['notify', { channel: 'pagerduty', text }],
  ['notify', { channel: 'slack-ops', text }],
  ['notify', { channel: 'slack-alerts', text }],
])('%s %o: the same host, path and body', async (action, target) => {
  const calls = await callsOf(action, target);
  expect(calls).toHaveLength(1);
  for (const call of calls) {
    const { own, typed } = await both(call);
    expect(typed.map(json)).toEqual(own.map(json));
    expect(own).toHaveLength(1);
  }
});

test.skipIf(!installed('curl')).each<(at: string) => Call>([
  (at) => ({ tool: 'http', url: `${at}/health` }),
  (at) => ({ tool: 'api', method: 'DELETE', url: `${at}/v1/studies/${encodeURIComponent(`a'b $(id)`)}` }),
  (at) => ({ tool: 'api', method: 'POST', url: `${at}/v1/studies/s/pause` }),
  (at) => ({
    ...{ tool: 'pagerduty', method: 'PUT', url: `${at}/incidents/Q1`, from: `o'hara@bentham.io` },
    body: JSON.stringify({ incident: { type: 'incident_reference', escalation_level: 2 } }),
  }),
  (at) => ({
    ...{ tool: 'pagerduty', method: 'POST', url: `${at}/incidents/Q1/notes` },
    body: JSON.stringify({ note: { content: `@/etc/passwd ${text}` } }),
  }),
])('a request to the gateway or PagerDuty is the one that is shown (%#)', async (made) => {
  const { own, typed } = await both(made(settings.gateway.url));
  const told = (one: Heard) => ({ ...json(one), authorization: one.headers.authorization, from: one.headers.from });
  expect(typed.map(told)).toEqual(own.map(told));
  expect(own).toHaveLength(1);
});

describe.skipIf(!installed('kubectl'))('kubectl', () => {
  const call = (change: KubernetesChange): Call => ({
    ...{ tool: 'kubernetes', do: change, namespace: 'bentham', when: { uid: 'u', generation: 3 } },
  });
  const patchOf = (one: Heard) =>
    JSON.parse(one.body) as { spec?: { template?: { metadata?: { annotations?: object } } } };

  test('restarts the same deployment in the same way', async () => {
    const { own, typed } = await both(call({ verb: 'restart', deployment: name }));
    expect(typed.map(where)).toEqual(own.map(where));
    const annotated = (one: Heard) => Object.keys(patchOf(one).spec?.template?.metadata?.annotations ?? {});
    expect(annotated(typed[0] as Heard)).toEqual(annotated(own[0] as Heard));
  });

  test('scales the same deployment to the same number', async () => {
    const { own, typed } = await both(call({ verb: 'scale', deployment: name, replicas: 5 }));
    expect(typed.map(where).map(({ path: at }) => at)).toEqual(own.map(where).map(({ path: at }) => at));
    for (const one of [...own, ...typed]) expect(patchOf(one)).toMatchObject({ spec: { replicas: 5 } });
  });

  test('rolls the same deployment back to the same template', async () => {
    const { own, typed } = await both(call({ verb: 'rollback', deployment: name, toRevision: 1 }));
    expect(typed.map(where)).toEqual(own.map(where));
    type Operation = { op: string; path: string; value?: unknown };
    const replaced = ({ body }: Heard) =>
      (JSON.parse(body) as Operation[]).find(({ path: at }) => at === '/spec/template')?.value;
    expect(replaced(own[0] as Heard)).toMatchObject({ spec: { containers: [{ image: 'api:1' }] } });
    expect(replaced(typed[0] as Heard)).toMatchObject({ spec: { containers: [{ image: 'api:1' }] } });
  });
});

describe.skipIf(!installed('aws'))('aws', () => {
  const keys = ['study_1/a b+c%.png', `it's/é "x".png`, '-dash'];
  const copies = (one: Heard) => ({
    ...where(one),
    path: decodeURIComponent(where(one).path ?? ''),
    from: decodeURIComponent(String(one.headers['x-amz-copy-source'])),
  });

  test.each(keys)('restores the same version of %s', async (key) => {
    const { own, typed } = await both({
      tool: 's3',
      bucket: 'bucket',
      do: { verb: 'restore-version', key, versionId: 'v/1=' },
    });
    expect(typed.map(copies)).toEqual(own.map(copies));
    expect(own).toHaveLength(1);
  });

  test('restores the same versions of many', async () => {
    const versions = keys.map((key) => ({ key, versionId: 'v1' }));
    const { own, typed } = await both({ tool: 's3', bucket: 'bucket', do: { verb: 'restore-versions', versions } });
    const sorted = (all: readonly Heard[]) => all.map(copies).toSorted((a, b) => a.path.localeCompare(b.path));
    expect(sorted(typed)).toEqual(sorted(own));
    expect(own).toHaveLength(keys.length);
  });

  test('deletes the same objects', async () => {
    const { own, typed } = await both({ tool: 's3', bucket: 'bucket', do: { verb: 'delete', keys } });
    const named = (one: Heard) => ({
      ...where(one),
      keys: [...one.body.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) =>
        key?.replaceAll('&quot;', '"').replaceAll('&apos;', "'"),
      ),
    });
    expect(typed.map(named)).toEqual(own.map(named));
    expect(named(own[0] as Heard).keys).toEqual(keys);
  });

  test.each([{ at: '2026-01-17T02:00:00Z' }, {}])('restores the same cluster (%o)', async (more) => {
    const { own, typed } = await both({
      tool: 'rds',
      do: { verb: 'restore-to-point-in-time', source: 'bentham-prod', target: 'bentham-recovered', ...more },
    });
    const parameters = (one: Heard) => {
      const { RestoreToTime, ...rest } = Object.fromEntries(new URLSearchParams(one.body));
      return { ...rest, RestoreToTime: RestoreToTime === undefined ? undefined : Date.parse(RestoreToTime) };
    };
    expect(typed.map(parameters)).toEqual(own.map(parameters));
    expect(typed.map(where)).toEqual(own.map(where));
  });
});
