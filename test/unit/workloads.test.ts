// How what runs in the namespace is judged: roles of the architecture, other workloads, jobs, claims, and bare pods.
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { rolloutStep } from '../../src/core/health/rollout.ts';
import type {
  BatchJob,
  Cluster,
  Controller,
  Deployment,
  Pod,
  Workload,
  Workloads,
} from '../../src/core/world/facts.ts';
import type { Readings, Scope, World } from '../../src/core/world/world.ts';
import { suggestSeverity } from '../../src/runbook/suggest-severity.ts';
import { calm, deployment, fault, live, lost, now, pod } from '../support/worlds.ts';

const hour = 3_600_000;
const broken = { ready: false, phase: 'Pending', reason: 'ImagePullBackOff' } as const;
const crashing = { ready: false, reason: 'CrashLoopBackOff', restarts: 9 } as const;

const readyPods = (app: string, count: number) => Array.from({ length: count }, (_, i) => pod(app, `r${i}`));

type Given = {
  deployments?: readonly Deployment[];
  pods?: readonly Pod[];
  scope?: Partial<Scope>;
} & Partial<Workloads>;

/** The calm world, and beside its three roles what the test says. */
function namespace({ deployments = [], pods = [], scope = {}, all = [], unseen = [], refusals = [] }: Given): World {
  const before = { deployments: value(calm.readings.deployments), pods: value(calm.readings.pods) };
  const kept = before.deployments.filter(({ name }) => !deployments.some((d) => d.name === name));
  const readings: Readings = {
    ...calm.readings,
    deployments: live([...kept, ...deployments]),
    pods: live([...before.pods.filter(({ app }) => kept.some(({ name }) => name === app)), ...pods]),
    workloads: live({ all, unseen, refusals }),
  };
  return { ...calm, scope: { ...calm.scope, ...scope }, readings };
}

function value<T>(reading: { state: string; value?: T }): T {
  if (reading.value === undefined) throw new Error('the calm world is live');
  return reading.value;
}

const judged = (world: World, id: string) => evaluate(world).find((one) => one.id === id);
const wrong = (world: World) =>
  evaluate(world)
    .filter(({ area, verdict }) => area === 'pods' && verdict !== 'ok')
    .map(({ id, verdict, says }) => `${verdict} ${id}: ${says}`);

const executor = (ready: number, more: Partial<Deployment> = {}) => deployment('executor', ready, 3, more);
const stuck = { rollout: { state: 'stuck', why: 'progress deadline exceeded' } } as const;
const rolling = { rollout: { state: 'progressing' } } as const;

describe('a role of the architecture', () => {
  const role = (d: Deployment, pods: readonly Pod[], scope: Partial<Scope> = {}) =>
    judged(namespace({ deployments: [d], pods, scope }), 'pods/executor');

  test.each([
    ['all replicas are ready', executor(3), readyPods('executor', 3), 'ok'],
    ['one is not', executor(2), readyPods('executor', 2), 'warning'],
    ['none is', executor(0), [], 'critical'],
    ['its rollout is paused', executor(3, { rollout: { state: 'paused' } }), readyPods('executor', 3), 'warning'],
    ['its rollout is stuck, the old ones serve', executor(3, stuck), readyPods('executor', 3), 'warning'],
    ['its rollout is stuck, and replicas are missing', executor(2, stuck), readyPods('executor', 2), 'critical'],
    [
      'it rolls',
      executor(3, rolling),
      [...readyPods('executor', 3), pod('executor', 'new', { ready: false, createdAt: now - 9000 })],
      'ok',
    ],
    [
      'it rolls, and a new pod fails',
      executor(3, rolling),
      [...readyPods('executor', 3), pod('executor', 'new', broken)],
      'warning',
    ],
    [
      'a pod that ends fails',
      executor(3),
      [...readyPods('executor', 3), pod('executor', 'old', { ...broken, terminating: true })],
      'ok',
    ],
    [
      'a pod does not end',
      executor(3),
      [...readyPods('executor', 3), pod('executor', 'old', { terminating: true, endsBy: now - hour })],
      'warning',
    ],
    [
      'a pod was evicted and replaced',
      executor(3),
      [
        ...readyPods('executor', 3),
        pod('executor', 'old', { ready: false, phase: 'Failed', reason: 'Evicted', leftOver: true }),
      ],
      'ok',
    ],
  ] as const)('%s', (_, d, pods, verdict) => expect(role(d, pods)?.verdict).toBe(verdict));

  test('shows the problem first', () => {
    const says = (d: Deployment, ready: number) =>
      role(d, [...readyPods('executor', ready), pod('executor', 'new', broken)])?.says;
    expect(says(executor(3, stuck), 3)).toBe('rollout stuck, ImagePullBackOff, 3/3 ready');
    expect(says(executor(3, rolling), 3)).toBe('progressing, ImagePullBackOff, 3/3 ready');
    expect(says(executor(2, rolling), 2)).toBe('2/3 ready, progressing, ImagePullBackOff');
    expect(role(executor(3), readyPods('executor', 3))?.says).toBe('3/3 ready');
  });

  test('is evaluated by its pods’ Ready conditions if its status is not updated', () => {
    const three = ['a', 'b', 'c'].map((tail) => pod('executor', tail, crashing));
    expect(role(executor(3), three)).toMatchObject({
      verdict: 'critical',
      says: '0/3 ready, its status says 3 ready, CrashLoopBackOff',
    });
    expect(role(executor(3), [])).toMatchObject({ verdict: 'critical', says: '0/3 ready, its status says 3 ready' });
    expect(
      role(executor(3), [...readyPods('executor', 2), pod('executor', 'c', { phase: 'Unknown', ready: false })]),
    ).toMatchObject({ verdict: 'warning', says: '2/3 ready, its status says 3 ready' });
    // The other way round the worse of both counts too.
    expect(role(executor(0), readyPods('executor', 3))).toMatchObject({
      verdict: 'critical',
      says: '0/3 ready, 3 of its pods are ready',
    });
  });

  test('does not count a bare pod or a job’s pod', () => {
    const others = [
      pod('executor', 'debug', { bare: true }),
      pod('executor', 'migrate', { owner: { kind: 'Job', name: 'migrate' } }),
    ];
    expect(role(executor(3), others)?.says).toBe('0/3 ready, its status says 3 ready');
  });

  test('is evaluated by its status if only some pods are watched', () => {
    expect(role(executor(3), [], { somePods: true })).toMatchObject({ verdict: 'ok', says: '3/3 ready' });
  });

  test('scaled to 0 is an outage, also for the suggested severity', () => {
    const zero = (name: string) => namespace({ deployments: [deployment(name, 0, 0)] });
    expect(judged(zero('executor'), 'pods/executor')).toMatchObject({
      verdict: 'critical',
      says: 'scaled to 0, 0/0 ready',
    });
    const gateway = calm.readings.gateway;
    const ill = { ...value(gateway).health, healthy: false, statusCode: 503 };
    const world = zero('api-gateway');
    const readings = { ...world.readings, gateway: live({ health: ill, detailed: ill }) };
    expect(suggestSeverity({ ...world, readings })).toMatchObject({ severity: 1 });
  });

  test('whose controller does not act is named', () => {
    const late = { ...rolling, unobservedSince: now - 90_000 };
    expect(role(executor(3, late), readyPods('executor', 3))).toMatchObject({
      verdict: 'warning',
      says: 'its controller is not responding, progressing, 3/3 ready',
    });
    const young = { ...rolling, unobservedSince: now - 1000 };
    expect(role(executor(3, young), readyPods('executor', 3))?.verdict).toBe('ok');
  });

  test('whose pods a quota refuses is named', () => {
    const why = 'pods "executor-1" is forbidden: exceeded quota';
    const d = executor(1, { rollout: { state: 'stuck', reason: 'FailedCreate', why } });
    expect(role(d, readyPods('executor', 1))?.says).toBe(`1/3 ready, rollout stuck, FailedCreate: ${why}`);
  });

  test('with a loop of crashes is a warning while its pods are ready', () => {
    const loop = pod('executor', 'r9', { restarts: 4, lastRestartAt: now - hour / 2, lastEnd: 'OOMKilled' });
    expect(role(executor(3), [...readyPods('executor', 2), loop])).toMatchObject({
      verdict: 'warning',
      says: 'restarting (OOMKilled), 3/3 ready',
    });
  });
});

const statefulSet = (ready: number, more: Partial<Controller> = {}): Controller => ({
  kind: 'StatefulSet',
  name: 'redis',
  desired: 2,
  ready,
  rollout: { state: 'complete' },
  createdAt: now - 9 * hour,
  ...more,
});
const of = (kind: string, name: string) => ({ owner: { kind, name } });
const job = (more: Partial<BatchJob> = {}): BatchJob => ({
  kind: 'Job',
  name: 'migrate',
  state: 'running',
  active: 1,
  failed: 0,
  retries: 6,
  startedAt: now - 60_000,
  createdAt: now - 60_000,
  ...more,
});

describe('another workload of the namespace', () => {
  test('is a warning when broken, or what the configuration says', () => {
    const pods = ['0', '1'].map((n) => pod('redis', n, { ...crashing, ...of('StatefulSet', 'redis') }));
    const redis = (scope: Partial<Scope> = {}) => wrong(namespace({ all: [statefulSet(0)], pods, scope }));
    expect(redis()).toEqual(['warning pods/statefulset/redis: StatefulSet 0/2 ready, CrashLoopBackOff']);
    expect(redis({ otherWorkloads: 'critical' })).toEqual([
      'critical pods/statefulset/redis: StatefulSet 0/2 ready, CrashLoopBackOff',
    ]);
  });

  test('that is a deployment is evaluated like the roles', () => {
    const d = deployment('proxy', 0, 2);
    const pods = ['a', 'b'].map((n) => pod('proxy', n, broken));
    expect(wrong(namespace({ deployments: [d], pods }))).toEqual(['warning pods/proxy: 0/2 ready, ImagePullBackOff']);
  });

  test('scaled to 0 is shown, and no problem', () => {
    const world = namespace({ deployments: [deployment('proxy', 0, 0)], all: [statefulSet(0, { desired: 0 })] });
    expect(wrong(world)).toEqual([]);
    expect(judged(world, 'pods/proxy')).toMatchObject({ verdict: 'ok', says: 'scaled to 0, 0/0 ready' });
    expect(judged(world, 'pods/statefulset/redis')?.says).toBe('StatefulSet scaled to 0, 0/0 ready');
  });

  test('whose status contradicts its pods is evaluated by the pods', () => {
    const pods = [pod('redis', '0', of('StatefulSet', 'redis'))];
    expect(wrong(namespace({ all: [statefulSet(2)], pods }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet 1/2 ready, its status says 2 ready',
    ]);
  });

  test('whose pods are refused shows the controller’s event', () => {
    const refusals = [{ kind: 'StatefulSet', name: 'redis', message: 'exceeded quota: pods', at: now }];
    expect(wrong(namespace({ all: [statefulSet(0)], refusals }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet 0/2 ready, FailedCreate: exceeded quota: pods',
    ]);
  });

  test('whose pod waits for its volume shows why, once it has waited for long', () => {
    const waiting = (age: number) => ({
      ...pod('redis', '0', of('StatefulSet', 'redis')),
      ...{ ready: false, phase: 'Pending' as const, reason: 'ContainerCreating', createdAt: now - age },
    });
    const message = 'MountVolume.SetUp failed for volume "config": configmap "redis" not found';
    const trouble = (at: number) => [{ kind: 'Pod', name: waiting(0).name, message, at }];
    const says = (age: number, at = now) =>
      wrong(namespace({ all: [statefulSet(0, { desired: 1 })], pods: [waiting(age)], refusals: trouble(at) }));
    expect(says(600_000)).toEqual([
      `warning pods/statefulset/redis: StatefulSet 0/1 ready, ContainerCreating, no volume: ${message}`,
    ]);
    // It may be mounted at the next attempt, and what a pod of the same name met before is over.
    expect(says(30_000).join()).not.toContain('no volume');
    expect(says(600_000, now - 700_000).join()).not.toContain('no volume');
  });

  test('that is a daemon set names misplaced pods', () => {
    const pods = ['a', 'b'].map((n) => pod('agent', n, of('DaemonSet', 'agent')));
    const all = [statefulSet(2, { kind: 'DaemonSet', name: 'agent', misplaced: 1 })];
    expect(wrong(namespace({ all, pods }))).toEqual([
      'warning pods/daemonset/agent: DaemonSet 1 on the wrong nodes, 2/2 ready',
    ]);
  });

  test('that is being deleted, or contradicts its pods, is a warning for that alone', () => {
    const pods = ['0', '1'].map((n) => pod('redis', n, of('StatefulSet', 'redis')));
    expect(wrong(namespace({ all: [statefulSet(2, { deletedAt: now - hour })], pods }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet being deleted, 2/2 ready',
    ]);
    const more = [...pods, pod('redis', '2', of('StatefulSet', 'redis'))];
    expect(wrong(namespace({ all: [statefulSet(2)], pods: more }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet 2/2 ready, 3 of its pods are ready',
    ]);
  });

  test('is no role because it is called like one', () => {
    const all = [statefulSet(0, { name: 'executor', desired: 0 })];
    expect(wrong(namespace({ all }))).toEqual([]);
  });

  test('of any controller counts, and a refusal only for its own kind', () => {
    for (const kind of ['ReplicaSet', 'ReplicationController'] as const)
      expect(wrong(namespace({ all: [statefulSet(0, { kind })] }))).toEqual([
        `warning pods/${kind.toLowerCase()}/redis: ${kind} 0/2 ready`,
      ]);
    const refusals = [{ kind: 'ReplicaSet', name: 'redis', message: 'exceeded quota: pods', at: now }];
    expect(wrong(namespace({ all: [statefulSet(0)], refusals }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet 0/2 ready',
    ]);
  });

  test('that is a daemon set which no node matches says so', () => {
    const world = namespace({ all: [statefulSet(0, { kind: 'DaemonSet', name: 'agent', desired: 0 })] });
    expect(judged(world, 'pods/daemonset/agent')?.says).toBe('DaemonSet no node matches, 0/0 ready');
  });

  test('that is bare, or of an unknown controller, is evaluated by its pods', () => {
    const pods = [
      pod('', 'debug', { ...broken, name: 'debug', bare: true }),
      pod('', 'x', { ...crashing, ...of('Rollout', 'canary') }),
      pod('', 'y', of('Rollout', 'canary')),
      pod('', 'z', { ...of('Rollout', 'fine') }),
    ];
    expect(wrong(namespace({ pods }))).toEqual([
      'warning pods/pod/debug: ImagePullBackOff, no controller',
      'warning pods/rollout/canary: CrashLoopBackOff, 1/2 ready',
    ]);
  });

  test('of a kind that cannot be listed is unknown, but its pods count', () => {
    const unseen = [
      { kinds: 'statefulsets', fault: { ...fault, what: 'not allowed to list statefulsets in bentham (403)' } },
    ];
    const pods = [pod('redis', '0', { ...crashing, ...of('StatefulSet', 'redis') })];
    const world = namespace({ unseen, pods });
    expect(wrong(world)).toEqual([
      `unknown pods/unseen/statefulsets: unknown: not allowed to list statefulsets in bentham (403) (${fault.where})`,
      'warning pods/statefulset/redis: CrashLoopBackOff, 0/1 ready',
    ]);
    const dark = { ...calm, readings: { ...calm.readings, workloads: lost<Workloads>() } };
    expect(judged(dark, 'pods/workloads')).toMatchObject({ verdict: 'unknown' });
  });
});

describe('a followed rollout', () => {
  const step = (given: Given, name = 'executor') => {
    const world = namespace(given);
    return rolloutStep(world.readings.deployments, name, now, world);
  };

  test('is complete when its pods are ready, not when a status says so', () => {
    const pods = readyPods('executor', 3);
    expect(step({ deployments: [executor(3)], pods })).toEqual({
      says: 'revision 17: complete, 3 of 3 available',
      ends: 0,
    });
    expect(step({ deployments: [executor(3)], pods: pods.map((p) => ({ ...p, ...crashing })) })).toEqual({
      says: 'revision 17: rolled out, 0 of 3 ready, its status says 3 ready, CrashLoopBackOff',
    });
    const world = namespace({ deployments: [executor(3)] });
    const early = { ...world, readings: { ...world.readings, pods: { state: 'pending' } as const } };
    expect(rolloutStep(early.readings.deployments, 'executor', now, early)).toEqual({ says: 'waiting for the pods' });
  });

  test('says why it is stuck', () => {
    const pods = [pod('executor', 'new', broken)];
    expect(step({ deployments: [executor(3, stuck)], pods })).toEqual({
      says: 'revision 17: stuck: progress deadline exceeded, ImagePullBackOff',
      ends: 2,
    });
    const slow = executor(0, { ...rolling, updated: 1, available: 0 });
    expect(step({ deployments: [slow], pods }).says).toBe(
      'revision 17: 1 of 3 updated, 0 available, 2 old terminating, ImagePullBackOff',
    );
  });

  test('of a role scaled to 0 fails; of another workload it succeeds', () => {
    expect(step({ deployments: [deployment('executor', 0, 0)] })).toMatchObject({ ends: 2 });
    expect(step({ deployments: [deployment('proxy', 0, 0)] }, 'proxy')).toMatchObject({ ends: 0 });
  });

  test('may be a stateful set’s', () => {
    const pods = ['0', '1'].map((n) => pod('redis', n, { ...crashing, ...of('StatefulSet', 'redis') }));
    expect(step({ all: [statefulSet(0)], pods }, 'statefulset/redis')).toEqual({
      says: 'rolled out, 0 of 2 ready, CrashLoopBackOff',
    });
    expect(step({ all: [statefulSet(0)] }, 'statefulset/nats')).toMatchObject({ ends: 3 });
  });
});

describe('a job', () => {
  const told = (...all: Workload[]) => wrong(namespace({ all }));

  test('that runs, is finished or suspended is ok', () => {
    const all = [job(), job({ name: 'b', state: 'complete' }), job({ name: 'c', state: 'suspended', active: 0 })];
    expect(told(...all)).toEqual([]);
    expect(judged(namespace({ all }), 'pods/job')).toMatchObject({
      subject: 'jobs',
      says: '2 healthy, 1 suspended: c',
    });
  });

  test.each([
    [{ state: 'failed', reason: 'BackoffLimitExceeded' }, 'Job failed: BackoffLimitExceeded'],
    [{ endsBy: now - 10 * 60_000 }, 'Job running past its deadline'],
    [{ failed: 7 }, 'Job out of retries, not marked as failed, 7 of 7 attempts failed'],
    [{ failed: 2 }, 'Job running, 2 of 7 attempts failed'],
    [{ active: 0, startedAt: now - hour }, 'Job has no pod'],
    [{ startedAt: now - 20 * hour }, 'Job running for more than 12 h'],
  ] as const)('%o is a warning', (more, says) => {
    expect(told(job(more))).toEqual([`warning pods/job/migrate: ${says}`]);
  });

  test('of a cron job that failed counts until a later run succeeds', () => {
    const failed = job({ state: 'failed', cronJob: 'nightly', endedAt: now - 9 * hour, createdAt: now - 10 * hour });
    const cron = { kind: 'CronJob', name: 'nightly', suspended: false, active: 0, createdAt: 0 } as const;
    expect(told(failed, cron)).toHaveLength(1);
    expect(told(failed, { ...cron, succeededAt: now - hour })).toEqual([]);
    expect(told(failed, cron, job({ name: 'n2', state: 'complete', cronJob: 'nightly' }))).toEqual([]);
  });

  test('that a cron job did not keep is evaluated by the cron job’s status', () => {
    const cron = { kind: 'CronJob', name: 'nightly', suspended: false, active: 0, createdAt: 0 } as const;
    expect(told({ ...cron, scheduledAt: now - hour, succeededAt: now - 25 * hour })).toEqual([
      'warning pods/cronjob/nightly: CronJob: its last run did not complete',
    ]);
    expect(told({ ...cron, scheduledAt: now - hour, succeededAt: now - hour / 2 })).toEqual([]);
    expect(told({ ...cron, suspended: true, scheduledAt: now - hour, succeededAt: now - 25 * hour })).toEqual([]);
  });

  test('whose attempts and times are within their limits is no more than running', () => {
    // The last attempt may still run.
    expect(told(job({ failed: 6 }))).toEqual(['warning pods/job/migrate: Job running, 6 of 7 attempts failed']);
    expect(told(job({ endsBy: now - 1000 }))).toEqual([]);
    expect(told(job({ active: 0, startedAt: now - 1000, createdAt: now - 1000 }))).toEqual([]);
    const suspended = job({ state: 'suspended', active: 0, createdAt: now - 20 * hour, startedAt: now - 20 * hour });
    expect(told(suspended)).toEqual([]);
  });

  test('that failed is not forgiven for another cron job’s run, an earlier one, or one that is not complete', () => {
    const failed = job({ state: 'failed', cronJob: 'nightly', endedAt: now - 9 * hour, createdAt: now - 10 * hour });
    const cron = { kind: 'CronJob', name: 'nightly', suspended: false, active: 0, createdAt: 0 } as const;
    const other = { name: 'n2', state: 'complete', cronJob: 'nightly', createdAt: now - hour } as const;
    expect(told(failed, job(other))).toEqual([]);
    for (const none of [
      { ...cron, succeededAt: now - 20 * hour },
      { ...cron, name: 'weekly', succeededAt: now - hour },
      job({ ...other, createdAt: now - 11 * hour }),
      job({ ...other, cronJob: 'weekly' }),
      job({ ...other, state: 'suspended', active: 0 }),
    ])
      expect(told(failed, none), JSON.stringify(none)).toContain('warning pods/job/migrate: Job failed');
  });

  test('that a cron job runs now is neither failed nor missed', () => {
    const cron = { kind: 'CronJob', name: 'nightly', suspended: false, createdAt: 0 } as const;
    const last = { scheduledAt: now - hour, succeededAt: now - 25 * hour };
    expect(told({ ...cron, ...last, active: 0 })).toHaveLength(1);
    expect(told({ ...cron, ...last, active: 1 })).toEqual([]);
    expect(told({ ...cron, dueAt: now - 3 * hour, active: 0 })).toEqual([
      expect.stringMatching(/CronJob: did not run at .*, when it was due$/),
    ]);
    expect(told({ ...cron, dueAt: now - 3 * hour, active: 1 })).toEqual([]);
    expect(told({ ...cron, behindAt: now - 30 * hour, active: 1 })).toEqual([
      expect.stringContaining('CronJob: its run does not end'),
    ]);
    expect(told({ ...cron, behindAt: now - 30 * hour, active: 0 })).toEqual([]);
  });

  test('that is suspended stays listed', () => {
    const all = [job({ state: 'suspended', active: 0 })];
    expect(judged(namespace({ all }), 'pods/job')).toMatchObject({ verdict: 'ok', told: true });
    expect(judged(namespace({ all: [job()] }), 'pods/job')?.told).toBeUndefined();
  });

  test('whose pod cannot start says why', () => {
    const pods = [pod('', 'm', { ...broken, ...of('Job', 'migrate') })];
    expect(wrong(namespace({ all: [job()], pods }))).toEqual([
      'warning pods/job/migrate: Job running, ImagePullBackOff',
    ]);
  });
});

test.each([
  ['Bound', []],
  ['Pending', ['warning pods/persistentvolumeclaim/data: PersistentVolumeClaim Pending']],
  ['Lost', ['warning pods/persistentvolumeclaim/data: PersistentVolumeClaim Lost']],
  ['Frozen', ['unknown pods/persistentvolumeclaim/data: PersistentVolumeClaim Frozen']],
])('a volume claim that is %s', (phase, expected) => {
  expect(wrong(namespace({ all: [{ kind: 'PersistentVolumeClaim', name: 'data', phase, createdAt: 0 }] }))).toEqual(
    expected,
  );
});

describe('this machine’s clock', () => {
  const clockOf = (clockOffset?: number) => {
    const { cluster } = calm.readings;
    const value = { ...(cluster.state === 'live' ? cluster.value : {}), ...(clockOffset ? { clockOffset } : {}) };
    const readings = { ...calm.readings, cluster: live(value as Cluster) };
    return evaluate({ ...calm, readings }).find(({ id }) => id === 'pods/clock');
  };

  test('is named if it distorts ages', () => {
    expect(clockOf()).toBeUndefined();
    expect(clockOf(30_000)).toBeUndefined();
    expect(clockOf(-3_600_000)).toMatchObject({
      verdict: 'warning',
      says: 'this machine is 1 h 0 m ahead of the cluster',
    });
    expect(clockOf(120_000)?.says).toBe('this machine is 2 m 0 s behind the cluster');
  });
});
