import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from '@kubernetes/client-node';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import { type Conditions, scenarioNamed } from '../../simulator/scenario.ts';
import { may } from '../../src/data/kubernetes/access.ts';
import { Cluster } from '../../src/data/kubernetes/client.ts';
import { loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { eventually } from '../support/eventually.ts';

const namespace = 'bentham-prod';
const run = promisify(execFile);
let directory: string;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drill-kubernetes-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

type Begun = { kubernetes: Kubernetes; conditions: Conditions; config: KubeConfig; core: CoreV1Api; apps: AppsV1Api };

async function begin(
  scenario: string,
  more: Partial<Parameters<typeof startKubernetes>[0]> = {},
): Promise<Begun & { healed: string[]; agent: Agent }> {
  const conditions = structuredClone(scenarioNamed(scenario)?.conditions) as Conditions;
  const healed: string[] = [];
  const kubernetes = await startKubernetes({
    directory,
    conditions: conditions.deployments,
    healed: (name) => healed.push(name),
    pace: 0.02,
    ...more,
  });
  stops.push(kubernetes.stop);
  const config = new KubeConfig();
  config.loadFromFile(kubernetes.kubeconfig);
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  stops.push(() => agent.destroy());
  return {
    kubernetes,
    conditions,
    healed,
    config,
    agent,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
  };
}

type Answer = { status: number; body: { kind: string; reason?: string; message?: string } & Record<string, unknown> };

async function ask({ kubernetes, agent }: { kubernetes: Kubernetes; agent: Agent }, path: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${kubernetes.token}` };
  const { statusCode, body } = await request(kubernetes.url + path, { dispatcher: agent, headers });
  return { status: statusCode, body: (await body.json()) as Answer['body'] };
}

/** The events of a watch until `enough` is true of them. */
async function watchUntil(
  { kubernetes, agent }: { kubernetes: Kubernetes; agent: Agent },
  query: string,
  enough: (events: WatchEvent[]) => boolean,
): Promise<WatchEvent[]> {
  const { body } = await request(`${kubernetes.url}/api/v1/namespaces/${namespace}/pods?watch=true&${query}`, {
    dispatcher: agent,
    headers: { authorization: `Bearer ${kubernetes.token}` },
  });
  const events: WatchEvent[] = [];
  let rest = '';
  for await (const chunk of body.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) events.push(JSON.parse(line) as WatchEvent);
    if (enough(events)) break;
  }
  body.destroy();
  return events;
}
type WatchEvent = { type: string; object: { kind: string; code?: number; metadata: { name: string } } };

test('a request without its token is refused', async () => {
  const { kubernetes, agent } = await begin('calm');
  const { statusCode, body } = await request(`${kubernetes.url}/api/v1/pods`, { dispatcher: agent });
  expect([statusCode, await body.json()]).toMatchObject([401, { kind: 'Status', reason: 'Unauthorized', code: 401 }]);
});

test('lists the pods of the scenario: two of three gateways crash, and the rollout is stuck', async () => {
  const { core, apps } = await begin('api-outage', { pace: 1 });
  const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=api-gateway' });
  const reasons = items.map((pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? pod.status?.phase);
  expect(reasons.sort()).toEqual(['CrashLoopBackOff', 'CrashLoopBackOff', 'Running']);
  const exits = items.map((pod) => pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode ?? 0);
  expect(exits.sort()).toEqual([0, 1, 137]);
  const deployment = await apps.readNamespacedDeployment({ name: 'api-gateway', namespace });
  expect(deployment.status).toMatchObject({ updatedReplicas: 2, readyReplicas: 1 });
  const progressing = deployment.status?.conditions?.find((one) => one.type === 'Progressing');
  expect(progressing?.reason).toBe('ProgressDeadlineExceeded');
});

test('pages together are the complete list', async () => {
  const { core } = await begin('calm');
  const whole = await core.listNamespacedPod({ namespace });
  const names: (string | undefined)[] = [];
  let next: string | undefined;
  do {
    const page = await core.listNamespacedPod({ namespace, limit: 4, ...(next ? { _continue: next } : {}) });
    expect(page.items.length).toBeLessThanOrEqual(4);
    names.push(...page.items.map((pod) => pod.metadata?.name));
    next = page.metadata?._continue;
  } while (next);
  expect(names).toEqual(whole.items.map((pod) => pod.metadata?.name));
});

test('replication controllers are served, as by every API server', async () => {
  const begun = await begin('calm');
  const answer = await ask(begun, `/api/v1/namespaces/${namespace}/replicationcontrollers`);
  expect(answer).toMatchObject({ status: 200, body: { kind: 'ReplicationControllerList', items: [] } });
});

test('field selectors select, and unknown ones are refused', async () => {
  const begun = await begin('api-outage', { pace: 1 });
  const pending = await begun.core.listNamespacedPod({ namespace, fieldSelector: 'status.phase=Pending' });
  const running = await begun.core.listNamespacedPod({ namespace, fieldSelector: 'status.phase!=Pending' });
  expect([pending.items.length, running.items.length]).toEqual([0, 11]);
  const refused = await ask(begun, `/api/v1/namespaces/${namespace}/pods?fieldSelector=status.mood%3Dbad`);
  expect(refused).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
});

test('an informer sees a pod disappear and its successor appear', async () => {
  const { core, config } = await begin('calm');
  const informer = makeInformer<V1Pod>(config, `/api/v1/namespaces/${namespace}/pods`, () =>
    core.listNamespacedPod({ namespace }),
  );
  const added: string[] = [];
  const deleted: string[] = [];
  informer.on('add', (pod) => added.push(pod.metadata?.name ?? ''));
  informer.on('delete', (pod) => deleted.push(pod.metadata?.name ?? ''));
  await informer.start();
  stops.push(() => informer.stop());
  const doomed = added[0] ?? '';
  const before = added.length;
  await core.deleteNamespacedPod({ name: doomed, namespace });
  await eventually(() => expect(deleted).toContain(doomed));
  await eventually(() => expect(added.length).toBeGreaterThan(before));
});

test('a watch from an expired version ends with 410 Gone: as an event, or as the answer', async () => {
  const begun = await begin('calm');
  const { metadata } = await begun.core.listNamespacedPod({ namespace });
  begun.kubernetes.compact();
  const [event] = await watchUntil(begun, `resourceVersion=${metadata?.resourceVersion}`, (all) => all.length > 0);
  expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  const strict = await begin('calm', { watches: { gone: 'status' } });
  strict.kubernetes.compact();
  const answer = await ask(strict, `/api/v1/namespaces/${namespace}/pods?watch=true&resourceVersion=1`);
  expect(answer).toMatchObject({ status: 410, body: { kind: 'Status', reason: 'Expired' } });
});

test('bookmarks carry the version while nothing happens, and a watch times out', async () => {
  const begun = await begin('calm', { watches: { bookmarks: 20 } });
  const query = `resourceVersion=${begun.kubernetes.store.version()}&allowWatchBookmarks=true&timeoutSeconds=1`;
  const events = await watchUntil(begun, query, () => false);
  expect(events.at(-1)).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Pod' } });
});

test('a watch has a last bookmark before its end', async () => {
  const begun = await begin('calm');
  const query = `resourceVersion=${begun.kubernetes.store.version()}&allowWatchBookmarks=true&timeoutSeconds=3`;
  const events = await watchUntil(begun, query, () => false);
  expect(events.filter(({ type }) => type === 'BOOKMARK')).toHaveLength(1);
});

test('a pod that leaves the selection of a watch is deleted for it', async () => {
  const begun = await begin('calm');
  const pod = begun.kubernetes.ready('executor')[0];
  if (!pod) throw new Error('no executor');
  const seen = watchUntil(
    begun,
    `labelSelector=app%3Dexecutor&resourceVersion=${begun.kubernetes.store.version()}`,
    (all) => all.some((one) => one.type === 'DELETED'),
  );
  await begun.core.patchNamespacedPod(
    { name: pod.metadata.name, namespace, body: { metadata: { labels: { app: 'quarantined' } } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  expect((await seen).at(-1)).toMatchObject({ type: 'DELETED', object: { metadata: { name: pod.metadata.name } } });
});

test('a rollout restart creates new pods, and fixes what a restart can fix', async () => {
  const { apps, kubernetes, healed } = await begin('api-outage');
  const old = kubernetes.podsOf('api-gateway').map((pod) => pod.metadata.name);
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await apps.patchNamespacedDeployment(
    { name: 'api-gateway', namespace, body: { spec: { template: { metadata: { annotations } } } } },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
  await eventually(() => expect(healed).toEqual(['api-gateway']));
  expect(kubernetes.ready('api-gateway').length).toBe(3);
  expect(kubernetes.podsOf('api-gateway').filter((pod) => old.includes(pod.metadata.name))).toEqual([]);
  const { items } = await apps.listNamespacedReplicaSet({ namespace, labelSelector: 'app=api-gateway' });
  const revisions = items.map((set) => set.metadata?.annotations?.['deployment.kubernetes.io/revision']);
  expect(revisions.sort()).toEqual(['1', '2', '3', '4']);
});

test('a change from an old version is a conflict; a json patch whose test fails changes nothing', async () => {
  const { apps } = await begin('calm');
  const read = () => apps.readNamespacedDeployment({ name: 'executor', namespace });
  const stale = await read();
  await apps.patchNamespacedDeploymentScale(
    { name: 'executor', namespace, body: { spec: { replicas: 7 } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  await expect(apps.replaceNamespacedDeployment({ name: 'executor', namespace, body: stale })).rejects.toMatchObject({
    code: 409,
  });
  const version = stale.metadata?.resourceVersion;
  const body = [
    { op: 'test', path: '/metadata/resourceVersion', value: version },
    { op: 'replace', path: '/spec/replicas', value: 1 },
  ];
  await expect(apps.patchNamespacedDeployment({ name: 'executor', namespace, body })).rejects.toMatchObject({
    code: 422,
  });
  expect((await read()).spec?.replicas).toBe(7);
});

test('logs: tail, since, previous containers, and following until the pod is gone', async () => {
  const begun = await begin('api-outage', { pace: 1 });
  const { kubernetes, agent, core } = begun;
  const ill = kubernetes.podsOf('api-gateway').find((pod) => pod.status.containerStatuses?.[0]?.state.waiting);
  const well = kubernetes.ready('api-gateway')[0];
  if (!ill || !well) throw new Error('no such pods');
  const previous = await core.readNamespacedPodLog({ name: ill.metadata.name, namespace, previous: true });
  expect(previous).toContain('"msg":"starting"');
  await expect(
    core.readNamespacedPodLog({ name: well.metadata.name, namespace, previous: true }),
  ).rejects.toMatchObject({ code: 400 });
  for (const n of [1, 2, 3]) kubernetes.say(well, 30, { msg: `line ${n}` });
  const tail = await core.readNamespacedPodLog({ name: well.metadata.name, namespace, tailLines: 2, timestamps: true });
  expect(tail.trim().split('\n')).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z \{.*line 2/),
    expect.stringMatching(/line 3"\}$/),
  ]);
  const { body } = await request(
    `${kubernetes.url}/api/v1/namespaces/${namespace}/pods/${well.metadata.name}/log?follow=true&tailLines=1`,
    { dispatcher: agent, headers: { authorization: `Bearer ${kubernetes.token}` } },
  );
  let text = '';
  body.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = new Promise((resolve) => body.on('end', resolve));
  await eventually(() => expect(text).toContain('line 3'));
  kubernetes.say(well, 50, { msg: 'line 4' });
  await eventually(() => expect(text).toContain('line 4'));
  await core.deleteNamespacedPod({ name: well.metadata.name, namespace });
  await ended;
});

test('access reviews match the enforced rules', async () => {
  const { config, apps, kubernetes } = await begin('calm');
  const can = async (context: string) => {
    config.setCurrentContext(context);
    const answer = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { verb: 'patch', group: 'apps', resource: 'deployments', namespace } } },
    });
    return answer.status?.allowed;
  };
  expect([await can('bentham-drill'), await can('bentham-drill-viewer')]).toEqual([true, false]);
  kubernetes.restrict([{ verbs: ['get'], groups: ['apps'], resources: ['deployments'] }]);
  const refused = apps.patchNamespacedDeployment({ name: 'executor', namespace, body: [] });
  await expect(refused).rejects.toMatchObject({ code: 403, body: expect.stringContaining('cannot patch resource') });
});

test('a role that names its deployments is checked by name', async () => {
  const { kubernetes } = await begin('calm');
  kubernetes.restrict([{ verbs: ['patch'], groups: ['apps'], resources: ['deployments'], names: ['executor'] }]);
  const target = await loadTarget({ kubeconfig: kubernetes.kubeconfig });
  if (!target.ok) throw new Error(target.fault.what);
  const cluster = new Cluster(target.value);
  stops.push(() => cluster.close());
  const allowed = async (name?: string) => {
    const right = { verb: 'patch', group: 'apps', resource: 'deployments', namespace, ...(name ? { name } : {}) };
    const answer = await may(cluster, right, 5000, new AbortController().signal);
    return answer.ok && answer.value.allowed;
  };
  expect([await allowed('executor'), await allowed('api-gateway'), await allowed()]).toEqual([true, false, false]);
});

test('a node that dies leaves pods that still say Running and are not ready', async () => {
  const { kubernetes, core } = await begin('calm');
  const node = kubernetes.podsOf('executor')[0]?.spec.nodeName ?? '';
  kubernetes.loseNode(node);
  const { items } = await core.listNamespacedPod({ namespace, fieldSelector: `spec.nodeName=${node}` });
  expect(items.length).toBeGreaterThan(0);
  for (const pod of items) {
    expect(pod.status?.phase).toBe('Running');
    expect(pod.status?.conditions?.find((one) => one.type === 'Ready')?.status).toBe('False');
  }
});

test('the API server restarts at its address, with its data', async () => {
  const begun = await begin('calm');
  const before = begun.kubernetes.podsOf('executor').map((pod) => pod.metadata.name);
  await begun.kubernetes.down();
  await expect(ask(begun, '/api/v1/pods')).rejects.toThrow('ECONNREFUSED');
  await begun.kubernetes.up();
  const { items } = await begun.core.listNamespacedPod({ namespace, labelSelector: 'app=executor' });
  expect(items.map((pod) => pod.metadata?.name).sort()).toEqual(before.sort());
});

test('five thousand pods are listed in one answer', async () => {
  const begun = await begin('calm', { pods: 5000, pace: 1 });
  const { body } = await ask(begun, `/api/v1/namespaces/${namespace}/pods`);
  expect((body.items as unknown[]).length).toBe(5011);
});

const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);
test.runIf(!hasKubectl)('skipped without kubectl', () => {
  expect(hasKubectl).toBe(false);
});

describe.runIf(hasKubectl)('kubectl', () => {
  const kubectl = async (kubernetes: Kubernetes, ...args: string[]) => {
    const env = { ...process.env, KUBECONFIG: kubernetes.kubeconfig, HOME: directory };
    return (await run('kubectl', args, { env })).stdout;
  };

  test('gets, restarts, follows, rolls back, scales and asks', async () => {
    const { kubernetes } = await begin('api-outage', { pace: 0.05 });
    expect(await kubectl(kubernetes, 'get', 'deployments')).toMatch(/api-gateway +1\/3 +2 +1/);
    expect(await kubectl(kubernetes, 'auth', 'can-i', 'patch', 'deployments')).toBe('yes\n');
    expect(await kubectl(kubernetes, 'auth', 'whoami')).toContain('oncall@bentham.io');
    await kubectl(kubernetes, 'rollout', 'restart', 'deployment/api-gateway');
    const followed = await kubectl(kubernetes, 'rollout', 'status', 'deployment/api-gateway', '--timeout=15s');
    expect(followed).toContain('successfully rolled out');
    await kubectl(kubernetes, 'rollout', 'undo', 'deployment/api-gateway', '--to-revision=2');
    const history = await kubectl(kubernetes, 'rollout', 'history', 'deployment/api-gateway');
    expect(history).toMatch(/5 +release 2026\.11\.2/);
    await kubectl(kubernetes, 'scale', 'deployment/executor', '--replicas=2');
    await eventually(() => expect(kubernetes.ready('executor').length).toBe(2));
    expect(await kubectl(kubernetes, 'get', 'events')).toContain('ScalingReplicaSet');
  });
});

test('pods say who manages which of their fields, in lists, watches and in the rows of a table, as a real server sends them', async () => {
  const begun = await begin('calm');
  const path = `/api/v1/namespaces/${namespace}/pods?limit=3`;
  type Managed = { metadata: { uid: string; managedFields?: readonly { manager: string; fieldsV1: unknown }[] } };
  const { items } = (await ask(begun, path)).body as unknown as { items: readonly Managed[] };
  expect(items).toHaveLength(3);
  for (const pod of items) {
    const managers = pod.metadata.managedFields ?? [];
    expect(managers.map(({ manager }) => manager)).toEqual(['kube-controller-manager', 'kubelet']);
    expect(managers.map(({ fieldsV1 }) => fieldsV1)).toMatchObject([
      {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} }, 'f:ownerReferences': { '.': {} } },
        'f:spec': { 'f:containers': {}, 'f:restartPolicy': {} },
      },
      { 'f:status': { 'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {} } } } },
    ]);
    // Nobody manages what the server and the scheduler set themselves.
    expect(JSON.stringify(managers)).not.toMatch(/"f:(uid|nodeName|serviceAccountName|qosClass)"/);
    expect(JSON.stringify(pod).length).toBeGreaterThan(4500);
  }
  const headers = {
    authorization: `Bearer ${begun.kubernetes.token}`,
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  };
  const table = await request(begun.kubernetes.url + path, { dispatcher: begun.agent, headers });
  const { rows } = (await table.body.json()) as { rows: readonly { object: Managed & { kind: string } }[] };
  expect(rows.map(({ object }) => [object.kind, object.metadata])).toEqual(
    items.map(({ metadata }) => ['PartialObjectMetadata', metadata]),
  );
  const [added] = await watchUntil(begun, 'resourceVersion=0', (events) => events.length > 0);
  expect(added?.object.metadata).toHaveProperty('managedFields');
});
