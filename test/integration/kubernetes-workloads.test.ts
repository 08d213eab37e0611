// What the namespace holds beside pods and deployments: read from the API server kind by kind, each for itself.
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import type { Workloads } from '../../src/core/world/facts.ts';
import { toClaim, toCronJob, toJob } from '../../src/data/kubernetes/batch.ts';
import { toDaemonSet, toReplicaSet, toStatefulSet } from '../../src/data/kubernetes/controllers.ts';
import { toDeployment } from '../../src/data/kubernetes/deployments.ts';
import { KubernetesPreflight } from '../../src/data/kubernetes/preflight.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';

const at = (time: string) => Date.parse(time);
const metadata = { name: 'redis', generation: 2, creationTimestamp: '2026-01-17T00:00:00Z' };

describe('a stateful set', () => {
  const set = (spec: object, status: object) =>
    toStatefulSet({ metadata, spec, status: { observedGeneration: 2, ...status } });
  const rolling = { currentRevision: 'a', updateRevision: 'b', updatedReplicas: 1 };

  test.each([
    ['is complete when its revisions agree', {}, { currentRevision: 'a', updateRevision: 'a' }, 'complete'],
    ['rolls while pods of the new revision are missing', {}, rolling, 'progressing'],
    [
      'is complete when a partition keeps the rest',
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
      rolling,
      'complete',
    ],
    ['waits for a person with OnDelete', { updateStrategy: { type: 'OnDelete' } }, rolling, 'complete'],
  ])('%s', (_, spec, status, state) => {
    expect(set({ replicas: 3, ...spec }, status)).toMatchObject({ kind: 'StatefulSet', rollout: { state } });
  });

  test('without replicas in its specification wants one', () => {
    expect(set({}, { readyReplicas: 1 })).toMatchObject({ desired: 1, ready: 1 });
  });
});

test('a daemon set counts what is scheduled, ready and misplaced', () => {
  const status = { observedGeneration: 2, desiredNumberScheduled: 4, numberReady: 3, numberMisscheduled: 1 };
  expect(toDaemonSet({ metadata, status: { ...status, updatedNumberScheduled: 4 } })).toMatchObject({
    desired: 4,
    ready: 3,
    misplaced: 1,
    rollout: { state: 'complete' },
  });
  expect(toDaemonSet({ metadata, status: { ...status, updatedNumberScheduled: 2 } })?.rollout).toEqual({
    state: 'progressing',
    why: '2 of 4 updated',
  });
});

test('a replica set counts when nothing owns it', () => {
  expect(toReplicaSet({ metadata, spec: { replicas: 2 }, status: { observedGeneration: 2 } })).toMatchObject({
    kind: 'ReplicaSet',
    desired: 2,
    ready: 0,
  });
  const owned = { ...metadata, ownerReferences: [{ kind: 'Deployment', name: 'x', controller: true }] };
  expect(toReplicaSet({ metadata: owned } as Parameters<typeof toReplicaSet>[0])).toBeUndefined();
  const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }];
  expect(toReplicaSet({ metadata, status: { observedGeneration: 2, conditions } })?.rollout).toEqual({
    state: 'stuck',
    reason: 'FailedCreate',
    why: 'exceeded quota',
  });
});

test('a controller that does not act is detected by its generation', () => {
  const managedFields = [
    { manager: 'kubectl', time: '2026-01-17T03:00:00Z' },
    { manager: 'kube-controller-manager', subresource: 'status', time: '2026-01-17T03:10:00Z' },
  ];
  const changed = { ...metadata, generation: 3, managedFields };
  const since = { unobservedSince: at('2026-01-17T03:00:00Z') };
  expect(toStatefulSet({ metadata: changed, status: { observedGeneration: 2 } })).toMatchObject({
    ...since,
    rollout: { state: 'progressing' },
  });
  expect(toDeployment({ metadata: changed, status: { observedGeneration: 2 } })).toMatchObject(since);
  expect(toDeployment({ metadata: changed, status: { observedGeneration: 3 } })).not.toHaveProperty('unobservedSince');
});

describe('a job', () => {
  const told = (status: object, spec: object = {}) => toJob({ metadata, spec, status });
  const condition = (type: string, reason: string) => ({
    conditions: [{ type, status: 'True', reason, lastTransitionTime: '2026-01-17T02:00:00Z' as never }],
  });

  it('is what its conditions say', () => {
    expect(told(condition('Failed', 'BackoffLimitExceeded'))).toMatchObject({
      state: 'failed',
      reason: 'BackoffLimitExceeded',
      endedAt: at('2026-01-17T02:00:00Z'),
    });
    expect(told(condition('FailureTarget', 'DeadlineExceeded'))?.state).toBe('failed');
    expect(told(condition('Complete', ''))?.state).toBe('complete');
    expect(told({}, { suspend: true })?.state).toBe('suspended');
    expect(told({ active: 1, failed: 2 })).toMatchObject({ state: 'running', active: 1, failed: 2, retries: 6 });
  });

  it('ends by its deadline, and belongs to its cron job', () => {
    expect(told({ startTime: '2026-01-17T01:00:00Z' }, { activeDeadlineSeconds: 60 })).toMatchObject({
      endsBy: at('2026-01-17T01:01:00Z'),
    });
    const ownerReferences = [{ kind: 'CronJob', name: 'nightly', controller: true }];
    expect(toJob({ metadata: { ...metadata, ownerReferences } } as Parameters<typeof toJob>[0])?.cronJob).toBe(
      'nightly',
    );
  });
});

test('a cron job and a volume claim', () => {
  const status = { lastScheduleTime: '2026-01-17T01:00:00Z', lastSuccessfulTime: '2026-01-16T01:00:00Z', active: [{}] };
  expect(toCronJob({ metadata, spec: { suspend: true }, status })).toMatchObject({
    suspended: true,
    active: 1,
    scheduledAt: at(status.lastScheduleTime),
    succeededAt: at(status.lastSuccessfulTime),
  });
  expect(toClaim({ metadata, status: { phase: 'Lost' } })).toMatchObject({ name: 'redis', phase: 'Lost' });
  expect(toClaim({ metadata })).toMatchObject({ phase: '' });
});

test('a rollout is verified by its pods’ Ready conditions', async () => {
  const server = new ApiServer();
  const gone = new AbortController();
  const owned = {
    labels: { app: 'executor' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'executor-7', controller: true }],
  };
  const waiting = { name: 'main', state: { waiting: { reason: 'CrashLoopBackOff' } } };
  const pods = ['a', 'b'].map((name) => ({
    metadata: { name, ...owned },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: name === 'a' ? 'True' : 'False' }],
      containerStatuses: name === 'a' ? [] : [waiting],
    },
  }));
  const debug = { metadata: { name: 'debug' }, status: { phase: 'Running', conditions: pods[0]?.status.conditions } };
  server.handle = (url, res) => {
    if (url.pathname.endsWith('/pods')) {
      expect(url.searchParams.get('labelSelector')).toBe('app=executor');
      return res.end(JSON.stringify({ items: [...pods, debug] }));
    }
    const spec = { replicas: 2, selector: { matchLabels: { app: 'executor' } } };
    const status = { readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2, replicas: 2 };
    return res.end(JSON.stringify({ metadata: { name: 'executor', uid: 'd' }, spec, status }));
  };
  await server.start();
  const preflight = new KubernetesPreflight(server.settings().kubernetes, gone.signal);
  try {
    expect(await preflight.deployment('executor')).toMatchObject({
      value: { ready: 1, available: 1, reasons: ['CrashLoopBackOff', 'its status says 2 ready'] },
    });
  } finally {
    await preflight.close();
    await server.end();
  }
});

describe('the workloads of a namespace', () => {
  let server: ApiServer;
  let over: AbortController;
  let news: SourceUpdate[];
  let ended: Promise<unknown>;
  const answers = new Map<string, Handler>();
  const list = (...objects: object[]): Handler => {
    return (_, res) => res.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: objects }));
  };
  const refuse =
    (status: number, message = ''): Handler =>
    (_, res) =>
      res.writeHead(status).end(JSON.stringify({ kind: 'Status', message }));
  const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

  beforeEach(async () => {
    server = new ApiServer();
    answers.clear();
    server.handle = (url, res, req) => {
      const kind = url.pathname.split('/').at(-1) ?? '';
      const watching = url.searchParams.get('watch') === 'true';
      const answer = answers.get(watching ? `watch ${kind}` : kind);
      if (answer) answer(url, res, req);
      else if (watching) res.flushHeaders();
      else list()(url, res, req);
    };
    await server.start();
    over = new AbortController();
    news = [];
  });
  afterEach(async () => {
    over.abort();
    await ended;
    await server.end();
  });

  const start = (kubernetes: Partial<Settings['kubernetes']> = {}, timeout = 10_000) => {
    const settings = server.settings({ intervals: { timeout } });
    const given = { ...settings, kubernetes: { ...settings.kubernetes, ...kubernetes } };
    const sources = kubernetesSources(given).filter(({ facts }) => facts.includes('workloads'));
    ended = Promise.all(sources.map((one) => one.start((n) => news.push(n), over.signal).ended));
  };
  /** Of an answer that does not come, in ms: long enough for those that do. */
  const late = 2000;
  const latest = (): Workloads | undefined => {
    const last = news.findLast((n) => n.fact === 'workloads');
    return last && 'value' in last ? (last.value as Workloads) : undefined;
  };
  const soon = <T>(value: () => T) => expect.poll(value, { timeout: 30_000, interval: 10 });

  it('are listed and followed, each kind for itself', async () => {
    answers.set('statefulsets', list({ metadata: { ...metadata, uid: 's' }, spec: { replicas: 2 } }));
    answers.set('persistentvolumeclaims', list({ metadata: { name: 'data', uid: 'c' }, status: { phase: 'Pending' } }));
    answers.set('watch jobs', (_, res) => {
      res.write(event('ADDED', { metadata: { name: 'migrate', uid: 'j', resourceVersion: '6' } }));
    });
    start();
    await soon(() => latest()?.all.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'StatefulSet redis',
      'Job migrate',
      'PersistentVolumeClaim data',
    ]);
    expect(latest()?.unseen).toEqual([]);
  });

  it('tell when a deployment rolled out each revision; after a roll back, when its replica set was new', async () => {
    const set = (uid: string, annotations: object, kind = 'Deployment') => ({
      metadata: {
        name: `api-gateway-${uid}`,
        uid,
        creationTimestamp: '2026-01-17T03:04:00Z',
        ownerReferences: [{ kind, name: 'api-gateway', controller: true }],
        annotations,
      },
    });
    const revision = 'deployment.kubernetes.io/revision';
    answers.set(
      'replicasets',
      list(
        set('a', { [revision]: '42' }),
        set('b', { [revision]: '43', [`${revision}-history`]: '40,41' }),
        set('c', {}),
        set('d', { [revision]: '7' }, 'Rollout'),
        { metadata: { name: 'own', uid: 'e' } },
      ),
    );
    start();
    const at = Date.UTC(2026, 0, 17, 3, 4);
    await soon(() => latest()?.deploys).toEqual([
      { deployment: 'api-gateway', revision: 42, at },
      { deployment: 'api-gateway', revision: 40, at },
    ]);
    expect(latest()?.all.map(({ name }) => name)).toEqual(['own']);
  });

  it('that are forbidden or unknown to the server affect no other kind and are named', async () => {
    answers.set('statefulsets', list({ metadata }));
    answers.set(
      'jobs',
      refuse(403, 'jobs.batch is forbidden: User "x" cannot list resource "jobs" in API group "batch"'),
    );
    answers.set('cronjobs', refuse(404, 'the server could not find the requested resource'));
    start();
    await soon(() => latest()?.unseen.map(({ kinds, fault }) => `${kinds}: ${fault.what}`)).toEqual([
      'jobs: not allowed to list jobs in bentham (403)',
      'cronjobs: not found (404): the server could not find the requested resource',
    ]);
    expect(latest()?.all).toHaveLength(1);
  });

  it('are read from the API of an older server: cron jobs before 1.21', async () => {
    const cron = { metadata: { name: 'nightly', uid: 'n' } };
    answers.set('cronjobs', (url, res, req) =>
      (url.pathname.includes('/batch/v1beta1/') ? list(cron) : refuse(404))(url, res, req),
    );
    start();
    await soon(() => latest()?.all.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['CronJob nightly']);
    expect(latest()?.unseen).toEqual([]);
    const watched = () => server.asked.filter((u) => u.searchParams.get('watch') === 'true').map((u) => u.pathname);
    await soon(watched).toContain('/apis/batch/v1beta1/namespaces/bentham/cronjobs');
  });

  it('include autoscalers, budgets and nodes; nodes that may not be listed are no finding', async () => {
    answers.set('horizontalpodautoscalers', (url, res, req) =>
      (url.pathname.includes('/autoscaling/v2beta2/') ? list({ metadata: { name: 'api', uid: 'h' } }) : refuse(404))(
        url,
        res,
        req,
      ),
    );
    answers.set('poddisruptionbudgets', refuse(404));
    answers.set('replicationcontrollers', list({ metadata: { name: 'old', uid: 'o' }, spec: { replicas: 2 } }));
    answers.set('nodes', refuse(403, 'nodes is forbidden: User "x" cannot list resource "nodes"'));
    start();
    await soon(() => latest()?.all.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'ReplicationController old',
      'HorizontalPodAutoscaler api',
    ]);
    expect(latest()).toMatchObject({ unseen: [], nodes: [] });
    answers.set(
      'nodes',
      list({ metadata: { name: 'n1', uid: 'n' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
    );
    await soon(() => latest()?.nodes).toMatchObject([{ name: 'n1', ready: true }]);
  });

  it('count the pods that a selector leaves out', async () => {
    answers.set('pods', (url, res) => {
      expect([...url.searchParams.keys()]).toEqual(['limit']);
      res.end(JSON.stringify({ metadata: { remainingItemCount: 39 }, items: [{ metadata: { name: 'a' } }] }));
    });
    start({ podSelector: 'app=executor' });
    await soon(() => latest()?.podsThere).toBe(40);
  });

  it('that are neither watched nor listed again are unknown, though the server lives; the others stay known', async () => {
    let watching: ServerResponse | undefined;
    answers.set('statefulsets', list({ metadata }));
    answers.set('watch statefulsets', (_, res) => {
      res.flushHeaders();
      watching = res;
    });
    start({}, late);
    await soon(() => watching).toBeDefined();
    await soon(() => latest()?.unseen).toEqual([]);
    let isOver = false;
    answers.set('statefulsets', (_, res) => {
      res.on('close', () => {
        isOver = true;
      });
    });
    watching?.destroy();
    await soon(() => latest()?.unseen.map(({ kinds, fault }) => `${kinds} ${fault.kind}`)).toEqual([
      'statefulsets timeout',
    ]);
    expect(isOver, 'while the list is still awaited').toBe(false);
    expect(latest()?.all).toHaveLength(1);
  });

  it('tell nothing of a server that is back until they are listed again', async () => {
    answers.set('statefulsets', list({ metadata }));
    start({}, late);
    await soon(() => latest()?.all.length).toBe(1);
    const { version } = server;
    server.version = refuse(500);
    await soon(() => latest()).toBeUndefined();
    let held: ServerResponse | undefined;
    answers.set('daemonsets', (_, res) => {
      held = res;
    });
    const before = news.length;
    server.version = version;
    await soon(() => news.slice(before).some((n) => 'fault' in n && n.fault.isLoading)).toBe(true);
    await soon(latest).toBeDefined();
    const told = news.slice(before).flatMap((n) => ('value' in n ? [n.value as Workloads] : []));
    for (const { unseen } of told) expect(unseen.map(({ kinds }) => kinds)).toContain('daemonsets');
    held?.end(JSON.stringify({ metadata: { resourceVersion: '9' }, items: [] }));
    await soon(() => latest()?.unseen).toEqual([]);
  });

  it('of a kind that gives no answer do not delay the others', async () => {
    answers.set('statefulsets', list({ metadata }));
    answers.set('daemonsets', () => {});
    start({}, late);
    await soon(() => latest()?.unseen.map(({ kinds, fault }) => `${kinds} ${fault.kind}`)).toEqual([
      'daemonsets timeout',
    ]);
    expect(latest()?.all).toHaveLength(1);
  });

  it('that fail later are unknown, with their last values', async () => {
    let lists = 0;
    answers.set('statefulsets', (url, res, req) => {
      lists += 1;
      (lists === 1 ? list({ metadata }) : refuse(500, 'etcd is away'))(url, res, req);
    });
    answers.set('watch statefulsets', (_, res) => res.end(event('ERROR', { code: 410 })));
    start();
    await soon(() => latest()?.unseen.map(({ kinds }) => kinds)).toEqual(['statefulsets']);
    expect(latest()?.all).toMatchObject([{ name: 'redis' }]);
  });

  it('a replica set with an owner is no finding of its own', async () => {
    answers.set('replicasets', list({ metadata: { ...metadata, uid: 'r' } }));
    const owned = { ...metadata, uid: 'r', ownerReferences: [{ kind: 'Deployment', name: 'x', controller: true }] };
    let adopt = () => {};
    answers.set('watch replicasets', (_, res) => {
      adopt = () => void res.write(event('MODIFIED', { metadata: owned }));
      res.flushHeaders();
    });
    start();
    await soon(() => latest()?.all.map(({ name }) => name)).toEqual(['redis']);
    await soon(() => {
      adopt();
      return latest()?.all;
    }).toEqual([]);
  });

  it('whose pods are refused show the events of their controllers', async () => {
    const involvedObject = { kind: 'StatefulSet', name: 'redis' };
    const refused = {
      metadata: { name: 'e', uid: 'e' },
      involvedObject,
      reason: 'FailedCreate',
      message: 'exceeded quota',
    };
    const mount = { ...refused, involvedObject: { kind: 'Pod', name: 'redis-0' }, message: 'no such secret' };
    answers.set('events', (url, res, req) => {
      const asked = url.searchParams.get('fieldSelector');
      list(...(asked === 'reason=FailedCreate' ? [refused] : asked === 'reason=FailedMount' ? [mount] : []))(
        url,
        res,
        req,
      );
    });
    start();
    await soon(() => latest()?.refusals).toMatchObject([
      { ...involvedObject, message: 'exceeded quota' },
      { kind: 'Pod', name: 'redis-0', message: 'no such secret' },
    ]);
  });
});
