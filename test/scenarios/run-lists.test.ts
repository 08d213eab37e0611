// What `run` prints of actions that only look: all of it, as a table for people and as JSON for programs; and commands
// exactly as the product prints them.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { type Environment, sql } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';

let drill: Drill;
let environment: Environment;

beforeAll(async () => {
  drill = await drillOf('calm');
  environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...drill.environment };
});
afterAll(() => drill?.stop());

function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'run', ...args], { env: environment }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    ).stdin?.end();
  });
}

async function addKey(id: string, tenant: string, name: string): Promise<void> {
  await sql(environment, 'INSERT INTO tenants (id, name) VALUES ($1, $1)', [tenant]);
  await sql(
    environment,
    `INSERT INTO api_keys (id, tenant_id, name, key_hash, permissions) VALUES ($1, $2, $3, 'x', '{studies:read,studies:write}')`,
    [id, tenant, name],
  );
}

test('list-api-keys prints each key in a row, without escape sequences and secrets', async () => {
  await addKey('key-odd', 'tenant-odd', '\u001b]0;owned\u0007 password=hunter2 \u202ex');
  const rows = await sql<{ id: string }>(environment, 'SELECT id FROM api_keys');
  const { code, out } = await run('list-api-keys');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^KEY +TENANT +NAME +PERMISSIONS +LAST USED +CREATED +STATE$/);
  expect(rows.length).toBeGreaterThan(1);
  for (const { id } of rows) expect(lines.filter((one) => one.startsWith(`${id} `))).toHaveLength(1);
  expect(lines.find((one) => one.startsWith('key-odd'))).toMatch(
    /password=••• .*studies:read,studies:write +never +20\d\d-/,
  );
  expect(out).toContain(`${rows.length} keys; the secrets are not shown.`);
  expect(out).not.toMatch(/hunter2|[\u001b\u0007\u202e]/);
});

test('list-api-keys --json prints the keys as JSON', async () => {
  await addKey('key-json', 'tenant-json', 'a name');
  const { code, out } = await run('list-api-keys', '--tenant', 'tenant-json', '--json');
  expect(code).toBe(0);
  const key = {
    id: 'key-json',
    tenant: 'tenant-json',
    name: 'a name',
    permissions: ['studies:read', 'studies:write'],
    lastUsedAt: null,
    createdAt: expect.stringMatching(/^20\d\d-.*Z$/),
    revoked: false,
  };
  expect(JSON.parse(out)).toMatchObject({ outcome: 'verified', found: { complete: true, keys: [key] } });
});

test('list-api-keys of a tenant without keys names the tenants that have some', async () => {
  const { code, out } = await run('list-api-keys', '--tenant', 'tenant-nobody');
  expect(code).toBe(4);
  expect(out).toMatch(/tenant-nobody has no keys\n.*there are: .*tenant-/);
});

test('list-snapshots prints each snapshot, and what can be restored', async () => {
  const { code, out } = await run('list-snapshots');
  expect(code).toBe(0);
  const [head, first = ''] = out.split('\n');
  expect(head).toMatch(/^SNAPSHOT +TIME +STATUS$/);
  expect(first).toMatch(/^\S+ +20\d\d-.* +available$/);
  expect(out).toMatch(/\d+ snapshots?\. Any time .*up to 20\d\d-.* can be restored\./);
  const printed = JSON.parse((await run('list-snapshots', '--json')).out) as {
    found: { newestRestorable: string; snapshots: { id: string; status: string }[] };
  };
  expect(printed.found.snapshots[0]).toMatchObject({ id: first.split(' ')[0], status: 'available' });
  expect(Date.parse(printed.found.newestRestorable)).toBeGreaterThan(0);
});

test('restore-evidence --version is about the evidence, not about the program', async () => {
  const { code, out } = await run('restore-evidence', '--file', 'study_abc123/screenshot.png', '--version', 'none');
  expect(code).toBe(4);
  expect(out).toContain('study_abc123/screenshot.png has no version none');
});

test('revoke-api-key with an invalid choice revokes nothing', async () => {
  await addKey('key-kept', 'tenant-kept', 'kept');
  const done = await run('revoke-api-key', '--key', 'key-kept', '--by', 'carrier', '--yes', '--arm', 'a test');
  expect(done.code).toBe(64);
  expect(done.err).toContain('give sql or admin');
  expect(await sql(environment, `SELECT revoked FROM api_keys WHERE id = 'key-kept'`)).toEqual([{ revoked: false }]);
});

test('a surface with a name that a shell could interpret reaches no command', async () => {
  const done = await run('disable-surface', '--surface', 'x$(touch\u0024{IFS}pwned)', '--yes', '--arm', 'a test');
  expect(done.code).toBe(4);
  expect(done.out).toContain('contains characters that a shell or a command could read as code or as an option');
  expect(done.out).toMatch(/Allowed: letters, digits.* By hand.*admin:surface disable 'x\$\(touch/);
  expect((await run('disable-surface', '--surface=--all', '--yes', '--arm', 'a test')).code).toBe(4);
});

test.each(['| head -n 1', '2>&1 | true'])(
  'an action goes on to its proof when its reader leaves: %s',
  async (to) => {
    const before = phases().length;
    const line = `{ { "$0" "$@" ${to.replace(/\|.*/, '')}; echo $? >&3; } ${to.replace(/.*\|/, '|')}; } 3>&1 >/dev/null`;
    const args = [launcher, 'run', 'restart-deployment', '--deployment', 'executor', '--yes', '--arm', 'try'];
    const code = await new Promise<string>((resolve) => {
      execFile('sh', ['-c', line, process.execPath, ...args], { env: environment }, (_, out) => resolve(out.trim()));
    });
    expect(code).toBe('0');
    expect(phases().slice(before)).toEqual(['confirmed', 'started', 'finished', 'verified']);
  },
  120_000,
);

/** What the journals say of actions, the oldest first. */
function phases(): readonly string[] {
  const journal = drill.environment.BENTHAM_JOURNAL_DIRECTORY ?? '';
  if (!existsSync(journal)) return [];
  return readdirSync(journal)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
    .flatMap((name) => readFileSync(path.join(journal, name), 'utf8').trim().split('\n'))
    .flatMap((entry) => /"phase":"([a-z]+)"/.exec(entry)?.[1] ?? []);
}
