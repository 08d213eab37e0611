// Actions from the command line against the embedded Bentham: the whole way, and every way it must not go.
import { execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Drill, startDrill } from '../../simulator/drill.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import { acting } from '../support/acting.ts';
import { bound } from '../support/bound.ts';

const bin = path.resolve('bin/bentham-cockpit.cjs');
let drill: Drill;

beforeAll(async () => {
  const scenario = scenarioNamed('surface-down');
  if (!scenario) throw new Error('no such scenario');
  drill = await startDrill({ scenario, pods: 0, jobs: 0 });
});
afterAll(() => drill?.stop());

type Result = {
  outcome: string | null;
  says: string;
  calls: string[];
  run: string;
  output: string[];
  next: { action: string; target: object }[];
  plan: { impact: string[] } | null;
};

/** `run … --json`, as a program would call it: nobody is at the terminal. */
function run(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; result: Result; text: string }>((done) => {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...drill.environment, ...more };
    execFile('node', [bin, 'run', ...args, '--json'], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code) : 0;
      const result = (stdout.trim().startsWith('{') ? JSON.parse(stdout) : {}) as Result;
      done({ code, result, text: stdout + stderr });
    });
  });
}

const armed = ['--yes', '--arm', 'a test'];

async function connected<T>(does: (client: pg.Client) => Promise<T>): Promise<T> {
  const of = (name: string) => drill.environment[name] ?? '';
  const client = new pg.Client({
    host: of('PGHOST'),
    port: Number(of('PGPORT')),
    user: of('PGUSER'),
    password: of('PGPASSWORD'),
    database: of('PGDATABASE'),
  });
  await client.connect();
  return does(client).finally(() => client.end());
}

const sql = <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  connected(async (client) => (await client.query<Row>(text, values)).rows);

/** Runs an action while another transaction holds the jobs of a study. */
const runWhileHeld = (id: string, args: readonly string[]) =>
  connected(async (holder) => {
    await holder.query('BEGIN');
    await holder.query(`UPDATE jobs SET error_message = 'held' WHERE study_id = $1`, [id]);
    const done = await run(args);
    await holder.query('ROLLBACK');
    return done;
  });

const study = 'study_of_the_test';

/** A study that the drill's orchestrator does not work on, with failed jobs. */
async function seed(id: string): Promise<void> {
  await sql(`INSERT INTO studies (id, tenant_id, name, status) VALUES ($1, 'tenant-lyra', 'x', 'paused')`, [id]);
  await sql(
    `INSERT INTO jobs (study_id, surface_id, status, error_message, attempt_count)
     SELECT $1, CASE WHEN n % 3 = 0 THEN 'openai-api' ELSE 'no-such-surface' END, 'failed', 'Rate limited', 3 FROM generate_series(1, 30) AS n`,
    [id],
  );
}

const states = (id: string) =>
  sql<{ status: string; jobs: number }>(
    `SELECT status, count(*)::int AS jobs FROM jobs WHERE study_id = $1 GROUP BY 1 ORDER BY 1`,
    [id],
  );

describe('a read-only environment', () => {
  test('shows the plan and changes nothing until it is armed', async () => {
    const planned = await run(['scale-deployment', '--deployment', 'executor', '--replicas', '7', '--dry-run']);
    expect(planned.code).toBe(0);
    expect(planned.result.calls).toEqual(['kubectl scale deployment/executor --replicas=7 -n bentham-prod']);
    const refused = await run(['scale-deployment', '--deployment', 'executor', '--replicas', '7', '--yes']);
    expect(refused).toMatchObject({ code: 4, result: { outcome: 'refused' } });
    const observed = await run([
      'scale-deployment',
      '--deployment',
      'executor',
      '--replicas',
      '7',
      ...armed,
      '--observe',
    ]);
    expect(observed).toMatchObject({ code: 4, result: { outcome: 'refused' } });
  });

  test('never accepts --yes for an irreversible action', async () => {
    const done = await run(['restore-database', '--at', '2026-01-17T02:00:00Z', ...armed]);
    expect(done.code).toBe(4);
  });
});

describe('deployments', () => {
  test('scale, and are verified by their ready replicas', async () => {
    const done = await run(['scale-deployment', '--deployment', 'executor', '--replicas', '7', ...armed]);
    expect(done).toMatchObject({ code: 0, result: { outcome: 'verified', says: '7 of 7 ready' } });
  });

  test('restart into a new revision', async () => {
    const done = await run(['restart-deployment', '--deployment', 'orchestrator', ...armed]);
    expect(done).toMatchObject({ code: 0, result: { outcome: 'verified' } });
  });

  test.each([`'; DROP TABLE studies; --`, '$(touch /tmp/owned)', '../../secrets'])(
    'are not found under a hostile name: %s',
    async (name) => {
      expect(await run(['restart-deployment', '--deployment', name, ...armed])).toMatchObject({
        code: 4,
        result: { outcome: 'refused' },
      });
    },
  );

  test.each(['a\nb', 'x'.repeat(10_240)])('a name that no field takes is wrong usage: %j', async (name) => {
    expect(await run(['restart-deployment', '--deployment', name, ...armed])).toMatchObject({ code: 64, result: {} });
  });
});

describe('jobs of a study', () => {
  test.each([study, `it's; DROP TABLE studies; --`, '$(touch /tmp/owned) "x"'])(
    'are retried, and restored: %s',
    async (id) => {
      await seed(id);
      const one = await run(['retry-jobs', '--study', id, '--surface', 'no-such-surface', ...armed]);
      expect(one).toMatchObject({ code: 0, result: { outcome: 'verified' } });
      expect(await states(id)).toEqual([
        { status: 'failed', jobs: 10 },
        { status: 'pending', jobs: 20 },
      ]);
      const back = await run(['restore-jobs', '--run', one.result.run, '--study', id, ...armed]);
      expect(back).toMatchObject({ code: 0, result: { outcome: 'verified' } });
      expect(
        await sql(`SELECT DISTINCT status, attempt_count, error_message FROM jobs WHERE study_id = $1`, [id]),
      ).toEqual([{ status: 'failed', attempt_count: 3, error_message: 'Rate limited' }]);
      expect((await sql('SELECT count(*)::int AS n FROM studies')).length).toBe(1);
    },
  );

  test('with long messages are retried in runs whose rows can all be read back', async () => {
    const id = 'study_of_long_messages';
    await sql(`INSERT INTO studies (id, tenant_id, name, status) VALUES ($1, 'tenant-lyra', 'x', 'paused')`, [id]);
    // A million letters that cannot be packed: the database holds them as they are.
    await sql(
      `INSERT INTO jobs (study_id, surface_id, status, error_message)
       SELECT $1, 'surface', 'failed', string_agg(md5(n || '-' || m), '')
       FROM generate_series(1, 20) AS n, generate_series(1, 32768) AS m GROUP BY n`,
      [id],
    );
    const one = await run(['retry-jobs', '--study', id, ...armed]);
    expect(one, one.text.slice(0, 300)).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(await states(id)).toEqual([
      { status: 'failed', jobs: 4 },
      { status: 'pending', jobs: 16 },
    ]);
    expect(one.result.plan?.impact.join()).toContain('4 stay failed. Run it again for them.');
    const back = await run(['restore-jobs', '--run', one.result.run, '--study', id, ...armed]);
    expect(back, back.text.slice(0, 300)).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    await sql('DELETE FROM jobs WHERE study_id = $1', [id]);
  });

  test('are not changed without the privilege, and the grant is named', async () => {
    await sql(`CREATE ROLE looker LOGIN PASSWORD 'looker'`).catch(() => undefined);
    const done = await run(['retry-jobs', '--study', study, ...armed], { PGUSER: 'looker', PGPASSWORD: 'looker' });
    expect(done).toMatchObject({ code: 4, result: { outcome: 'refused' } });
    expect(await states(study)).toEqual([{ status: 'failed', jobs: 30 }]);
  });

  test('are retried 50,000 in a run; the plan says how many are left, and to run it again', async () => {
    const id = 'study_of_many';
    await sql(`INSERT INTO studies (id, tenant_id, name, status) VALUES ($1, 'tenant-lyra', 'x', 'paused')`, [id]);
    await sql(
      `INSERT INTO jobs (study_id, surface_id, status, error_message)
       SELECT $1, 'surface-' || n % 7, 'failed', 'error ' || n % 300 FROM generate_series(1, 50012) AS n`,
      [id],
    );
    const impact = async () => (await run(['retry-jobs', '--study', id, '--dry-run'])).result.plan?.impact.join('\n');
    expect(await impact()).toMatch(/^50.000 of 50.012 failed jobs of study_of_many become pending/);
    expect(await impact()).toContain('12 stay failed. Run it again for them.');
    const done = await run(['retry-jobs', '--study', id, ...armed]);
    expect(done, done.text.slice(0, 300)).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(done.result.next[0]).toMatchObject({ action: 'retry-jobs', target: { study: id } });
    expect(await states(id)).toEqual([
      { status: 'failed', jobs: 12 },
      { status: 'pending', jobs: 50_000 },
    ]);
    const again = await impact();
    expect(again).toMatch(/^12 failed jobs of study_of_many become pending/);
    expect(again).not.toContain('stay failed');
    await sql('DELETE FROM jobs WHERE study_id = $1', [id]);
  });

  test('are rolled back if a lock is held too long, and no transaction stays open', async () => {
    const done = await runWhileHeld(study, ['retry-jobs', '--study', study, ...armed]);
    expect(done).toMatchObject({ code: 2, result: { outcome: 'failed' } });
    expect(await states(study)).toEqual([{ status: 'failed', jobs: 30 }]);
    expect(await sql(`SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'bentham-cockpit action%'`)).toEqual(
      [],
    );
  });

  test('with UUIDs, an enum of states and partitions are retried, restored and vacuumed', async () => {
    const id = '00000000-0000-0000-0000-00000000000a';
    await sql(`CREATE SCHEMA typed`);
    await sql(`CREATE TYPE typed.job_state AS ENUM ('pending', 'running', 'completed', 'failed')`);
    await sql(`CREATE TABLE typed.studies (LIKE public.studies INCLUDING DEFAULTS)`);
    await sql(`ALTER TABLE typed.studies ALTER COLUMN id DROP DEFAULT, ALTER COLUMN id TYPE uuid USING id::uuid`);
    await sql(`CREATE TABLE typed.jobs (id uuid DEFAULT gen_random_uuid(), study_id uuid, surface_id text,
      status typed.job_state, error_message text, attempt_count smallint, created_at timestamptz DEFAULT now())
      PARTITION BY HASH (study_id)`);
    for (const n of [0, 1])
      await sql(`CREATE TABLE typed.jobs_${n} PARTITION OF typed.jobs FOR VALUES WITH (MODULUS 2, REMAINDER ${n})`);
    await sql(`INSERT INTO typed.studies (id, tenant_id, name, status) VALUES ($1, 'tenant-lyra', 'x', 'paused')`, [
      id,
    ]);
    await sql(
      `INSERT INTO typed.jobs (study_id, surface_id, status, error_message, attempt_count)
       SELECT $1, 'openai-api', 'failed', 'message ' || n, n FROM generate_series(1, 20) n`,
      [id],
    );
    const typed = { BENTHAM_DATABASE_SCHEMA: 'typed' };
    const before = await sql(`SELECT * FROM typed.jobs ORDER BY id`);
    const one = await run(['retry-jobs', '--study', id, ...armed], typed);
    expect(one).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(await sql(`SELECT DISTINCT status::text, attempt_count, error_message FROM typed.jobs`)).toEqual([
      { status: 'pending', attempt_count: 0, error_message: null },
    ]);
    const back = await run(['restore-jobs', '--run', one.result.run, '--study', id, ...armed], typed);
    expect(back).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(await sql(`SELECT * FROM typed.jobs ORDER BY id`)).toEqual(before);

    // Its partitions are what is vacuumed, and what the proof reads.
    const vacuumed = await run(['vacuum-table', '--table', 'jobs', ...armed], typed);
    expect(vacuumed).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    const [ran] = await sql<{ n: number }>(
      `SELECT count(last_vacuum)::int AS n FROM pg_stat_user_tables WHERE schemaname = 'typed' AND relname ~ '^jobs_'`,
    );
    expect(ran).toEqual({ n: 2 });
  });

  test('are cancelled with their study, or the study is not cancelled', async () => {
    await sql(`UPDATE jobs SET status = 'pending' WHERE study_id = $1`, [study]);
    const done = await runWhileHeld(study, ['cancel-study', '--study', study, '--jobs', 'end', ...armed]);
    expect(done).toMatchObject({ code: 2, result: { outcome: 'failed' } });
    expect(await sql('SELECT status FROM studies WHERE id = $1', [study])).toEqual([{ status: 'paused' }]);
    expect(await states(study)).toEqual([{ status: 'pending', jobs: 30 }]);
  });

  test('of a cancelled study are cancelled, too', async () => {
    await sql(`UPDATE jobs SET status = 'pending' WHERE study_id = $1`, [study]);
    const done = await run(['cancel-study', '--study', study, '--jobs', 'end', ...armed]);
    expect(done).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(await states(study)).toEqual([{ status: 'cancelled', jobs: 30 }]);
  });
});

describe('surfaces', () => {
  test('are disabled and enabled by the checkout’s command', async () => {
    const off = await run(['disable-surface', '--surface', 'openai-api', ...armed]);
    expect(off).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    expect(drill.conditions.surfaces['openai-api'].disabled).toBe(true);
    expect(await run(['enable-surface', '--surface', 'openai-api', ...armed])).toMatchObject({ code: 0 });
    expect(drill.conditions.surfaces['openai-api'].disabled).toBe(false);
    expect(await run(['disable-surface', '--surface=--all', ...armed])).toMatchObject({ code: 4 });
  });

  test('are refused before the plan if the tool is missing', async () => {
    const done = await run(['disable-surface', '--surface', 'openai-api', ...armed], {
      BENTHAM_ADMIN_COMMAND: 'no-such-pnpm',
    });
    expect(done).toMatchObject({ code: 4, result: { outcome: 'refused', plan: null } });
  });
});

describe('keys and maintenance', () => {
  test('a key is revoked', async () => {
    expect(await run(['revoke-api-key', '--key', 'key-lyr002', ...armed])).toMatchObject({
      code: 0,
      result: { outcome: 'verified' },
    });
    expect(await sql(`SELECT revoked FROM api_keys WHERE id = 'key-lyr002'`)).toEqual([{ revoked: true }]);
  });

  test('statistics are updated', async () => {
    expect(await run(['analyze-tables', ...armed])).toMatchObject({ code: 0, result: { outcome: 'verified' } });
    // What a transaction of the drill holds at that moment is left: then it says to vacuum it again.
    await expect
      .poll(async () => (await run(['vacuum-table', '--table', 'jobs', ...armed])).result.outcome, { timeout: 60_000 })
      .toBe('verified');
    expect(await run(['vacuum-table', '--table', 'jobs"; DROP TABLE studies; --', ...armed])).toMatchObject({
      code: 4,
    });
  });

  test('a failover is refused while the primary answers', async () => {
    const done = await run(['failover-database', ...armed]);
    expect(done).toMatchObject({ code: 4, result: { outcome: 'refused' } });
    expect(done.result.says).toContain('the primary answers');
  });
});

test('a second cockpit on the same target is refused, and the outcome of a killed one is unknown', async () => {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...drill.environment };
  const slow = ['restart-deployment', '--deployment', 'executor', ...armed];
  const first = bound(spawn('node', [bin, 'run', ...slow], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
  onTestFinished(() => void first.kill('SIGKILL'));
  // Its first line after the plan says that the call was made; the rollout takes a while.
  let said = '';
  await new Promise<void>((seen) =>
    first.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('restart accepted')) seen();
    }),
  );
  // Its rollout may be over before the second one has begun.
  first.kill('SIGSTOP');
  const second = await run(slow);
  expect(second).toMatchObject({ code: 4, result: { outcome: 'refused' } });
  expect(second.result.says).toContain('restart-deployment');
  first.kill('SIGKILL');
  await new Promise((gone) => first.once('exit', gone));
  const third = await run(['scale-deployment', '--deployment', 'executor', '--replicas', '8', ...armed]);
  expect(third, third.text.slice(0, 300)).toMatchObject({ code: 0 });
  expect(readdirSync(path.join(drill.environment.BENTHAM_JOURNAL_DIRECTORY ?? '', 'locks'))).toEqual([]);
});

test('the next cockpit takes over a run of a killed one, and reads the facts until they tell', async () => {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ...drill.environment };
  const args = ['run', 'restart-deployment', '--deployment', 'orchestrator', ...armed];
  const first = bound(spawn('node', [bin, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
  onTestFinished(() => void first.kill('SIGKILL'));
  let said = '';
  await new Promise<void>((seen) =>
    first.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('restart accepted')) seen();
    }),
  );
  first.kill('SIGKILL');
  await new Promise((gone) => first.once('exit', gone));
  const next = await acting({ PATH: process.env.PATH ?? '', ...drill.environment }, true);
  try {
    const [left] = await next.locks.sweep();
    if (!left) throw new Error('nothing was left');
    expect(left.note).toMatchObject({ action: 'restart-deployment', phase: 'started' });
    const run = await next.runner.resume(left);
    expect(run, run?.says).toMatchObject({ outcome: 'verified' });
    const phases = next.recorder.journal.entries.flatMap(({ event }) =>
      event.kind === 'action' && event.run === left.note.run ? [event.phase] : [],
    );
    expect(phases.slice(-2)).toEqual(['unknown', 'verified']);
  } finally {
    await next.stop();
  }
  expect(readdirSync(path.join(drill.environment.BENTHAM_JOURNAL_DIRECTORY ?? '', 'locks'))).toEqual([]);
});
