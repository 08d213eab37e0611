// The cockpit on the platform as it is: `drill --platform`, by the commands, the screen and the actions.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../src/core/health/report.ts';
import { type Acting, acting, sql } from '../support/acting.ts';
import { launcher, type Served, serveDrill } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

let served: Served;
let environment: Record<string, string>;
let home: string;
let cockpit: Acting;

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-platform-'));
  served = serveDrill('study-failures', { platform: true });
  environment = { ...(await served.environment), HOME: home, PATH: process.env.PATH ?? '' };
  cockpit = await acting(environment, true);
});
afterAll(async () => {
  await cockpit?.stop();
  served?.child.stdin.end();
  await served?.exited;
  rmSync(home, { recursive: true, force: true });
});

/** A command without a screen: what it printed, and its exit code. */
function command(...args: string[]): Promise<{ out: string; code: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env: environment }, (error, out, err) =>
      resolve({ out: out + err, code: error ? Number(error.code) : 0 }),
    );
  });
}

const statusOf = async (study: string) =>
  (await sql<{ status: string }>(environment, `SELECT status FROM "Study" WHERE id = $1`, [study]))[0]?.status;

test('status tells the figures of Prisma’s tables, the held and the overdue study, and the job that hangs', async () => {
  const { out, code } = await command('status', '--json', '--timeout', '60');
  const report = JSON.parse(out) as Report;
  expect(code).toBe(2);
  const says = (id: string) => report.findings.find((one) => one.id === id)?.says;
  expect(says('studies/held')).toMatch(/^1 held \(PAUSED\): study_\w+$/);
  expect(says('studies/overdue')).toMatch(/^1 overdue: study_def456 by \d+ m/);
  expect(says('studies/stuck')).toMatch(/^1 runs too long, .* of study_def456 on chatgpt-web$/);
  expect(says('surface/chatgpt-web')).toMatch(/% of \d+ jobs failed: Invalid session/);
  const queue = report.metrics.find(({ id }) => id === 'queueDepth');
  expect(queue?.value).toBeGreaterThan(2000);
  expect(report.findings.filter(({ verdict }) => verdict === 'unknown')).toEqual([]);
  const plain = await command('status');
  expect(plain.out).toContain('1 held (PAUSED)');
});

test('doctor names the tables in force, and what the checkout does not have', async () => {
  const { out, code } = await command('doctor');
  expect(code).toBe(1);
  expect(out).toContain('Prisma’s tables (Study, Job), states in capitals (enum)');
  expect(out).toMatch(/has no\s+admin:apikey, admin:surface, admin:sessions, test:surface/);
  // It goes on after a check that failed.
  expect(out).toMatch(/failover script[^✓]*db-failover\.sh/);
  expect(out).toMatch(/▲ production manifests/);
});

test('config names the tables in force', async () => {
  const { out } = await command('config');
  expect(out).toContain('# tables and states: Prisma’s tables (Study, Job), states in capitals (enum)');
});

test('the first screen counts held and overdue studies', async () => {
  const screen = new TerminalUnderTest({ args: [], environment, columns: 200, rows: 50 });
  try {
    await screen.shows(/\d+ active, 1 held, 1 overdue/);
    await screen.shows(/study_def456.*overdue/);
  } finally {
    await screen.close();
  }
});

test('SEV2 shows the statements in the words of these tables, and their numbers', async () => {
  const screen = new TerminalUnderTest({ args: [], environment, columns: 200, rows: 50 });
  try {
    await screen.shows(/active, 1 held/);
    screen.press('i');
    await screen.shows('suggested SEV2', 60_000);
    await screen.rests();
    screen.press('enter');
    await screen.shows('y take it');
    screen.press('y');
    await screen.shows(/Check failure patterns/);
    await screen.shows(/chatgpt-web +9\d/);
    await screen.shows('COUNT(DISTINCT \\"studyId\\") as affected_studies FROM \\"Job\\"');
  } finally {
    await screen.close();
  }
});

test('a study is paused and resumed by the API, and read back after the checkpoint', async () => {
  const study = 'study_abc123';
  const pause = await cockpit.plan('pause-study', { study });
  expect(pause.plan?.calls).toMatchObject([{ tool: 'api', method: 'POST' }]);
  expect(await cockpit.confirm(pause)).toMatchObject({ outcome: 'verified', says: 'its status is PAUSED' });
  expect(await statusOf(study)).toBe('PAUSED');
  const resume = await cockpit.plan('resume-study', { study });
  expect(await cockpit.confirm(resume)).toMatchObject({ outcome: 'verified', says: 'its status is EXECUTING' });
});

test('a pause by SQL alone is overwritten by the orchestrator, and not called done', async () => {
  const pause = await cockpit.plan('pause-study', { study: 'study_ghi789' });
  expect(pause.plan?.calls).toMatchObject([{ tool: 'sql' }]);
  expect(pause.plan?.warnings?.join(' ')).toMatch(/belongs to another tenant.*may overwrite the row/);
  expect(await cockpit.confirm(pause)).toMatchObject({
    outcome: 'unverified',
    // It waits at first, and begins at some time.
    says: expect.stringMatching(/^its status is (QUEUED|EXECUTING): the orchestrator overwrote it$/),
  });
});

test('failed jobs are retried, but for those whose quota is spent, and it is proven by a job that begins', async () => {
  const retry = await cockpit.plan('retry-jobs', { study: 'study_abc123' });
  expect(retry.plan?.impact.join(' ')).toMatch(/Left failed, as no retry cures them: \d+ QUOTA_EXCEEDED/);
  const done = await cockpit.confirm(retry);
  expect(done).toMatchObject({ outcome: 'verified' });
  const [left] = await sql<{ n: number }>(
    environment,
    `SELECT count(*)::int AS n FROM "Job" WHERE "studyId" = 'study_abc123' AND status = 'FAILED' AND result->'error'->>'code' = 'QUOTA_EXCEEDED'`,
  );
  expect(left?.n).toBeGreaterThan(0);
});

test('a study is cancelled by the API; to another tenant’s key it does not exist, and no state is left for SQL', async () => {
  const other = await cockpit.plan('cancel-study', { study: 'study_def456' });
  expect(other).toMatchObject({
    says: 'Study.status has no state that means cancelled, and the API cannot do it: 404: no such study, or ADMIN_API_KEY belongs to another tenant',
    hint: 'set ADMIN_API_KEY to a key of tenant-aldine',
  });
  const cancel = await cockpit.plan('cancel-study', { study: 'study_abc123' });
  expect(cancel.plan?.calls).toMatchObject([{ tool: 'api', method: 'DELETE' }]);
  expect(await cockpit.confirm(cancel)).toMatchObject({
    outcome: 'verified',
    says: 'the API says cancelled; its status is FAILED',
  });
  const again = await cockpit.plan('cancel-study', { study: 'study_abc123' });
  expect(again.says).toBe('it is already FAILED');
});

test('evidence of a study under legal hold is not deleted, though no lock of the bucket holds it', async () => {
  const prefix = 'study_041d27/';
  const plan = () => command('run', 'cleanup-evidence', '--prefix', prefix, '--dry-run');
  expect((await plan()).out).toMatch(/Deletes \d+ objects/);
  await sql(
    environment,
    `INSERT INTO "Study" (id, "tenantId", manifest, status, deadline) VALUES ('study_041d27', 'tenant-lyra', '{"legalHold": true}', 'COMPLETE', now())
     ON CONFLICT (id) DO UPDATE SET manifest = EXCLUDED.manifest`,
  );
  expect((await plan()).out).toMatch(/all \d+ old objects are protected: .* \(legal hold of its study\)/);
});

test('what the checkout does not have is said before the plan', async () => {
  const failover = await cockpit.plan('failover-database', {});
  expect(`${failover.says} ${failover.hint}`).toMatch(/db-failover\.sh/);
  const deploy = await cockpit.plan('deploy', {});
  expect(`${deploy.says} ${deploy.hint}`).toMatch(/k8s\/staging/);
});
