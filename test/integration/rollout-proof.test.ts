// Why a rollout does not end is said as soon as its conditions or its pods tell, and the way back is one that works: on
// the drill's cluster.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import type { Deployment } from '../../simulator/kubernetes/object.ts';
import { faultAnnotation } from '../../simulator/kubernetes/pod-faults.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import type { Run } from '../../src/core/actions/run.ts';
import { type Acting, acting } from '../support/acting.ts';

const namespace = 'bentham-prod';
let directory: string;
let kubernetes: Kubernetes;
let cockpit: Acting;
let original: Deployment['spec'];

async function start(pace = 0.02): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'rollout-proof-'));
  const conditions = structuredClone(scenarioNamed('calm')?.conditions.deployments) ?? {};
  kubernetes = await startKubernetes({ directory, conditions, pace });
  cockpit = await acting({
    KUBECONFIG: kubernetes.kubeconfig,
    BENTHAM_JOURNAL_DIRECTORY: join(directory, 'journal'),
  });
  original = executor().spec;
}
async function stop(): Promise<void> {
  await cockpit?.stop();
  await kubernetes?.stop();
  await rm(directory, { recursive: true, force: true });
}
beforeEach(() => start());
afterEach(stop);

function executor(): Deployment {
  const found = kubernetes.store.get('deployments', namespace, 'executor');
  if (!found) throw new Error('no executor');
  return found;
}
const revision = () => executor().metadata.annotations?.['deployment.kubernetes.io/revision'];
const eventually = (look: () => void) => vi.waitFor(look, { timeout: 30_000, interval: 20 });
const progressing = () => executor().status.conditions?.find(({ type }) => type === 'Progressing')?.reason;

function become(spec: Deployment['spec']): void {
  const before = executor();
  const metadata = { ...before.metadata, generation: (before.metadata.generation ?? 1) + 1 };
  kubernetes.store.put('deployments', { ...before, metadata, spec });
}

/** The template with a fault of its own: another revision, whose pods fail. */
function failingTemplate(fault: string): Deployment['spec'] {
  const template = structuredClone(original.template);
  const [container] = template.spec.containers;
  Object.assign(template.metadata, { annotations: { [faultAnnotation]: fault } });
  Object.assign(template.spec, { containers: [{ ...container, image: 'ghcr.io/bentham/executor:bad' }] });
  return { ...original, template };
}

/** Its newest revision fails; the previous one still has pods. */
async function stuck(fault: string): Promise<void> {
  become(failingTemplate(fault));
  await eventually(() =>
    expect(
      kubernetes
        .podsOf('executor')
        .some(({ status }) => status.containerStatuses?.some((one) => one.state.waiting?.reason === fault)),
    ).toBe(true),
  );
}

async function done(
  action: 'restart-deployment' | 'rollback-deployment' | 'scale-deployment',
  more = {},
): Promise<Run> {
  const run = await cockpit.plan(action, { deployment: 'executor', ...more });
  expect(run, run.says).toMatchObject({ phase: 'planned' });
  return cockpit.confirm(run);
}

test('pods that a quota refuses are the reason, in the controller’s words, long before the time is over', async () => {
  cockpit.watch((run) => {
    if (run.phase !== 'performing') return;
    const hard = { pods: '1' };
    const metadata = { name: 'compute', namespace };
    kubernetes.store.put('resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } });
  });
  const run = await done('restart-deployment');
  expect(run).toMatchObject({ outcome: 'unverified' });
  expect(run.says).toMatch(
    /^revision \d+ is stuck: pods cannot be created: .*exceeded quota: compute, requested: pods=1/,
  );
  const scaled = await cockpit.plan('scale-deployment', { deployment: 'executor', replicas: '9' });
  expect(scaled.says).toContain('no new pod of executor would start (quota compute');
});

test.each([
  ['ImagePullBackOff', /^revision \d+: executor-\S+ ImagePullBackOff: Back-off pulling image/],
  ['CrashLoopBackOff', /^revision \d+: executor-\S+ CrashLoopBackOff, \d+ restarts: /],
])('new pods in %s are the reason at once', async (fault, says) => {
  await stuck(fault);
  const run = await done('restart-deployment');
  expect(run).toMatchObject({ outcome: 'unverified', says: expect.stringMatching(says) });
  // The same template: not a rollback target.
  expect(run.next).toEqual([
    { action: 'rollback-deployment', target: expect.anything(), says: 'roll back to revision 3', undo: true },
  ]);
});

test('a rollback names the pods that go, and those that stay', async () => {
  await stuck('CrashLoopBackOff');
  const run = await cockpit.plan('rollback-deployment', { deployment: 'executor' });
  const pods = kubernetes.podsOf('executor');
  const isBad = ({ spec }: (typeof pods)[number]) => spec.containers[0]?.image.endsWith(':bad');
  const bad = pods.filter(isBad).map(({ metadata }) => metadata.name);
  const impact = run.plan?.impact ?? [];
  const [goes = ''] = impact.filter((says) => says.startsWith('Pods that go: '));
  expect(impact[0]).toMatch(/^Rolls back to revision 3 /);
  expect(bad.length).toBeGreaterThan(0);
  expect(goes.match(/executor-\S+?(?=[ ,.(])/g)?.toSorted()).toEqual(bad.toSorted());
  expect(goes).toContain('CrashLoopBackOff');
  expect(impact).toContain(`${pods.length - bad.length} pods of revision 3 stay.`);
  expect(run.plan?.undo).toBeUndefined();
  expect(run.plan?.instead).toMatch(/^revision 4 fails/);
  const back = await cockpit.confirm(run);
  expect(back, back.says).toMatchObject({ outcome: 'verified', next: [] });
});

test('a revision that was seen to crash is not the one that is rolled back to', async () => {
  await stuck('CrashLoopBackOff');
  const crashed = revision();
  await eventually(() =>
    expect(
      kubernetes.store
        .list('events', namespace)
        .reduce((sum, { reason, count }) => sum + (reason === 'BackOff' ? count : 0), 0),
    ).toBeGreaterThan(3),
  );
  become(original);
  await eventually(() => expect([progressing(), executor().status.replicas]).toEqual(['NewReplicaSetAvailable', 6]));
  await eventually(() => expect(kubernetes.podsOf('executor')).toHaveLength(6));
  const run = await cockpit.plan('rollback-deployment', { deployment: 'executor' });
  expect(crashed).toBe('4');
  expect(run.plan?.impact[0]).toMatch(/^Rolls back to revision 2 /);
  const named = await cockpit.plan('rollback-deployment', { deployment: 'executor', revision: '4' });
  expect(named.plan?.warnings?.[0]).toBe('Revision 4 failed: its pods crashed within the last hour.');
});

test('a rollout counts its new pods while it is verified', async () => {
  // Slow enough to be looked at while it goes on.
  await stop();
  await start(1);
  const counts: number[] = [];
  cockpit.watch(({ phase, measured }) => {
    if (phase === 'verifying' && measured) {
      expect(measured).toMatchObject({ total: 6, unit: 'pods' });
      counts.push(measured.done);
    }
  });
  expect(await done('restart-deployment')).toMatchObject({ outcome: 'verified' });
  expect(counts.length).toBeGreaterThan(0);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
});
