// Autoscalers, disruption budgets, cron jobs that did not run, nodes, and pods that nobody watches: from what the API
// server sends to what is said of it.
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { reportOf } from '../../src/core/health/report.ts';
import { reportText } from '../../src/core/health/report-text.ts';
import { rolloutStep } from '../../src/core/health/rollout.ts';
import type { Deployment, Pod, Workload, Workloads } from '../../src/core/world/facts.ts';
import type { Scope, World } from '../../src/core/world/world.ts';
import { toAutoscaler, toBudget } from '../../src/data/kubernetes/autoscaling.ts';
import { toClaim, toCronJob, toJob } from '../../src/data/kubernetes/batch.ts';
import { toStatefulSet } from '../../src/data/kubernetes/controllers.ts';
import { toDeployment } from '../../src/data/kubernetes/deployments.ts';
import { toNode } from '../../src/data/kubernetes/nodes.ts';
import { calm, deployment, live, lost, now, pod } from '../support/worlds.ts';

const hour = 3_600_000;
const time = (at: number) => new Date(at).toISOString();
const named = (name: string, age = 9 * hour) => ({ name, creationTimestamp: time(now - age) });

function namespace(workloads: Partial<Workloads>, pods: readonly Pod[] = [], scope: Partial<Scope> = {}): World {
  const kept = calm.readings.pods.state === 'live' ? calm.readings.pods.value : [];
  const value = { all: [], unseen: [], refusals: [], ...workloads };
  const readings = { ...calm.readings, workloads: live<Workloads>(value), pods: live([...kept, ...pods]) };
  return { ...calm, scope: { ...calm.scope, ...scope }, readings };
}
const findings = (world: World) => evaluate(world).filter(({ area }) => area === 'pods');
const wrong = (world: World) =>
  findings(world)
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ id, verdict, says }) => `${verdict} ${id}: ${says}`);
const told = (...all: readonly (Workload | undefined)[]) =>
  wrong(namespace({ all: all.filter((one) => one !== undefined) }));

describe('an autoscaler', () => {
  const scaler = (current: number, conditions: readonly object[] = [], age?: number) =>
    toAutoscaler({
      metadata: named('executor', age),
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'executor' }, minReplicas: 3, maxReplicas: 10 },
      status: { currentReplicas: current, conditions },
    });
  const condition = (type: string, reason: string, status = 'False') => ({ type, status, reason, message: 'why' });
  const about = 'warning pods/horizontalpodautoscaler/executor: HorizontalPodAutoscaler of Deployment executor';

  test('with room to scale is ok', () => expect(told(scaler(4))).toEqual([]));

  test('at its maximum is a warning, unless minimum and maximum are the same', () => {
    expect(told(scaler(10))).toEqual([`${about}: at its maximum of 10`]);
    const fixed = scaler(10);
    expect(told(fixed && { ...fixed, min: 10 })).toEqual([]);
  });

  test.each([
    ['AbleToScale', 'FailedGetScale'],
    ['ScalingActive', 'FailedGetResourceMetric'],
  ])('that cannot scale is a warning: %s', (type, reason) => {
    expect(told(scaler(4, [condition(type, reason)]))).toEqual([`${about} cannot scale: ${reason}: why`]);
    // A new one has no metrics yet.
    expect(told(scaler(4, [condition(type, reason)], 30_000))).toEqual([]);
  });

  test('rests while its target is scaled to 0', () =>
    expect(told(scaler(0, [condition('ScalingActive', 'ScalingDisabled')]))).toEqual([]));

  test('without a status has no controller', () => {
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'executor' }, maxReplicas: 10 };
    const untouched = toAutoscaler({ metadata: named('executor'), spec });
    expect(told(untouched)).toEqual([`${about}: its controller is not responding`]);
  });
});

describe('a disruption budget', () => {
  const budget = (currentHealthy: number, conditions: readonly object[] = []) =>
    toBudget({ metadata: named('api'), status: { currentHealthy, desiredHealthy: 2, conditions } });

  test('with fewer healthy pods than it protects is a warning', () => {
    expect(told(budget(2))).toEqual([]);
    expect(told(budget(1))).toEqual(['warning pods/poddisruptionbudget/api: PodDisruptionBudget: 1 healthy, 2 wanted']);
  });

  test('that cannot be computed is a warning', () => {
    const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no controller' };
    expect(told(budget(2, [failed]))).toEqual([
      'warning pods/poddisruptionbudget/api: PodDisruptionBudget: SyncFailed: no controller',
    ]);
  });
});

test('a disruption budget that its controller does not compute is a warning, and a new one is given time', () => {
  const unseen = (age: number) => told(toBudget({ metadata: { ...named('api', age), generation: 1 } }));
  expect(unseen(hour)).toEqual([
    'warning pods/poddisruptionbudget/api: PodDisruptionBudget: its controller is not responding',
  ]);
  expect(unseen(1000)).toEqual([]);
});

describe('a cron job', () => {
  const cron = (spec: object, status: object) => toCronJob({ metadata: named('nightly', 900 * hour), spec, status });
  const ran = (ago: number) => ({ lastScheduleTime: time(now - ago), lastSuccessfulTime: time(now - ago) });
  const hourly = { schedule: '@every 1h' };

  test('that missed its time is a warning', () => {
    const missed = wrong(namespace({ all: [cron(hourly, ran(3 * hour))].filter((one) => one !== undefined) }));
    expect(missed).toEqual([
      expect.stringMatching(/^warning pods\/cronjob\/nightly: CronJob: did not run at .*Z, when it was due$/) as string,
    ]);
    expect(told(cron(hourly, ran(hour / 2)))).toEqual([]);
  });

  test('that never ran is due since it was made', () => expect(told(cron(hourly, {}))).toHaveLength(1));

  test.each([
    ['is suspended', { ...hourly, suspend: true }, ran(3 * hour)],
    ['still runs', hourly, { ...ran(2.5 * hour), active: [{}] }],
    ['has a schedule that is not understood', { schedule: 'at tea time' }, ran(3 * hour)],
  ])('that %s is not overdue', (_, spec, status) => expect(told(cron(spec, status))).toEqual([]));

  test.each([
    ['Forbid: nothing has started since', ran(9 * hour)],
    ['Replace: each run ends the one before', { ...ran(9 * hour), lastScheduleTime: time(now - hour / 2) }],
    ['a first run', { lastScheduleTime: time(now - 9 * hour) }],
  ])('whose run does not end is a warning, %s', (_, status) =>
    expect(told(cron(hourly, { ...status, active: [{}] }))).toEqual([
      expect.stringMatching(/^warning pods\/cronjob\/nightly: CronJob: its run does not end/) as string,
    ]),
  );

  test('that is suspended is named where all is well', () => {
    const all = [cron({ ...hourly, suspend: true }, ran(3 * hour))].filter((one) => one !== undefined);
    expect(findings(namespace({ all })).find(({ id }) => id === 'pods/cronjob')).toMatchObject({
      verdict: 'ok',
      says: '1 suspended: nightly',
      told: true,
    });
  });
});

describe('a job', () => {
  const job = (spec: object, status: object) => toJob({ metadata: named('import'), spec, status });

  test('without a pod at a time is paused: it needs none', () =>
    expect(told(job({ parallelism: 0 }, { active: 0 }))).toEqual([]));

  test('with a limit for each index has no limit to count to', () => {
    const spec = { backoffLimitPerIndex: 1, backoffLimit: 2_147_483_647 };
    expect(told(job(spec, { active: 2, failed: 5, startTime: time(now - hour) }))).toEqual([
      'warning pods/job/import: Job running, 5 attempts failed',
    ]);
  });
});

describe('nodes', () => {
  const node = (name: string, status: Record<string, string> = {}, more: object = {}, age = 9 * hour) =>
    toNode({
      metadata: named(name, age),
      spec: more,
      status: {
        conditions: Object.entries({ Ready: 'True', ...status }).map(([type, is]) => ({ type, status: is })),
      },
    });
  /** Where the calm world's pods run. */
  const calmNode = node('ip-10-0-1-17');
  const judged = (...nodes: readonly ReturnType<typeof node>[]) =>
    wrong(
      namespace({ nodes: [calmNode, ...nodes].filter((one) => one !== undefined) }, [
        pod('', 'x', { node: 'n1', bare: true }),
      ]),
    );

  test('that are Ready are one line', () => {
    const nodes = [calmNode, node('n2')].filter((one) => one !== undefined);
    expect(findings(namespace({ nodes })).find(({ id }) => id === 'pods/node')).toMatchObject({
      subject: 'nodes',
      says: '2 healthy',
    });
  });

  test.each([
    [{ Ready: 'False' }, 'not ready'],
    [{ Ready: 'Unknown' }, 'unknown'],
    [{ DiskPressure: 'True' }, 'disk pressure'],
    [{ MemoryPressure: 'True', PIDPressure: 'True' }, 'memory pressure, too many processes'],
    [{ NetworkUnavailable: 'True' }, 'no network'],
  ])('with %o that run pods of ours are a warning', (status, says) => {
    expect(judged(node('n1', status), node('n2'))).toEqual([`warning pods/node/n1: Node ${says}, runs 1 pod`]);
  });

  test('without pods of ours are told together, and not when they are drained or young', () => {
    expect(judged(node('n1'), node('n2', { Ready: 'False' }), node('n3', { DiskPressure: 'True' }))).toEqual([
      'warning pods/node/: n2 not ready; n3 disk pressure: no pods of ours there',
    ]);
    expect(judged(node('n1'), node('n2', { Ready: 'False' }, { unschedulable: true }))).toEqual([]);
    expect(judged(node('n1'), node('n2', { Ready: 'False' }, {}, 60_000))).toEqual([]);
  });

  test('that were deleted under their pods are a warning', () => {
    expect(judged(node('n2'))).toContain('warning pods/node/n1: Node does not exist, 1 pod assigned to it');
  });

  test('without conditions are unknown', () => {
    expect(judged(toNode({ metadata: named('n1') }))).toEqual(['warning pods/node/n1: Node unknown, runs 1 pod']);
  });
});

describe('pods that the selector leaves out', () => {
  const some = (podsThere?: number) => namespace({ podsThere }, [], { somePods: true });
  const watched = calm.readings.pods.state === 'live' ? calm.readings.pods.value.length : 0;

  test('are counted, also where only problems are told', () => {
    const world = some(watched + 12);
    expect(findings(world).find(({ id }) => id === 'pods/selector')).toMatchObject({
      verdict: 'ok',
      says: `12 pods of ${watched + 12} not watched`,
    });
    const text = reportText(reportOf(world, 'production'), { all: false, columns: 120, colour: false });
    expect(text).toContain('12 pods of');
  });

  test('are unknown if they cannot be counted, and no matter where all are watched', () => {
    expect(wrong(some())).toEqual(['unknown pods/selector: not all are watched; how many is unknown']);
    expect(findings(some(watched)).some(({ id }) => id === 'pods/selector')).toBe(false);
    expect(findings(namespace({})).some(({ id }) => id === 'pods/selector')).toBe(false);
  });
});

describe('what is being deleted', () => {
  const going = (age: number) => ({ ...named('redis'), deletionTimestamp: time(now - age) }) as never;

  test('is a warning while all its pods serve', () => {
    const spec = { replicas: 0 };
    expect(told(toStatefulSet({ metadata: going(0), spec }))).toEqual([
      'warning pods/statefulset/redis: StatefulSet scaled to 0, 0/0 ready, being deleted',
    ]);
    const deletedAt = toDeployment({ metadata: going(0) })?.deletedAt;
    const deployments = live([deployment('executor', 3, 3, { deletedAt })]);
    const world = { ...calm, readings: { ...calm.readings, deployments } };
    expect(findings(world).find(({ id }) => id === 'pods/executor')).toMatchObject({
      says: expect.stringContaining('being deleted') as string,
    });
    expect(rolloutStep(deployments, 'executor', now)).toMatchObject({ ends: 2 });
  });

  test('a volume claim goes with its data when no pod uses it: a warning when that takes long', () => {
    const claim = (age: number) => told(toClaim({ metadata: going(age), status: { phase: 'Bound' } }));
    expect(claim(hour)).toEqual([expect.stringMatching(/^warning pods\/persistentvolumeclaim\/redis: /) as string]);
    expect(claim(1000)).toEqual([]);
  });

  test.each([
    ['has what was requested', '10Gi', {}, []],
    [
      'cannot be resized',
      '20Gi',
      { allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' } },
      ['cannot grow to 20Gi'],
    ],
    [
      'cannot be resized, and says why',
      '20Gi',
      { conditions: [{ type: 'NodeResizeError', status: 'True', message: 'out of space.' }] },
      ['cannot grow to 20Gi: out of space'],
    ],
    [
      'is resized now',
      '20Gi',
      { conditions: [{ type: 'Resizing', status: 'True', lastTransitionTime: time(now - 60_000) }] },
      [],
    ],
    [
      'has been resized for an hour',
      '20480Mi',
      { conditions: [{ type: 'Resizing', status: 'True', lastTransitionTime: time(now - hour) }] },
      ['waits to grow to 20480Mi, still'],
    ],
    [
      'waits for its pod',
      '20Gi',
      { conditions: [{ type: 'FileSystemResizePending', status: 'True', lastTransitionTime: time(now - hour) }] },
      ['until a pod mounts it again'],
    ],
    ['is resized by nobody', '20Gi', {}, ['nobody resizes it']],
    ['does not say what it has', '20Gi', { capacity: {} }, []],
  ])('a volume claim that %s', (_, storage, status, expected) => {
    const claim = toClaim({
      metadata: named('redis'),
      spec: { resources: { requests: { storage } } },
      status: { phase: 'Bound', capacity: { storage: '10Gi' }, ...status },
    });
    expect(told(claim)).toEqual(expected.map((says) => expect.stringContaining(says) as string));
  });
});

test('a rollout whose replica set cannot be created is stuck, not on its way', () => {
  const failed = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: 'exceeded quota' };
  const status = { replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 0, conditions: [failed] };
  const executor = toDeployment({ metadata: named('executor'), spec: { replicas: 3 }, status });
  expect(executor?.rollout).toEqual({ state: 'stuck', reason: 'ReplicaSetCreateError', why: 'exceeded quota' });
});

test('without permission to list deployments, failing pods and other workloads are still told', () => {
  const owner = { kind: 'ReplicaSet', name: 'executor-1' };
  const crashing = pod('executor', 'x', { owner, ready: false, reason: 'CrashLoopBackOff', restarts: 9 });
  const redis = toStatefulSet({ metadata: named('redis'), spec: { replicas: 1 } });
  const { readings, ...rest } = namespace({ all: redis ? [redis] : [] }, [crashing]);
  expect(
    wrong({ ...rest, readings: { ...readings, deployments: lost<readonly Deployment[]>(undefined, 'forbidden') } }),
  ).toEqual([
    expect.stringMatching(/^unknown pods\/kubernetes: /) as string,
    expect.stringMatching(/^warning pods\/statefulset\/redis: /) as string,
    'critical pods/replicaset/executor-1: CrashLoopBackOff, 0/1 ready',
  ]);
});
