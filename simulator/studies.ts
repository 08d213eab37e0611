// What the platform's servers know of studies: from the drill's database, as the gateway would read it.
import { createHash } from 'node:crypto';
import type { Cluster } from './postgres/cluster.ts';
import { second } from './time.ts';
import type { Subject } from './traffic.ts';

/** Studies that are always there. */
export const knownStudies: readonly Subject[] = [
  { study: 'study_abc123', tenant: 'tenant-lyra' },
  { study: 'study_def456', tenant: 'tenant-aldine' },
  { study: 'study_ghi789', tenant: 'tenant-quill' },
];

type Row = {
  id: string;
  tenant_id: string;
  name: string;
  status: string;
  progress: unknown;
  created_at: Date;
  updated_at: Date;
};

/** GET /v1/studies/:id, in the API's words. Throws while the database is away. */
export async function readStudy(cluster: Cluster, id: string): Promise<unknown> {
  const client = await cluster.connect('api-gateway');
  try {
    const { rows } = await client.query<Row>(
      'SELECT id, tenant_id, name, status, progress, created_at, updated_at FROM studies WHERE id = $1',
      [id],
    );
    const [study] = rows;
    if (!study) return undefined;
    return {
      id: study.id,
      tenantId: study.tenant_id,
      name: study.name,
      status: study.status,
      progress: study.progress,
      createdAt: study.created_at.toISOString(),
      updatedAt: study.updated_at.toISOString(),
    };
  } finally {
    await client.end();
  }
}

/** The tenant of a key that the platform made and has not revoked. */
export async function tenantOfKey(cluster: Cluster, token: string): Promise<string | undefined> {
  const client = await cluster.connect('api-gateway');
  try {
    const hash = createHash('sha256').update(token).digest('hex');
    const { rows } = await client.query<{ tenant: string }>(
      'SELECT tenant_id AS tenant FROM api_keys WHERE key_hash = $1 AND NOT revoked',
      [hash],
    );
    return rows[0]?.tenant;
  } finally {
    await client.end();
  }
}

/** The studies at work, queried at an interval; while the database is down, the last known ones. */
export function followStudies(cluster: Cluster, signal: AbortSignal): () => readonly Subject[] {
  let known = knownStudies;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const client = await cluster.connect('api-gateway');
      try {
        const { rows } = await client.query<{ id: string; tenant_id: string }>(
          `SELECT id, tenant_id FROM studies WHERE status = 'executing' LIMIT 50`,
        );
        if (rows.length > 0) known = rows.map((row) => ({ study: row.id, tenant: row.tenant_id }));
      } finally {
        await client.end();
      }
    } catch {
      // Away: asked again at the next turn.
    } finally {
      looking = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), 15 * second);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return () => known;
}
