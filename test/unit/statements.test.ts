import { expect, test } from 'vitest';
import { type Form, runbookForm } from '../../src/core/platform/form.ts';
import { formFrom } from '../../src/data/postgres/queries/columns.ts';
import * as statements from '../../src/runbook/statements.ts';

const upper: Form = {
  ...runbookForm,
  study: { ...runbookForm.study, states: { labels: ['QUEUED', 'EXECUTING', 'COMPLETE', 'ON_ICE'], declared: false } },
  job: { ...runbookForm.job, states: { labels: ['PENDING', 'FAILED', 'COMPLETE'], declared: false } },
};

const row = (
  which: 'study' | 'job' | 'apiKey',
  name: string,
  column: string,
  type = /At$/.test(column) ? 'timestamp with time zone' : column === 'attempts' ? 'integer' : 'text',
  labels: string[] | null = null,
) => ({
  ...{
    which,
    name,
    column,
    type,
    labels,
    others: null,
    kind: 'r',
    indexed: true,
    ordered: true,
    nullable: false,
    partial: false,
    version: 150_000,
  },
});

const prisma = formFrom('public', [
  ...['id', 'tenantId', 'createdAt', 'startedAt', 'completedAt', 'totalCells', 'completedCells'].map((c) =>
    row('study', 'Study', c),
  ),
  row('study', 'Study', 'status', '"StudyStatus"', ['QUEUED', 'EXECUTING', 'COMPLETE', 'FAILED']),
  ...['id', 'studyId', 'surfaceId', 'createdAt', 'updatedAt', 'lastAttemptAt', 'attempts'].map((c) =>
    row('job', 'Job', c),
  ),
  row('job', 'Job', 'result', 'jsonb'),
  row('job', 'Job', 'status', '"JobStatus"', ['PENDING', 'EXECUTING', 'VALIDATING', 'COMPLETE', 'FAILED']),
  ...['id', 'tenantId', 'name', 'permissions', 'lastUsedAt', 'createdAt', 'active'].map((c) =>
    row('apiKey', 'ApiKey', c),
  ),
]);

test('with the runbook’s tables the statements equal the runbook’s', () => {
  expect(statements.activeStudies(runbookForm)).toBe(
    "SELECT id, tenant_id, status FROM studies WHERE status IN ('executing', 'queued')",
  );
  expect(statements.retryJobs(runbookForm)).toBe(
    "UPDATE jobs SET status = 'pending', attempt_count = 0, error_message = NULL WHERE study_id = '<study>' AND status = 'failed'",
  );
  expect(statements.cancelStudy(runbookForm)).toBe("UPDATE studies SET status='cancelled' WHERE id='<study>'");
});

test('states are written as the table writes them', () => {
  expect(statements.activeStudies(upper)).toBe(
    "SELECT id, tenant_id, status FROM studies WHERE status IN ('QUEUED', 'EXECUTING')",
  );
  expect(statements.retryJobs(upper)).toContain(
    "SET status = 'PENDING', attempt_count = 0, error_message = NULL WHERE study_id = '<study>' AND status = 'FAILED'",
  );
  expect(statements.cancelStudy(upper)).toContain("SET status='CANCELLED'");
});

test('Prisma’s tables and columns are quoted, and a table without a state uses the API', () => {
  expect(statements.oneStudy(prisma)).toBe(
    `SELECT id, "tenantId", status, round(100.0 * "completedCells" / nullif("totalCells", 0)) as progress, "createdAt", "completedAt" FROM "Study" WHERE id = '<study>'`,
  );
  expect(statements.retryJobs(prisma)).toBe(
    `UPDATE "Job" SET status = 'PENDING', attempts = 0, result = NULL, "lastAttemptAt" = NULL, "updatedAt" = now() WHERE "studyId" = '<study>' AND status = 'FAILED'`,
  );
  expect(statements.cancelStudy(prisma)).toBeUndefined();
  expect(statements.revokeKey(prisma)).toBe(`UPDATE "ApiKey" SET active = false WHERE id = '<key-id>'`);
  expect(statements.failuresByMessage(prisma)).toContain(`SELECT result->'error'->>'message', COUNT(*) FROM "Job"`);
});
