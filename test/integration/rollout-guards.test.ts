// What will stop a rollout is in its plan, with numbers, or refused: on the drill's cluster, whose API server enforces
// quotas and limit ranges as the real one does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { operatorRules } from '../../simulator/kubernetes/access.ts';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import type { Deployment, Plural } from '../../simulator/kubernetes/object.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import { type Acting, acting } from '../support/acting.ts';

const namespace = 'bentham-prod';
let directory: string;
let kubernetes: Kubernetes;
let cockpit: Acting;
let original: Deployment['spec'];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollout-guards-'));
  const conditions = structuredClone(scenarioNamed('calm')?.conditions.deployments) ?? {};
  kubernetes = await startKubernetes({ directory, conditions, pace: 0.02 });
  cockpit = await acting({
    KUBECONFIG: kubernetes.kubeconfig,
    BENTHAM_JOURNAL_DIRECTORY: join(directory, 'journal'),
  });
  original = executor().spec;
});
afterAll(async () => {
  await cockpit?.stop();
  await kubernetes?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  kubernetes.restrict(operatorRules);
  for (const plural of ['resourcequotas', 'limitranges', 'poddisruptionbudgets', 'horizontalpodautoscalers'] as const)
    for (const { metadata } of kubernetes.store.list(plural)) kubernetes.store.remove(plural, namespace, metadata.name);
  for (const node of kubernetes.store.list('nodes'))
    kubernetes.store.put('nodes', { ...node, spec: { ...node.spec, unschedulable: false, taints: [] } });
  await become(original);
});

function executor(): Deployment {
  const found = kubernetes.store.get('deployments', namespace, 'executor');
  if (!found) throw new Error('no executor');
  return found;
}

/** The specification changed, and its rollout is complete. */
async function become(spec: Deployment['spec']): Promise<void> {
  const before = executor();
  const metadata = { ...before.metadata, generation: (before.metadata.generation ?? 1) + 1 };
  kubernetes.store.put('deployments', { ...before, metadata, spec });
  await vi.waitFor(
    () => {
      const { status } = executor();
      const pods = kubernetes.store.list('pods', namespace).filter(({ metadata: m }) => m.labels?.app === 'executor');
      expect(status).toMatchObject({ observedGeneration: metadata.generation });
      expect([status.updatedReplicas, status.readyReplicas ?? 0, pods.length]).toEqual([
        spec.replicas,
        spec.replicas,
        spec.replicas,
      ]);
    },
    { timeout: 30_000, interval: 20 },
  );
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});
const podsThere = () => kubernetes.store.list('pods', namespace).length;

function put(plural: Plural, kind: string, name: string, more: object): void {
  kubernetes.store.put(plural, { apiVersion: 'v1', kind, metadata: { name, namespace }, ...more } as never);
}
async function quota(hard: Record<string, string>, more: object = {}, name = 'compute'): Promise<void> {
  put('resourcequotas', 'ResourceQuota', name, { spec: { hard, ...more } });
  await vi.waitFor(() =>
    expect(kubernetes.store.get('resourcequotas', namespace, name)?.status).toMatchObject({ hard }),
  );
}

async function plan(action: 'restart-deployment' | 'rollback-deployment' | 'scale-deployment', more = {}) {
  const run = await cockpit.plan(action, { deployment: 'executor', ...more });
  cockpit.runner.cancel(run.id);
  return { says: run.says ?? '', hint: run.hint ?? '', ...run.plan, warnings: run.plan?.warnings ?? [] };
}
const restart = () => plan('restart-deployment');

describe('a full quota', () => {
  test('refuses a restart that could start no new pod, with what is used and what a pod needs', async () => {
    await become({ ...original, ...rolling(1, 0) });
    await quota({ 'requests.cpu': '3', pods: String(podsThere()) });
    const { says, hint } = await restart();
    expect(says).toContain(
      `no new pod of executor would start (quota compute, pods: ${podsThere()} of ${podsThere()} used`,
    );
    expect(hint).toContain('kubectl describe quota compute');
  });

  test('does not stop a rollout that frees room before it needs it', async () => {
    await become({ ...original, ...rolling(0, 1) });
    await quota({ pods: String(podsThere()) });
    const { impact, warnings } = await restart();
    expect(impact).toContain(`At least ${original.replicas - 1} of ${original.replicas} pods stay up.`);
    expect(warnings).toEqual([]);
  });

  test('that is below what runs refuses a restart that would take everything down', async () => {
    await become({ ...original, strategy: { type: 'Recreate' } });
    await quota({ pods: String(podsThere() - original.replicas) });
    const { says } = await restart();
    expect(says).toContain('this would take executor down');
    expect(says).toContain(`its ${original.replicas} ready pods stop first (Recreate)`);
  });

  test('that has room for some pods only is a warning with the numbers at its end', async () => {
    await become({ ...original, strategy: { type: 'Recreate' } });
    await quota({ pods: String(podsThere() - original.replicas + 2) });
    const { warnings } = await restart();
    expect(warnings[0]).toMatch(
      new RegExp(
        `^Only 2 of ${original.replicas} new pods would start \\(quota compute, pods: .*gets stuck with 2 pods running`,
      ),
    );
  });

  test('of memory counts the largest init container', async () => {
    const template = structuredClone(original.template);
    const containers = template.spec.containers;
    const resources = { requests: { cpu: '100m', memory: '4Gi' }, limits: { cpu: '100m', memory: '4Gi' } };
    Object.assign(template.spec, { initContainers: [{ name: 'migrate', image: 'x:1', resources }], containers });
    await become({ ...original, ...rolling(1, 0), template });
    await quota({ 'requests.memory': '60Gi' });
    expect((await restart()).impact?.join('\n')).toContain('A pod requests 0.25 cores and 4.0 GB');
    await quota({ 'requests.memory': '25Gi' });
    expect((await restart()).says).toContain('a pod needs 4.0 GB');
  });

  test.each([
    ['of another scope is not asked', { scopes: ['BestEffort'] }, false],
    ['of its scope counts', { scopes: ['NotBestEffort'] }, true],
    ['of another priority is not asked', priority('In', 'batch'), false],
    ['of every other priority counts', priority('NotIn', 'batch'), true],
    ['of pods that end by themselves is not asked', { scopes: ['Terminating'] }, false],
  ])('%s', async (_, scope, refused) => {
    await become({ ...original, ...rolling(1, 0) });
    await quota({ pods: '1' }, scope);
    const { says, warnings } = await restart();
    expect([says.includes('no new pod of executor would start'), warnings]).toEqual([refused, []]);
  });

  test('of replica sets refuses a new revision, and not a rollback', async () => {
    const sets = kubernetes.store.list('replicasets', namespace).length;
    await quota({ 'count/replicasets.apps': String(sets) });
    expect((await restart()).says).toContain(`quota compute allows ${sets} replica sets, ${sets} exist`);
    expect((await plan('rollback-deployment')).impact?.[0]).toMatch(/^Rolls /);
  });

  test('refuses to scale up where not one more pod fits', async () => {
    await quota({ pods: String(podsThere()) });
    const { says } = await plan('scale-deployment', { replicas: String(original.replicas + 2) });
    expect(says).toContain('no new pod of executor would start (quota compute');
  });
});

function priority(operator: string, value: string): object {
  return { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values: [value] }] } };
}

test('a limit range that an init container breaks refuses the restart', async () => {
  const template = structuredClone(original.template);
  const resources = { limits: { memory: '3Gi' } };
  Object.assign(template.spec, { initContainers: [{ name: 'migrate', image: 'x:1', resources }] });
  await become({ ...original, template });
  put('limitranges', 'LimitRange', 'sizes', { spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] } });
  expect((await restart()).says).toContain(
    'limit range sizes: container migrate limits memory to 3.0 GB, at most 1.0 GB is allowed',
  );
});

test('a quota wants limits, and a limit range fills them in', async () => {
  const template = structuredClone(original.template);
  const [container] = template.spec.containers;
  Object.assign(template.spec, { containers: [{ ...container, resources: {} }] });
  await become({ ...original, template });
  await quota({ 'limits.cpu': '100' });
  expect((await restart()).says).toContain('quota compute limits limits.cpu, and a container of executor sets none');
  put('limitranges', 'LimitRange', 'sizes', { spec: { limits: [{ type: 'Container', default: { cpu: '500m' } }] } });
  expect((await restart()).warnings).toEqual([]);
});

test('nodes without room are a warning', async () => {
  for (const node of kubernetes.store.list('nodes'))
    kubernetes.store.put('nodes', { ...node, spec: { ...node.spec, unschedulable: true } });
  const { warnings } = await restart();
  expect(warnings.join('\n')).toMatch(/No node has room for a new pod \(0 nodes in use, \d+ cordoned\)/);
});

test('a required anti-affinity with as many pods as nodes is a warning', async () => {
  const template = structuredClone(original.template);
  const nodes = kubernetes.store.list('nodes').length;
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'executor' } } };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  Object.assign(template.spec, { affinity });
  await become({ ...original, ...rolling(1, 0), template });
  expect((await restart()).warnings.join('\n')).toContain(
    `No node has room for a new pod (${nodes} nodes in use, each takes one such pod)`,
  );
});

test('a ConfigMap that an earlier revision needs and that is gone refuses the rollback', async () => {
  const template = structuredClone(original.template);
  Object.assign(template.spec, { volumes: [{ name: 'routes', configMap: { name: 'routes-5f7' } }] });
  put('configmaps', 'ConfigMap', 'routes-5f7', {});
  await become({ ...original, template });
  const { revision } = { revision: executor().metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '' };
  await become(original);
  expect((await plan('rollback-deployment', { revision })).impact?.join('\n')).toContain('volumes:\n+ routes');
  kubernetes.store.remove('configmaps', namespace, 'routes-5f7');
  expect((await plan('rollback-deployment', { revision })).says).toContain(
    'no new pod would start: ConfigMap routes-5f7 does not exist',
  );
});

test('a strategy that may stop all pods, and a budget that it breaks, are warnings', async () => {
  await become({ ...original, ...rolling(1, '100%') });
  expect((await restart()).warnings[0]).toContain(
    `All ${original.replicas} ready pods may stop before new ones are ready (maxUnavailable ${original.replicas} of ${original.replicas})`,
  );
  await become({ ...original, ...rolling(0, 2) });
  put('poddisruptionbudgets', 'PodDisruptionBudget', 'executor-pdb', {
    spec: { selector: { matchLabels: { app: 'executor' } } },
    status: { desiredHealthy: original.replicas - 1, currentHealthy: original.replicas, disruptionsAllowed: 1 },
  });
  expect((await restart()).warnings[0]).toBe(
    `The rollout may leave ${original.replicas - 2} pods, budget executor-pdb requires ${original.replicas - 1}: a rollout does not obey it.`,
  );
});

test('a paused deployment and one at 0 replicas are refused, its autoscaler named', async () => {
  const before = executor();
  kubernetes.store.put('deployments', { ...before, spec: { ...original, paused: true } });
  expect((await restart()).says).toContain('deployment executor is paused');
  await become({ ...original, replicas: 0 });
  put('horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'executor', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'executor' }, minReplicas: 2, maxReplicas: 9 },
  });
  const { says, hint } = await restart();
  expect([says, hint]).toEqual([
    'deployment executor is scaled to 0',
    'scale it first: the autoscaler executor (2–9) is off at 0 replicas',
  ]);
});

test('an unreadable part is named, and stops nothing', async () => {
  kubernetes.restrict([
    { verbs: ['*'], groups: ['apps', 'autoscaling', 'authorization.k8s.io'], resources: ['*'] },
    {
      verbs: ['get', 'list'],
      groups: [''],
      resources: ['pods', 'resourcequotas', 'limitranges'],
      namespaces: [namespace],
    },
    { verbs: ['list'], groups: ['policy'], resources: ['*'] },
  ]);
  const { impact, warnings } = await restart();
  expect(impact?.join('\n')).toContain('Room on the nodes is unknown: not allowed to list nodes');
  expect(warnings).toEqual([]);
});
