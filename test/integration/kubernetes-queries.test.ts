// What `kubectl describe` tells: read from servers of our own shape, and from the drill's.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { revisionOf } from '../../src/core/queries/deployment-detail.ts';
import { nodeProblems } from '../../src/core/queries/pod-detail.ts';
import { quantityOf } from '../../src/core/text/quantity.ts';
import type { Cluster } from '../../src/data/kubernetes/client.ts';
import { Connection } from '../../src/data/kubernetes/connection.ts';
import { queryDeployment } from '../../src/data/kubernetes/deployment-query.ts';
import { toEvent } from '../../src/data/kubernetes/events.ts';
import { queryNode, toNodeDetail } from '../../src/data/kubernetes/node-query.ts';
import { queryPod, toPodDetail } from '../../src/data/kubernetes/pod-query.ts';
import type { Result } from '../../src/data/source.ts';
import { ApiServer } from '../support/api-server.ts';

test.each([
  ['250m', 0.25],
  ['1', 1],
  ['12345678n', 0.012345678],
  ['512Mi', 512 * 2 ** 20],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['128974848', 128_974_848],
  ['129e6', 129_000_000],
  ['1E', 1e18],
  ['.5', 0.5],
  [2, 2],
  ['', undefined],
  ['Mi', undefined],
  ['12 Mi', undefined],
  [undefined, undefined],
])('a quantity %j is %j', (text, value) => {
  const read = quantityOf(text);
  if (value === undefined) expect(read).toBeUndefined();
  else expect(read).toBeCloseTo(value, 9);
});

test('a node describes its problems', () => {
  const ready = { type: 'Ready', status: 'True' };
  const memory = { type: 'MemoryPressure', status: 'True' };
  expect(nodeProblems([ready, { type: 'DiskPressure', status: 'False' }], false)).toEqual([]);
  expect(nodeProblems([ready, memory], true)).toEqual(['memory pressure', 'cordoned: takes no new pods']);
  expect(nodeProblems([{ type: 'Ready', status: 'Unknown' }], false)).toEqual(['unknown']);
  expect(nodeProblems([{ type: 'Ready', status: 'False' }], false)).toEqual(['not ready']);
});

test('events of both kinds are read: with a count, and with a series', () => {
  const about = { kind: 'Pod', name: 'a' };
  const old = { count: 12, firstTimestamp: '2026-01-17T03:00:00Z', lastTimestamp: '2026-01-17T03:10:00Z' };
  expect(
    // The client's types say Date where the wire has text.
    toEvent({
      involvedObject: about,
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off\u001b[2J',
      ...old,
    } as never),
  ).toEqual({
    at: Date.UTC(2026, 0, 17, 3, 10),
    first: Date.UTC(2026, 0, 17, 3),
    count: 12,
    warning: true,
    reason: 'BackOff',
    message: expect.not.stringContaining('\u001b'),
    from: '',
    about: 'Pod a',
  });
  const series = { count: 4, lastObservedTime: '2026-01-17T03:12:00.000000Z' };
  expect(
    toEvent({ eventTime: '2026-01-17T03:00:00.000000Z', series, reportingComponent: 'default-scheduler' } as never),
  ).toMatchObject({ at: Date.UTC(2026, 0, 17, 3, 12), count: 4, warning: false, from: 'default-scheduler' });
  expect(toEvent({})).toMatchObject({ at: 0, count: 1 });
});

const wire = {
  metadata: {
    name: 'api-1',
    uid: 'u1',
    ownerReferences: [{ kind: 'ReplicaSet', name: 'api', controller: true }],
  },
  spec: {
    nodeName: 'node-1',
    initContainers: [
      { name: 'migrate', image: 'm:1' },
      { name: 'proxy', image: 'p:1', restartPolicy: 'Always' },
    ],
    containers: [
      {
        name: 'api',
        image: 'api:2',
        ports: [{ containerPort: 3000 }],
        resources: { requests: { cpu: '250m' }, limits: { memory: '512Mi' } },
        startupProbe: { exec: { command: ['cat', '/tmp/up'] } },
        readinessProbe: { httpGet: { path: '/health', port: 3000 }, periodSeconds: 5, timeoutSeconds: 2 },
        livenessProbe: { tcpSocket: { port: 'http' }, failureThreshold: 6 },
      },
    ],
  },
  status: {
    qosClass: 'Burstable',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
    initContainerStatuses: [{ name: 'migrate', state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
    containerStatuses: [
      {
        name: 'api',
        ready: false,
        restartCount: 14,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-17T03:10:00Z' } },
      },
    ],
  },
};

test('a pod shows its containers: state, last end, resources, usage, probes', () => {
  const usage = { containers: [{ name: 'api', usage: { cpu: '120m', memory: '480Mi' } }] };
  const { containers, owner, qos } = toPodDetail(wire as never, usage);
  expect({ owner, qos }).toEqual({ owner: 'ReplicaSet api', qos: 'Burstable' });
  expect(containers.map(({ name, role }) => [name, role])).toEqual([
    ['api', 'container'],
    ['migrate', 'init'],
    ['proxy', 'sidecar'],
  ]);
  expect(containers[0]).toMatchObject({
    restarts: 14,
    state: { is: 'waiting', reason: 'CrashLoopBackOff' },
    last: { is: 'ended', reason: 'OOMKilled', exitCode: 137, at: Date.UTC(2026, 0, 17, 3, 10) },
    cpu: { used: 0.12, requested: 0.25 },
    memory: { used: 480 * 2 ** 20, limit: 512 * 2 ** 20 },
    ports: ['3000/TCP'],
    probes: [
      'startup runs cat /tmp/up  every 10 s, answer within 1 s, fails after 3',
      'readiness GET :3000/health  every 5 s, answer within 2 s, fails after 3',
      'liveness connects to :http  every 10 s, answer within 1 s, fails after 6',
    ],
  });
  expect(toPodDetail({})).toMatchObject({ containers: [], conditions: [] });
});

describe('a pod with partial permissions', () => {
  const server = new ApiServer();
  let connection: Connection;
  beforeEach(async () => {
    await server.start();
    connection = new Connection(server.settings());
  });
  afterEach(async () => {
    await connection.close();
    await server.stop();
  });
  afterAll(() => server.end());
  const look = () => queryPod(connection, 'api-1', AbortSignal.timeout(60_000));

  it('is shown with what is unknown and why', async () => {
    server.handle = (url, res) => {
      if (url.pathname.endsWith('/pods/api-1') && !url.pathname.includes('metrics'))
        return res.end(JSON.stringify(wire));
      if (url.pathname.includes('metrics')) return res.writeHead(404).end('{"message":"not found"}');
      return res.writeHead(403).end('{"message":"forbidden"}');
    };
    expect(answerOf(await look())).toMatchObject({
      name: 'api-1',
      events: [],
      missing: [
        { part: 'node', why: 'not allowed to get nodes (403)' },
        { part: 'events', why: 'not allowed to list events in bentham (403)' },
        { part: 'use', why: 'no data in metrics-server' },
      ],
    });
    expect(server.asked.find((url) => url.pathname.endsWith('/events'))?.searchParams.get('fieldSelector')).toBe(
      'involvedObject.uid=u1',
    );
  });

  it('that is gone is a fault', async () => {
    server.handle = (_, res) => res.writeHead(404).end('{"message":"pods \\"api-1\\" not found"}');
    expect(await look()).toMatchObject({ ok: false, fault: { what: expect.stringContaining('404') } });
  });
});

describe('the drill’s cluster in an outage', () => {
  const scenario = scenarioNamed('api-outage');
  let directory: string;
  let kubernetes: Kubernetes;
  let connection: Connection;
  const within = () => AbortSignal.timeout(60_000);
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubernetes-look-'));
    kubernetes = await startKubernetes({ directory, conditions: scenario?.conditions.deployments ?? {}, pace: 0.05 });
    const settings = settingsSchema.parse({
      profile: 'test',
      environment: { name: 'TEST', guarded: false },
      kubernetes: { kubeconfig: kubernetes.kubeconfig, namespace: 'bentham-prod' },
      gateway: { url: 'http://127.0.0.1:1' },
      database: { primary: { host: '127.0.0.1' } },
      redis: { url: 'redis://127.0.0.1' },
    });
    connection = new Connection(settings);
  });
  afterAll(async () => {
    await connection.close();
    await kubernetes.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('lists a deployment’s revisions, newest first, with their pods', async () => {
    const detail = answerOf(await queryDeployment(connection, 'api-gateway', within()));
    expect(detail.missing).toEqual([]);
    expect(detail.revisions.map(({ revision, active }) => [revision, active])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(detail.revisions[1]).toMatchObject({
      images: ['ghcr.io/bentham/api-gateway:2026.11.2'],
      differs: [
        {
          what: 'image of api-gateway',
          removed: ['ghcr.io/bentham/api-gateway:2026.11.3'],
          added: ['ghcr.io/bentham/api-gateway:2026.11.2'],
          changed: [],
        },
      ],
    });
    const [newest] = detail.revisions;
    expect(revisionOf({ name: `${newest?.replicaSet}-abcde` }, detail.revisions)?.revision).toBe(3);
    expect(revisionOf({ name: 'somebody-else-abcde' }, detail.revisions)).toBeUndefined();
  });

  it('shows a pod’s node, usage and events, newest first', async () => {
    const opened = answerOf(await connection.open());
    const list = answerOf(
      await opened.get<{ items: { metadata: { name: string }; status: { phase: string } }[] }>({
        path: '/api/v1/namespaces/bentham-prod/pods',
        query: { labelSelector: 'app=executor' },
        timeout: 5000,
        to: 'list pods',
      }),
    );
    const name = list.items[0]?.metadata.name ?? '';
    const detail = answerOf(await queryPod(connection, name, within()));
    expect(detail).toMatchObject({ name, missing: [], node: { problems: [] } });
    expect(detail.containers[0]?.memory).toMatchObject({ used: expect.any(Number), limit: 512 * 2 ** 20 });
    const sick = await sickPod(opened);
    await expect
      .poll(async () => answerOf(await queryPod(connection, sick, within())).events.map(({ reason }) => reason), {
        timeout: 30_000,
      })
      .toContain('BackOff');
    const { events } = answerOf(await queryPod(connection, sick, within()));
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted((a, b) => b - a));
    expect(new Set(events.map(({ about }) => about))).toEqual(new Set([`Pod ${sick}`]));
  });

  it('shows a node’s capacity, usage and problems', async () => {
    const opened = answerOf(await connection.open());
    const nodes = { path: '/api/v1/nodes', timeout: 5000, to: 'list nodes' };
    const list = answerOf(await opened.get<{ items: { metadata: { name: string } }[] }>(nodes));
    const name = list.items[0]?.metadata.name ?? '';
    const node = answerOf(await queryNode(connection, name, within()));
    expect(node).toMatchObject({
      name,
      problems: [],
      missing: [],
      cpu: { capacity: 8, allocatable: 7.91, used: expect.any(Number) },
      memory: { capacity: 32 * 2 ** 30, allocatable: 31 * 2 ** 30, used: expect.any(Number) },
      pods: { allocatable: 110 },
    });
    expect(node.conditions.map(({ type }) => type)).toContain('Ready');
    expect(await queryNode(connection, 'no-such-node', within())).toMatchObject({ ok: false });
  });

  it('reads taints and cordons of a node', () => {
    const spec = {
      unschedulable: true,
      taints: [
        { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
        { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-01-17T03:00:00Z' },
      ],
    };
    expect(toNodeDetail({ metadata: { name: 'n' }, spec, status: {} } as never)).toMatchObject({
      problems: ['unknown', 'cordoned: takes no new pods'],
      taints: [
        { says: 'gpu=yes:NoSchedule' },
        { says: 'node.kubernetes.io/unreachable:NoExecute', since: Date.UTC(2026, 0, 17, 3) },
      ],
      cpu: {},
    });
  });
});

async function sickPod(cluster: Cluster): Promise<string> {
  const list = answerOf(
    await cluster.get<{
      items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
    }>({
      path: '/api/v1/namespaces/bentham-prod/pods',
      query: { labelSelector: 'app=api-gateway' },
      timeout: 5000,
      to: 'list pods',
    }),
  );
  const sick = list.items.find(({ status }) =>
    status.conditions.some((c) => c.type === 'Ready' && c.status !== 'True'),
  );
  return sick?.metadata.name ?? '';
}

function answerOf<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(outcome.fault.what);
  return outcome.value;
}
