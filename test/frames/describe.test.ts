// A pod and a deployment, closer: what `kubectl describe` and `kubectl rollout history` tell.
import { expect, test } from 'vitest';
import type { DeploymentDetail } from '../../src/core/queries/deployment-detail.ts';
import type { NodeDetail } from '../../src/core/queries/node-detail.ts';
import type { KubeEvent, PodDetail } from '../../src/core/queries/pod-detail.ts';
import { type Query, queryKey } from '../../src/core/queries/query.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { calm, deployment, frameText, live, lost, now, pod, pressing, stateOf } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const minutes = (n: number) => now - n * 60_000;

const event = (reason: string, ago: number, more: Partial<KubeEvent> = {}): KubeEvent => ({
  at: now - ago,
  count: 1,
  warning: false,
  reason,
  message: `${reason} it is`,
  from: 'kubelet',
  about: 'Pod api-gateway-7d9f8b6c5-8qk5p',
  ...more,
});

const detail: PodDetail = {
  uid: 'api-gateway-8qk5p',
  name: 'api-gateway-7d9f8b6c5-8qk5p',
  owner: 'ReplicaSet api-gateway-7d9f8b6c5',
  qos: 'Burstable',
  conditions: [{ type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' }],
  containers: [
    {
      name: 'api-gateway',
      role: 'container',
      image: 'registry.bentham.io/api-gateway:2.41.0',
      ready: false,
      restarts: 14,
      state: { is: 'waiting', reason: 'CrashLoopBackOff' },
      last: { is: 'ended', reason: 'OOMKilled', exitCode: 137, at: minutes(2) },
      cpu: { used: 0.12, requested: 0.25, limit: 1 },
      memory: { used: 500 * 2 ** 20, limit: 512 * 2 ** 20 },
      probes: ['readiness GET :3000/health  every 5 s, answer within 2 s, fails after 3'],
      ports: ['3000/TCP'],
    },
  ],
  node: { name: 'ip-10-0-1-17', conditions: [], problems: ['memory pressure'], version: 'v1.32.4' },
  events: [event('BackOff', 14_000, { warning: true, count: 25 }), event('Started', 60_000)],
  missing: [],
};

const at = (
  screen: string,
  of: Record<string, string>,
  answers: readonly (readonly [Query, Reading<unknown>])[],
): State => {
  const sick = pod('api-gateway', '8qk5p', { ready: false, reason: 'CrashLoopBackOff', exitCode: 137, restarts: 14 });
  const old = { ...pod('api-gateway', 'zx81a'), name: 'api-gateway-5c4d-zx81a' };
  const world = {
    ...calm,
    readings: {
      ...calm.readings,
      pods: live([sick, old]),
      deployments: live([
        deployment('api-gateway', 1, 3, {
          revision: 42,
          updated: 2,
          rollout: { state: 'stuck', why: 'has timed out progressing' },
        }),
      ]),
    },
  };
  const state = stateOf(world, { queries: Object.fromEntries(answers.map(([ask, r]) => [queryKey(ask), r])) });
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of)] } };
};
const askPod: Query<'pod'> = { kind: 'pod', pod: detail.name };
const podState = (reading?: Reading<PodDetail>) =>
  at('pod', { pod: 'api-gateway-8qk5p' }, reading ? [[askPod, reading]] : []);

test('a pod shows containers with use, limits, probes and last end; node, conditions, events newest first', () => {
  const text = frameText(podState(live(detail)), small);
  expect(text).toMatch(/● api-gateway {2}CrashLoopBackOff {2}↻14 {2}last: OOMKilled 137, 2 m 0 s ago/);
  expect(text).toMatch(/memory 500\.0 MB of 512\.0 MB {3}cpu 0\.12 of 1 \(requested 0\.25\)/);
  expect(text).toContain('readiness GET :3000/health  every 5 s, answer within 2 s, fails after 3');
  expect(text).toMatch(/● node ip-10-0-1-17 {2}memory pressure/);
  expect(text).toContain('not containers ready  ContainersNotReady');
  expect(text).toMatch(/14 s ago ▲ BackOff ×25 {2}BackOff it is\s*\n.*1 m ago {3}Started/);
});

test('a pod past its grace period says so, and a terminating pod is not expected to be ready', () => {
  const ending = pod('executor', 'going', { terminating: true, ready: false, endsBy: now - 10 * 60_000 });
  const readings = { ...calm.readings, pods: live([ending, pod('executor', 'stays')]) };
  const state = stateOf({ ...calm, readings });
  expect(frameText(state, small)).toContain('1/1 ready');
  const shown = frameText(pressing(state, small, '2', 'enter', 'g', 'enter'), small);
  expect(shown).toContain('10 m 0 s overdue: node down or finalizer left');
});

test('before the query is answered, a pod shows its watched facts; missing parts are named', () => {
  const before = frameText(podState(), small);
  expect(before).toContain('CrashLoopBackOff 137');
  expect(before).toContain('loading …');
  expect(frameText(podState(lost(detail)), small)).toContain('timed out after 2 s');
  const partly: PodDetail = {
    ...detail,
    events: [],
    missing: [{ part: 'events', why: 'not allowed to list events in bentham-prod (403)' }],
  };
  const text = frameText(podState(live(partly)), small);
  expect(text).toContain('? not available: events: not allowed to list events in bentham-prod (403)');
  expect(text).not.toContain('no events');
  expect(frameText(podState(live({ ...detail, events: [] })), small)).toContain(
    'no events (the API server keeps them for a limited time)',
  );
});

test('every row of a pod opens something: the log of the previous instance, its deployment, its node, the event', () => {
  const open = (...keys: string[]) => pressing(podState(live(detail)), small, ...keys);
  expect(here(open('enter'))).toMatchObject({ screen: 'logs', of: { pod: detail.name, previous: 'yes' } });
  expect(here(open('j', 'enter'))).toMatchObject({ screen: 'deployment', of: { deployment: 'api-gateway' } });
  const node = open('j', 'j', 'enter');
  expect(here(node)).toMatchObject({ screen: 'node', of: { node: pod('api-gateway', '8qk5p').node } });
  expect(here(pressing(node, small, 'esc'))).toMatchObject({ screen: 'pod', selected: 'node' });
  expect(frameText(open('G', 'enter'), small)).toMatch(/─ event: Started ─[\s\S]*Started it is[\s\S]*kubelet/);
});

const askNode: Query<'node'> = { kind: 'node', node: pod('api-gateway', '8qk5p').node };
const node: NodeDetail = {
  name: askNode.node,
  conditions: [
    { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory', at: minutes(3) },
    { type: 'PIDPressure', status: 'False', at: minutes(9) },
    { type: 'Ready', status: 'True', at: minutes(9) },
  ],
  problems: ['memory pressure', 'cordoned: takes no new pods'],
  version: 'v1.32.4',
  cpu: { capacity: 8, allocatable: 7.91 },
  memory: { capacity: 32 * 2 ** 30, allocatable: 31 * 2 ** 30, used: 30 * 2 ** 30 },
  pods: { allocatable: 110 },
  taints: [{ says: 'node.kubernetes.io/memory-pressure:NoSchedule', since: minutes(3) }],
  events: [event('EvictionThresholdMet', 30_000, { warning: true, about: 'Node ip-10-0-1-17' })],
  missing: [],
};
const nodeState = (reading?: Reading<NodeDetail>) =>
  at('node', { node: askNode.node }, reading ? [[askNode, reading]] : []);

test('a node shows problems, taints, capacity and use, conditions, our pods, events', () => {
  const text = frameText(nodeState(live(node)), small);
  expect(text).toContain('● memory pressure, cordoned: takes no new pods');
  expect(text).toMatch(/taint +▲ node\.kubernetes\.io\/memory-pressure:NoSchedule, 3 m 0 s ago/);
  expect(text).toMatch(/memory +30\.0 GB \(97 %\) of 31\.0 GB allocatable, 32\.0 GB capacity/);
  expect(text).toMatch(/cpu +usage unknown, of 7\.91 allocatable, 8 capacity/);
  expect(text).toContain('2 of this namespace, 110 allocatable');
  expect(text).toMatch(/● memory pressure yes {2}for 3 m 0 s {2}KubeletHasInsufficientMemory/);
  expect(text).toMatch(/✓ pid pressure no/);
  expect(text).toMatch(/✓ ready yes/);
  expect(text).toMatch(/● api-gateway-7d9f8b6c5-8qk5p {2}CrashLoopBackOff/);
  expect(text).toContain('▲ EvictionThresholdMet');
  expect(here(pressing(nodeState(live(node)), small, 'j', 'j', 'j', 'enter'))).toMatchObject({ screen: 'pod' });
  const well = { ...node, conditions: [], problems: [], taints: [], events: [] };
  expect(frameText(nodeState(live(well)), small)).toContain('no events (the API server keeps them for a limited time)');
});

test('a forbidden node still shows our pods on it, and why there is no more', () => {
  const text = frameText(nodeState(lost<NodeDetail>()), small);
  expect(text).toContain('timed out after 2 s');
  expect(text).toMatch(/● api-gateway-7d9f8b6c5-8qk5p/);
});

const revision = {
  revision: 42,
  images: ['registry.bentham.io/api-gateway:2.41.0'],
  cause: 'release 2.41.0',
  createdAt: minutes(14),
  replicas: 2,
  ready: 0,
  active: true,
  differs: [],
  replicaSet: 'api-gateway-7d9f8b6c5',
};
const deployed: DeploymentDetail = {
  strategy: 'rolling: max surge 25%, max unavailable 25%',
  conditions: [],
  revisions: [
    revision,
    {
      ...revision,
      revision: 41,
      active: false,
      replicas: 1,
      ready: 1,
      images: ['registry.bentham.io/api-gateway:2.40.3'],
      differs: [
        { what: 'image of api-gateway', removed: ['2.41.0'], added: ['2.40.3'], changed: [] },
        { what: 'environment of api-gateway', removed: ['CACHE_TTL'], added: [], changed: ['POOL_SIZE'] },
      ],
      replicaSet: 'api-gateway-5c4d',
    },
  ],
  events: [event('ScalingReplicaSet', 840_000, { from: 'deployment-controller', about: 'Deployment api-gateway' })],
  missing: [],
};

test('a deployment shows its rollout pod by pod, revisions with image and time, events', () => {
  const ask: Query<'deployment'> = { kind: 'deployment', deployment: 'api-gateway' };
  const state = at('deployment', { deployment: 'api-gateway' }, [[ask, live(deployed)]]);
  const text = frameText(state, small);
  expect(text).toMatch(/rollout +stuck {2}2 of 3 updated to revision 42, 1 old/);
  expect(text).toMatch(/because +has timed out progressing/);
  expect(text).toMatch(/8qk5p {2}rev 42 {2}CrashLoopBackOff 137[\s\S]*zx81a {2}rev 41 {2}Running/);
  expect(text).toMatch(
    / {2}rev 42 {2}now {2}2026-01-17 03:00Z {2}api-gateway:2\.41\.0 {2}0\/2 ready {2}release 2\.41\.0/,
  );
  expect(text).toMatch(/14 m ago {3}ScalingReplicaSet/);
  const older = pressing(state, small, 'j', 'j', 'j', 'enter');
  expect(frameText(older, small)).toMatch(
    /─ revision 41 ─[\s\S]*a rollback to it changes\s+image of api-gateway:\s+- 2\.41\.0\s+\+ 2\.40\.3\s+environment of api-gateway:\s+- CACHE_TTL\s+~ POOL_SIZE/,
  );
  const spans = frame(older, small).lines.flat();
  expect(spans.find(({ text }) => text === '- 2.41.0')?.tone).toBe('removed');
  expect(spans.find(({ text }) => text === '+ 2.40.3')?.tone).toBe('added');
});
