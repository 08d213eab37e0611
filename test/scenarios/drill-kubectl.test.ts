// A machine without kubectl can practise a deploy: the drill brings a small one, and the cockpit uses it.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { type Acting, acting } from '../support/acting.ts';
import { drillOf, serveDrill } from '../support/drill.ts';

let drill: Drill;
/** A PATH on which there is no kubectl. */
let bare: string;

beforeAll(async () => {
  bare = mkdtempSync(path.join(tmpdir(), 'bentham-bare-'));
  for (const place of ['/usr/bin', '/bin'])
    for (const name of readdirSync(place))
      if (name !== 'kubectl' && !existsSync(path.join(bare, name)))
        symlinkSync(path.join(place, name), path.join(bare, name));
  vi.stubEnv('PATH', bare);
  drill = await drillOf('calm');
});
afterAll(async () => {
  await drill?.stop();
  vi.unstubAllEnvs();
  rmSync(bare, { recursive: true, force: true });
});

const kubectl = (...args: string[]) => kubectlOf(drill.environment, ...args);

function kubectlOf(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<{ code: number; text: string }> {
  const { BENTHAM_ADMIN_KUBECTL = '', BENTHAM_ADMIN_DIRECTORY: cwd = '', KUBECONFIG = '' } = environment;
  return new Promise((done) => {
    execFile(BENTHAM_ADMIN_KUBECTL, args, { cwd, env: { PATH: bare, KUBECONFIG } }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
}
const production = ['-n', 'bentham-prod'];

test('diff shows what an apply would change, apply can be forbidden, and unknown verbs are named', async () => {
  const found = await kubectl('diff', '-f', 'k8s/production/', ...production);
  expect(found.code, found.text).toBe(1);
  expect(found.text).toContain('apps.v1.Deployment.bentham-prod.executor');
  expect(found.text).toMatch(/^-.*image: ghcr.io\/bentham\/executor:2026.11.3$/m);
  expect(found.text).toMatch(/^\+.*image: ghcr.io\/bentham\/executor:2026.11.4$/m);
  const viewer = await kubectl('apply', '-f', 'k8s/production/', ...production, '--context', 'bentham-drill-viewer');
  expect(viewer).toMatchObject({ code: 1, text: expect.stringContaining('Error from server (Forbidden)') });
  expect((await kubectl('diff', '-f', 'k8s/none/', ...production)).code).toBe(2);
  expect(await kubectl('drain', 'node')).toMatchObject({ code: 1, text: expect.stringContaining('install kubectl') });
});

test('a drill that is killed while a diff runs leaves none of its files', async () => {
  const temporary = mkdtempSync(path.join(tmpdir(), 'bentham-diff-'));
  chmodSync(temporary, 0o777);
  const begun = path.join(temporary, 'begun');
  // Runs until the drill is gone.
  const slow = path.join(bare, 'slow');
  mkdirSync(slow);
  writeFileSync(path.join(slow, 'diff'), `#!/bin/sh\n: > '${begun}'\nexec cat\n`, { mode: 0o755 });
  const served = serveDrill('calm', { env: { TMPDIR: temporary, PATH: `${slow}:${bare}` } });
  try {
    const asked = kubectlOf(await served.environment, 'diff', '-f', 'k8s/production/', ...production);
    await expect.poll(() => existsSync(begun), { timeout: 30_000 }).toBe(true);
    served.child.kill('SIGKILL');
    expect((await asked).code).toBe(3);
    rmSync(begun);
    const rest = () => readdirSync(temporary).filter((name) => name !== 'node-compile-cache');
    await expect.poll(rest, { timeout: 30_000 }).toEqual([]);
  } finally {
    served.child.kill('SIGKILL');
    rmSync(temporary, { recursive: true, force: true });
  }
});

test('get lists what runs', async () => {
  const pods = await kubectl('get', 'pods', ...production, '-l', 'app=api-gateway');
  expect(pods.text).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/m);
  expect(pods.text.match(/^api-gateway-\S+ +1\/1 +Running/gm)).toHaveLength(3);
  expect(await kubectl('get', 'deployment/none', ...production)).toMatchObject({
    code: 1,
    text: expect.stringContaining('NotFound'),
  });
});

test('a dry run of an apply prints its changes, and makes none', async () => {
  const before = drill.kubernetes.store.version();
  const client = await kubectl('apply', '--dry-run=client', '-f', 'k8s/production/', ...production);
  expect(client.text).toContain('deployment.apps/executor configured (dry run)');
  const server = await kubectl('apply', '--dry-run=server', '-f', 'k8s/production/', ...production);
  expect(server.text).toContain('deployment.apps/executor configured (server dry run)');
  expect(drill.kubernetes.store.version()).toBe(before);
  expect((await kubectl('apply', '--dry-run=yes', '-f', 'k8s/production/', ...production)).code).toBe(1);
});

describe('before a deploy is confirmed', () => {
  let cockpit: Acting;
  let extra: string;
  const everything = { verbs: ['*'], groups: ['*'], resources: ['*'] };
  beforeAll(async () => {
    cockpit = await acting({ PATH: bare, ...drill.environment });
    extra = path.join(drill.environment.BENTHAM_ADMIN_DIRECTORY ?? '', 'k8s/production/settings.yaml');
  });
  afterEach(() => {
    drill.kubernetes.restrict([everything]);
    drill.kubernetes.register([]);
    rmSync(extra, { force: true });
  });
  afterAll(() => cockpit?.stop());

  test('each object of the manifests is read: existing ones are patched, new ones are created', async () => {
    drill.kubernetes.restrict([
      { verbs: ['get', 'list', 'create'], groups: ['*'], resources: ['*'] },
      { verbs: ['patch'], groups: ['apps'], resources: ['deployments'], names: ['executor', 'orchestrator'] },
    ]);
    const run = await cockpit.plan('deploy', {});
    expect(run).toMatchObject({ outcome: 'refused' });
    expect(run.says).toContain('not allowed to patch deployments.apps api-gateway in bentham-staging');

    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } };
    writeFileSync(extra, JSON.stringify(map));
    drill.kubernetes.restrict([
      { verbs: ['get', 'list', 'create', 'patch'], groups: ['apps', 'authorization.k8s.io'], resources: ['*'] },
      { verbs: ['get', 'list', 'patch'], groups: [''], resources: ['*'] },
    ]);
    const other = await cockpit.plan('deploy', {});
    expect(other).toMatchObject({ outcome: 'refused' });
    expect(other.says).toContain('not allowed to create configmaps in bentham-prod');
  });

  test('a refusal of a webhook is shown; a webhook without dry run is named', async () => {
    const webhook = { name: 'policy.bentham.io', denies: () => 'images are not signed' };
    drill.kubernetes.register([{ ...webhook, sideEffects: 'None' }]);
    const denied = await cockpit.plan('deploy', {});
    expect(denied).toMatchObject({ outcome: 'refused' });
    expect(denied.says).toContain('the API server would refuse this in bentham-staging');
    expect(denied.says).toContain('images are not signed');
    drill.kubernetes.register([{ ...webhook, sideEffects: 'Some' }]);
    const untold = await cockpit.plan('deploy', {});
    expect(untold, untold.says).toMatchObject({ phase: 'planned' });
    expect(untold.plan?.warnings?.join()).toContain('unknown until it runs');
    expect(untold.plan?.impact.join()).toContain('The changes in production are unknown');
    cockpit.runner.cancel(untold.id);
  });
});

test('the cockpit deploys with it, and a second apply changes nothing', async () => {
  const cockpit = await acting({ PATH: bare, ...drill.environment });
  try {
    const run = await cockpit.plan('deploy', {});
    expect(run.plan?.impact.join('\n'), run.says).toMatch(/^\+.*image: ghcr.io\/bentham\/executor:2026.11.4$/m);
    const done = await cockpit.confirm(run);
    expect(done, done.says).toMatchObject({ outcome: 'verified' });
    expect(done.output.join('\n')).toContain('api-gateway, executor, orchestrator rolled out in bentham-prod');
  } finally {
    await cockpit.stop();
  }
  const again = await kubectl('apply', '-f', 'k8s/production/', ...production);
  expect(again.text.match(/unchanged$/gm)).toHaveLength(3);
  expect((await kubectl('diff', '-f', 'k8s/production/', ...production)).code).toBe(0);
});

describe('an apply whose connection is lost', () => {
  /** A kubectl that loses its connection in the production apply, before or after the server has taken it. */
  async function deployed(taken: boolean) {
    const manifest = path.join(drill.environment.BENTHAM_ADMIN_DIRECTORY ?? '', 'k8s/production/executor.yaml');
    const next = readFileSync(manifest, 'utf8').replace(/(executor:2026\.11\.)\d+/, `$1${taken ? 6 : 5}`);
    writeFileSync(manifest, next);
    const lossy = path.join(bare, 'lossy-kubectl');
    const real = drill.environment.BENTHAM_ADMIN_KUBECTL ?? '';
    const script = `#!/bin/sh
case "$*" in *dry-run*) ;; apply*production*)
  ${taken ? `'${real}' "$@"` : ':'}
  echo 'Patch "https://api/deployments/executor": EOF' >&2
  exit 1 ;;
esac
exec '${real}' "$@"
`;
    writeFileSync(lossy, script, { mode: 0o755 });
    const cockpit = await acting({ PATH: bare, ...drill.environment, BENTHAM_ADMIN_KUBECTL: lossy });
    try {
      const run = await cockpit.plan('deploy', {});
      const done = await cockpit.confirm(run);
      const phases = cockpit.recorder.journal.entries.flatMap(({ event }) =>
        event.kind === 'action' && event.run === run.id ? [event.phase] : [],
      );
      return { done, phases };
    } finally {
      await cockpit.stop();
      rmSync(lossy, { force: true });
    }
  }

  test('and which did not arrive is reported by the facts and not retried', async () => {
    const { done, phases } = await deployed(false);
    expect(done, done.says).toMatchObject({ outcome: 'failed' });
    expect(done.says).toMatch(/connection lost.*EOF.*current state: production differs from its manifests/);
    expect(phases).toEqual(['confirmed', 'started', 'unknown', 'failed']);
  });

  test('and which did arrive is verified by the facts', async () => {
    const { done, phases } = await deployed(true);
    expect(done, done.says).toMatchObject({ outcome: 'verified' });
    expect(done.says).toContain('but it was done');
    expect(phases).toEqual(['confirmed', 'started', 'unknown', 'verified']);
  });
});
