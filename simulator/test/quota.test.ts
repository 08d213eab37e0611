// What a namespace allows: quotas and limit ranges on new pods, and room on nodes, as the API server and the scheduler
// have it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Kubernetes, startKubernetes } from '../kubernetes/kubernetes.ts';
import type { Plural } from '../kubernetes/object.ts';
import { scenarioNamed } from '../scenario.ts';

const namespace = 'bentham-prod';
let directory: string;
let kubernetes: Kubernetes;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quota-'));
  const conditions = structuredClone(scenarioNamed('calm')?.conditions.deployments) ?? {};
  kubernetes = await startKubernetes({ directory, conditions, pace: 0.01 });
});
afterEach(async () => {
  await kubernetes.stop();
  await rm(directory, { recursive: true, force: true });
});

const put = (plural: Plural, kind: string, name: string, more: object) =>
  kubernetes.store.put(plural, { apiVersion: 'v1', kind, metadata: { name, namespace }, ...more } as never);
const quota = (hard: object, more: object = {}) =>
  put('resourcequotas', 'ResourceQuota', 'compute', { spec: { hard, ...more } });
const executor = () => {
  const found = kubernetes.store.get('deployments', namespace, 'executor');
  if (!found) throw new Error('no executor');
  return found;
};
const scale = (replicas: number) => {
  const now = executor();
  const metadata = { ...now.metadata, generation: (now.metadata.generation ?? 1) + 1 };
  kubernetes.store.put('deployments', { ...now, metadata, spec: { ...now.spec, replicas } });
};
const condition = (type: string) => executor().status.conditions?.find((one) => one.type === type);
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 20_000, interval: 20 });

test('a full quota refuses pods: the deployment says FailedCreate, with what is asked, used and allowed', async () => {
  const there = kubernetes.store.list('pods', namespace).length;
  quota({ pods: String(there + 1) });
  scale(executor().spec.replicas + 3);
  await eventually(() => expect(condition('ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' }));
  expect(condition('ReplicaFailure')?.message).toMatch(
    new RegExp(
      `is forbidden: exceeded quota: compute, requested: pods=1, used: pods=${there + 1}, limited: pods=${there + 1}$`,
    ),
  );
  await eventually(() =>
    expect(kubernetes.store.get('resourcequotas', namespace, 'compute')?.status).toEqual({
      hard: { pods: String(there + 1) },
      used: { pods: String(there + 1) },
    }),
  );
  quota({ pods: '100' });
  await eventually(() => {
    expect(condition('ReplicaFailure')).toBeUndefined();
    expect(executor().status.readyReplicas).toBe(executor().spec.replicas);
  });
});

test('a quota of one scope counts pods of that scope only', async () => {
  quota({ pods: '0' }, { scopes: ['BestEffort'] });
  const replicas = executor().spec.replicas + 1;
  scale(replicas);
  await eventually(() => expect(executor().status.readyReplicas).toBe(replicas));
  expect(condition('ReplicaFailure')).toBeUndefined();
});

test('a container beyond the limit range is refused', async () => {
  put('limitranges', 'LimitRange', 'sizes', { spec: { limits: [{ type: 'Container', max: { memory: '256Mi' } }] } });
  scale(executor().spec.replicas + 1);
  await eventually(() =>
    expect(condition('ReplicaFailure')?.message).toContain('maximum memory usage per Container is 256Mi, but limit is'),
  );
});

test('nodes without room leave pods pending', async () => {
  scale(300);
  await eventually(() =>
    expect(
      kubernetes.podsOf('executor').flatMap((pod) => pod.status.conditions.map(({ message }) => message ?? '')),
    ).toContainEqual(expect.stringMatching(/^0\/\d+ nodes are available: \d+ Insufficient cpu\.$/)),
  );
});
