// After the database's password was rotated, the cockpit that did it goes on with the new one; others need it told.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { type Acting, acting } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';

let drill: Drill;
let cockpit: Acting;
let environment: Record<string, string>;

beforeAll(async () => {
  drill = await drillOf('calm');
  environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...drill.environment };
  // The AWS clients find their credentials where they always do.
  for (const [name, text] of Object.entries(drill.environment))
    if (/^AWS_(ACC|SEC|REG)/.test(name)) vi.stubEnv(name, text);
  cockpit = await acting(environment);
});
afterAll(async () => {
  await cockpit?.stop();
  await drill?.stop();
  vi.unstubAllEnvs();
});

test('its connections continue with the new password; one configured with the old is refused', async () => {
  const run = await cockpit.plan('rotate-database-credentials', { role: 'bentham' });
  expect(run.plan?.warnings?.join(), run.says).toContain('This session switches to the new password');
  cockpit.watch(({ id, phase }) => {
    if (id === run.id && phase === 'verifying') cockpit.runner.cancel(run.id);
  });
  const done = await cockpit.confirm(run);
  expect(done.performed, done.says).toBeGreaterThan(1);
  // A new connection, in this process; and one of somebody who knows only what was configured.
  const own = await cockpit.plan('list-api-keys', {});
  expect(own, own.says).toMatchObject({ outcome: 'verified' });
  const other = await new Promise<{ code: number; text: string }>((resolve) => {
    execFile(process.execPath, [launcher, 'run', 'list-api-keys'], { env: environment }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, text: out + err }),
    );
  });
  expect(other.code).toBe(4);
  expect(other.text).toMatch(/password/i);
  // And what it did and said holds the password nowhere.
  const said = JSON.stringify([done, cockpit.commands, cockpit.recorder.journal.entries]);
  expect(said).not.toMatch(/SCRAM-SHA-256\$|"password"/);
});
