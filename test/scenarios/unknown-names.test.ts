// An unknown name is refused before the plan, with the existing names.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import type { ActionId, Target } from '../../src/core/actions/action.ts';
import { type Acting, acting, sql } from '../support/acting.ts';
import { drillOf } from '../support/drill.ts';

let drill: Drill;
let cockpit: Acting;
let elsewhere: string;

beforeAll(async () => {
  drill = await drillOf('calm');
  // The SDK takes its login from the process.
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, drill.environment[name]);
  cockpit = await acting(drill.environment);
  await sql(
    drill.environment,
    `INSERT INTO studies (id, tenant_id, name, status) VALUES ('study_failing', 'tenant-lyra', 'x', 'paused');
     INSERT INTO jobs (study_id, surface_id, status) VALUES ('study_failing', 'openai-api', 'failed')`,
  );
  elsewhere = mkdtempSync(path.join(tmpdir(), 'checkout-'));
});
afterAll(async () => {
  await cockpit?.stop();
  await drill?.stop();
  vi.unstubAllEnvs();
  rmSync(elsewhere, { recursive: true, force: true });
});

test.each<readonly [action: ActionId, target: Target, says: string, hint: RegExp]>([
  ['disable-surface', { surface: 'openai-ap' }, 'there is no surface openai-ap', /^did you mean openai-api\?/],
  ['enable-surface', { surface: 'nothing-like-it' }, 'there is no surface nothing-like-it', /^there are: .*openai-api/],
  ['test-surface', { surface: 'antropic-api' }, 'there is no surface antropic-api', /did you mean anthropic-api\?/],
  ['cancel-study', { study: 'study_abc124' }, 'there is no study study_abc124', /did you mean study_abc123\?/],
  [
    'retry-jobs',
    { study: 'study_failing', surface: 'openai-ap' },
    'no failed jobs in study_failing on openai-ap',
    /did you mean openai-api\?/,
  ],
  ['evict-redis', { prefix: 'nothing:' }, 'no key begins with nothing:', /another prefix/],
  [
    'restore-database',
    { at: '2026-02-31T02:00:00Z' },
    'at cannot be 2026-02-31T02:00:00Z',
    /such as 15m, 1h \(ago\), 14:30 or 2026-01-17 14:30/,
  ],
  ['cleanup-sessions', { 'older-than': '0h' }, 'older-than cannot be 0h', /an age such as/],
  ['retry-jobs', { study: 'study_abc12' }, 'there is no study study_abc12', /did you mean study_abc123\?/],
  ['revoke-api-key', { key: 'key-lyr00', by: 'sql' }, 'there is no key key-lyr00', /did you mean key-lyr00\d\?/],
  ['rotate-api-key', { key: 'lyra' }, 'there is no key lyra', /^there are: key-/],
  [
    'create-api-key',
    { tenant: 'tenant-lyr', name: 'n' },
    'there is no tenant tenant-lyr',
    /did you mean tenant-lyra\?/,
  ],
  ['list-api-keys', { tenant: 'tenant-lyr' }, 'tenant-lyr has no keys', /did you mean tenant-lyra\?/],
  [
    'restart-deployment',
    { deployment: 'api-gatway' },
    'there is no deployment api-gatway',
    /did you mean api-gateway\?/,
  ],
  ['scale-deployment', { deployment: 'x', replicas: '2' }, 'there is no deployment x', /^there are: .*executor/],
  ['rollback-deployment', { deployment: 'exekutor' }, 'there is no deployment exekutor', /did you mean executor\?/],
  ['rotate-database-credentials', { role: 'benthm' }, 'there is no role benthm', /did you mean bentham\?/],
  ['vacuum-table', { table: 'jbos' }, 'there is no table in public called jbos', /did you mean jobs\?/],
  ['analyze-tables', { tables: 'jobs, studys' }, 'there is no table in public called studys', /did you mean studies\?/],
  [
    'cleanup-evidence',
    { prefix: 'study_old124/' },
    'there is no evidence under study_old124/',
    /did you mean study_old123\/\?/,
  ],
  [
    'restore-evidence',
    { file: 'study_abc124/screenshot.png', version: 'v' },
    'there is no evidence study_abc124/screenshot.png',
    /study_abc123\//,
  ],
])('%s %o', async (action, target, says, hint) => {
  const run = await cockpit.plan(action, target);
  expect(run).toMatchObject({ outcome: 'refused', says, hint: expect.stringMatching(hint) });
  expect(run.plan).toBeUndefined();
});

test('a tenant without studies and keys is new, or known by the platform’s own table', async () => {
  await sql(drill.environment, `INSERT INTO tenants (id, name) VALUES ('tenant-new', 'New')`);
  expect(await cockpit.plan('create-api-key', { tenant: 'tenant-new', name: 'first' })).toMatchObject({
    phase: 'planned',
  });
});

test('an admin script that package.json does not have is refused before the plan', async () => {
  const write = (scripts: object) => writeFileSync(path.join(elsewhere, 'package.json'), JSON.stringify({ scripts }));
  const bare = await acting({ ...drill.environment, BENTHAM_ADMIN_DIRECTORY: elsewhere });
  const plans: readonly (readonly [ActionId, Target, string])[] = [
    ['disable-surface', { surface: 'openai-api' }, 'admin:surface'],
    ['test-surface', { surface: 'openai-api' }, 'test:surface'],
    ['cleanup-sessions', {}, 'admin:sessions'],
    ['refresh-sessions', {}, 'admin:sessions'],
    ['create-api-key', { tenant: 'tenant-lyra', name: 'n' }, 'admin:apikey'],
    ['rotate-api-key', { key: 'key-lyr001' }, 'admin:apikey'],
    ['revoke-api-key', { key: 'key-lyr001', by: 'admin' }, 'admin:apikey'],
  ];
  try {
    expect((await bare.plan('refresh-sessions', {})).says).toContain('package.json does not exist');
    write({ build: 'x', 'admin:surfaces': 'x' });
    for (const [action, target, script] of plans) {
      const run = await bare.plan(action, target);
      expect(run).toMatchObject({ outcome: 'refused', says: expect.stringContaining(`no script ${script}`) });
    }
    expect((await bare.plan('disable-surface', { surface: 'openai-api' })).hint).toContain(
      'did you mean admin:surfaces?',
    );
    // By SQL no script is needed.
    expect(await bare.plan('revoke-api-key', { key: 'key-lyr001', by: 'sql' })).toMatchObject({ phase: 'planned' });
    write(Object.fromEntries(plans.map(([, , script]) => [script, 'x'])));
    for (const [action, target] of plans) expect(await bare.plan(action, target)).toMatchObject({ phase: 'planned' });
  } finally {
    await bare.stop();
  }
});
