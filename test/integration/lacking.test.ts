// What cannot run from this machine is known before anybody begins it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { Lacking } from '../../src/core/actions/action.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { lackingModule } from '../../src/engine/lacking.ts';
import { eventually } from '../support/eventually.ts';
import { fileRequestsOf } from '../support/file-requests.ts';

let checkout: string;
const engines: ReturnType<typeof createEngine>[] = [];
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'checkout-'));
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.stop()));
  rmSync(checkout, { recursive: true, force: true });
});

/** What lacks with these scripts in package.json, once the engine has told something of it. */
async function lackingWith(scripts: readonly string[], admin: Partial<Settings['admin']> = {}): Promise<Lacking> {
  const parsed = settingsSchema.parse({ profile: 'production', ...profiles.production });
  writeFileSync(
    join(checkout, 'package.json'),
    JSON.stringify({ scripts: Object.fromEntries(scripts.map((script) => [script, 'true'])) }),
  );
  const settings = { ...parsed, admin: { ...parsed.admin, command: ['npm', 'run'], directory: checkout, ...admin } };
  const engine = createEngine({ settings, sources: [], modules: [lackingModule] });
  engines.push(engine);
  let told: Lacking | undefined;
  engine.subscribe(({ lacking }) => {
    told = lacking ?? told;
  });
  // No token of PagerDuty is configured: that lacks in any case.
  await eventually(() => expect(told).toHaveProperty('escalate-page', 'PagerDuty has no API token'));
  return told ?? {};
}

test('a script that the checkout does not have disables its actions only, with the file', async () => {
  const lacking = await lackingWith(['admin:apikey', 'test:surface']);
  const file = join(checkout, 'package.json');
  expect(lacking).toMatchObject({
    'disable-surface': `no script admin:surface in ${file}`,
    'enable-surface': `no script admin:surface in ${file}`,
    'cleanup-sessions': `no script admin:sessions in ${file}`,
  });
  for (const there of ['test-surface', 'create-api-key', 'restart-deployment', 'notify', 'revoke-api-key'])
    expect(lacking).not.toHaveProperty(there);
});

test('what several actions need is looked for once', async () => {
  let lacking: Lacking = {};
  const calls = await fileRequestsOf(async () => {
    lacking = await lackingWith([], { command: ['/nowhere/npm', 'run'], kubectl: '/nowhere/kubectl' });
  });
  const missing = Object.values(lacking).filter((why) => why?.startsWith('/nowhere/'));
  expect(new Set(missing).size).toBe(2);
  expect(calls).toBeLessThan(missing.length);
});

test('a program that is not installed disables what runs it', async () => {
  const lacking = await lackingWith([], { command: ['no-such-manager'], kubectl: '/nowhere/kubectl' });
  expect(lacking).toMatchObject({
    'disable-surface': 'no-such-manager not found',
    deploy: '/nowhere/kubectl not found',
  });
  expect(lacking).not.toHaveProperty('scale-deployment');
});
