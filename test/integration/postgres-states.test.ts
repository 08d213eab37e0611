// Studies and jobs by what their states mean, on real servers: whatever the tables, columns and states are called.
import { expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateMetric, metric } from '../../src/core/health/metrics.ts';
import { formSays, runbookForm } from '../../src/core/platform/form.ts';
import { databaseProbes } from '../../src/data/postgres/doctor.ts';
import { formInForce } from '../../src/data/postgres/form-check.ts';
import { listApiKeys } from '../../src/data/postgres/keys-query.ts';
import { sessionsFor } from '../../src/data/postgres/sessions.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { listJobs, listStudies, queryStudy, querySurface } from '../../src/data/postgres/study-query.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import { mostlyFailing, surfaces as surfacesEvidence } from '../../src/runbook/evidence.ts';
import { forms } from '../support/platform-forms.ts';
import { live, world } from '../support/world.ts';
import { good, soon, zonedPostgres } from '../support/zoned-postgres.ts';

const { sql, closes, sessionAs, settingsOf } = zonedPostgres('Asia/Kolkata');

async function look(schema: string) {
  const session = sessionAs();
  const studies = good(await readStudies(session, schema, 20_000, newStudiesMemory(), soon()));
  const surfaces = good(await readSurfaces(session, schema, 20_000, newSurfacesMemory(), soon()));
  const seen = world({ readings: { studies: live<'studies'>(studies), surfaces: live<'surfaces'>(surfaces) } });
  const of = (id: 'queueDepth' | 'studyFailures') => {
    const reading = metric(id).measure(seen);
    return { ...(reading.state === 'live' ? reading.value : {}), verdict: evaluateMetric(metric(id), seen) };
  };
  const findings = evaluate(seen).filter(({ area }) => area === 'studies' || area === 'surfaces');
  return { studies, surfaces, findings, seen, queue: of('queueDepth'), failures: of('studyFailures') };
}

test.each(forms)('$name: the same rows give the same figures, lists and details', async ({ schema, create }) => {
  await sql(create);
  const { studies, surfaces, findings, queue, failures, seen } = await look(schema);
  expect(queue).toMatchObject({ value: 7, exact: true, verdict: 'ok' });
  expect(studies).toMatchObject({
    activeCount: { value: 3, exact: true },
    finishedLastHour: 4,
    failedLastHour: 2,
    mostlyFailedLastHour: 1,
  });
  expect(studies.unclear).toBeUndefined();
  expect(studies.doubts).toBeUndefined();
  expect(studies.active.map(({ id }) => id).sort()).toEqual(['st_checks', 'st_runs', 'st_waits']);
  expect(studies.active.find(({ id }) => id === 'st_runs')).toMatchObject({
    tenant: 'tenant-a',
    completion: 45,
    totalJobs: 12,
    failedJobs: 3,
  });
  expect(failures).toMatchObject({ value: 50, exact: true, verdict: 'critical' });
  expect(mostlyFailing(seen)).toMatchObject({ state: 'fail' });
  expect(surfaces.surfaces).toMatchObject([
    { id: 'openai-api', failures: 5, finished: 6, topError: 'Rate limited', topErrorCount: 5 },
    { id: 'anthropic-api', failures: 0, finished: 4 },
  ]);
  expect(Math.abs(Date.now() - (surfaces.lastFinishedAt ?? 0))).toBeLessThan(3_600_000);
  expect(findings.map(({ verdict }) => verdict)).toEqual(['critical', 'ok']);

  const settings = settingsOf(schema);
  closes(sessionsFor(settings).studies);
  const detail = good(await queryStudy(settings, 'st_runs', soon()));
  expect(detail).toMatchObject({
    row: { tenant: 'tenant-a', completion: 45 },
    errors: [{ message: 'Rate limited', count: 3 }],
  });
  expect(detail.running).toHaveLength(1);
  expect(detail.counts.reduce((sum, { count }) => sum + count, 0)).toBe(12);
  expect(
    good(await listJobs(settings, { study: 'st_runs', status: 'failed', search: '', rows: 50 }, soon())).rows,
  ).toHaveLength(3);
  expect(good(await listStudies(settings, { search: 'tenant-a', rows: 50 }, soon())).rows).toHaveLength(7);
  expect(good(await querySurface(settings, 'openai-api', soon()))).toMatchObject({
    errors: [{ message: 'Rate limited', count: 5 }],
  });
  const keys = good(await listApiKeys(settings, soon()));
  expect(keys.rows.map(({ name, revoked }) => [name, revoked])).toEqual([
    ['in use', false],
    ['gone', true],
  ]);
});

const anyCase = (of: string) => expect.stringMatching(new RegExp(of, 'i')) as string;

test.each(forms)('$name: an unknown state is shown by name and count, and is not zero', async (form) => {
  const schema = `${form.schema}_odd`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  await sql(form.odd(schema, 'on_ice'));
  const { studies, findings, queue, failures, seen } = await look(schema);
  expect(studies.unclear).toMatchObject([
    { of: 'study', label: anyCase('^on_ice$'), count: 2, exact: true },
    { of: 'job', label: anyCase('^on_ice$'), count: 30, exact: true },
  ]);
  expect(queue).toMatchObject({ basis: anyCase('^30 jobs in state “on_ice”, not understood$'), verdict: 'unknown' });
  expect(queue.value).toBeUndefined();
  // Two of six failed whatever the others are: more than enough is more than enough.
  expect(failures).toMatchObject({ exact: false, verdict: 'critical' });
  expect(studies.activeCount).toEqual({ value: 3, exact: false });
  expect(findings.filter(({ area }) => area === 'studies')).toMatchObject([
    { subject: 'study states', verdict: 'unknown', says: anyCase('^2 studies in state “on_ice”, not understood$') },
    { subject: 'job states', verdict: 'unknown', says: anyCase('^30 jobs in state “on_ice”, not understood$') },
  ]);
  // Its 30 jobs are on a surface of which nothing has failed: that is not known any more.
  expect(findings.find(({ subject }) => subject === 'anthropic-api')).toMatchObject({ verdict: 'unknown' });
  expect(surfacesEvidence(seen)[0]).toMatchObject({ subject: 'openai-api', state: 'fail' });
});

test.each(forms)('$name: doctor shows the tables in use, and unknown states', async (form) => {
  const schema = `${form.schema}_doctor`;
  await sql(form.create.replaceAll(`"${form.schema}"`, `"${schema}"`));
  const rows = async () => {
    const [primary] = databaseProbes(settingsOf(schema), 10_000);
    return (await primary?.run(soon())) ?? [];
  };
  const before = await rows();
  const called = `(${form.prismaStudies ? 'Study' : 'studies'}, ${form.prisma ? 'Job' : 'jobs'})`;
  const whose = form.prisma ? 'Prisma’s tables' : 'the runbook’s tables';
  const names = `${form.prisma === form.prismaStudies ? whose : 'one table of each form'} ${called}`;
  const how = `states ${/capitals/.test(form.name) ? 'in capitals' : 'in lower case'}${/enum/.test(form.name) ? ' (enum)' : ''}`;
  expect(before.find(({ what }) => what === 'tables and states')).toMatchObject({
    verdict: 'ok',
    answer: `${names}, ${how}`,
  });
  expect(before.filter(({ what }) => what.startsWith('states of'))).toEqual([]);
  expect(before.find(({ what }) => what === 'read studies, jobs')).toMatchObject({ verdict: 'ok' });
  expect(before.find(({ what }) => what === 'revoke API keys')).toMatchObject({ verdict: 'ok' });
  await sql(form.odd(schema, 'on_ice'));
  expect((await rows()).filter(({ what }) => what.startsWith('states of'))).toMatchObject([
    { verdict: 'warning', answer: anyCase('^2 studies in state “on_ice”, not understood$') },
    { verdict: 'warning', answer: anyCase('^30 jobs in state “on_ice”, not understood$') },
  ]);
});

test('an empty table is zero, and a state that the enum lacks is not queried', async () => {
  await sql(`CREATE SCHEMA nothing; SET search_path = nothing;
    CREATE TABLE studies (id text, tenant_id text, status text, progress jsonb, created_at timestamptz, updated_at timestamptz);
    CREATE TABLE jobs (id bigint, study_id text, surface_id text, status text, error_message text, attempt_count int, created_at timestamptz)`);
  expect((await look('nothing')).queue).toMatchObject({ value: 0, exact: true, verdict: 'ok' });
  await sql(`CREATE SCHEMA lacking; SET search_path = lacking;
    CREATE TYPE state AS ENUM ('executing', 'completed', 'failed');
    CREATE TABLE studies (id text, tenant_id text, status state NOT NULL, progress jsonb, created_at timestamptz, updated_at timestamptz);
    CREATE TABLE jobs (id bigint, study_id text, surface_id text, status state NOT NULL, error_message text, attempt_count int, created_at timestamptz)`);
  const { queue, findings } = await look('lacking');
  expect(queue).toMatchObject({ basis: 'jobs.status has no state that means waiting', verdict: 'unknown' });
  expect(findings).toMatchObject([
    { subject: 'study states', verdict: 'unknown' },
    { subject: 'job states', verdict: 'unknown' },
  ]);
});

test('rows without a state are not zero either, and states match in any case', async () => {
  await sql(`CREATE SCHEMA blank; SET search_path = blank;
    CREATE TABLE studies (id text, tenant_id text, status text, progress jsonb, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE TABLE jobs (id bigserial, study_id text, surface_id text, status text, error_message text, attempt_count int, created_at timestamptz DEFAULT now());
    INSERT INTO studies VALUES ('a', 't', 'cOmPlEtE', '{}'), ('b', 't', 'Executing', '{}');
    INSERT INTO jobs (study_id, surface_id, status) SELECT 'b', 's', 'PeNdInG' FROM generate_series(1, 4);
    CREATE INDEX ON jobs (status)`);
  const before = await look('blank');
  expect(before.queue).toMatchObject({ value: 4, exact: true, verdict: 'ok' });
  expect(before.studies).toMatchObject({
    activeCount: { value: 1, exact: true },
    finishedLastHour: 1,
    failedLastHour: 0,
  });
  await sql(`INSERT INTO blank.jobs (study_id, surface_id) VALUES ('b', 's')`);
  const after = await look('blank');
  expect(after.queue).toMatchObject({ basis: '1 job without a state, not understood', verdict: 'unknown' });
  expect(after.findings.find(({ subject }) => subject === 's')).toMatchObject({ verdict: 'unknown' });
});

test('many waiting jobs are critical despite unknown states', async () => {
  await sql(`CREATE SCHEMA deep; SET search_path = deep;
    CREATE TABLE studies (id text, tenant_id text, status text, progress jsonb, created_at timestamptz, updated_at timestamptz);
    CREATE TABLE jobs (id bigserial, study_id text, surface_id text, status text, error_message text, attempt_count int, created_at timestamptz);
    INSERT INTO jobs (status) SELECT CASE WHEN n <= 7000 THEN 'PENDING' ELSE 'PARKED' END FROM generate_series(1, 7003) n`);
  expect((await look('deep')).queue).toMatchObject({ value: 7000, exact: false, verdict: 'critical' });
});

test('the runbook’s tables win if a schema has both forms', async () => {
  const [runbook, , prisma] = [forms[0], forms[1], forms.find(({ prisma: is }) => is)];
  await sql((prisma?.create ?? '').replaceAll(`"${prisma?.schema}"`, '"both"'));
  await sql((runbook?.create ?? '').replaceAll(`"${runbook?.schema}"`, '"both"').replace(/CREATE SCHEMA [^;]*;/, ''));
  expect((await look('both')).studies.form).toMatchObject({ study: { name: 'studies' }, job: { name: 'jobs' } });
  const { lines } = await formInForce(settingsOf('both'));
  expect(lines).toContain('not read: Study (beside studies), Job (beside jobs), ApiKey (beside api_keys)');
});

test.each([
  ['smallint', '1'],
  ['boolean', 'true'],
  ['json', `'"pending"'`],
])('states of type %s are shown as they are, and nothing is counted by them', async (type, value) => {
  const schema = `coded_${type}`;
  await sql(`CREATE SCHEMA ${schema}; SET search_path = ${schema};
    CREATE TABLE studies (id text, tenant_id text, status ${type}, progress jsonb, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE TABLE jobs (id bigserial, study_id text, surface_id text, status ${type}, error_message text, attempt_count int, created_at timestamptz DEFAULT now())`);
  const empty = await look(schema);
  expect(empty.queue).toMatchObject({ basis: 'jobs.status has no state that means waiting', verdict: 'unknown' });
  await sql(`INSERT INTO ${schema}.studies VALUES ('a', 't', ${value}, '{}');
    INSERT INTO ${schema}.jobs (study_id, surface_id, status) SELECT 'a', 's', ${value} FROM generate_series(1, 30)`);
  const { queue, failures, findings, studies } = await look(schema);
  expect([queue.verdict, failures.verdict]).toEqual(['unknown', 'unknown']);
  const state = value.replaceAll(`'`, '');
  expect(findings.map(({ says }) => says)).toContain(`30 jobs in state “${state}”, not understood`);
  expect(studies.unclear).toContainEqual({ of: 'study', table: 'studies', label: state, count: 1, exact: true });
  expect(formSays(studies.form ?? runbookForm)).toContain(`states as ${type}`);
});
