// The stand-ins of Bentham's own commands, run as the cockpit runs them, and what they do to the drill.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { type Drill, startDrill } from '../../simulator/drill.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';

const run = promisify(execFile);
let drill: Drill | undefined;
afterEach(async () => {
  await drill?.stop();
  drill = undefined;
});

async function begin(name: string) {
  const scenario = scenarioNamed(name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  drill = await startDrill({ scenario, pods: 0, jobs: 0 });
  const { conditions, environment } = drill;
  const of = (variable: string) => environment[variable] ?? '';
  const cwd = of('BENTHAM_ADMIN_DIRECTORY');
  // A clean environment, as the cockpit's actions have it.
  const env = { PATH: process.env.PATH, HOME: cwd };
  const command = (file: string, ...args: string[]) => run(file, args, { cwd, env });
  const pnpm = (...args: string[]) => command(of('BENTHAM_ADMIN_COMMAND'), '-s', ...args);
  const sql = async <Row extends object>(text: string): Promise<Row[]> => {
    const client = new pg.Client({
      host: of('PGHOST'),
      port: Number(of('PGPORT')),
      user: of('PGUSER'),
      password: of('PGPASSWORD'),
      database: of('PGDATABASE'),
    });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  return { conditions, of, command, pnpm, sql };
}

test('db-failover.sh promotes the replica, moves the primary’s name to it, and the API recovers', async () => {
  const { command, sql, of } = await begin('database-down');
  await expect(sql('SELECT 1')).rejects.toThrow('ECONNREFUSED');
  expect((await fetch(`${of('BENTHAM_GATEWAY_URL')}/health`)).status).toBe(503);
  expect((await command('./scripts/db-failover.sh')).stdout).toContain('db-replica is now the primary');
  expect(await sql('SELECT pg_is_in_recovery() AS standby')).toEqual([{ standby: false }]);
  await sql(`UPDATE studies SET updated_at = now() WHERE id = 'study_abc123'`);
  expect((await fetch(`${of('BENTHAM_GATEWAY_URL')}/health`)).status).toBe(200);
});

test('a surface is disabled, tested and enabled', async () => {
  const { pnpm, conditions } = await begin('surface-down');
  await expect(pnpm('test:surface', 'openai-api', '--live')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Rate limited'),
  });
  await pnpm('admin:surface', 'disable', 'openai-api');
  expect(conditions.surfaces['openai-api'].disabled).toBe(true);
  expect((await pnpm('test:surface', 'openai-api', '--live')).stdout).toContain('works');
  await pnpm('admin:surface', 'enable', 'openai-api');
  expect(conditions.surfaces['openai-api'].disabled).toBe(false);
  await expect(pnpm('admin:surface', 'disable', "'; DROP TABLE jobs")).rejects.toMatchObject({ code: 1 });
});

test('a key is created, works, and stops working when it is revoked', async () => {
  const { pnpm, of, conditions } = await begin('calm');
  conditions.gateway.errorShare = 0;
  const name = 'Production Key (rotated)';
  const made = await pnpm(
    'admin:apikey',
    'create',
    '--tenant-id',
    'tenant-kyanos',
    '--name',
    name,
    '--permissions',
    '*',
  );
  const id = /id: +(\S+)/.exec(made.stdout)?.[1] ?? '';
  const key = /key: +(bk_\S+)/.exec(made.stdout)?.[1] ?? '';
  const ask = () =>
    fetch(`${of('BENTHAM_GATEWAY_URL')}/v1/studies/study_abc123`, { headers: { authorization: `Bearer ${key}` } });
  const answer = await ask();
  expect([answer.status, await answer.json()]).toMatchObject([200, { id: 'study_abc123', status: 'executing' }]);
  await pnpm('admin:apikey', 'revoke', '--key-id', id);
  expect((await ask()).status).toBe(401);
  await expect(pnpm('admin:apikey', 'revoke', '--key-id', id)).rejects.toMatchObject({ code: 1 });
  await expect(pnpm('admin:nothing')).rejects.toMatchObject({ stderr: expect.stringContaining('Missing script') });
});

test('stale sessions are removed, others are refreshed, and failed logins of surfaces recover', async () => {
  const { pnpm, sql, conditions } = await begin('study-failures');
  expect(conditions.surfaces['chatgpt-web'].failureShare).toBeGreaterThan(0.5);
  const [{ stale } = { stale: 0 }] = await sql<{ stale: number }>(
    `SELECT count(*)::int AS stale FROM sessions WHERE refreshed_at < now() - interval '24 hours'`,
  );
  const cleaned = await pnpm('admin:sessions', 'cleanup', '--older-than', '24h');
  expect(cleaned.stdout).toContain(`Removed ${stale} sessions`);
  expect(conditions.surfaces['chatgpt-web'].failureShare).toBeLessThan(0.05);
  expect((await pnpm('admin:sessions', 'refresh', '--all')).stdout).toContain('Refreshed');
});
