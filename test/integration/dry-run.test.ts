// What the API server would refuse is told before anybody confirms it: restart, roll back and scale on the drill's
// cluster, with webhooks in front of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Webhook } from '../../simulator/kubernetes/admission.ts';
import { type Kubernetes, startKubernetes } from '../../simulator/kubernetes/kubernetes.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import type { ActionId } from '../../src/core/actions/action.ts';
import { type Acting, acting } from '../support/acting.ts';

let directory: string;
let kubernetes: Kubernetes;
let cockpit: Acting;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dry-run-'));
  const conditions = structuredClone(scenarioNamed('calm')?.conditions.deployments) ?? {};
  kubernetes = await startKubernetes({ directory, conditions, pace: 0.02 });
  const journal = join(directory, 'journal');
  cockpit = await acting({ KUBECONFIG: kubernetes.kubeconfig, BENTHAM_JOURNAL_DIRECTORY: journal });
});
afterAll(async () => {
  await cockpit?.stop();
  await kubernetes?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => kubernetes.register([]));

const frozen: Webhook = { name: 'freeze.bentham.io', sideEffects: 'None', denies: () => 'the release is frozen' };
const present = () => kubernetes.store.get('deployments', 'bentham-prod', 'executor')?.metadata;

const changes: readonly { action: ActionId; more: Readonly<Record<string, string>> }[] = [
  { action: 'restart-deployment', more: {} },
  { action: 'rollback-deployment', more: {} },
  { action: 'scale-deployment', more: { replicas: '9' } },
];

describe.each(changes)('$action', ({ action, more }) => {
  const plan = () => cockpit.plan(action, { deployment: 'executor', ...more });

  test('is tried with a dry run that stores nothing', async () => {
    const before = present();
    const run = await plan();
    expect(run, run.says).toMatchObject({ phase: 'planned' });
    expect(run.plan?.answered).toContain('the API server would accept it (dry run)');
    expect(present()).toEqual(before);
    expect(cockpit.commands.some(({ says, ok }) => ok && /^dry run: .*kubectl /.test(says))).toBe(true);
    cockpit.runner.cancel(run.id);
  });

  test('that a webhook denies is refused before the confirmation', async () => {
    kubernetes.register([frozen]);
    const run = await plan();
    expect(run).toMatchObject({ phase: 'done', outcome: 'refused' });
    expect(run.says).toContain('the API server would refuse this: admission webhook "freeze.bentham.io" denied');
    expect(run.says).toContain('the release is frozen');
  });

  test('names a webhook without dry run, and continues', async () => {
    kubernetes.register([{ ...frozen, sideEffects: 'Some' }]);
    const run = await plan();
    expect(run, run.says).toMatchObject({ phase: 'planned' });
    expect(run.plan?.warnings?.join()).toContain(
      'is unknown until it runs: admission webhook "freeze.bentham.io" does not support dry run',
    );
    expect(run.plan?.answered.join()).not.toContain('would accept it');
    const done = await cockpit.confirm(run);
    expect(done).toMatchObject({ outcome: 'failed' });
    expect(done.says).toContain('nothing was changed');
  });

  test('is tried again after the confirmation', async () => {
    const run = await plan();
    kubernetes.register([frozen]);
    const done = await cockpit.confirm(run);
    expect(done).toMatchObject({ outcome: 'refused' });
    expect(done.says).toContain('the release is frozen');
  });
});

test('the drill’s API supports dry runs, and refuses unknown values', async () => {
  const url = `${kubernetes.url}/apis/apps/v1/namespaces/bentham-prod/deployments/executor`;
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const patch = async (query: string, body: object) => {
    const answer = await request(url + query, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${kubernetes.token}`,
        'content-type': 'application/merge-patch+json',
      },
      body: JSON.stringify(body),
      dispatcher,
    });
    return { code: answer.statusCode, body: (await answer.body.json()) as { spec?: object; message?: string } };
  };
  try {
    const before = present();
    const tried = await patch('?dryRun=All', { spec: { paused: true } });
    expect(tried).toMatchObject({ code: 200, body: { spec: { paused: true } } });
    expect(await patch('?dryRun=All', { spec: { replicas: -1 } })).toMatchObject({ code: 422 });
    expect(await patch('?dryRun=All', { metadata: { resourceVersion: '1' } })).toMatchObject({ code: 409 });
    const other = await patch('?dryRun=Some', { spec: { paused: true } });
    expect(other.code).toBe(422);
    expect(other.body.message).toContain('supported values: "All"');
    expect(present()).toEqual(before);
  } finally {
    await dispatcher.destroy();
  }
});
