import { describe, expect, it } from 'vitest';
import { podCounts } from '../../src/core/health/pod-groups.ts';
import { evaluatePod } from '../../src/core/health/pods.ts';
import { toState } from '../../src/data/kubernetes/deployment-state.ts';
import { toDeployment, type WireDeployment } from '../../src/data/kubernetes/deployments.ts';
import { toPod, type WirePod } from '../../src/data/kubernetes/pods.ts';
import { podSays, shortName } from '../../src/screens/pods/pane.ts';

const base: WirePod = {
  metadata: {
    name: 'api-gateway-5d4f9c-8qk5p',
    namespace: 'bentham-prod',
    uid: 'u1',
    creationTimestamp: '2026-01-17T03:00:00Z',
    labels: { app: 'gateway', 'pod-template-hash': '5d4f9c' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'api-gateway-5d4f9c', controller: true }],
  },
  spec: { nodeName: 'node-1', containers: [{ name: 'gateway', image: 'bentham/gateway:1.4.2' }] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'gateway', ready: true, restartCount: 0, state: { running: {} } }],
  },
};
const withStatus = (status: NonNullable<WirePod['status']>): WirePod => ({
  ...base,
  status: { ...base.status, ...status },
});

describe('a pod', () => {
  const now = Date.UTC(2026, 0, 17, 12);
  const judged = (wire: WirePod) => {
    const pod = toPod(wire);
    return pod && evaluatePod(pod, now);
  };

  it('that is ready is ok', () => {
    expect(toPod(base)).toEqual({
      uid: 'u1',
      name: 'api-gateway-5d4f9c-8qk5p',
      namespace: 'bentham-prod',
      app: 'api-gateway',
      owner: { kind: 'ReplicaSet', name: 'api-gateway-5d4f9c' },
      node: 'node-1',
      status: 'Running',
      phase: 'Running',
      ready: true,
      containers: { ready: 1, total: 1 },
      restarts: 0,
      image: 'bentham/gateway:1.4.2',
      createdAt: Date.UTC(2026, 0, 17, 3),
      terminating: false,
    });
  });

  it('is not ready by its condition, whatever its phase and its containers say: a dead node', () => {
    const pod = toPod(withStatus({ reason: 'NodeLost', conditions: [{ type: 'Ready', status: 'False' }] }));
    expect(pod).toMatchObject({ phase: 'Running', ready: false, reason: 'NodeLost' });
  });

  it('in a crash loop shows how it ended last', () => {
    const pod = toPod(
      withStatus({
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          {
            name: 'gateway',
            ready: false,
            restartCount: 14,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
            lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-17T03:10:00Z' } },
          },
        ],
      }),
    );
    expect(pod).toMatchObject({
      ready: false,
      restarts: 14,
      lastRestartAt: Date.UTC(2026, 0, 17, 3, 10),
      reason: 'CrashLoopBackOff',
      exitCode: 137,
      message: 'last ended OOMKilled; back-off 5m0s',
    });
  });

  it.each([
    [
      'OOMKilled',
      { containerStatuses: [{ name: 'g', state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }] },
    ],
    ['ImagePullBackOff', { containerStatuses: [{ name: 'g', state: { waiting: { reason: 'ImagePullBackOff' } } }] }],
    ['ExitCode:1', { containerStatuses: [{ name: 'g', state: { terminated: { exitCode: 1 } } }] }],
    ['Evicted', { phase: 'Failed', reason: 'Evicted', message: 'low on memory', containerStatuses: null }],
    [
      'Unschedulable',
      {
        phase: 'Pending',
        containerStatuses: null,
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }],
      },
    ],
    [
      'ContainerCreating',
      { phase: 'Pending', containerStatuses: [{ name: 'g', state: { waiting: { reason: 'ContainerCreating' } } }] },
    ],
  ] satisfies [string, NonNullable<WirePod['status']>][])('tells %s', (reason, status) => {
    expect(toPod(withStatus({ conditions: [], ...status }))).toMatchObject({ reason, ready: false });
  });

  it('names the init container that blocks it, not the waiting containers', () => {
    const pod = toPod(
      withStatus({
        phase: 'Pending',
        conditions: [],
        initContainerStatuses: [
          {
            name: 'migrate',
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 2, reason: 'Error' } },
          },
        ],
        containerStatuses: [{ name: 'gateway', state: { waiting: { reason: 'PodInitializing' } } }],
      }),
    );
    expect(pod).toMatchObject({ reason: 'Init:CrashLoopBackOff', message: 'init container migrate', exitCode: 2 });
  });

  it('counts its init containers while they run, and their restarts, as kubectl does', () => {
    const pod = toPod({
      ...base,
      spec: { ...base.spec, initContainers: [{ name: 'wait' }, { name: 'migrate' }] },
      status: {
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'wait', restartCount: 1, state: { terminated: { exitCode: 0 } } },
          { name: 'migrate', restartCount: 3, state: { running: {} } },
        ],
        containerStatuses: [{ name: 'gateway', restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } }],
      },
    });
    expect(pod).toMatchObject({ reason: 'Init:1/2', restarts: 4 });
    expect(pod && evaluatePod({ ...pod, createdAt: now - 30_000 }, now)).toBe('warning');
    expect(pod && evaluatePod({ ...pod, createdAt: now - 600_000 }, now)).toBe('critical');
  });

  it('does not count an ephemeral container', () => {
    const pod = toPod(withStatus({ ephemeralContainerStatuses: [{ name: 'debug', restartCount: 9, state: {} }] }));
    expect(pod).toMatchObject({ containers: { ready: 1, total: 1 }, restarts: 0 });
  });

  const restarted = (restartCount: number, finishedAt: string) =>
    withStatus({
      containerStatuses: [
        {
          name: 'gateway',
          ready: true,
          restartCount,
          state: { running: {} },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt } },
        },
      ],
    });

  it('that runs between two crashes is a warning for an hour: a loop does not turn ok while it runs', () => {
    expect(toPod(restarted(5, '2026-01-17T11:20:00Z'))).toMatchObject({ lastEnd: 'OOMKilled', ready: true });
    expect(judged(restarted(5, '2026-01-17T11:20:00Z'))).toBe('warning');
    expect(judged(restarted(5, '2026-01-17T10:50:00Z'))).toBe('ok');
    expect(judged(restarted(1, '2026-01-17T11:20:00Z'))).toBe('ok');
  });

  it('without a controller says so, and a stateful set keeps its name', () => {
    expect(toPod({ ...base, metadata: { ...base.metadata, ownerReferences: [] } })).toMatchObject({ bare: true });
    const owner = { kind: 'StatefulSet', name: 'redis', controller: true };
    const pod = toPod({ ...base, metadata: { ...base.metadata, name: 'redis-0', ownerReferences: [owner] } });
    expect(pod).toMatchObject({ owner: { kind: 'StatefulSet', name: 'redis' } });
    expect(pod && shortName(pod)).toBe('redis-0');
  });

  it('counts a sidecar as a container', () => {
    const pod = toPod({
      ...base,
      spec: { ...base.spec, initContainers: [{ name: 'proxy', restartPolicy: 'Always' }, { name: 'migrate' }] },
      status: {
        ...base.status,
        initContainerStatuses: [
          { name: 'proxy', ready: true, restartCount: 2, state: { running: {} } },
          { name: 'migrate', ready: true, restartCount: 1, state: { terminated: { exitCode: 0 } } },
        ],
      },
    });
    expect(pod).toMatchObject({ containers: { ready: 2, total: 2 }, restarts: 2 });
  });

  it('that is being deleted is Terminating', () => {
    const pod = toPod({ ...base, metadata: { ...base.metadata, deletionTimestamp: '2026-01-17T03:10:00Z' } });
    expect(pod).toMatchObject({ terminating: true, reason: 'Terminating' });
  });

  it('that is still there long after its grace period is a warning', () => {
    const ending = (deletionTimestamp: string) =>
      judged({
        ...base,
        metadata: { ...base.metadata, deletionTimestamp },
        status: { ...base.status, conditions: [{ type: 'Ready', status: 'False' }] },
      });
    expect(ending('2026-01-17T12:00:20Z')).toBe('ok');
    expect(ending('2026-01-17T11:59:30Z')).toBe('ok');
    expect(ending('2026-01-17T11:30:00Z')).toBe('warning');
  });

  it('that failed and was replaced counts for an hour; one that is not replaced stays critical', () => {
    const evicted = (at: string): WirePod =>
      withStatus({
        phase: 'Failed',
        reason: 'Evicted',
        message: 'low on memory',
        containerStatuses: null,
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at }],
      });
    const pod = toPod(evicted('2026-01-17T11:30:00Z'));
    expect(pod).toMatchObject({ leftOver: true, endedAt: Date.UTC(2026, 0, 17, 11, 30), reason: 'Evicted' });
    expect(pod && podSays(pod)).toBe('Evicted, replaced');
    expect(judged(evicted('2026-01-17T11:30:00Z'))).toBe('warning');
    expect(judged(evicted('2026-01-17T04:00:00Z'))).toBe('ok');
    const bare = evicted('2026-01-17T04:00:00Z');
    expect(judged({ ...bare, metadata: { ...bare.metadata, ownerReferences: null } })).toBe('critical');
    expect(podCounts([toPod(base), pod].filter((p) => p !== undefined))).toEqual({ ready: 1, total: 1 });
  });

  it('that is not scheduled says so, even without conditions', () => {
    const pod = toPod({ ...base, spec: { containers: [{ name: 'g', image: 'g' }] }, status: { phase: 'Pending' } });
    expect(pod).toMatchObject({ phase: 'Pending', node: '', message: 'not scheduled yet' });
  });

  it('belongs to its deployment, to its app label, or to nothing', () => {
    const owned = (kind: string, name: string, labels: Record<string, string>) =>
      toPod({ ...base, metadata: { ...base.metadata, labels, ownerReferences: [{ kind, name, controller: true }] } });
    expect(owned('StatefulSet', 'queue', { app: 'worker' })?.app).toBe('worker');
    expect(owned('Job', 'nightly-1', {})?.app).toBe('');
    expect(owned('ReplicaSet', 'bare-rs', {})?.app).toBe('bare-rs');
    expect(owned('ReplicaSet', 'a-b-c-77', { 'pod-template-hash': '77' })?.app).toBe('a-b-c');
    // Made by hand: no hash label, and a label that all pods share.
    expect(owned('ReplicaSet', 'api-gateway-7d9f8b6c5', { app: 'bentham' })?.app).toBe('api-gateway');
    expect(owned('ReplicaSet', 'api-gateway-old', { app: 'api-gateway' })?.app).toBe('api-gateway');
  });

  it('tolerates nonsense from the API', () => {
    expect(toPod({})).toBeUndefined();
    expect(toPod({ metadata: { name: 'bare' } })).toMatchObject({ name: 'bare', phase: 'Unknown', ready: false });
    const odd = JSON.parse(
      '{"metadata":{"name":"x\\u001b[31m","labels":null,"ownerReferences":[null]},"spec":"?","status":{"phase":7,"conditions":{},"containerStatuses":[null,{"restartCount":"many","state":null}]}}',
    ) as WirePod;
    expect(toPod(odd)).toMatchObject({ name: 'x', phase: 'Unknown', restarts: 0, app: '' });
  });
});

describe('a deployment', () => {
  const rollout = (status: NonNullable<WireDeployment['status']>, more: WireDeployment['spec'] = {}) =>
    toDeployment({
      metadata: { name: 'api-gateway', generation: 2, annotations: { 'deployment.kubernetes.io/revision': '42' } },
      spec: { replicas: 3, ...more },
      status: { observedGeneration: 2, ...status },
    });
  const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

  it('is stuck for a reason that can stand in a sentence', () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'too slow.' },
    ];
    const status = { ...all, conditions } as NonNullable<WireDeployment['status']>;
    expect(toState({ metadata: { name: 'api-gateway' }, status })).toMatchObject({ stuck: 'too slow' });
  });

  it.each([
    ['complete', undefined, all],
    ['progressing', 'not yet observed by the controller', { ...all, observedGeneration: 1 }],
    ['progressing', '1 of 3 updated', { ...all, updatedReplicas: 1, replicas: 4 }],
    ['progressing', '1 old terminating', { ...all, replicas: 4 }],
    ['progressing', '2 of 3 updated available', { ...all, availableReplicas: 2 }],
    [
      'stuck',
      'too slow',
      {
        ...all,
        updatedReplicas: 1,
        conditions: [
          { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'too slow.' },
        ],
      },
    ],
    [
      'stuck',
      'exceeded quota',
      { ...all, conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }] },
    ],
    // An outage after a finished rollout is no rollout.
    [
      'complete',
      undefined,
      {
        ...all,
        readyReplicas: 0,
        availableReplicas: 0,
        conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
      },
    ],
  ] as const)('is %s: %s', (state, why, status) => {
    expect(rollout(status)?.rollout).toEqual(why === undefined ? { state } : { state, why });
  });

  it('that is paused says so', () => {
    expect(rollout(all, { paused: true })?.rollout.state).toBe('paused');
  });

  it('shows its numbers, and 0 for absent ones', () => {
    expect(rollout({})).toMatchObject({ desired: 3, ready: 0, updated: 0, revision: 42, images: [] });
    expect(toDeployment({ metadata: { name: 'x' }, status: null })).toMatchObject({ desired: 1, revision: 0 });
    expect(toDeployment({ metadata: null })).toBeUndefined();
  });
});
