// Held and overdue studies, jobs that run too long and errors that no retry mends, in every form of the tables, on a
// server that is not in UTC.
import { expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { oddities } from '../../src/core/queries/api-key.ts';
import { minute } from '../../src/core/time.ts';
import { formInForce } from '../../src/data/postgres/form-check.ts';
import { listApiKeys } from '../../src/data/postgres/keys-query.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { queryStudy } from '../../src/data/postgres/study-query.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { pools as poolEvidence } from '../../src/runbook/pools.ts';
import { forms, type PlatformForm } from '../support/platform-forms.ts';
import { live, world } from '../support/world.ts';
import { good, soon, zonedPostgres } from '../support/zoned-postgres.ts';

const { there, sql, sessionAs, settingsOf } = zonedPostgres('America/New_York');

const isUpper = (form: PlatformForm) => /capitals/.test(form.name);

async function look(schema: string, jobTimeout = 10 * minute) {
  const session = sessionAs();
  const studies = good(await readStudies(session, schema, 20_000, newStudiesMemory(), soon(), jobTimeout));
  const seen = world({ now: Date.now(), readings: { studies: live<'studies'>(studies, Date.now()) } });
  const findings = evaluate(seen).filter(({ area }) => area === 'studies');
  return { studies, findings };
}

test.each(forms)('$name: held and overdue studies are named', async (form) => {
  const { schema, prismaStudies } = form;
  await sql(form.create);
  const table = `"${schema}".${prismaStudies ? '"Study"' : 'studies'}`;
  await sql(`UPDATE ${table} SET status = '${isUpper(form) ? 'PAUSED' : 'paused'}' WHERE id = 'st_waits'`);
  if (prismaStudies)
    await sql(`UPDATE ${table} SET deadline = (now() AT TIME ZONE 'UTC') + interval '30 minutes';
      UPDATE ${table} SET deadline = (now() AT TIME ZONE 'UTC') - interval '30 minutes' WHERE id IN ('st_runs', 'st_good')`);
  const { studies, findings } = await look(schema);
  expect(studies.held).toEqual({ value: 1, exact: true });
  const says = findings.map((one) => `${one.verdict} ${one.says}`);
  const held = `ok 1 held (${isUpper(form) ? 'PAUSED' : 'paused'}): st_waits`;
  // A finished study is not overdue; without a deadline column nothing is.
  if (!prismaStudies) {
    expect(studies.overdue).toBe(undefined);
    expect(says).toEqual([held]);
    return;
  }
  expect(studies.overdue).toEqual({ value: 1, exact: true });
  expect(says[0]).toMatch(/^warning 1 overdue: st_runs by 30 m \d/);
  expect(says[1]).toBe(held);
});

test.each(forms.filter(({ prisma }) => prisma))('$name: a job that runs too long is named', async (form) => {
  const schema = `${form.schema}_long`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const label = isUpper(form) ? 'EXECUTING' : 'executing';
  expect((await look(schema)).studies.stuckJobs).toEqual({ count: { value: 0, exact: true } });
  await sql(
    `UPDATE "${schema}"."Job" SET "lastAttemptAt" = (now() AT TIME ZONE 'UTC') - interval '20 minutes' WHERE status = '${label}'`,
  );
  const { studies, findings } = await look(schema);
  expect(studies.stuckJobs?.count).toEqual({ value: 1, exact: true });
  expect(findings[0]).toMatchObject({ verdict: 'warning', rule: 'jobs/stuck', subject: 'jobs' });
  expect(findings[0]?.says).toMatch(/^1 runs too long, the longest for 20 m \d+ s: job-7 of st_runs on anthropic-api$/);
  expect((await look(schema, 30 * minute)).studies.stuckJobs?.count.value).toBe(0);
});

test('jobs that run too long and could not be counted in time are unknown, not none', async () => {
  const form = forms.find(({ prisma, prismaStudies }) => prisma && prismaStudies);
  if (!form) throw new Error('no form');
  await sql(form.create.replaceAll(`"${form.schema}"`, '"slow_begun"'));
  // Only who asks when a job began has to wait.
  await sql(`ALTER TABLE slow_begun."Job" RENAME TO kept;
    CREATE FUNCTION slow_begun.slow(t anyelement) RETURNS anyelement STABLE LANGUAGE plpgsql
      AS 'BEGIN PERFORM pg_sleep(60); RETURN t; END';
    DO $$ BEGIN EXECUTE (SELECT 'CREATE VIEW slow_begun."Job" AS SELECT ' || string_agg(
      CASE WHEN attname = 'lastAttemptAt' THEN 'slow_begun.slow("lastAttemptAt") AS "lastAttemptAt"' ELSE quote_ident(attname) END, ', ')
      || ' FROM slow_begun.kept' FROM pg_attribute WHERE attrelid = 'slow_begun.kept'::regclass AND attnum > 0); END $$`);
  const { studies, findings } = await look('slow_begun');
  expect(studies.stuckJobs).toBe(undefined);
  expect(studies.queueDepth).toMatchObject({ exact: true });
  expect(findings).toContainEqual(expect.objectContaining({ verdict: 'unknown', rule: 'jobs/stuck-unknown' }));
});

test('a table without start times reports no stuck jobs, and an enum without paused no held studies', async () => {
  const [form] = forms;
  if (!form) throw new Error('no form');
  const schema = 'no_times';
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const { studies, findings } = await look(schema);
  expect(studies.stuckJobs).toBe(undefined);
  expect(findings.filter(({ id }) => id === 'studies/stuck')).toEqual([]);
  await sql(`CREATE TYPE "${schema}".few AS ENUM ('queued', 'executing', 'validating_results', 'complete', 'failed');
    ALTER TABLE "${schema}".studies ALTER status TYPE "${schema}".few USING status::"${schema}".few`);
  expect((await look(schema)).studies.held).toBe(undefined);
});

test.each(forms.filter(({ prisma }) => prisma))(
  '$name: errors that no retry can fix are counted by code',
  async (form) => {
    const schema = `${form.schema}_codes`;
    await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
    await sql(`UPDATE "${schema}"."Job" SET result = '{"error": {"message": "Quota exceeded", "code": "QUOTA_EXCEEDED"}}' WHERE id = 'job-0';
    UPDATE "${schema}"."Job" SET result = '{"error": {"message": "No", "code": "AUTH_FAILED", "retryable": false}}' WHERE id = 'job-1';
    UPDATE "${schema}"."Job" SET result = '{"error": {"message": "Later", "code": "RATE_LIMITED", "retryable": true}}' WHERE id = 'job-2'`);
    const { errors } = good(await queryStudy(settingsOf(schema), 'st_runs', soon()));
    expect(errors).toEqual([
      { message: 'Later', code: 'RATE_LIMITED', count: 1, final: 0 },
      { message: 'No', code: 'AUTH_FAILED', count: 1, final: 1 },
      { message: 'Quota exceeded', code: 'QUOTA_EXCEEDED', count: 1, final: 1 },
    ]);
  },
);

const seen = async (schema: string) => {
  const session = sessionAs();
  return good(await readSurfaces(session, schema, 20_000, newSurfacesMemory(), soon()));
};

test.each(forms.filter(({ prisma }) => prisma))('$name: accounts and sessions behind a surface', async (form) => {
  const schema = `${form.schema}_pools`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const word = (text: string) => (isUpper(form) ? text : text.toLowerCase());
  await sql(`INSERT INTO "${schema}"."Account" VALUES ('a', 'openai-api', '${word('BLOCKED')}'), ('b', 'openai-api', '${word('ODD')}'),
      ('c', 'openai-api', '${word('RETIRED')}'), ('d', 'anthropic-api', '${word('AVAILABLE')}');
    INSERT INTO "${schema}"."Session" VALUES ('a', 'openai-api', '${word('INVALID')}', 'oxylabs'), ('b', 'openai-api', '${word('IDLE')}', 'brightdata'),
      ('c', 'openai-api', '${word('EXPIRED')}', 'oxylabs'), ('d', 'openai-api', '${word('ACTIVE')}', NULL)`);
  const surfaces = await seen(schema);
  expect(surfaces.pools).toEqual({ accounts: true, sessions: true });
  const facts = world({ now: Date.now(), readings: { surfaces: live<'surfaces'>(surfaces, Date.now()) } });
  expect(poolEvidence(facts).map(({ subject, state, because }) => `${state} ${subject}: ${because}`)).toEqual([
    // One is in a state that nobody knows: not proven that none is left.
    `unknown openai-api accounts: 0 of 2 usable (1 ${word('BLOCKED')}, 1 ${word('ODD')} (not understood))`,
    `fail openai-api sessions, oxylabs: 0 of 2 usable (1 ${word('EXPIRED')}, 1 ${word('INVALID')})`,
    'pass openai-api sessions, brightdata: 1 of 1 usable',
    'pass openai-api sessions, no proxy: 1 of 1 usable',
  ]);
});

test('without tables of accounts and sessions that is said, and a table that may not be read costs only itself', async () => {
  const [runbook] = forms;
  const prisma = forms.find((form) => form.prisma);
  if (!runbook || !prisma) throw new Error('no form');
  await sql(runbook.create.replaceAll(`"${runbook.schema}"`, '"no_pools"'));
  expect((await seen('no_pools')).pools).toEqual({ accounts: false, sessions: false });
  await sql(prisma.create.replaceAll(`"${prisma.schema}"`, '"closed_pools"'));
  await sql(`CREATE ROLE onlooker LOGIN PASSWORD 'root'; GRANT USAGE ON SCHEMA closed_pools TO onlooker;
    GRANT SELECT ON ALL TABLES IN SCHEMA closed_pools TO onlooker; REVOKE ALL ON closed_pools."Account" FROM onlooker`);
  const session = sessionAs({ user: 'onlooker' });
  const surfaces = good(await readSurfaces(session, 'closed_pools', 20_000, newSurfacesMemory(), soon()));
  expect(surfaces.pools).toEqual({ accounts: false, sessions: true });
  expect(surfaces.surfaces.map(({ id }) => id)).toContain('openai-api');
});

test('keys that expire and tenants that are suspended are told; no column of limits is no missing limit', async () => {
  const form = forms.find(({ prisma, prismaStudies }) => prisma && prismaStudies);
  if (!form) throw new Error('no form');
  await sql(form.create.replaceAll(`"${form.schema}"`, '"expiring"'));
  const at = (from: string) => `(now() AT TIME ZONE 'UTC') ${from}`;
  await sql(`INSERT INTO expiring."Tenant" VALUES ('tenant-a', 'A', 'ACTIVE'), ('tenant-b', 'B', 'SUSPENDED');
    INSERT INTO expiring."ApiKey" ("id", "tenantId", name, permissions, "lastUsedAt", "createdAt", active, "expiresAt") VALUES
      ('soon', 'tenant-a', 'soon', '{x}', ${at('')}, ${at('')}, true, ${at(`+ interval '3 days 1 hour'`)}),
      ('late', 'tenant-a', 'late', '{x}', ${at('')}, ${at('')}, true, ${at(`- interval '2 hours'`)}),
      ('years', 'tenant-b', 'years', '{x}', ${at('')}, ${at('')}, true, ${at(`+ interval '400 days'`)})`);
  const { rows, limitsUntold } = good(await listApiKeys(settingsOf('expiring'), soon()));
  expect(limitsUntold).toBe(true);
  const says = Object.fromEntries(rows.map((key) => [key.id, oddities(key, Date.now(), limitsUntold)]));
  expect(says).toEqual({
    k1: [],
    k2: [],
    soon: ['expires in 3 d'],
    late: ['expired 2 h ago'],
    years: ['tenant suspended'],
  });
});

test.each(forms.filter(({ prisma }) => prisma))(
  '$name: the cost of a study is the sum of its records',
  async (form) => {
    const schema = `${form.schema}_cost`;
    await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
    await sql(
      `INSERT INTO "${schema}"."CostRecord" VALUES ('a', 't', 'st_runs', 1.25), ('b', 't', 'st_runs', 2), ('c', 't', 'st_waits', 9)`,
    );
    expect(good(await queryStudy(settingsOf(schema), 'st_runs', soon())).cost).toBe(3.25);
    expect(good(await queryStudy(settingsOf(schema), 'st_good', soon())).cost).toBe(undefined);
  },
);

test.each(forms)(
  '$name: config and doctor name the tables in force, what they lack and what is not understood',
  async (form) => {
    const schema = `${form.schema}_force`;
    await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
    await sql(form.odd(schema, 'on_ice'));
    const { lines, fault } = await formInForce(settingsOf(schema));
    expect(fault).toBe(undefined);
    expect(lines[0]).toContain(`(${form.prismaStudies ? 'Study' : 'studies'}, ${form.prisma ? 'Job' : 'jobs'})`);
    const absent = lines.find((one) => one.startsWith('not in these tables: '));
    expect(absent?.includes('deadlines') ?? false).toBe(!form.prismaStudies);
    expect(absent?.includes('accounts of surfaces (accounts)') ?? false).toBe(!form.prisma);
    expect(lines.join('\n')).toMatch(/states of (Job|jobs): 30 jobs in state “on_ice”, not understood/i);
    expect(lines.join('\n')).toMatch(/states of (Study|studies): 2 studies in state “on_ice”, not understood/i);
  },
);

test('config says why the tables are unknown, and that they are missing', async () => {
  expect((await formInForce(settingsOf('no_such_schema'))).lines).toEqual([
    'tables and states: no studies, jobs in schema no_such_schema',
  ]);
  const settings = settingsOf('public');
  const away = { ...settings, database: { ...settings.database, primary: { ...there(), port: 1 } } };
  expect((await formInForce(away)).lines[0]).toMatch(/^tables: not read: .*refused/);
});
