// The platform's tables as the runbook's queries know them. Keys come after the rows: a million rows go in quicker.

export const tables = `
CREATE TABLE tenants (id text NOT NULL, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE studies (
  id text NOT NULL,
  tenant_id text NOT NULL,
  name text NOT NULL,
  status text NOT NULL DEFAULT 'queued',
  progress jsonb NOT NULL DEFAULT '{"completionPercentage": 0}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE jobs (
  id bigint GENERATED ALWAYS AS IDENTITY,
  study_id text NOT NULL,
  surface_id text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  error_message text,
  attempt_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE results (
  id bigint GENERATED ALWAYS AS IDENTITY,
  job_id bigint NOT NULL,
  study_id text NOT NULL,
  body jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
  id text NOT NULL,
  tenant_id text NOT NULL,
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
  id text NOT NULL,
  surface_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  refreshed_at timestamptz NOT NULL DEFAULT now()
);
`;

export const keys = `
ALTER TABLE tenants ADD PRIMARY KEY (id);
ALTER TABLE studies ADD PRIMARY KEY (id), ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
CREATE INDEX studies_status ON studies (status);
CREATE INDEX studies_created_at ON studies (created_at);
ALTER TABLE jobs ADD PRIMARY KEY (id), ADD FOREIGN KEY (study_id) REFERENCES studies;
CREATE INDEX jobs_study_id_status ON jobs (study_id, status);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_created_at ON jobs (created_at);
ALTER TABLE results ADD PRIMARY KEY (id);
CREATE INDEX results_study_id ON results (study_id);
ALTER TABLE api_keys ADD PRIMARY KEY (id), ADD FOREIGN KEY (tenant_id) REFERENCES tenants;
ALTER TABLE sessions ADD PRIMARY KEY (id);
`;

const requests = 300_000;

/** Of the drill of a slow statement: the requests of the last day, without the index that counting them needs. */
export const requestLog = `
CREATE TABLE request_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_id text NOT NULL,
  route text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO request_log (study_id, route, at)
SELECT 'study_' || substr(md5('study' || n % 400), 1, 6), '/v1/studies/:id', now() - n * interval '300 milliseconds'
FROM generate_series(1, ${requests}) AS n;
CREATE INDEX request_log_route ON request_log (route);
`;
