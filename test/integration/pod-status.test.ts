// The STATUS column: what real kubectl prints for these pods, served by the drill's API server, is what the cockpit says.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import type { Pod } from '../../simulator/kubernetes/object.ts';
import { type Conditions, scenarioNamed } from '../../simulator/scenario.ts';
import { toPod, type WirePod } from '../../src/data/kubernetes/pods.ts';

const run = promisify(execFile);
const namespace = 'bentham-prod';

const is = (type: string, status: string, reason?: string) => ({ type, status, reason });
const finishedAt = '2026-01-17T03:10:00Z';
const runs = (name: string, more: object = {}) => ({
  name,
  ready: true,
  started: true,
  restartCount: 0,
  state: { running: { startedAt: finishedAt } },
  lastState: {},
  ...more,
});
const waits = (name: string, reason: string, more: object = {}) =>
  runs(name, { ready: false, started: false, state: { waiting: { reason } }, ...more });
const ended = (name: string, exitCode: number, reason?: string, signal?: number) =>
  runs(name, { ready: false, started: false, state: { terminated: { exitCode, reason, signal, finishedAt } } });
const ready = [is('Initialized', 'True'), is('Ready', 'True')];
const unready = [is('Initialized', 'True'), is('Ready', 'False')];
const starting = [is('Initialized', 'False'), is('Ready', 'False')];
const looped = { restartCount: 7, lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt } } };
const init = { initContainers: [{ name: 'a' }, { name: 'b' }] };
const sidecar = { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
const gone = { deletionTimestamp: finishedAt };

type Row = readonly [name: string, says: string, status: object, spec?: object, metadata?: object];

/** READY, STATUS and restarts, as kubectl prints them. */
const rows: readonly Row[] = [
  ['runs', '1/1 Running 0', { phase: 'Running', conditions: ready, containerStatuses: [runs('main')] }],
  [
    'not-ready',
    '0/1 Running 0',
    { phase: 'Running', conditions: unready, containerStatuses: [runs('main', { ready: false })] },
  ],
  ['not-scheduled', '0/1 Pending 0', { phase: 'Pending', conditions: [is('PodScheduled', 'False', 'Unschedulable')] }],
  [
    'gated',
    '0/1 SchedulingGated 0',
    { phase: 'Pending', conditions: [is('PodScheduled', 'False', 'SchedulingGated')] },
  ],
  [
    'creating',
    '0/1 ContainerCreating 0',
    { phase: 'Pending', conditions: unready, containerStatuses: [waits('main', 'ContainerCreating')] },
  ],
  [
    'no-image',
    '0/1 ImagePullBackOff 0',
    { phase: 'Pending', conditions: unready, containerStatuses: [waits('main', 'ImagePullBackOff')] },
  ],
  [
    'no-config',
    '0/1 CreateContainerConfigError 0',
    { phase: 'Pending', conditions: unready, containerStatuses: [waits('main', 'CreateContainerConfigError')] },
  ],
  [
    'crashes',
    '0/1 CrashLoopBackOff 7',
    { phase: 'Running', conditions: unready, containerStatuses: [waits('main', 'CrashLoopBackOff', looped)] },
  ],
  [
    'killed',
    '0/1 OOMKilled 0',
    { phase: 'Running', conditions: unready, containerStatuses: [ended('main', 137, 'OOMKilled')] },
  ],
  ['failed', '0/1 ExitCode:3 0', { phase: 'Failed', conditions: unready, containerStatuses: [ended('main', 3)] }],
  [
    'signalled',
    '0/1 Signal:9 0',
    { phase: 'Failed', conditions: unready, containerStatuses: [ended('main', 137, '', 9)] },
  ],
  ['evicted', '0/1 Evicted 0', { phase: 'Failed', reason: 'Evicted', conditions: [] }],
  [
    'completed',
    '0/1 Completed 0',
    { phase: 'Succeeded', conditions: unready, containerStatuses: [ended('main', 0, 'Completed')] },
  ],
  [
    'half-done',
    '1/2 NotReady 0',
    { phase: 'Running', conditions: unready, containerStatuses: [ended('main', 0, 'Completed'), runs('more')] },
    { containers: [{ name: 'main' }, { name: 'more' }] },
  ],
  [
    'half-done-ready',
    '1/2 Running 0',
    { phase: 'Running', conditions: ready, containerStatuses: [ended('main', 0, 'Completed'), runs('more')] },
    { containers: [{ name: 'main' }, { name: 'more' }] },
  ],
  [
    'initializes',
    '0/1 Init:1/2 3',
    {
      phase: 'Pending',
      conditions: starting,
      initContainerStatuses: [ended('a', 0, 'Completed'), runs('b', { restartCount: 3, ready: false })],
      containerStatuses: [waits('main', 'PodInitializing')],
    },
    init,
  ],
  [
    'init-waits',
    '0/1 Init:0/2 0',
    {
      phase: 'Pending',
      conditions: starting,
      initContainerStatuses: [waits('a', 'PodInitializing'), waits('b', 'PodInitializing')],
      containerStatuses: [waits('main', 'PodInitializing')],
    },
    init,
  ],
  [
    'init-crashes',
    '0/1 Init:CrashLoopBackOff 7',
    {
      phase: 'Pending',
      conditions: starting,
      initContainerStatuses: [waits('a', 'CrashLoopBackOff', looped)],
      containerStatuses: [waits('main', 'PodInitializing')],
    },
    init,
  ],
  [
    'init-fails',
    '0/1 Init:Error 0',
    {
      phase: 'Pending',
      conditions: starting,
      initContainerStatuses: [ended('a', 1, 'Error')],
      containerStatuses: [waits('main', 'PodInitializing')],
    },
    init,
  ],
  [
    'init-code',
    '0/1 Init:ExitCode:2 0',
    { phase: 'Pending', conditions: starting, initContainerStatuses: [ended('a', 2)] },
    init,
  ],
  [
    'through',
    '1/1 Running 0',
    {
      phase: 'Running',
      conditions: ready,
      initContainerStatuses: [ended('a', 0, 'Completed'), { ...ended('b', 0, 'Completed'), restartCount: 4 }],
      containerStatuses: [runs('main')],
    },
    init,
  ],
  [
    'sidecar',
    '2/2 Running 2',
    {
      phase: 'Running',
      conditions: ready,
      initContainerStatuses: [runs('proxy', { restartCount: 2 })],
      containerStatuses: [runs('main')],
    },
    sidecar,
  ],
  [
    'sidecar-crashes',
    '0/2 Init:CrashLoopBackOff 7',
    {
      phase: 'Pending',
      conditions: starting,
      initContainerStatuses: [waits('proxy', 'CrashLoopBackOff', looped)],
      containerStatuses: [waits('main', 'PodInitializing')],
    },
    sidecar,
  ],
  [
    'sidecar-crashes-later',
    '1/2 Init:CrashLoopBackOff 7',
    {
      phase: 'Running',
      conditions: ready,
      initContainerStatuses: [waits('proxy', 'CrashLoopBackOff', looped)],
      containerStatuses: [runs('main')],
    },
    sidecar,
  ],
  [
    'old-sidecar',
    '1/2 CrashLoopBackOff 7',
    {
      phase: 'Running',
      conditions: unready,
      containerStatuses: [runs('main'), waits('proxy', 'CrashLoopBackOff', looped)],
    },
    { containers: [{ name: 'main' }, { name: 'proxy' }] },
  ],
  [
    'debugged',
    '1/1 Running 0',
    {
      phase: 'Running',
      conditions: ready,
      containerStatuses: [runs('main')],
      ephemeralContainerStatuses: [ended('debug', 1, 'Error')],
    },
  ],
  ['ends', '1/1 Terminating 0', { phase: 'Running', conditions: ready, containerStatuses: [runs('main')] }, {}, gone],
  [
    'ends-done',
    '0/1 Completed 0',
    { phase: 'Succeeded', conditions: unready, containerStatuses: [ended('main', 0, 'Completed')] },
    {},
    gone,
  ],
  [
    'node-lost',
    '1/1 Unknown 0',
    { phase: 'Running', reason: 'NodeLost', conditions: unready, containerStatuses: [runs('main')] },
    {},
    gone,
  ],
  ['redis-0', '1/1 Running 0', { phase: 'Running', conditions: ready, containerStatuses: [runs('main')] }],
];

const podOf = ([name, , status, spec = {}, metadata = {}]: Row) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, creationTimestamp: '2026-01-17T03:00:00Z', uid: `u-${name}`, ...metadata },
  spec: { nodeName: 'n1', containers: [{ name: 'main' }], ...spec },
  status,
});

const cases = rows.map(([name, says]) => [name, says] as const);

test.each(cases)('the cockpit says of %s: %s', (name, says) => {
  const row = rows.find(([one]) => one === name);
  const pod = row && toPod(podOf(row) as unknown as WirePod);
  expect(`${pod?.containers.ready}/${pod?.containers.total} ${pod?.status} ${pod?.restarts}`).toBe(says);
});

const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

test.runIf(!hasKubectl)('kubectl is not there to compare with', () => {
  expect.soft(process.env.CI, 'kubectl is installed where CI runs the tests').toBeUndefined();
});

describe.runIf(hasKubectl)('real kubectl', () => {
  let directory: string;
  let kubernetes: Kubernetes;
  let printed: Map<string, string>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pod-status-'));
    const conditions = structuredClone(scenarioNamed('calm')?.conditions) as Conditions;
    // Slow enough that no kubelet step runs.
    kubernetes = await startKubernetes({ directory, conditions: conditions.deployments, pace: 1e9 });
    for (const row of rows) kubernetes.store.put('pods', podOf(row) as unknown as Pod);
    const env = { ...process.env, KUBECONFIG: kubernetes.kubeconfig };
    const { stdout } = await run('kubectl', ['get', 'pods', '-n', namespace, '--no-headers'], { env });
    printed = new Map(
      stdout.split('\n').map((line) => {
        const [name = '', count, status, restarts] = line.split(/ +/);
        return [name, `${count} ${status} ${restarts}`] as const;
      }),
    );
  });
  afterAll(async () => {
    await kubernetes.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test.each(cases)('prints of %s: %s', (name, says) => expect(printed.get(name)).toBe(says));
});
