// Remedies on studies, jobs and surfaces in every form of the tables: what they count, what they write, and how it is
// put back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Acting, acting } from '../support/acting.ts';
import { forms } from '../support/platform-forms.ts';
import { zonedPostgres } from '../support/zoned-postgres.ts';

const { there, sql } = zonedPostgres('Asia/Kolkata');
let home: string;
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'forms-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function cockpitOn<T>(schema: string, use: (cockpit: Acting) => Promise<T>): Promise<T> {
  const cockpit = await acting(
    {
      PATH: process.env.PATH ?? '',
      HOME: home,
      PGHOST: '127.0.0.1',
      PGPORT: String(there().port),
      PGUSER: there().user,
      PGPASSWORD: there().password ?? '',
      PGDATABASE: 'postgres',
      PGSSLMODE: 'disable',
      BENTHAM_DATABASE_SCHEMA: schema,
      BENTHAM_ADMIN_COMMAND: 'true',
      // Nobody writes a checkpoint here: what has to outlast one need not wait for an orchestrator's usual 30 s.
      BENTHAM_PLATFORM_CHECKPOINT: '500',
      BENTHAM_JOURNAL_DIRECTORY: path.join(home, schema),
    },
    true,
  );
  try {
    return await use(cockpit);
  } finally {
    await cockpit.stop();
  }
}

const changed = (run: { plan?: { calls: readonly unknown[] } | undefined }) => JSON.stringify(run.plan?.calls);

test.each(forms)('$name: failed jobs are retried with the table’s label, and restored', async (form) => {
  await sql(form.create);
  const { schema, prisma, prismaStudies } = form;
  const jobs = `"${schema}".${prisma ? '"Job"' : 'jobs'}`;
  const study = prisma ? '"studyId"' : 'study_id';
  const rows = () => sql(`SELECT * FROM ${jobs} WHERE ${study} = 'st_runs' ORDER BY id`);
  if (prismaStudies) await sql(`UPDATE "${schema}"."Study" SET "failedCells" = 3 WHERE id = 'st_runs'`);
  // Jobs of a paused study are not started: the rows stay as the retry left them.
  const held = /capitals/.test(form.name) ? 'PAUSED' : 'paused';
  await sql(`UPDATE "${schema}".${prismaStudies ? '"Study"' : 'studies'} SET status = '${held}' WHERE id = 'st_runs'`);
  const before = await rows();
  const upper = /capitals/.test(form.name);
  const waiting = upper ? 'PENDING' : 'pending';
  await cockpitOn(schema, async (cockpit) => {
    const run = await cockpit.plan('retry-jobs', { study: 'st_runs' });
    expect(run.plan?.impact[0]).toBe(`3 failed jobs of st_runs become ${waiting}: openai-api 3.`);
    expect(await cockpit.confirm(run)).toMatchObject({
      outcome: 'verified',
      says: `3 ${waiting}; they wait: the study is ${held}`,
    });
    const retried = (await rows()).filter((_, at) => /failed/i.test(String(before[at]?.status)));
    expect(retried).toHaveLength(3);
    for (const row of retried)
      expect(row).toMatchObject(
        prisma
          ? { status: waiting, attempts: 0, result: null, lastAttemptAt: null }
          : { status: waiting, attempt_count: 0, error_message: null },
      );
    if (prismaStudies)
      expect(await sql(`SELECT "failedCells" AS n FROM "${schema}"."Study" WHERE id = 'st_runs'`)).toEqual([{ n: 0 }]);
    const none = await cockpit.plan('retry-jobs', { study: 'st_runs' });
    expect(none.says).toMatch(/^no failed jobs in st_runs; it has \d+ \w+/);

    const back = await cockpit.plan('restore-jobs', { run: run.id, study: 'st_runs' });
    expect(await cockpit.confirm(back)).toMatchObject({ outcome: 'verified' });
    const restored = await rows();
    const kept = ({ updatedAt: _, ...row }: Record<string, unknown>) => row;
    expect(restored.map(kept)).toEqual(before.map(kept));
    if (prismaStudies)
      expect(await sql(`SELECT "failedCells" AS n FROM "${schema}"."Study" WHERE id = 'st_runs'`)).toEqual([{ n: 3 }]);
  });
});

test.each(forms)(
  '$name: a finished study is not cancelled; an open one only if the table has a state for it',
  async (form) => {
    const schema = `${form.schema}_cancel`;
    await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
    const declared = /enum/.test(form.name);
    await cockpitOn(schema, async (cockpit) => {
      const over = await cockpit.plan('cancel-study', { study: 'st_good' });
      expect(over.says).toMatch(/^it is already complete/i);
      const run = await cockpit.plan('cancel-study', { study: 'st_runs', jobs: 'end' });
      if (declared) return expect(run.says).toMatch(/status has no state that means cancelled/);
      expect(run.plan?.impact.join('\n')).toMatch(/5 open jobs become cancelled too/i);
      expect(await cockpit.confirm(run)).toMatchObject({ outcome: 'verified' });
      const label = /capitals/.test(form.name) ? 'CANCELLED' : 'cancelled';
      const tables = [form.prismaStudies ? '"Study"' : 'studies', form.prisma ? '"Job"' : 'jobs'];
      const counts = await Promise.all(
        tables.map((table) => sql(`SELECT count(*)::int AS n FROM "${schema}".${table} WHERE status = '${label}'`)),
      );
      expect(counts).toEqual([[{ n: 1 }], [{ n: 5 }]]);
    });
  },
);

test.each(forms)('$name: a surface is disabled by the count of all ended jobs', async (form) => {
  const schema = `${form.schema}_surface`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  await sql(form.odd(schema, 'on_ice'));
  await cockpitOn(schema, async (cockpit) => {
    const run = await cockpit.plan('disable-surface', { surface: 'openai-api' });
    expect(run.plan?.impact.join('\n')).toContain('In the last hour 5 of 6 finished jobs failed on it.');
    expect(run.plan?.impact.join('\n')).toContain('1 study uses it now, with 3 open jobs.');
    const other = await cockpit.plan('disable-surface', { surface: 'anthropic-api' });
    expect(other.plan?.impact.join('\n')).toContain('30 of its jobs are in states that are not understood.');
  });
});

test.each(forms)('$name: a key is revoked by SQL', async (form) => {
  const schema = `${form.schema}_keys`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  await cockpitOn(schema, async (cockpit) => {
    const gone = await cockpit.plan('revoke-api-key', { key: 'k2', by: 'sql' });
    expect(gone.says).toBe('it is already revoked');
    const run = await cockpit.plan('revoke-api-key', { key: 'k1', by: 'sql' });
    expect(run.plan?.impact[0]).toContain('“in use” of tenant-a');
    expect(await cockpit.confirm(run)).toMatchObject({ outcome: 'verified', says: 'its row is revoked' });
    const table = form.prisma ? '"ApiKey" WHERE NOT active' : 'api_keys WHERE revoked';
    expect(await sql(`SELECT count(*)::int AS n FROM "${schema}".${table}`)).toEqual([{ n: 2 }]);
  });
});

test('a study with an unknown state is cancelled only with a warning', async () => {
  const [form] = forms;
  if (!form) throw new Error('no form');
  const schema = 'odd_cancel';
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  await sql(form.odd(schema, 'on_ice'));
  await cockpitOn(schema, async (cockpit) => {
    const run = await cockpit.plan('cancel-study', { study: 'st_odd1' });
    expect(run.plan?.warnings).toEqual(['The meaning of “on_ice” is unknown: the study may already be over.']);
    expect(changed(run)).toContain("SET status = 'cancelled' WHERE id = $1 AND status = $2");
    const retry = await cockpit.plan('retry-jobs', { study: 'st_odd1' });
    expect(retry.says).toBe('no failed jobs in st_odd1; it has 30 on_ice (not understood)');
  });
});

const prisma = forms.filter((form) => form.prisma && form.prismaStudies);

test.each(prisma)('$name: a retry is proven by a job that begins, not by its row', async (form) => {
  const schema = `${form.schema}_begins`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const upper = /capitals/.test(form.name);
  const [waiting, running] = upper ? ['PENDING', 'EXECUTING'] : ['pending', 'executing'];
  await cockpitOn(schema, async (cockpit) => {
    const run = await cockpit.plan('retry-jobs', { study: 'st_runs' });
    const told: string[] = [];
    // An executor takes a job once the cockpit has seen that none was begun.
    cockpit.watch(({ seen }) => {
      if (seen === undefined || told.includes(seen)) return;
      told.push(seen);
      void sql(`UPDATE "${schema}"."Job" SET status = '${running}', attempts = 1 WHERE id = 'job-0'`);
    });
    expect(await cockpit.confirm(run)).toMatchObject({
      outcome: 'verified',
      says: expect.stringMatching(new RegExp(`^(2 ${waiting}, 1 ${running})$`)),
    });
    expect(told[0]).toBe(`3 ${waiting}; none has begun`);
  });
});

test.each(prisma)('$name: errors that no retry cures are left, and a study that is over is refused', async (form) => {
  const schema = `${form.schema}_pointless`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  await sql(`UPDATE "${schema}"."Job" SET result = '{"error": {"message": "Quota exceeded", "code": "QUOTA_EXCEEDED"}}' WHERE id = 'job-0';
    UPDATE "${schema}"."Job" SET result = '{"error": {"message": "No", "code": "AUTH_FAILED", "retryable": false}}' WHERE id = 'job-1'`);
  await cockpitOn(schema, async (cockpit) => {
    const some = await cockpit.plan('retry-jobs', { study: 'st_runs' });
    expect(some.plan?.impact[0]).toMatch(/^1 failed job of st_runs becomes pending: openai-api 1\.$/i);
    expect(some.plan?.impact.at(-1)).toBe('Left failed, as no retry cures them: 1 AUTH_FAILED, 1 QUOTA_EXCEEDED.');
    const all = await cockpit.plan('retry-jobs', { study: 'st_runs', insist: 'yes' });
    expect(all.plan?.impact[0]).toMatch(/^3 failed jobs/);
    expect(all.plan?.warnings).toContain('No retry cures some of them: 1 AUTH_FAILED, 1 QUOTA_EXCEEDED.');
    await sql(
      `UPDATE "${schema}"."Job" SET result = '{"error": {"code": "quota_exceeded"}}' WHERE "studyId" = 'st_runs' AND lower(status::text) = 'failed'`,
    );
    const none = await cockpit.plan('retry-jobs', { study: 'st_runs' });
    expect(none).toMatchObject({
      says: 'no retry cures them: 3 quota_exceeded',
      hint: 'to retry them all the same: --insist yes',
    });
    const over = await cockpit.plan('retry-jobs', { study: 'st_mostly' });
    expect(over.says).toMatch(/^the study is complete: no executor takes its jobs$/i);
    const insisted = await cockpit.plan('retry-jobs', { study: 'st_mostly', insist: 'yes' });
    expect(insisted.plan?.warnings?.join()).toMatch(/The study is complete: its jobs may never run\./i);
  });
});

test.each(forms)('$name: tables are analyzed and vacuumed by the runbook’s names and by their own', async (form) => {
  const schema = `${form.schema}_maintained`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const study = form.prismaStudies ? 'Study' : 'studies';
  const job = form.prisma ? 'Job' : 'jobs';
  await cockpitOn(schema, async (cockpit) => {
    const done = async (action: 'analyze-tables' | 'vacuum-table', target: Record<string, string>) => {
      const run = await cockpit.plan(action, target);
      expect(run, `${run.says} ${run.hint}`).toMatchObject({ phase: 'planned' });
      expect(await cockpit.confirm(run)).toMatchObject({ outcome: 'verified' });
      return run;
    };
    await done('vacuum-table', { table: 'jobs' });
    const called = await done('vacuum-table', { table: job.toUpperCase() });
    expect(called.plan?.impact[0]).toMatch(new RegExp(`^${job}:`));
    const weekly = await cockpit.plan('analyze-tables', {});
    if (form.prisma) {
      expect(weekly.plan?.impact.map((line) => line.split(':')[0])).toEqual([job, study, 'No table of results']);
      expect(await cockpit.confirm(weekly)).toMatchObject({ outcome: 'verified' });
    } else expect(weekly).toMatchObject({ outcome: 'refused', says: `there is no table in ${schema} called results` });
    await done('analyze-tables', { tables: 'jobs, studies' });
    const mistyped = await cockpit.plan('vacuum-table', { table: `${study}x` });
    expect(mistyped).toMatchObject({ outcome: 'refused', hint: expect.stringContaining(`did you mean ${study}?`) });
  });
});
