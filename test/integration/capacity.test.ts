// Before a deployment is scaled: what a pod needs, and what its namespace leaves, on the drill's cluster.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { operatorRules } from '../../simulator/kubernetes/access.ts';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import type { Plural } from '../../simulator/kubernetes/object.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import { roomOf } from '../../src/data/kubernetes/capacity.ts';
import { type Acting, acting } from '../support/acting.ts';

const namespace = 'bentham-prod';
let directory: string;
let kubernetes: Kubernetes;
let cockpit: Acting;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scale-room-'));
  const conditions = structuredClone(scenarioNamed('calm')?.conditions.deployments) ?? {};
  kubernetes = await startKubernetes({ directory, conditions, pace: 0.02 });
  cockpit = await acting({
    KUBECONFIG: kubernetes.kubeconfig,
    BENTHAM_JOURNAL_DIRECTORY: join(directory, 'journal'),
  });
});
afterAll(async () => {
  await cockpit?.stop();
  await kubernetes?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  kubernetes.restrict(operatorRules);
  for (const plural of ['resourcequotas', 'limitranges', 'poddisruptionbudgets', 'horizontalpodautoscalers'] as const)
    for (const { metadata } of kubernetes.store.list(plural)) kubernetes.store.remove(plural, namespace, metadata.name);
});

/** Puts an object into the namespace. */
function put(plural: Plural, apiVersion: string, kind: string, name: string, more: object): void {
  kubernetes.store.put(plural, { apiVersion, kind, metadata: { name, namespace }, ...more } as never);
}

async function plan(replicas: number) {
  const run = await cockpit.plan('scale-deployment', { deployment: 'executor', replicas: String(replicas) });
  expect(run, run.says).toMatchObject({ phase: 'planned' });
  cockpit.runner.cancel(run.id);
  return { impact: run.plan?.impact ?? [], warnings: run.plan?.warnings ?? [] };
}

test('a pod’s requests are shown, and that no quota is set', async () => {
  const { impact, warnings } = await plan(8);
  expect(impact).toContain('A pod requests 0.25 cores and 256.0 MB, limited to 1 core and 512.0 MB.');
  expect(impact).toContain('No quota is set in the namespace.');
  expect(warnings).toEqual([]);
});

test('a quota that is too small is a warning', async () => {
  put('resourcequotas', 'v1', 'ResourceQuota', 'compute', {
    spec: {},
    status: {
      hard: { 'requests.cpu': '4', pods: '100', services: '3' },
      used: { 'requests.cpu': '3500m', pods: '11', services: '1' },
    },
  });
  const { impact, warnings } = await plan(9);
  expect(impact).toContain(
    'Quota compute: requests.cpu 3.5 cores of 4 cores, pods 11 of 100 used; room for 2 more pods.',
  );
  expect(warnings).toContain(
    'Quota compute has room for 2 more pods, not for 3 (requests.cpu): the others will not start.',
  );
  expect((await plan(8)).warnings).toEqual([]);
});

test('limit ranges, disruption budgets and autoscalers in charge are named', async () => {
  put('limitranges', 'v1', 'LimitRange', 'sizes', {
    spec: { limits: [{ type: 'Container', max: { cpu: '2', memory: '1Gi' }, defaultRequest: { cpu: '100m' } }] },
  });
  const pods = (app: string) => ({
    spec: { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: [app] }] } },
    status: { desiredHealthy: 4, currentHealthy: 6, disruptionsAllowed: 2 },
  });
  put('poddisruptionbudgets', 'policy/v1', 'PodDisruptionBudget', 'executor-pdb', pods('executor'));
  const uncomputed = { spec: pods('executor').spec };
  put('poddisruptionbudgets', 'policy/v1', 'PodDisruptionBudget', 'new', uncomputed);
  put('poddisruptionbudgets', 'policy/v1', 'PodDisruptionBudget', 'other', pods('api-gateway'));
  put('horizontalpodautoscalers', 'autoscaling/v1', 'HorizontalPodAutoscaler', 'executor-hpa', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'executor' }, minReplicas: 3, maxReplicas: 8 },
  });
  const { impact, warnings } = await plan(2);
  expect(impact).toContain('Limit range sizes: at most 2 cores and 1.0 GB per container; 0.1 cores by default.');
  expect(impact).toContain('Disruption budget executor-pdb: 4 required, 6 healthy, 2 disruptions allowed.');
  expect(impact).toContain('Disruption budget new: unknown, its controller has not computed it.');
  expect(impact.join()).not.toContain('budget other');
  expect(warnings).toContain('2 is less than budget executor-pdb requires: the budget does not block scaling.');
  expect(warnings.join()).toContain('The autoscaler executor-hpa (3–8) can change it back');
  expect(warnings.join()).toContain('outside its range');
});

test('a forbidden resource is named, never left out', async () => {
  kubernetes.restrict([
    { verbs: ['*'], groups: ['apps', 'autoscaling', 'authorization.k8s.io'], resources: ['*'] },
    { verbs: ['list'], groups: [''], resources: ['limitranges'] },
  ]);
  const { impact, warnings } = await plan(8);
  expect(warnings.join('\n')).toMatch(
    /^Quota could not be read: .*not allowed to list resourcequotas in bentham-prod/m,
  );
  expect(warnings.join('\n')).toMatch(
    /^Disruption budgets could not be read: .*not allowed to list poddisruptionbudgets/m,
  );
  expect(impact.join()).not.toContain('No quota is set');
});

test('disruption budgets of a Kubernetes before 1.21 are read as v1beta1', async () => {
  const asked: string[] = [];
  const get = async (what: string, _: string, group: string) => {
    asked.push(`${group}/${what}`);
    if (group === '/apis/policy/v1')
      return { ok: false, status: 404, fault: { kind: 'refused', what: 'not found (404)', where: 'k' } };
    const items = what === 'poddisruptionbudgets' ? [{ metadata: { name: 'old' }, spec: { selector: {} } }] : [];
    return { ok: true, value: { items } };
  };
  const { budgets } = await roomOf({ spec: {} } as never, undefined, namespace, get as never);
  expect(budgets).toMatchObject({ ok: true });
  expect(asked).toContain('/apis/policy/v1beta1/poddisruptionbudgets');
});

test('a role scaled to 0 is an outage, and its autoscaler does not scale it up again unless its minimum is 0', async () => {
  const scaler = (minReplicas: number) =>
    put('horizontalpodautoscalers', 'autoscaling/v2', 'HorizontalPodAutoscaler', 'executor', {
      spec: {
        minReplicas,
        maxReplicas: 20,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'executor' },
      },
    });
  const warnings = async () => (await plan(0)).warnings.join('\n');
  expect(await warnings()).toContain(
    'No pod of executor is left: this is an outage, no job runs until it is scaled up.',
  );
  scaler(2);
  expect(await warnings()).toContain('The autoscaler executor (2–20) stops at 0 replicas');
  scaler(0);
  expect(await warnings()).toContain('The autoscaler executor (0–20) can change it back.');
});
