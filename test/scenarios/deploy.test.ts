// A deploy stops where it has to: at a staging rollout that does not complete, and with the way back for every deployment
// that changed in production.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { type Acting, acting } from '../support/acting.ts';
import { drillOf } from '../support/drill.ts';

let drill: Drill;
let cockpit: Acting;

beforeEach(async () => {
  drill = await drillOf('calm');
  cockpit = await acting({ PATH: process.env.PATH ?? '', ...drill.environment });
});
afterEach(async () => {
  await cockpit?.stop();
  await drill?.stop();
});

const production = 'bentham-prod';
const staging = 'bentham-staging';
const names = ['api-gateway', 'executor', 'orchestrator'];
const deployments = (namespace: string) => drill.kubernetes.store.list('deployments', namespace);
const generations = (namespace: string) => deployments(namespace).map(({ metadata }) => metadata.generation);

/** No pod more than there are. */
function fill(namespace: string): void {
  const pods = String(drill.kubernetes.store.list('pods', namespace).length);
  const metadata = { name: 'full', namespace };
  drill.kubernetes.store.put('resourcequotas', {
    ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata },
    spec: { hard: { pods } },
  });
}

test('waits for every rollout in staging before it asks its health', async () => {
  const run = await cockpit.plan('deploy', {});
  const status = (namespace: string) =>
    names.map((name) => `kubectl rollout status deployment/${name} --timeout=600s -n ${namespace}`).join(' && ');
  expect(run.calls.map(({ say }) => say.replace(/KUBECONFIG=\S+ /g, ''))).toEqual([
    expect.stringContaining('apply -f k8s/staging/'),
    status(staging),
    expect.stringMatching(/^curl .*staging/),
    expect.stringContaining('apply -f k8s/production/'),
    status(production),
  ]);
});

test('stops where a rollout in staging fails, with its reason: production is not touched', async () => {
  const run = await cockpit.plan('deploy', {});
  const before = generations(production);
  fill(staging);
  const done = await cockpit.confirm(run);
  expect(done).toMatchObject({ outcome: 'failed', performed: 1, next: [] });
  expect(done.says).toMatch(
    /^rollout of \S+ in bentham-staging: revision \d+ is stuck: pods cannot be created: .*exceeded quota: full/,
  );
  expect(done.hint).toContain('kubectl rollout undo deployment/');
  expect(generations(production)).toEqual(before);
});

test('offers the way back for every deployment that changed', async () => {
  const run = await cockpit.plan('deploy', {});
  cockpit.watch(({ performed }) => performed === 3 && fill(production));
  const done = await cockpit.confirm(run);
  expect(done).toMatchObject({ outcome: 'failed', performed: 4 });
  expect(done.says).toMatch(/in bentham-prod: revision 4 is stuck: pods cannot be created: .*exceeded quota/);
  expect(done.next).toEqual(
    names.map((deployment) => ({
      action: 'rollback-deployment',
      target: { deployment, revision: '3' },
      says: `roll ${deployment} back to revision 3`,
      undo: true,
    })),
  );
});

test('is refused if production has no room, or a deployment is paused; an autoscaler’s replicas are a warning', async () => {
  const [first] = deployments(production);
  if (!first) throw new Error('no deployment');
  const { store } = drill.kubernetes;
  store.put('deployments', { ...first, spec: { ...first.spec, replicas: 5 } });
  store.put('horizontalpodautoscalers', {
    ...{ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' },
    metadata: { name: 'api', namespace: production },
    spec: { scaleTargetRef: { kind: 'Deployment', name: first.metadata.name }, minReplicas: 2, maxReplicas: 9 },
  });
  expect((await cockpit.plan('deploy', {})).plan?.warnings).toContain(
    'api-gateway: the manifest sets 3 replicas (5 now), the autoscaler api (2–9) owns them.',
  );
  const metadata = { name: 'replica-sets', namespace: production };
  const hard = { 'count/replicasets.apps': String(store.list('replicasets', production).length) };
  store.put('resourcequotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata,
    spec: { hard },
    status: { hard, used: hard },
  });
  expect((await cockpit.plan('deploy', {})).says).toContain('the new revision would get none');
  store.remove('resourcequotas', production, 'replica-sets');
  store.put('deployments', { ...first, spec: { ...first.spec, paused: true } });
  expect((await cockpit.plan('deploy', {})).says).toBe('deployment api-gateway is paused: its rollout would not start');
});
