// The rows at the start of the drill: tenants, keys, studies of the last day and the jobs of the last hour,
// failed as the conditions demand, so that every figure exists at once.
import { type Conditions, surfaceIds } from '../scenario.ts';

export type Statement = { text: string; values: readonly unknown[] };

/** Jobs of one study in the bulk that `load` makes. */
const jobsOfLoad = 500;

const surfaces = surfaceIds.map((id) => `'${id}'`).join(', ');

const tenants = `
INSERT INTO tenants (id, name, created_at) VALUES
  ('tenant-kyanos', 'Kyanos', now() - interval '400 days'),
  ('tenant-lyra', 'Lyra Research', now() - interval '210 days'),
  ('tenant-aldine', 'Aldine Press', now() - interval '90 days'),
  ('tenant-quill', 'Quill & Partners', now() - interval '31 days')`;

const apiKeys = `
INSERT INTO api_keys
  (id, tenant_id, name, key_hash, permissions, rate_limit, last_used_at, created_at, revoked, revoked_at)
SELECT id, tenant, name, md5(id), permissions::text[], rate, now() - used::interval, now() - made::interval,
  ended IS NOT NULL, now() - ended::interval
FROM (VALUES
  ('key-abc123', 'tenant-kyanos', 'Production Key', '{studies:read,studies:write}', 120, '40 seconds', '300 days', NULL),
  ('key-kya456', 'tenant-kyanos', 'CI', '{studies:read}', 30, '3 hours', '90 days', NULL),
  ('key-kya001', 'tenant-kyanos', 'Production Key (2024)', '{*}', 120, '200 days', '400 days', '199 days'),
  ('key-lyr001', 'tenant-lyra', 'Notebook', '{*}', 60, '2 days', '200 days', NULL),
  ('key-lyr002', 'tenant-lyra', 'Unused', '{studies:read}', 60, NULL, '120 days', NULL),
  ('key-ald001', 'tenant-aldine', 'Production', '{studies:read,studies:write,evidence:read}', 60, '5 minutes', '80 days', NULL),
  ('key-qui001', 'tenant-quill', 'Trial', '{studies:read}', 10, '9 days', '30 days', NULL)
) AS k (id, tenant, name, permissions, rate, used, made, ended)`;

/** Seven studies run, five wait; the others ended in the last twenty hours. */
const studies = `
INSERT INTO studies (id, tenant_id, name, status, progress, created_at, updated_at)
SELECT CASE n WHEN 1 THEN 'study_abc123' WHEN 2 THEN 'study_def456' WHEN 3 THEN 'study_ghi789'
            ELSE 'study_' || substr(md5('study' || n), 1, 6) END,
  (ARRAY['tenant-kyanos', 'tenant-lyra', 'tenant-aldine', 'tenant-quill'])[1 + n % 4],
  'Study ' || n,
  CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN 'executing' WHEN n <= 12 THEN 'queued'
       WHEN n % 40 = 0 THEN 'failed' WHEN n % 55 = 0 THEN 'cancelled' ELSE 'completed' END,
  jsonb_build_object('completionPercentage',
    CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN 97 WHEN n <= 12 THEN 0 ELSE 100 END),
  CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN now() - interval '70 minutes' - n * interval '3 minutes'
       WHEN n <= 12 THEN now() - n * interval '40 seconds'
       ELSE now() - interval '20 minutes' - n * interval '3 minutes' END,
  CASE WHEN n <= 12 THEN now() - n * interval '7 seconds' ELSE now() - n * interval '2 minutes' END
FROM generate_series(1, 400) AS n`;

const jobs = `
INSERT INTO jobs (study_id, surface_id, status, attempt_count, created_at, updated_at)
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], 'completed', 1, s.created_at,
  least(now(), s.created_at + k * interval '4 seconds')
FROM studies s, generate_series(1, 60) AS k WHERE s.status = 'completed'
UNION ALL
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], 'completed', 1, now() - k * interval '11 seconds',
  now() - k * interval '10 seconds'
FROM studies s, generate_series(1, 300) AS k WHERE s.status = 'executing'
UNION ALL
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], CASE WHEN k <= 2 THEN 'executing' ELSE 'pending' END, 0, now(), now()
FROM studies s, generate_series(1, 8) AS k WHERE s.status = 'executing'
UNION ALL
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], 'pending', 0, s.created_at, s.created_at
FROM studies s, generate_series(1, 10) AS k WHERE s.status = 'queued'`;

const results = `
INSERT INTO results (job_id, study_id, created_at)
SELECT id, study_id, updated_at FROM jobs WHERE status = 'completed'`;

const sessions = `
INSERT INTO sessions (id, surface_id, created_at, refreshed_at)
SELECT 'session_' || n, (ARRAY[${surfaces}])[1 + n % 5], now() - n * interval '1 hour', now() - n * interval '37 minutes'
FROM generate_series(1, 60) AS n`;

/** Jobs that wait, on studies that run. */
const waiting = `
INSERT INTO jobs (study_id, surface_id, created_at, updated_at)
SELECT (ARRAY['study_abc123', 'study_def456', 'study_ghi789'])[1 + n % 3], (ARRAY[${surfaces}])[1 + n % 5],
  now() - n * interval '2 seconds', now() - n * interval '2 seconds'
FROM generate_series(1, $1::integer) AS n`;

/**
 * Of the jobs that ended in the last hour, as many as the conditions demand have failed: $1 surfaces, $2 shares, $3 errors.
 * By a hash of their id, job by job: random() beside a share alone would be drawn once for the whole surface.
 */
const failures = `
UPDATE jobs SET status = 'failed', attempt_count = 3,
  error_message = CASE WHEN jobs.id % 17 = 0 THEN 'Unexpected token < in JSON at position 0' ELSE w.error END
FROM unnest($1::text[], $2::float8[], $3::text[]) AS w (surface_id, share, error)
WHERE jobs.surface_id = w.surface_id AND status = 'completed' AND abs(hashint8(jobs.id)::bigint) % 1000 < w.share * 1000
  AND (created_at > now() - interval '1 hour'
    OR study_id IN (SELECT id FROM studies WHERE updated_at > now() - interval '1 hour'))`;

/** A study most of whose jobs failed has failed itself. */
const failedStudies = `
UPDATE studies SET status = 'failed'
WHERE status = 'completed' AND id IN
  (SELECT study_id FROM jobs GROUP BY study_id HAVING count(*) FILTER (WHERE status = 'failed') * 2 > count(*))`;

/** Where nothing can be created, nothing has been for a while. */
const noNewStudies = `
UPDATE studies SET created_at = created_at - interval '17 minutes' WHERE created_at > now() - interval '15 minutes'`;

/** The statements that fill the tables. */
export function seed(conditions: Conditions): readonly Statement[] {
  const shares = surfaceIds.map((id) => conditions.surfaces[id].failureShare);
  const errors = surfaceIds.map((id) => conditions.surfaces[id].error);
  return [
    ...[tenants, apiKeys, studies, jobs, sessions].map((text) => ({ text, values: [] })),
    { text: failures, values: [surfaceIds, shares, errors] },
    { text: failedStudies, values: [] },
    { text: results, values: [] },
    { text: waiting, values: [conditions.queue] },
    ...(conditions.studiesPerMinute > 0 ? [] : [{ text: noNewStudies, values: [] }]),
  ];
}

/** Adds finished jobs, in studies of the weeks before. */
export function load(count: number): readonly Statement[] {
  if (count === 0) return [];
  const age = `interval '2 hours' + n * interval '5 minutes'`;
  return [
    {
      text: `
INSERT INTO studies (id, tenant_id, name, status, progress, created_at, updated_at)
SELECT 'study_load' || n, 'tenant-lyra', 'Load ' || n, 'completed', '{"completionPercentage": 100}',
  now() - (${age}), now() - (${age}) + interval '30 minutes'
FROM generate_series(0, $1::integer) AS n`,
      values: [Math.floor((count - 1) / jobsOfLoad)],
    },
    {
      text: `
INSERT INTO jobs (study_id, surface_id, status, error_message, attempt_count, created_at, updated_at)
SELECT 'study_load' || n, (ARRAY[${surfaces}])[1 + k % 5],
  CASE WHEN k % 97 = 0 THEN 'failed' ELSE 'completed' END,
  CASE WHEN k % 97 = 0 THEN 'Connection timeout after 30000 ms' END, 1,
  now() - (${age}), now() - (${age}) + k * interval '3 seconds'
FROM generate_series(0, $1::integer) AS n,
  generate_series(1, least(${jobsOfLoad}, $2::integer - n * ${jobsOfLoad})) AS k`,
      values: [Math.floor((count - 1) / jobsOfLoad), count],
    },
  ];
}
