// Redis as it answers PING and INFO (runbook, Check Redis; Useful Commands). One connection, opened when it is needed
// and replaced when it is lost; the client's own retries are off, since the source has its own.
import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { Redis as Client, type RedisOptions } from 'ioredis';
import type { Settings } from '../config/settings.ts';
import { door } from '../core/text/text.ts';
import { type Ms, minute, second } from '../core/time.ts';
import type { Redis, RedisPersistence } from '../core/world/facts.ts';
import type { Fault, FaultKind } from '../core/world/reading.ts';
import { explainNetworkError } from './network.ts';
import { type Outcome, poll, type Source } from './source.ts';

type RedisSettings = Settings['redis'];

/** A connection to Redis that is known to be ready. */
export type RedisConnection = { client: Client; close(): Promise<void> };

const farewell: Ms = 300;

/** Ends a connection at once: a server that hangs is not waited for. */
function cutConnection(client: Client): void {
  client.disconnect();
  const stream: Client['stream'] | undefined = client.stream;
  stream?.destroy();
}

/** `host:port`. */
export function redisWhere({ url }: Pick<RedisSettings, 'url'>): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

export function redisSource(settings: Settings): Source {
  const { redis: every, timeout } = settings.intervals;
  const where = redisWhere(settings.redis);
  let connection: RedisConnection | undefined;
  let before: Counted | undefined;
  const drop = () => {
    if (connection) cutConnection(connection.client);
    connection = undefined;
  };
  return poll({
    id: 'redis',
    fact: 'redis',
    every,
    timeout,
    from: `redis ${where}`,
    where,
    async read(signal) {
      signal.addEventListener('abort', drop, { once: true });
      try {
        if (connection?.client.status !== 'ready') {
          drop();
          connection = await connectRedis(settings.redis, timeout, signal);
        }
        const look = await lookAtRedis(connection.client, where);
        const now: Counted = { evicted: look.evictedKeys, at: performance.now() };
        const rate = perMinute(before, now);
        before = now;
        return { ok: true, value: rate === undefined ? look : { ...look, evictedPerMinute: rate } };
      } catch (error) {
        drop();
        return { ok: false, fault: redisFault(error, settings.redis) };
      } finally {
        signal.removeEventListener('abort', drop);
      }
    },
    async close() {
      await connection?.close();
    },
  });
}

type Counted = { evicted: number; at: Ms };

/** Evictions in a minute between two looks; undefined without a look before, or when the counter began anew. */
export function perMinute(before: Counted | undefined, now: Counted): number | undefined {
  if (!before || now.at <= before.at || now.evicted < before.evicted) return undefined;
  return ((now.evicted - before.evicted) / (now.at - before.at)) * minute;
}

/** One PING, timed, and one INFO. Throws what the server answered. */
export async function lookAtRedis(client: Client, where: string): Promise<Redis> {
  const begun = performance.now();
  await client.ping();
  const latency = Math.round((performance.now() - begun) * 10) / 10;
  return redisFrom(parseInfo(await client.info()), where, latency);
}

/** Connects, or throws what went wrong (`redisFault` converts it). */
export async function connectRedis(redis: RedisSettings, timeout: Ms, signal: AbortSignal): Promise<RedisConnection> {
  signal.throwIfAborted();
  const client = new Client({ ...optionsFrom(redis), connectTimeout: timeout, commandTimeout: timeout });
  // What goes wrong is told as an event, and the promise only says that the connection is closed.
  let said: unknown;
  client.on('error', (error: unknown) => {
    said ??= error;
  });
  const cut = () => cutConnection(client);
  signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
  } catch (error) {
    cut();
    throw (await wordOfParting(redis, said ?? error, signal)) ?? said ?? error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
  return {
    client,
    async close() {
      const late = setTimeout(cut, farewell);
      await client.quit().catch(cut);
      clearTimeout(late);
      cut();
    },
  };
}

/** How long a server that hangs up is listened to, for its reason. */
const hearing: Ms = 500;

/**
 * A server that is full, or protected, says so and hangs up before it is asked anything. A client that has begun to
 * talk may lose that word with the connection, so a connection that was cut is made once more, in silence.
 */
async function wordOfParting(redis: RedisSettings, error: unknown, signal: AbortSignal): Promise<Error | undefined> {
  const said = error instanceof Error ? `${error.message} ${'code' in error ? error.code : ''}` : '';
  if (signal.aborted || !/Connection is closed|ECONNRESET|EPIPE/.test(said)) return undefined;
  const { host, port, tls } = optionsFrom(redis);
  if (tls || !host || !port) return undefined;
  const socket = connect({ host, port });
  const word = await new Promise<string>((resolve) => {
    const late = setTimeout(() => resolve(''), hearing);
    const end = (text: string) => {
      clearTimeout(late);
      resolve(text);
    };
    socket.once('data', (chunk) => end(String(chunk)));
    socket.once('error', () => end(''));
    socket.once('close', () => end(''));
  });
  socket.destroy();
  return word.startsWith('-') ? new Error((word.slice(1).split('\r\n', 1)[0] ?? '').replace(/^ERR /, '')) : undefined;
}

function optionsFrom({ url, username, password, caFile }: RedisSettings): RedisOptions {
  const { protocol, hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const db = Number(pathname.slice(1));
  const tls = {
    ...(caFile ? { ca: readFileSync(caFile) } : {}),
    ...(isIP(host) ? {} : { servername: host }),
  };
  return {
    host,
    port: Number(port) || 6379,
    ...(Number.isInteger(db) && db > 0 ? { db } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(protocol === 'rediss:' ? { tls } : {}),
    connectionName: 'bentham-cockpit',
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    reconnectOnError: null,
    showFriendlyErrorStack: false,
  };
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

class NotInfo extends Error {}

function redisFrom(info: ReadonlyMap<string, string>, where: string, latency: Ms): Redis {
  const number = (name: string) => {
    const value = Number(info.get(name) ?? 'nothing');
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const used = number('used_memory');
  if (used === undefined) throw new NotInfo('INFO does not tell used_memory');
  return {
    where,
    version: door(info.get('redis_version') ?? info.get('valkey_version') ?? '', 40),
    latency,
    role: door(info.get('role') ?? 'role unknown', 20),
    usedBytes: used,
    maxBytes: number('maxmemory') ?? 0,
    evictedKeys: number('evicted_keys') ?? 0,
    ...(info.has('master_link_status') ? { linkUp: info.get('master_link_status') === 'up' } : {}),
    ...(info.get('redis_mode') === 'cluster' || info.get('cluster_enabled') === '1' ? { cluster: true } : {}),
    clients: number('connected_clients') ?? 0,
    policy: door(info.get('maxmemory_policy') ?? '', 40),
    ...(info.has('aof_enabled') ? { persistence: persistenceFrom(info, number) } : {}),
  };
}

function persistenceFrom(
  info: ReadonlyMap<string, string>,
  number: (name: string) => number | undefined,
): RedisPersistence {
  const savedAt = number('rdb_last_save_time');
  const changes = number('rdb_changes_since_last_save');
  const [saved, appended] = [info.get('rdb_last_bgsave_status'), info.get('aof_last_write_status')];
  const appendOnly = info.get('aof_enabled') === '1';
  return {
    ...(savedAt ? { savedAt: savedAt * second } : {}),
    ...(saved === undefined ? {} : { saved: saved === 'ok' }),
    ...(changes === undefined ? {} : { changes }),
    appendOnly,
    ...(appendOnly && appended !== undefined ? { appended: appended === 'ok' } : {}),
  };
}

type Known = readonly [pattern: RegExp, kind: FaultKind, what: string, hint: string];

/** The first word of Redis' errors says what they are. */
const answers: readonly Known[] = [
  [/^NOAUTH/, 'forbidden', 'a password is wanted', 'set REDIS_PASSWORD, or put it into REDIS_URL'],
  [
    /^WRONGPASS|invalid password|invalid username-password/i,
    'forbidden',
    'user or password not accepted',
    'compare REDIS_URL and REDIS_PASSWORD with the server’s ACL LIST',
  ],
  [
    /AUTH.*without any password configured/i,
    'forbidden',
    'the server has no password, and one was given',
    'unset REDIS_PASSWORD',
  ],
  [/^LOADING/, 'refused', 'loading its data from disk', 'it answers when it is done; it is tried again'],
  [
    /^MISCONF/,
    'refused',
    'cannot save to disk and refuses commands',
    'free disk space, then look at its log (stop-writes-on-bgsave-error)',
  ],
  [
    /max(imum)? number of clients/i,
    'refused',
    'no connection left: maximum number of clients reached',
    'find the clients: redis-cli CLIENT LIST',
  ],
  [/^READONLY/, 'refused', 'this is a replica: it takes no writes', 'point REDIS_URL at the primary (redis-cli ROLE)'],
  [
    /^OOM/,
    'refused',
    'no memory left, and the policy evicts nothing: writes are refused',
    'evict old data, or raise maxmemory',
  ],
  [
    /^(MOVED|ASK|CROSSSLOT|TRYAGAIN)\b/,
    'refused',
    'this is a node of a Redis Cluster, and the key is of another node or slot',
    'do it by hand, node by node: redis-cli -c',
  ],
  [/^CLUSTERDOWN/, 'refused', 'the Redis Cluster is down: some of its slots have no node', 'redis-cli CLUSTER INFO'],
  [/^NOREPLICAS/, 'refused', 'too few replicas are connected: writes are refused', 'redis-cli INFO replication'],
  [/^MASTERDOWN/, 'refused', 'its master is away', 'look at the master'],
  [/^BUSY /, 'refused', 'busy with a script', 'redis-cli SCRIPT KILL, or wait'],
  [
    /^DENIED|protected mode/i,
    'forbidden',
    'protected mode refuses connections from elsewhere',
    'set a password on the server, or connect from its host',
  ],
];

/** Converts whatever a connection or a command failed with. */
export function redisFault(error: unknown, redis: RedisSettings): Fault {
  const where = redisWhere(redis);
  const said = door(error instanceof Error ? error.message : error, 300);
  const known = answers.find(([pattern]) => pattern.test(said));
  if (known) return { kind: known[1], where, what: known[2], hint: known[3] };
  if (/^NOPERM/.test(said)) {
    const user = redis.username ?? 'default';
    // `can't run this command …` before Redis 7; `… no permissions to access one of the keys` for keys.
    const [, command] = /'([\w|]+)'/.exec(said) ?? [];
    if (/\bkeys?\b/.test(said) && command === undefined)
      return { kind: 'forbidden', where, what: `${user} may not touch these keys`, hint: `ACL SETUSER ${user} ~*` };
    const hint = `ACL SETUSER ${user} ${command ? `+${command.toLowerCase()}` : '+ping +info'}`;
    return { kind: 'forbidden', where, what: `${user} may not run ${(command ?? 'info').toUpperCase()}`, hint };
  }
  const hint = 'something else listens on that port: compare it';
  // An answer that the client's parser breaks on (nested without end) is not Redis' either.
  if (error instanceof NotInfo || error instanceof RangeError || /Protocol error|RESP type/i.test(said))
    return { kind: 'malformed', where, what: 'the answer is not Redis’', hint };
  if (/Command timed out|^connect ETIMEDOUT/.test(said))
    return { kind: 'timeout', where, what: 'no answer in time', hint: 'the host is slow, frozen or behind a firewall' };
  if (/Connection is closed|Stream isn't writeable/.test(said))
    return {
      kind: 'unreachable',
      where,
      what: 'connection cut',
      hint: 'the server or a proxy ended it; look at its log',
    };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === undefined && error instanceof Error && error.name === 'ReplyError')
    return { kind: 'malformed', where, what: said, hint: 'try it by hand: redis-cli INFO' };
  if (code === 'ENOENT' && error instanceof Error && 'path' in error)
    return { kind: 'unconfigured', where, what: said, hint: 'set redis.caFile to a file that can be read' };
  const { kind, what, hint: next } = explainNetworkError(error);
  return { kind, where, what, hint: next };
}

/** Redis answers, or why not: for whoever asks once. */
export async function askRedisOnce(redis: RedisSettings, timeout: Ms, signal: AbortSignal): Promise<Outcome<Redis>> {
  let connection: RedisConnection | undefined;
  try {
    connection = await connectRedis(redis, timeout, signal);
    return { ok: true, value: await lookAtRedis(connection.client, redisWhere(redis)) };
  } catch (error) {
    return { ok: false, fault: redisFault(error, redis) };
  } finally {
    await connection?.close();
  }
}
