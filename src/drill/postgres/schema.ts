// The platform's tables as the runbook's queries know them, and what lies in them at the start.
import { surfaceIds, type Weather } from '../scenario.ts';

export const schema = `
CREATE TABLE tenants (id text PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE studies (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'queued',
  progress jsonb NOT NULL DEFAULT '{"completionPercentage": 0}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX studies_status ON studies (status);
CREATE INDEX studies_created_at ON studies (created_at);
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_id text NOT NULL REFERENCES studies,
  surface_id text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  error_message text,
  attempt_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX jobs_study_id ON jobs (study_id, status);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_created_at ON jobs (created_at);
CREATE TABLE results (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL,
  study_id text NOT NULL,
  body jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  name text NOT NULL,
  key_hash text NOT NULL,
  permissions text[] NOT NULL DEFAULT '{}',
  rate_limit integer NOT NULL DEFAULT 60,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked boolean NOT NULL DEFAULT false,
  revoked_at timestamptz
);
CREATE TABLE sessions (
  id text PRIMARY KEY,
  surface_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  refreshed_at timestamptz NOT NULL DEFAULT now()
);
`;

const surfaces = surfaceIds.map((id) => `'${id}'`).join(', ');

export const seed = `
INSERT INTO tenants (id, name, created_at) VALUES
  ('tenant-kyanos', 'Kyanos', now() - interval '400 days'),
  ('tenant-lyra', 'Lyra Research', now() - interval '210 days'),
  ('tenant-aldine', 'Aldine Press', now() - interval '90 days'),
  ('tenant-quill', 'Quill & Partners', now() - interval '31 days');

INSERT INTO api_keys (id, tenant_id, name, key_hash, permissions, rate_limit, last_used_at, created_at, revoked, revoked_at)
VALUES
  ('key-abc123', 'tenant-kyanos', 'Production Key', md5('a'), '{studies:read,studies:write}', 120, now() - interval '40 seconds', now() - interval '300 days', false, NULL),
  ('key-kya456', 'tenant-kyanos', 'CI', md5('b'), '{studies:read}', 30, now() - interval '3 hours', now() - interval '90 days', false, NULL),
  ('key-kya001', 'tenant-kyanos', 'Production Key (2024)', md5('c'), '{*}', 120, now() - interval '200 days', now() - interval '400 days', true, now() - interval '199 days'),
  ('key-lyr001', 'tenant-lyra', 'Notebook', md5('d'), '{*}', 60, now() - interval '2 days', now() - interval '200 days', false, NULL),
  ('key-lyr002', 'tenant-lyra', 'Unused', md5('e'), '{studies:read}', 60, NULL, now() - interval '120 days', false, NULL),
  ('key-ald001', 'tenant-aldine', 'Production', md5('f'), '{studies:read,studies:write,evidence:read}', 60, now() - interval '5 minutes', now() - interval '80 days', false, NULL),
  ('key-qui001', 'tenant-quill', 'Trial', md5('g'), '{studies:read}', 10, now() - interval '9 days', now() - interval '30 days', false, NULL);

INSERT INTO studies (id, tenant_id, name, status, progress, created_at, updated_at)
SELECT CASE n WHEN 1 THEN 'study_abc123' WHEN 2 THEN 'study_def456' WHEN 3 THEN 'study_ghi789'
            ELSE 'study_' || substr(md5('study' || n), 1, 6) END,
  (ARRAY['tenant-kyanos', 'tenant-lyra', 'tenant-aldine', 'tenant-quill'])[1 + n % 4],
  'Study ' || n,
  CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN 'executing' WHEN n <= 12 THEN 'queued'
       WHEN n % 40 = 0 THEN 'failed' WHEN n % 55 = 0 THEN 'cancelled' ELSE 'completed' END,
  jsonb_build_object('completionPercentage', CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN 97 WHEN n <= 12 THEN 0 ELSE 100 END),
  CASE WHEN n IN (1, 2, 4, 5, 6, 7, 8) THEN now() - interval '70 minutes' - n * interval '3 minutes'
       WHEN n <= 12 THEN now() - n * interval '40 seconds'
       ELSE now() - interval '20 minutes' - n * interval '3 minutes' END,
  CASE WHEN n <= 12 THEN now() - n * interval '7 seconds' ELSE now() - n * interval '2 minutes' END
FROM generate_series(1, 400) AS n;

INSERT INTO jobs (study_id, surface_id, status, attempt_count, created_at, updated_at)
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], 'completed', 1, s.created_at, least(now(), s.created_at + k * interval '4 seconds')
FROM studies s, generate_series(1, 60) AS k WHERE s.status = 'completed';

INSERT INTO jobs (study_id, surface_id, status, attempt_count, created_at, updated_at)
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], 'completed', 1, now() - k * interval '11 seconds', now() - k * interval '10 seconds'
FROM studies s, generate_series(1, 300) AS k WHERE s.status = 'executing';

INSERT INTO jobs (study_id, surface_id, status, attempt_count, created_at, updated_at)
SELECT s.id, (ARRAY[${surfaces}])[1 + k % 5], CASE WHEN k <= 2 THEN 'executing' ELSE 'pending' END, 0, now(), now()
FROM studies s, generate_series(1, 8) AS k WHERE s.status = 'executing';

INSERT INTO results (job_id, study_id, created_at)
SELECT id, study_id, updated_at FROM jobs WHERE status = 'completed';

INSERT INTO sessions (id, surface_id, created_at, refreshed_at)
SELECT 'session_' || n, (ARRAY[${surfaces}])[1 + n % 5], now() - n * interval '1 hour', now() - n * interval '37 minutes'
FROM generate_series(1, 60) AS n;
`;

/** Jobs of a busy platform: `waiting` pending ones on the executing studies, and `load` finished ones over a month. */
export function bulk(load: number, waiting: number): string {
  return `
INSERT INTO jobs (study_id, surface_id, status, created_at, updated_at)
SELECT (ARRAY['study_abc123', 'study_def456', 'study_ghi789'])[1 + n % 3], (ARRAY[${surfaces}])[1 + n % 5], 'pending',
  now() - n * interval '2 seconds', now() - n * interval '2 seconds'
FROM generate_series(1, ${Math.max(0, Math.trunc(waiting))}) AS n;

INSERT INTO studies (id, tenant_id, name, status, progress, created_at, updated_at)
SELECT 'study_load' || n, 'tenant-lyra', 'Load ' || n, 'completed', '{"completionPercentage": 100}',
  now() - interval '2 hours' - n * interval '5 minutes', now() - interval '90 minutes' - n * interval '5 minutes'
FROM generate_series(1, ${Math.ceil(Math.max(0, load) / 500)}) AS n;

INSERT INTO jobs (study_id, surface_id, status, error_message, attempt_count, created_at, updated_at)
SELECT 'study_load' || 1 + n / 500, (ARRAY[${surfaces}])[1 + n % 5],
  CASE WHEN n % 97 = 0 THEN 'failed' ELSE 'completed' END,
  CASE WHEN n % 97 = 0 THEN 'Connection timeout after 30000 ms' END, 1,
  now() - interval '2 hours' - (n / 500) * interval '5 minutes',
  now() - interval '90 minutes' - (n / 500) * interval '5 minutes'
FROM generate_series(0, ${Math.trunc(load) - 1}) AS n;
`;
}

/** Each statement with its parameters: the last hour as the weather has it, so that the figures are there at once. */
export function lastHour(weather: Weather): readonly { text: string; values: readonly unknown[] }[] {
  const failed = surfaceIds.map((id) => ({
    text: `
UPDATE jobs SET status = 'failed', attempt_count = 3,
  error_message = CASE WHEN id % 17 = 0 THEN 'Unexpected token < in JSON at position 0' ELSE $2 END
WHERE surface_id = $1 AND status = 'completed' AND random() < $3
  AND (created_at > now() - interval '1 hour'
    OR study_id IN (SELECT id FROM studies WHERE updated_at > now() - interval '1 hour'))`,
    values: [id, weather.surfaces[id].error, weather.surfaces[id].failureShare],
  }));
  if (weather.studiesPerMinute > 0) return failed;
  const older = `UPDATE studies SET created_at = created_at - interval '17 minutes' WHERE created_at > now() - interval '15 minutes'`;
  return [...failed, { text: older, values: [] }];
}
