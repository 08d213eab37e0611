// The platform at work: jobs run, finish and fail, studies progress, end and begin, keys are used. It does what the
// conditions says, a little every second.
import type { Client } from 'pg';
import type { Cluster } from './postgres/cluster.ts';
import { type Conditions, surfaceIds } from './scenario.ts';
import { holdSessions, nextTurn, type PodsOf } from './sessions.ts';
import { runSlowStatement } from './slow-statement.ts';

/** Jobs that one executor has at once, and finishes in a second. */
const jobsAtOnce = 2.4;
const jobsPerSecond = 0.5;
const jobsOfStudy = 40;
const executingStudies = 7;

export type WorldOptions = {
  cluster: Cluster;
  /** Read at every turn; a key that is revoked is no longer misused. */
  conditions: Conditions;
  /** How many executors take jobs now. */
  executors(): number;
  podsOf: PodsOf;
  signal: AbortSignal;
};

/** Starts the platform's work; ends with the signal. A database that is away is waited for. */
export function startWorld({ cluster, conditions, executors, podsOf, signal }: WorldOptions): Promise<void> {
  const work = async () => {
    let client: Client | undefined;
    let turn = 0;
    let pod: string | undefined;
    while (!signal.aborted) {
      try {
        // A restarted orchestrator logs in again.
        const pods = podsOf('orchestrator');
        if (pod && !pods.includes(pod)) {
          const former = client;
          client = undefined;
          await former?.end();
        }
        if (!client) pod = pods[0];
        client ??= await cluster.connect('orchestrator');
        turn += 1;
        await step(client, conditions, executors(), turn);
      } catch {
        // Restarted, failed over or under attack: a new session at the next turn.
        const gone = client;
        client = undefined;
        await gone?.end().catch(() => {});
      }
      await nextTurn(signal);
    }
    await client?.end().catch(() => {});
  };
  return Promise.all([
    work(),
    holdSessions(cluster, conditions, podsOf, signal),
    runSlowStatement(cluster, conditions, signal),
  ]).then(() => {});
}

async function step(client: Client, conditions: Conditions, executors: number, turn: number): Promise<void> {
  const working = surfaceIds.filter((id) => !conditions.surfaces[id].disabled);
  const healthy = conditions.gateway.services.orchestrator;
  if (healthy) {
    await client.query(finish, [
      Math.round(executors * jobsPerSecond),
      surfaceIds.map((id) => conditions.surfaces[id].failureShare),
      surfaceIds.map((id) => conditions.surfaces[id].error),
      surfaceIds,
    ]);
    await client.query(begin, [Math.round(executors * jobsAtOnce), working]);
    await client.query(progress);
    if (turn % 5 === 0) {
      await client.query(complete);
      await client.query(start, [executingStudies]);
    }
  }
  if (Math.random() < conditions.studiesPerMinute / 60) {
    const tenant = ['tenant-kyanos', 'tenant-lyra', 'tenant-aldine'][turn % 3] ?? '';
    await createStudy(client, tenant);
    await client.query(
      `UPDATE api_keys SET last_used_at = now()
       WHERE id = (SELECT id FROM api_keys WHERE tenant_id = $1 AND NOT revoked ORDER BY last_used_at DESC NULLS LAST LIMIT 1)`,
      [tenant],
    );
  }
  if (conditions.misusedKey) await misuse(client, conditions, conditions.misusedKey, turn);
  if (turn % 10 === 0)
    await client.query(`UPDATE api_keys SET last_used_at = now() WHERE id = 'key-abc123' AND NOT revoked`);
}

/** Sends many requests with the leaked key, until it is revoked. */
async function misuse(client: Client, conditions: Conditions, key: string, turn: number): Promise<void> {
  const { rows } = await client.query<{ tenant: string }>(
    `UPDATE api_keys SET last_used_at = now() WHERE id = $1 AND NOT revoked RETURNING tenant_id AS tenant`,
    [key],
  );
  if (!rows[0]) delete conditions.misusedKey;
  else if (turn % 15 === 0) await createStudy(client, rows[0].tenant);
}

async function createStudy(client: Client, tenant: string): Promise<void> {
  const id = `study_${Math.random().toString(36).slice(2, 8)}`;
  await client.query(`INSERT INTO studies (id, tenant_id, name) VALUES ($1, $2, 'Study ' || $1)`, [id, tenant]);
  await client.query(
    `INSERT INTO jobs (study_id, surface_id)
     SELECT $1, ($2::text[])[1 + n % array_length($2::text[], 1)] FROM generate_series(1, ${jobsOfStudy}) AS n`,
    [id, surfaceIds],
  );
}

const finish = `
WITH done AS (
  SELECT id, array_position($4::text[], surface_id) AS at, random() AS luck
  FROM jobs WHERE status = 'executing' ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED
), ended AS (
UPDATE jobs j SET
  status = CASE WHEN luck < ($2::float8[])[at] THEN 'failed' ELSE 'completed' END,
  error_message = CASE WHEN luck < ($2::float8[])[at] THEN ($3::text[])[at] END,
  attempt_count = j.attempt_count + 1, updated_at = now()
FROM done WHERE j.id = done.id RETURNING j.id, j.study_id, j.status
)
INSERT INTO results (job_id, study_id) SELECT id, study_id FROM ended WHERE status = 'completed'`;

const begin = `
WITH room AS (SELECT greatest(0, $1 - count(*)) AS n FROM jobs WHERE status = 'executing'),
next AS (
  SELECT id FROM jobs WHERE status = 'pending' AND surface_id = ANY ($2)
    AND study_id IN (SELECT id FROM studies WHERE status = 'executing')
  ORDER BY id LIMIT (SELECT n FROM room) FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET status = 'executing', updated_at = now() FROM next WHERE jobs.id = next.id`;

const progress = `
UPDATE studies s SET progress = jsonb_build_object('completionPercentage', p.percent), updated_at = now()
FROM (
  SELECT study_id, round(100.0 * count(*) FILTER (WHERE j.status IN ('completed', 'failed')) / count(*)) AS percent
  FROM jobs j JOIN studies e ON e.id = j.study_id AND e.status = 'executing' GROUP BY study_id
) AS p
WHERE s.id = p.study_id AND (s.progress->>'completionPercentage')::numeric IS DISTINCT FROM p.percent`;

const complete = `
UPDATE studies s SET status = CASE WHEN f.failed * 2 > f.total THEN 'failed' ELSE 'completed' END, updated_at = now()
FROM (
  SELECT e.id, count(j.id) AS total, count(*) FILTER (WHERE j.status = 'failed') AS failed,
    count(*) FILTER (WHERE j.status IN ('pending', 'executing')) AS open
  FROM studies e LEFT JOIN jobs j ON j.study_id = e.id WHERE e.status = 'executing' GROUP BY e.id
) AS f
WHERE s.id = f.id AND f.open = 0`;

const start = `
UPDATE studies SET status = 'executing', updated_at = now()
WHERE id IN (
  SELECT id FROM studies WHERE status = 'queued' ORDER BY created_at
  LIMIT greatest(0, $1 - (SELECT count(*) FROM studies WHERE status = 'executing'))
)`;
