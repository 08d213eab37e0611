// The simulated services know one form of the tables, the runbook's. On Prisma's tables they work through these views,
// which nobody else sees: they lie in a schema of their own. The orchestrator keeps what it knows of studies in memory,
// as the platform's does, and writes it over the rows at each checkpoint.
import { jobId, jobStatus, resultOf, studyStatus } from './convert.ts';

/** First on the search path of the simulated services. */
export const servicesSchema = 'simulator';

const zoned = (column: string) => `"${column}" AT TIME ZONE 'UTC'`;
const utc = (time: string) => `${time} AT TIME ZONE 'UTC'`;
const word = (column: string) => `CASE ${column} WHEN 'COMPLETE' THEN 'completed' ELSE lower(${column}::text) END`;
const shareDone = `CASE WHEN "totalCells" > 0 THEN round(100.0 * ("completedCells" + "failedCells") / "totalCells") ELSE 0 END`;

export const serviceViews = `
CREATE SCHEMA ${servicesSchema};
SET search_path = ${servicesSchema}, public;
CREATE TABLE orchestrator_memory (study text PRIMARY KEY, status text NOT NULL, cancelled boolean NOT NULL DEFAULT false);
CREATE SEQUENCE job_number START 10000000;

CREATE VIEW tenants AS SELECT id, name, ${zoned('createdAt')} AS created_at FROM "Tenant";

CREATE VIEW api_keys AS SELECT id, "tenantId" AS tenant_id, name, "keyHash" AS key_hash, permissions, 60 AS rate_limit,
  ${zoned('lastUsedAt')} AS last_used_at, ${zoned('createdAt')} AS created_at, NOT active AS revoked,
  NULL::timestamptz AS revoked_at FROM "ApiKey";

CREATE VIEW studies AS SELECT id, "tenantId" AS tenant_id, manifest->>'name' AS name, ${word('status')} AS status,
  jsonb_build_object('completionPercentage', ${shareDone}) AS progress, ${zoned('createdAt')} AS created_at,
  greatest(${zoned('completedAt')}, ${zoned('startedAt')}, ${zoned('createdAt')}) AS updated_at FROM "Study";

CREATE VIEW jobs AS SELECT id, "studyId" AS study_id, "surfaceId" AS surface_id, ${word('status')} AS status,
  result->'error'->>'message' AS error_message, attempts AS attempt_count, ${zoned('createdAt')} AS created_at,
  ${zoned('updatedAt')} AS updated_at FROM "Job";

CREATE VIEW results AS SELECT "jobId" AS job_id, "studyId" AS study_id FROM "Evidence";

CREATE VIEW sessions AS SELECT id, "surfaceId" AS surface_id, ${zoned('createdAt')} AS created_at,
  ${zoned('lastUsedAt')} AS refreshed_at FROM "Session";

CREATE FUNCTION write_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE "ApiKey" SET active = NOT NEW.revoked, "lastUsedAt" = ${utc('NEW.last_used_at')} WHERE id = OLD.id;
  RETURN NEW;
END $$;
CREATE TRIGGER written INSTEAD OF UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION write_key();

CREATE FUNCTION add_study() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO "Study" (id, "tenantId", manifest, status, "createdAt", deadline) VALUES (NEW.id, NEW.tenant_id,
    jsonb_build_object('name', NEW.name), 'QUEUED', ${utc('now()')}, ${utc(`(now() + interval '6 hours')`)});
  INSERT INTO orchestrator_memory VALUES (NEW.id, 'QUEUED');
  RETURN NEW;
END $$;
CREATE TRIGGER added INSTEAD OF INSERT ON studies FOR EACH ROW EXECUTE FUNCTION add_study();

CREATE FUNCTION write_study() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE
  next "StudyStatus" := ${studyStatus('NEW.status')};
BEGIN
  UPDATE "Study" s SET status = next,
    "completedCells" = c.done, "failedCells" = c.failed,
    "startedAt" = coalesce("startedAt", CASE WHEN next = 'EXECUTING' THEN ${utc('now()')} END),
    "completedAt" = coalesce("completedAt", CASE WHEN next IN ('COMPLETE', 'FAILED') THEN ${utc('now()')} END)
  FROM (SELECT count(*) FILTER (WHERE status = 'COMPLETE') AS done, count(*) FILTER (WHERE status = 'FAILED') AS failed
        FROM "Job" WHERE "studyId" = OLD.id) c WHERE s.id = OLD.id;
  IF NEW.status <> OLD.status THEN
    INSERT INTO orchestrator_memory VALUES (OLD.id, next) ON CONFLICT (study) DO UPDATE SET status = EXCLUDED.status;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER written INSTEAD OF UPDATE ON studies FOR EACH ROW EXECUTE FUNCTION write_study();

CREATE FUNCTION add_job() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE
  number bigint := nextval('job_number');
BEGIN
  INSERT INTO "Job" (id, "studyId", "queryIndex", "surfaceId", "locationId", "createdAt", "updatedAt")
  VALUES (${jobId('number')}, NEW.study_id, number % 12, NEW.surface_id, 'us', ${utc('now()')}, ${utc('now()')});
  UPDATE "Study" SET "totalCells" = "totalCells" + 1 WHERE id = NEW.study_id;
  RETURN NEW;
END $$;
CREATE TRIGGER added INSTEAD OF INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION add_job();

CREATE FUNCTION write_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE "Job" SET status = ${jobStatus('NEW.status')}, attempts = NEW.attempt_count, result = ${resultOf('NEW.error_message')},
    "lastAttemptAt" = CASE WHEN NEW.status = 'executing' THEN ${utc('now()')} ELSE "lastAttemptAt" END,
    "updatedAt" = ${utc('now()')} WHERE id = OLD.id;
  RETURN NEW;
END $$;
CREATE TRIGGER written INSTEAD OF UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION write_job();

CREATE FUNCTION add_result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO "Evidence" (id, "jobId", "studyId", "tenantId", type, url, size, "sha256Hash", "capturedAt")
  SELECT 'e' || substr(md5(random()::text), 1, 20), NEW.job_id, NEW.study_id, "tenantId", 'SCREENSHOT',
    's3://bentham-evidence/' || NEW.study_id || '/' || NEW.job_id || '.png', 240000, md5(NEW.job_id), ${utc('now()')}
  FROM "Study" WHERE id = NEW.study_id;
  RETURN NEW;
END $$;
CREATE TRIGGER added INSTEAD OF INSERT ON results FOR EACH ROW EXECUTE FUNCTION add_result();

INSERT INTO orchestrator_memory SELECT id, status FROM "Study" WHERE status NOT IN ('COMPLETE', 'FAILED');
`;

/** What the orchestrator knows is written over what the rows say. */
export const checkpoint = `
UPDATE "Study" s SET status = m.status::"StudyStatus",
  "completedAt" = CASE WHEN m.status IN ('COMPLETE', 'FAILED') THEN coalesce(s."completedAt", ${utc('now()')}) END
FROM orchestrator_memory m WHERE m.study = s.id AND s.status::text <> m.status`;
