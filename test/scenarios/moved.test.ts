// Somebody is quicker than the change itself: nothing is changed, it is planned again and asked again; and `run --yes`,
// where nobody looks at the new plan, ends instead.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting } from '../support/acting.ts';
import { ApiServer } from '../support/api-server.ts';
import { launcher } from '../support/drill.ts';

let server: ApiServer;
let directory: string;
let environment: Record<string, string>;
let generation: number;
/** Changes that were sent, dry runs not counted. */
let sent: number;

beforeEach(async () => {
  server = new ApiServer();
  directory = mkdtempSync(path.join(tmpdir(), 'moved-'));
  generation = 7;
  sent = 0;
  server.handle = (url, res, req) => {
    if (req.method === 'POST') return res.end(JSON.stringify({ status: { allowed: true } }));
    if (req.method === 'PATCH' && url.searchParams.get('dryRun') !== 'All') {
      sent += 1;
      if (sent === 1) {
        generation += 1;
        const message = 'the object has been modified; please apply your changes to the latest version';
        return res.writeHead(409).end(JSON.stringify({ kind: 'Status', reason: 'Conflict', message, code: 409 }));
      }
    }
    if (!url.pathname.includes('/deployments/')) return res.end('{"items":[]}');
    const metadata = {
      name: 'executor',
      uid: 'u1',
      generation,
      resourceVersion: String(4711 + generation),
      annotations: { 'deployment.kubernetes.io/revision': String(generation - 4) },
    };
    const template = { spec: { containers: [{ name: 'a', image: 'a:3' }] } };
    return res.end(JSON.stringify({ metadata, spec: { replicas: 1, template }, status: { readyReplicas: 1 } }));
  };
  await server.start();
  environment = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    KUBECONFIG: server.settings().kubernetes.kubeconfig ?? '',
    BENTHAM_KUBERNETES_NAMESPACE: 'bentham',
    BENTHAM_JOURNAL_DIRECTORY: path.join(directory, 'journal'),
  };
});
afterEach(async () => {
  await server.end();
  rmSync(directory, { recursive: true, force: true });
});

test('the run is planned again with the changes, and the confirmed plan runs', async () => {
  const cockpit = await acting(environment);
  try {
    const run = await cockpit.plan('restart-deployment', { deployment: 'executor' });
    expect(run.plan?.impact, run.says).toContain('Revision 3 becomes 4. Image a:3.');
    const again = await cockpit.confirm(run);
    expect(again).toMatchObject({ phase: 'planned', id: run.id, performed: 0 });
    expect(again.notice).toContain('nothing was done');
    expect(again.again).toEqual(
      expect.arrayContaining(['was: Revision 3 becomes 4. Image a:3.', 'now: Revision 4 becomes 5. Image a:3.']),
    );
    expect(again.startedAt).toBeUndefined();
    const phases = () =>
      cockpit.recorder.journal.entries.flatMap(({ event }) => (event.kind === 'action' ? [event.phase] : []));
    expect(phases()).toEqual(['confirmed', 'started', 'cancelled']);
    expect(sent).toBe(1);
    const confirmed = cockpit.confirm(again);
    cockpit.watch(({ phase }) => {
      if (phase === 'verifying') cockpit.runner.cancel(run.id);
    });
    await confirmed;
    expect(sent).toBe(2);
    expect(phases().slice(3, 6)).toEqual(['confirmed', 'started', 'finished']);
  } finally {
    await cockpit.stop();
  }
});

test('run --yes stops with exit code 4 and the new plan', async () => {
  const args = ['run', 'restart-deployment', '--deployment', 'executor', '--yes', '--arm', 'a test'];
  const done = await new Promise<{ code: number; text: string }>((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr }),
    );
  });
  expect(done.code, done.text).toBe(4);
  expect(done.text).toContain('moved: the API server refused');
  expect(done.text).toContain('now: Revision 4 becomes 5. Image a:3.');
  expect(sent).toBe(1);
});
