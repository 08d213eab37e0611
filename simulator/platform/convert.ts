// From the runbook's tables to Prisma's: the same rows, and what only the platform's own form has: deadlines, a paused
// study, error codes, accounts, sessions behind proxies, keys that expire, costs.
import { type Conditions, surfaceIds } from '../scenario.ts';

/** A `timestamptz` as Prisma stores it. */
const utc = (time: string) => `${time} AT TIME ZONE 'UTC'`;

/** The platform's view of an error message: its code, and whether such a job is retried. */
export const errorCodes: readonly (readonly [pattern: string, code: string, retryable: boolean])[] = [
  ['Rate limited', 'RATE_LIMITED', true],
  ['Captcha detected', 'CAPTCHA_REQUIRED', true],
  ['Invalid session', 'SESSION_EXPIRED', true],
  ['Connection timeout', 'PROXY_TIMEOUT', true],
  ['Quota exceeded', 'QUOTA_EXCEEDED', false],
];

const codeOf = (message: string) =>
  `CASE ${errorCodes.map(([pattern, code]) => `WHEN ${message} LIKE '${pattern}%' THEN '${code}'`).join(' ')} ELSE 'INTERNAL_ERROR' END`;
const retryableOf = (message: string) =>
  `NOT (${errorCodes.flatMap(([pattern, , retryable]) => (retryable ? [] : [`${message} LIKE '${pattern}%'`])).join(' OR ')})`;

/** "Job".result of a message; NULL where there is none. */
export const resultOf = (message: string) =>
  `CASE WHEN ${message} IS NOT NULL THEN jsonb_build_object('error', jsonb_build_object(
     'message', ${message}, 'code', ${codeOf(message)}, 'retryable', ${retryableOf(message)})) END`;

/** As long as a cuid, and in the order of the numbers. */
export const jobId = (number: string) => `'c' || lpad(${number}::text, 10, '0') || substr(md5(${number}::text), 1, 14)`;

/** What a study is called there. Prisma's has no word for what was cancelled. */
export const studyStatus = (word: string) =>
  `(CASE ${word} WHEN 'completed' THEN 'COMPLETE' WHEN 'cancelled' THEN 'FAILED' ELSE upper(${word}) END)::"StudyStatus"`;
export const jobStatus = (word: string) =>
  `(CASE ${word} WHEN 'completed' THEN 'COMPLETE' ELSE upper(${word}) END)::"JobStatus"`;

const tenants = `
INSERT INTO "Tenant" (id, name, slug, status, quota, "createdAt", "updatedAt")
SELECT id, name, regexp_replace(lower(name), '[^a-z]+', '-', 'g'),
  (CASE id WHEN 'tenant-quill' THEN 'SUSPENDED' ELSE 'ACTIVE' END)::"TenantStatus",
  '{"studiesPerMonth": 200, "concurrentStudies": 10}', ${utc('created_at')}, ${utc('created_at')} FROM tenants`;

const apiKeys = `
INSERT INTO "ApiKey" (id, "tenantId", name, "keyHash", "keyPrefix", permissions, active, "createdAt", "expiresAt", "lastUsedAt")
SELECT id, tenant_id, name, key_hash, 'btm_' || substr(key_hash, 1, 6), permissions, NOT revoked, ${utc('created_at')},
  CASE id WHEN 'key-kya456' THEN ${utc(`(now() + interval '3 days')`)}
          WHEN 'key-qui001' THEN ${utc(`(now() - interval '26 hours')`)} END, ${utc('last_used_at')} FROM api_keys`;

const studies = `
INSERT INTO "Study" (id, "tenantId", manifest, status, "totalCells", "completedCells", "failedCells", "createdAt",
  "startedAt", "completedAt", deadline, "actualCost")
SELECT s.id, s.tenant_id, jsonb_build_object('name', s.name, 'legalHold', s.id = 'study_ghi789'), ${studyStatus('s.status')},
  coalesce(c.total, 0), coalesce(c.done, 0), coalesce(c.failed, 0), ${utc('s.created_at')},
  CASE WHEN s.status <> 'queued' THEN ${utc(`(s.created_at + interval '20 seconds')`)} END,
  CASE WHEN s.status NOT IN ('queued', 'executing') THEN ${utc('s.updated_at')} END,
  ${utc(`(s.created_at + interval '6 hours')`)}, jsonb_build_object('total', round(coalesce(c.total, 0) * 0.012, 4))
FROM studies s LEFT JOIN (
  SELECT study_id, count(*) AS total, count(*) FILTER (WHERE status = 'completed') AS done,
    count(*) FILTER (WHERE status = 'failed') AS failed FROM jobs GROUP BY study_id
) c ON c.study_id = s.id`;

/** One failure in seventeen is one that no retry can fix. */
const jobs = `
INSERT INTO "Job" (id, "studyId", "queryIndex", "surfaceId", "locationId", status, attempts, "lastAttemptAt", result,
  "createdAt", "updatedAt")
SELECT ${jobId('id')}, study_id, id % 12, surface_id, (ARRAY['us', 'de', 'in'])[1 + id % 3], ${jobStatus('status')},
  attempt_count, CASE WHEN attempt_count > 0 THEN ${utc('updated_at')} END,
  ${resultOf(`CASE WHEN error_message LIKE 'Unexpected token%' THEN 'Quota exceeded for this month' ELSE error_message END`)},
  ${utc('created_at')}, ${utc('updated_at')} FROM jobs`;

const evidence = `
INSERT INTO "Evidence" (id, "jobId", "studyId", "tenantId", type, url, size, "sha256Hash", "capturedAt")
SELECT 'e' || r.id, ${jobId('r.job_id')}, r.study_id, s.tenant_id, 'SCREENSHOT',
  's3://bentham-evidence/' || r.study_id || '/' || r.job_id || '.png', 240000, md5(r.id::text), ${utc('r.created_at')}
FROM results r JOIN studies s ON s.id = r.study_id`;

/** Accounts and sessions of a surface that lets nobody in are spent; $1 surfaces, $2 shares of failures. */
const accounts = `
INSERT INTO "Account" (id, "surfaceId", email, status, health, "lastUsedAt", "updatedAt")
SELECT 'acc_' || w.id || '_' || n, w.id, 'research' || n || '@bentham.io',
  (CASE WHEN w.share > 0.3 AND n <= 7 THEN (ARRAY['BLOCKED', 'FLAGGED', 'COOLING_DOWN'])[1 + n % 3]
        WHEN n = 1 THEN 'COOLING_DOWN' WHEN n = 8 THEN 'RETIRED' WHEN n % 3 = 0 THEN 'IN_USE' ELSE 'AVAILABLE' END)::"AccountStatus",
  CASE WHEN w.share > 0.3 THEN 12 ELSE 96 END, ${utc('now()')}, ${utc('now()')}
FROM unnest($1::text[], $2::float8[]) AS w (id, share), generate_series(1, 8) AS n WHERE w.id NOT LIKE '%-api'`;

const sessions = `
INSERT INTO "Session" (id, "surfaceId", "accountId", "browserEngine", "proxyProvider", "locationId", status, health,
  "lastUsedAt", "createdAt", "expiresAt")
SELECT s.id, s.surface_id, 'acc_' || s.surface_id || '_' || (1 + ascii(right(s.id, 1)) % 7), 'playwright',
  (ARRAY['brightdata', 'oxylabs'])[1 + ascii(right(s.id, 1)) % 2], 'us',
  (CASE WHEN w.share > 0.3 AND ascii(right(s.id, 1)) % 2 = 0 THEN 'INVALID' WHEN w.share > 0.3 THEN 'EXPIRED'
        WHEN ascii(right(s.id, 1)) % 4 = 0 THEN 'ACTIVE' ELSE 'IDLE' END)::"SessionStatus",
  CASE WHEN w.share > 0.3 THEN 5 ELSE 90 END, ${utc('s.refreshed_at')}, ${utc('s.created_at')},
  ${utc(`(s.refreshed_at + interval '3 days')`)}
FROM sessions s JOIN unnest($1::text[], $2::float8[]) AS w (id, share) ON w.id = s.surface_id`;

/** Where a surface lets nobody in, one study is over its deadline and has a job that hangs in its validation. */
const late = `
UPDATE "Study" SET deadline = ${utc(`(now() - interval '35 minutes')`)} WHERE id = 'study_def456';
INSERT INTO "Job" (id, "studyId", "queryIndex", "surfaceId", "locationId", status, attempts, "lastAttemptAt", "createdAt", "updatedAt")
VALUES ('chang0000000000000000000', 'study_def456', 99, 'chatgpt-web', 'us', 'VALIDATING', 1,
  ${utc(`(now() - interval '47 minutes')`)}, ${utc(`(now() - interval '70 minutes')`)}, ${utc(`(now() - interval '47 minutes')`)});
UPDATE "Study" SET "totalCells" = "totalCells" + 1 WHERE id = 'study_def456'`;

/** One study is held by its tenant. */
const oddities = `
UPDATE "Study" SET status = 'PAUSED' WHERE id = (SELECT id FROM "Study" WHERE status = 'EXECUTING' AND id NOT IN
  ('study_abc123', 'study_def456', 'study_ghi789') ORDER BY id LIMIT 1);
INSERT INTO "CostRecord" (id, "tenantId", "studyId", breakdown, total, "periodStart", "periodEnd", "updatedAt")
SELECT 'cost_' || id, "tenantId", id, '{"surfaces": 0.8, "proxies": 0.2}', "totalCells" * 0.012, "createdAt",
  coalesce("completedAt", ${utc('now()')}), ${utc('now()')} FROM "Study" WHERE "totalCells" > 0;
INSERT INTO "Schedule" (id, "tenantId", name, "cronExpression", "manifestTemplate", "nextRunAt", "updatedAt")
VALUES ('sched_1', 'tenant-kyanos', 'Nightly visibility', '0 3 * * *', '{}', ${utc(`(now() + interval '7 hours')`)}, ${utc('now()')});
INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
VALUES (gen_random_uuid()::text, md5('init'), now(), '20260101000000_init', 1)`;

const dropped = 'DROP TABLE results, jobs, studies, sessions, api_keys, tenants';

/** Whether a surface fails so much that work is late. */
export const isLate = ({ surfaces }: Conditions): boolean =>
  Object.values(surfaces).some(({ failureShare }) => failureShare > 0.3);

/** The statements that move all rows; they run one after another. */
export function conversion(conditions: Conditions): readonly { text: string; values: readonly unknown[] }[] {
  const shares = [surfaceIds, surfaceIds.map((id) => conditions.surfaces[id].failureShare)];
  const plain = (text: string) => ({ text, values: [] });
  return [
    ...[tenants, apiKeys, studies, jobs, evidence].map(plain),
    { text: accounts, values: shares },
    { text: sessions, values: shares },
    ...[...(isLate(conditions) ? [late] : []), oddities, dropped].map(plain),
  ];
}
