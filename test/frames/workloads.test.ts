// What runs beside Bentham and is broken, and a role without replicas: on every screen that says how things stand.
import { expect, test } from 'vitest';
import type { Workload } from '../../src/core/world/facts.ts';
import type { Fault } from '../../src/core/world/reading.ts';
import type { World } from '../../src/core/world/world.ts';
import { calm, deployment, fault, frameText, live, now, pod, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 120, rows: 40 };
const all: readonly Workload[] = [
  {
    kind: 'StatefulSet',
    name: 'event-bus',
    desired: 1,
    ready: 1,
    rollout: { state: 'complete' },
    createdAt: now - 9_000_000,
  },
  { kind: 'PersistentVolumeClaim', name: 'data-event-bus-0', phase: 'Lost', createdAt: 0 },
];
const before = calm.readings.pods.state === 'live' ? calm.readings.pods.value : [];
const bus = pod('event-bus', '0', {
  name: 'event-bus-0',
  owner: { kind: 'StatefulSet', name: 'event-bus' },
  ready: false,
  reason: 'CrashLoopBackOff',
});
const readings = { pods: live([...before, bus]), workloads: live({ all, unseen: [], refusals: [] }) };
const broken: World = { ...calm, readings: { ...calm.readings, ...readings } };

test('the pods pane shows the stateful set with its pods by their full names, and the claim', () => {
  const text = frameText(stateOf(broken), size);
  expect(text).toMatch(/▲ event-bus +0\/1 +sts/);
  expect(text).toMatch(/● event-bus-0 +CrashLoopBackOff/);
  expect(text).toMatch(/▲ data-event-bus-0 +PersistentVolumeClaim Lost/);
});

test('only what does not answer is called unreachable: not what is loaded again, nor what may not be read', () => {
  const last = { value: before, at: now - 190_000, from: 'a test' };
  const titled = (more: Partial<Fault>) => {
    const pods = { state: 'lost', fault: { ...fault, ...more }, at: now - 190_000, last } as const;
    const text = frameText(stateOf({ ...calm, readings: { ...calm.readings, pods } }), { columns: 80, rows: 24 });
    return text.split('\n').find((row) => row.includes('2 PODS')) ?? '';
  };
  expect(titled({})).toContain('unreachable 3 m');
  expect(titled({ kind: 'refused' })).toContain('unreachable 3 m');
  expect(titled({ kind: 'forbidden' })).toContain('not allowed 3 m');
  expect(titled({ kind: 'unreachable', isLoading: true })).toContain('loading; 3 m old');
});

test('the header and the war room warn', () => {
  expect(frameText(stateOf(broken), size)).toMatch(/▲ WARNING +2 warning/);
  const room = frameText(pressing(stateOf(broken), size, 'w'), size);
  expect(room).not.toContain('ALL OK');
  expect(room).toContain('event-bus');
});

test('a role that is scaled to 0 is critical in the header and the pane', () => {
  const pods = live(before.filter(({ app }) => app !== 'executor'));
  const d = calm.readings.deployments.state === 'live' ? calm.readings.deployments.value : [];
  const deployments = live([...d.filter(({ name }) => name !== 'executor'), deployment('executor', 0, 0)]);
  const state = stateOf({ ...calm, readings: { ...calm.readings, pods, deployments } });
  expect(frameText(state, size)).toMatch(/● CRITICAL +1 critical/);
  expect(frameText(state, size)).toMatch(/● executor +0\/0/);
});

test('an absent role, an autoscaler at its limit and a node in trouble have rows in the pane', () => {
  const d = calm.readings.deployments.state === 'live' ? calm.readings.deployments.value : [];
  const scaler: Workload = {
    ...{ kind: 'HorizontalPodAutoscaler', name: 'executor', target: 'Deployment executor', min: 3, max: 10 },
    ...{ current: 10, seen: true, createdAt: now - 9_000_000 },
  };
  const node = { name: 'ip-10-0-1-17', ready: false, problems: ['not ready'], cordoned: false, createdAt: 0 };
  const workloads = live({ all: [scaler], nodes: [node], unseen: [], refusals: [] });
  const deployments = live(d.filter(({ name }) => name !== 'api-gateway'));
  const text = frameText(stateOf({ ...calm, readings: { ...calm.readings, deployments, workloads } }), {
    columns: 80,
    rows: 40,
  });
  expect(text).toMatch(/● api-gateway +no such deployment/);
  expect(text).toMatch(/▲ executor +HPA at its maximum of 10/);
  expect(text).toMatch(/▲ ip-10-0-1-17 +Node not ready/);
});
