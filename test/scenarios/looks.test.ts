// The looks that need no incident and no screen, at an embedded Bentham: tables for people, JSON for programs.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { type Environment, sql } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';

let drill: Drill;
let environment: Environment;

beforeAll(async () => {
  drill = await drillOf('sessions-pile-up');
  environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...drill.environment };
});
afterAll(() => drill?.stop());

function cockpit(args: readonly string[], env: Environment = environment) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    ).stdin?.end();
  });
}

const json = async (...args: readonly string[]) => {
  const { code, out } = await cockpit([...args, '--json']);
  const { version, at, environment: name, value } = JSON.parse(out);
  expect({ version, name }).toEqual({ version: 1, name: 'PRODUCTION' });
  expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
  return { code, value };
};

/** Cells of a row, by the head's columns. */
const cells = (out: string, row: number) => (out.split('\n')[row] ?? '').split(/ {3,}/);

describe('each look', () => {
  test('pods: as kubectl lists them', async () => {
    const { code, out } = await cockpit(['pods']);
    const { value } = await json('pods');
    expect(code).toBe(0);
    expect(cells(out, 0)).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'NODE']);
    expect(out.trimEnd().split('\n')).toHaveLength(value.length + 1);
    expect(cells(out, 1).slice(0, 3)).toEqual([value[0].name, '1/1', 'Running']);
  });

  test('sessions: of either server, those that block before those that wait', async () => {
    const { value } = await json('sessions');
    const { out } = await cockpit(['sessions']);
    expect(cells(out, 0).slice(0, 4)).toEqual(['PID', 'USER', 'APPLICATION', 'STATE']);
    expect(value.sessions.length).toBeGreaterThan(0);
    for (const { pid } of value.sessions) expect(out).toMatch(new RegExp(`^ *${pid} `, 'm'));
    expect((await json('sessions', '--server', 'replica')).value.inRecovery).toBe(true);
  });

  test('statements: what costs most since the reset, or during a time, without a literal', async () => {
    const { value } = await json('statements');
    expect(value.rows.length).toBeGreaterThan(0);
    expect(value.lacks).toEqual([]);
    const { code, out } = await cockpit(['statements', '--for', '3s']);
    expect(code).toBe(0);
    expect(cells(out, 0)).toEqual(['SHARE', 'TIME', 'CALLS', 'MEAN', 'CACHE', 'USER', 'STATEMENT']);
    // Three seconds, and what a busy machine makes of them.
    expect(out).toMatch(/^[\d ]+ calls?, .* in total, in ([3-9]|\d\d)\.\d s$/m);
    expect((await json('statements', '--server', 'replica')).code).toBe(0);
  });

  test('waits: sampled for so long, by statement and by event', async () => {
    const { code, out } = await cockpit(['waits', '--for', '3s']);
    expect(code).toBe(0);
    expect(cells(out, 0)).toEqual(['ACTIVE', 'WAITS FOR', 'USER', 'STATEMENT']);
    expect(out).toMatch(/^ *2\.0 {2,}Lock: /m);
    // One a second, fewer where a sample takes longer.
    expect(out).toMatch(/active sessions on average, in [23] samples/);
    expect((await json('waits', '--for', '1')).value).toMatchObject({ samples: 1, wanted: 1 });
    expect(await cockpit(['waits', '--for', 'soon'])).toMatchObject({ code: 64, out: '' });
  });

  test('keys: never the key itself, and nothing that controls a terminal', async () => {
    await sql(
      environment,
      `INSERT INTO api_keys (id, tenant_id, name, key_hash, permissions)
       VALUES ('key-odd', (SELECT id FROM tenants LIMIT 1), $1, 'hash-4711', '{*}')`,
      ['\u001b]0;owned\u0007 password=hunter2 \u202ex'],
    );
    const { out } = await cockpit(['keys']);
    const { value } = await json('keys');
    expect(value.rows.map(({ id }: { id: string }) => id)).toContain('key-odd');
    expect(out).toMatch(/^key-odd .* full access/m);
    expect(out + JSON.stringify(value)).not.toMatch(/\u001b|\u202e|owned|hunter2|hash-4711/);
  });

  test('evidence: the bucket by study, and the versions of one', async () => {
    const { out } = await cockpit(['evidence']);
    const { value } = await json('evidence');
    const [study = ''] = cells(out, 1);
    expect(study).toBe(value.groups[0].study);
    expect(out).toContain(`s3://${value.bucket}: ${value.objects} objects`);
    const versions = await json('evidence', study);
    expect(versions.value.versions.length).toBeGreaterThan(0);
    expect((await cockpit(['evidence', study])).out).toContain(versions.value.versions[0].versionId);
    expect(await cockpit(['evidence', 'study_none'])).toMatchObject({ code: 1, out: '' });
  });

  test('backups: the schedule beside what exists', async () => {
    const { code, out } = await cockpit(['backups']);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ Database +Hourly +newest /m);
    expect((await json('backups')).value).toMatchObject({ snapshots: { ok: true } });
  });

  test('study: by the database and by the API, and one that nobody knows', async () => {
    const [{ id } = { id: '' }] = await sql<{ id: string }>(environment, 'SELECT id FROM studies LIMIT 1');
    const { code, out } = await cockpit(['study', id]);
    expect(code).toBe(0);
    expect(out).toContain(`database: ${id} of `);
    expect(out).toMatch(/^API: /m);
    expect((await json('study', id)).value.row.id).toBe(id);
    expect(await cockpit(['study', 'study_none'])).toEqual({
      code: 1,
      out: '',
      err: 'bentham-cockpit: no study study_none there\n',
    });
    expect((await json('study', 'study_none')).code).toBe(1);
  });
});

const gone = [
  ...['--set', 'database.primary.host=127.0.0.1', '--set', 'database.primary.port=1'],
  ...['--set', 'backups.rdsEndpoint=http://127.0.0.1:1', '--json'],
];
const nowhere = () => ({ ...environment, KUBECONFIG: '/nonexistent', BENTHAM_CONFIG: '' });

test.each(['pods', 'sessions', 'keys', 'study'])('%s without an answer says why and is 3', async (name) => {
  const { code, out, err } = await cockpit([name, ...(name === 'study' ? ['x'] : []), ...gone], nowhere());
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({ fault: { what: expect.any(String), hint: expect.any(String) } });
  expect(err).toMatch(/^bentham-cockpit: .+: .+; .+\n$/);
});

test('backups tell which part gave no answer, and are 3', async () => {
  const { code, out, err } = await cockpit(['backups', ...gone], nowhere());
  expect(code).toBe(3);
  expect(err).toMatch(/^bentham-cockpit: database snapshots: .+; .+$/m);
  expect(JSON.parse(out).value.snapshots).toMatchObject({ ok: false });
});

test.each([
  [['drill', 'api-outge'], 'Did you mean api-outage?'],
  [['drill', 'redis'], 'Scenarios: calm, '],
  [['study', '--jsn', 'x'], 'Did you mean --json?'],
  [['backup'], 'Did you mean backups?'],
])('%j is answered with what is meant, and 64', async (args, says) => {
  const { code, out, err } = await cockpit(args);
  expect({ code, out }).toEqual({ code: 64, out: '' });
  expect(err).toContain(says);
});
