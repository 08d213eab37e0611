// Redis as a fact. One connection, opened when it is needed and replaced when it is lost.
import type { Settings } from '../../config/settings.ts';
import { type Ms, minute } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';
import { redis } from '../shared-looks/schemas.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { poll, type Result, type Source } from '../source.ts';
import { connectRedis, cutConnection, type RedisConnection } from './connect.ts';
import { redisFault, redisWhere } from './faults.ts';
import { readRedis } from './info.ts';

/** `shared`: cockpits of one user on one host share each look. */
export function redisSource(settings: Settings, { shared }: { shared: boolean }): Source {
  const { redis: every, timeout } = settings.intervals;
  const where = redisWhere(settings.redis);
  let connection: RedisConnection | undefined;
  let before: { evicted: Counted; rejected: Counted } | undefined;
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
        const look = await readRedis(connection.client, where);
        const at = performance.now();
        const now = { evicted: { count: look.evictedKeys, at }, rejected: { count: look.rejected, at } };
        const evictedPerMinute = perMinute(before?.evicted, now.evicted);
        const rejectedPerMinute = perMinute(before?.rejected, now.rejected);
        before = now;
        return { ok: true, value: { ...look, evictedPerMinute, rejectedPerMinute } };
      } catch (error) {
        drop();
        return { ok: false, fault: redisFault(error, settings.redis) };
      } finally {
        signal.removeEventListener('abort', drop);
      }
    },
    sharing: shared
      ? shareLooks(settings, {
          fact: 'redis',
          parts: withoutPassword(settings.redis),
          value: redis,
          every,
          timeout,
          taken({ evictedKeys, rejected }, told) {
            const at = performance.now() - (Date.now() - told);
            before = { evicted: { count: evictedKeys, at }, rejected: { count: rejected, at } };
          },
        })
      : undefined,
    async close() {
      await connection?.close();
    },
  });
}

const withoutPassword = ({ password: _, ...rest }: Settings['redis']) => rest;

/** A counter of INFO at an instant; absent where INFO may not be asked. */
type Counted = { count: number | undefined; at: Ms };

/** The rate per minute between two polls; undefined at the first, or after the counter was reset. */
export function perMinute(before: Counted | undefined, now: Counted): number | undefined {
  if (before?.count === undefined || now.count === undefined) return undefined;
  if (now.at <= before.at || now.count < before.count) return undefined;
  return ((now.count - before.count) / (now.at - before.at)) * minute;
}

/** Asks Redis once: its answer, or why there is none. */
export async function askRedisOnce(redis: Settings['redis'], timeout: Ms, signal: AbortSignal): Promise<Result<Redis>> {
  let connection: RedisConnection | undefined;
  try {
    connection = await connectRedis(redis, timeout, signal);
    return { ok: true, value: await readRedis(connection.client, redisWhere(redis)) };
  } catch (error) {
    return { ok: false, fault: redisFault(error, redis) };
  } finally {
    await connection?.close();
  }
}
