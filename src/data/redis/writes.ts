// What keeps a Redis from taking writes, and what a cluster lacks: read from INFO, and from CONFIG and CLUSTER where INFO
// does not decide it.
import type { Redis as Client } from 'ioredis';
import { sanitize } from '../../core/text/text.ts';
import type { Redis, RedisCluster, RedisRefusal } from '../../core/world/facts.ts';
import { numberOf } from './number.ts';

type Info = ReadonlyMap<string, string>;

/** A parameter of the configuration; undefined where we may not read it. */
async function configured(client: Client, name: string): Promise<string | undefined> {
  try {
    const answer: unknown = await client.call('CONFIG', 'GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return undefined;
  }
}

/** A refusal of one command: not allowed, or not supported by the server. The connection stays open. */
export function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return false;
  return /^(NOPERM|ERR)\b/.test(error.message);
}

/** Why writes are refused now, or fail at the disk. */
export async function refusalsOf(client: Client, info: Info): Promise<readonly RedisRefusal[]> {
  const found: RedisRefusal[] = [];
  if (info.get('role') === 'slave') {
    // Cluster clients are redirected to the node that accepts the write.
    if (info.get('slave_read_only') !== '0' && !isOfCluster(info)) found.push({ why: 'replica' });
    return found;
  }
  if (info.get('aof_enabled') === '1' && info.get('aof_last_write_status') === 'err') found.push({ why: 'append' });
  if (info.get('rdb_last_bgsave_status') === 'err') {
    const stops = (await configured(client, 'stop-writes-on-bgsave-error')) ?? 'untold';
    // Without a schedule of saves a failed one stops nothing.
    const saves = stops === 'no' ? '' : ((await configured(client, 'save')) ?? 'untold');
    if (stops !== 'no' && saves !== '') found.push({ why: 'save', perhaps: stops === 'untold' ? true : undefined });
  }
  if (isFull(info)) found.push({ why: 'memory' });
  if (/^(write|all)$/.test(info.get('paused_actions') ?? '')) found.push({ why: 'paused' });
  // Reported only if replicas are required.
  const good = info.get('min_slaves_good_slaves');
  if (good !== undefined) {
    const wanted = Number(
      (await configured(client, 'min-replicas-to-write')) ?? (await configured(client, 'min-slaves-to-write')) ?? 1,
    );
    if (Number(good) < wanted) found.push({ why: 'replicas', there: Number(good), wanted });
  }
  return found;
}

/** Whether it is a node of a cluster. */
export const isOfCluster = (info: Info): boolean =>
  info.get('redis_mode') === 'cluster' || info.get('cluster_enabled') === '1';

/** At its limit, and nothing that it may evict. What replicas and the append-only file buffer is not counted. */
function isFull(info: Info): boolean {
  const number = (name: string) => Number(info.get(name) ?? 0);
  const most = number('maxmemory');
  if (most === 0 || number('used_memory') - number('mem_not_counted_for_evict') < most) return false;
  const policy = info.get('maxmemory_policy') ?? '';
  const expiring = [...info].some(([name, value]) => /^db\d+$/.test(name) && /\bexpires=[1-9]/.test(value));
  return policy === 'noeviction' || (policy.startsWith('volatile') && !expiring);
}

/** Why something is not known. */
export type Untold = { why: string };

/** CLUSTER INFO; undefined if the server is no cluster node. */
export async function clusterOf(client: Client): Promise<RedisCluster | Untold | undefined> {
  try {
    const answer = String(await client.call('CLUSTER', 'INFO'));
    const fields = new Map(answer.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string]));
    const number = (name: string) => numberOf(fields.get(name)?.trim());
    const [assigned, failing] = [number('cluster_slots_assigned'), number('cluster_slots_fail')];
    const suspected = number('cluster_slots_pfail');
    if (assigned === undefined || failing === undefined || suspected === undefined)
      return { why: 'its answer does not tell the slots' };
    return { state: sanitize(fields.get('cluster_state') ?? 'unknown', 20), assigned, failing, suspected };
  } catch (error) {
    if (!isRefused(error)) throw error;
    return /cluster support disabled|unknown command/i.test(error.message)
      ? undefined
      : { why: 'this user is not allowed to run CLUSTER INFO' };
  }
}

/** The rest of the fact, where INFO may not be asked: the server answers, and nothing else is known of it. */
export function withoutInfo(where: string, latency: number, error: Error): Redis {
  return {
    where,
    version: '',
    latency,
    role: 'unknown',
    untold: [{ what: 'INFO', why: sanitize(error.message, 120) }],
  };
}
