// The platform's orchestrator: it alone decides on studies, keeps them in memory and writes them down at each checkpoint.
import type { Cluster } from '../postgres/cluster.ts';
import { type Ms, second } from '../time.ts';
import { checkpoint } from './views.ts';

/** The platform's own takes 30 s; an exercise is quicker. */
export const checkpointEvery: Ms = 5 * second;

/** A study as the API tells it: `status` is what the orchestrator knows, which the row may not say yet. */
export type KnownStudy = {
  studyId: string;
  tenantId: string;
  status: string;
  total: number;
  completed: number;
  failed: number;
  surfaces: readonly { surfaceId: string; total: number; completed: number; failed: number }[];
};

export type Verb = 'cancel' | 'pause' | 'resume';

export type Orchestrator = {
  /** A tenant's study; undefined where it has none of this id. Throws while the database is away. */
  study(tenant: string, id: string): Promise<KnownStudy | undefined>;
  /** False: the tenant has no such study, or it is not in a state for this. */
  command(tenant: string, id: string, verb: Verb): Promise<boolean>;
};

const changes: Record<Verb, string> = {
  // Without a cancelled state the row says that it failed.
  cancel: `SET status = 'FAILED', cancelled = true WHERE status NOT IN ('COMPLETE', 'FAILED')`,
  pause: `SET status = 'PAUSED' WHERE status IN ('QUEUED', 'EXECUTING')`,
  resume: `SET status = 'EXECUTING' WHERE status = 'PAUSED'`,
};

const known = `
SELECT s.id AS "studyId", s."tenantId", CASE WHEN m.cancelled THEN 'cancelled' ELSE lower(coalesce(m.status, s.status::text)) END AS status,
  s."totalCells" AS total, s."completedCells" AS completed, s."failedCells" AS failed,
  (SELECT coalesce(json_agg(j), '[]') FROM (SELECT "surfaceId", count(*) AS total, count(*) FILTER (WHERE status = 'COMPLETE') AS completed,
     count(*) FILTER (WHERE status = 'FAILED') AS failed FROM "Job" WHERE "studyId" = s.id GROUP BY 1 ORDER BY 1) j) AS surfaces
FROM "Study" s LEFT JOIN orchestrator_memory m ON m.study = s.id WHERE s.id = $1 AND s."tenantId" = $2`;

/** `works`: whether it answers and writes now. Ends with the signal. */
export function startOrchestrator(cluster: Cluster, works: () => boolean, signal: AbortSignal): Orchestrator {
  const ask = async <Row extends object>(text: string, values: readonly unknown[] = []) => {
    const client = await cluster.connect('orchestrator');
    try {
      const { rows, rowCount } = await client.query<Row>(text, [...values]);
      return { rows, count: rowCount ?? 0 };
    } finally {
      await client.end();
    }
  };
  const timer = setInterval(() => {
    // An unreachable database is written to at the next checkpoint.
    if (works()) void ask(checkpoint).catch(() => {});
  }, checkpointEvery);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    study: async (tenant, id) => (await ask<KnownStudy>(known, [id, tenant])).rows[0],
    async command(tenant, id, verb) {
      const own = `study = $1 AND EXISTS (SELECT FROM "Study" WHERE id = $1 AND "tenantId" = $2)`;
      const { count } = await ask(`UPDATE orchestrator_memory ${changes[verb]} AND ${own}`, [id, tenant]);
      return count > 0;
    },
  };
}
