// What Redis says of itself: PING and INFO (runbook, Check Redis; Useful Commands).
import type { Redis as Client } from 'ioredis';
import { replicaLate } from '../../core/health/rules/redis.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Redis, RedisCluster, RedisNodes, RedisPersistence, RedisRefusal } from '../../core/world/facts.ts';
import { type NodeAddress, otherNodes } from './cluster-nodes.ts';
import type { RedisConnection } from './connect.ts';
import { numberOf } from './number.ts';
import { holdsWrites } from './paused.ts';
import { refusedCallsOf } from './refused-calls.ts';
import { clusterOf, isOfCluster, isRefused, refusalsOf, type Untold, withoutInfo } from './writes.ts';

/**
 * One PING, timed, and one INFO; where it calls for it, parts of the configuration and the cluster's state. A server that
 * refuses INFO has answered all the same. `another`: opens a second connection, to tell a server that holds writes from
 * one that is slow, or one to another node of its cluster; without it neither is asked. Throws what the server answered to
 * the rest.
 */
export async function readRedis(
  client: Client,
  where: string,
  another?: (at?: NodeAddress) => Promise<RedisConnection>,
): Promise<Redis> {
  const begun = performance.now();
  // A server that cannot save, is loading, or lost its primary refuses even PING; INFO still says why.
  await client.ping().catch((error: unknown) => {
    if (!(error instanceof Error && /^(MISCONF|LOADING|MASTERDOWN)\b/.test(error.message))) throw error;
  });
  const latency = Math.round((performance.now() - begun) * 10) / 10;
  let text: string;
  try {
    text = await client.info();
  } catch (error) {
    if (!isRefused(error)) throw error;
    return withCluster(withoutInfo(where, latency, error), await clusterOf(client));
  }
  const info = parseInfo(text);
  const look = redisFrom(info, where, latency);
  // While it loads it answers nothing else.
  const refusals: RedisRefusal[] = look.loading ? [] : [...(await refusalsOf(client, info))];
  const refusedCalls = look.loading ? undefined : await refusedCallsOf(client, info, parseInfo);
  const told: Redis = { ...look, refusedCalls, refusals: refusals.length > 0 ? refusals : undefined };
  if (look.cluster && !look.loading) {
    const whole = withCluster(told, await clusterOf(client));
    return another ? withNodes(whole, await otherNodes(client, another, parseInfo)) : whole;
  }
  const asked = another && look.role === 'master' && !look.loading && !info.has('paused_actions');
  // Last: a connection that waits is of no use any more.
  if (asked && refusals.length === 0 && (await holdsWrites(client, another)))
    return { ...told, refusals: [{ why: 'paused' }] };
  return told;
}

function withCluster(look: Redis, found: RedisCluster | Untold | undefined): Redis {
  if (found === undefined) return look;
  if (!('why' in found)) return { ...look, cluster: true, slots: found };
  return { ...look, untold: [...(look.untold ?? []), { what: 'CLUSTER INFO', why: found.why }] };
}

function withNodes(look: Redis, nodes: RedisNodes | undefined): Redis {
  if (nodes) return { ...look, nodes };
  const why = 'this user is not allowed to run CLUSTER NODES';
  return { ...look, untold: [...(look.untold ?? []), { what: 'CLUSTER NODES', why }] };
}

/** INFO's `name:value` lines. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at > 0 && !line.startsWith('#')) found.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  return found;
}

/** It answers, and keeps no data: it watches over those that do. */
export class IsSentinel extends Error {}

/** An answer to INFO that is none. */
export class NotInfo extends Error {}

function redisFrom(info: ReadonlyMap<string, string>, where: string, latency: Ms): Redis {
  const number = (name: string) => numberOf(info.get(name));
  if (info.get('redis_mode') === 'sentinel') throw new IsSentinel('a Sentinel');
  const used = number('used_memory');
  if (used === undefined) throw new NotInfo('INFO has no used_memory');
  return {
    where,
    run: /^[0-9a-f]{40}$/.exec(info.get('run_id') ?? '')?.[0],
    version: sanitize(info.get('redis_version') ?? info.get('valkey_version') ?? '', 40),
    latency,
    role: sanitize(info.get('role') ?? 'role unknown', 20),
    usedBytes: used,
    maxBytes: number('maxmemory'),
    evictedKeys: number('evicted_keys'),
    linkUp: info.has('master_link_status') ? info.get('master_link_status') === 'up' : undefined,
    cluster: isOfCluster(info) || undefined,
    clients: number('connected_clients'),
    maxClients: number('maxclients') || undefined,
    rejected: number('rejected_connections'),
    systemBytes: number('total_system_memory') || undefined,
    replicas: info.get('role') === 'master' ? replicasFrom(info) : undefined,
    loading: info.get('loading') === '1' ? { left: leftOf(number('loading_eta_seconds')) } : undefined,
    policy: sanitize(info.get('maxmemory_policy') ?? '', 40),
    persistence: info.has('aof_enabled') ? persistenceFrom(info, number) : undefined,
  };
}

const leftOf = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * second);

/** `slave0:ip=10.0.0.7,port=6379,state=online,offset=1834,lag=1`. */
function replicasFrom(info: ReadonlyMap<string, string>): Redis['replicas'] {
  const lines = [...info].flatMap(([name, value]) => (/^slave\d+$/.test(name) ? [value] : []));
  const isLate = (line: string) => {
    const fields = new Map(line.split(',').map((field) => field.split('=', 2) as [string, string]));
    return fields.get('state') !== 'online' || Number(fields.get('lag') ?? 0) * second > replicaLate;
  };
  return lines.length > 0 ? { connected: lines.length, late: lines.filter(isLate).length } : undefined;
}

function persistenceFrom(
  info: ReadonlyMap<string, string>,
  number: (name: string) => number | undefined,
): RedisPersistence {
  const savedAt = number('rdb_last_save_time');
  const changes = number('rdb_changes_since_last_save');
  const [saved, appended] = [info.get('rdb_last_bgsave_status'), info.get('aof_last_write_status')];
  const appendOnly = info.get('aof_enabled') === '1';
  const rewrite = info.get('aof_last_bgrewrite_status');
  return {
    savedAt: savedAt ? savedAt * second : undefined,
    saved: saved === undefined ? undefined : saved === 'ok',
    changes,
    appendOnly,
    rewritten: appendOnly && rewrite !== undefined ? rewrite === 'ok' : undefined,
    appended: appendOnly && appended !== undefined ? appended === 'ok' : undefined,
  };
}
