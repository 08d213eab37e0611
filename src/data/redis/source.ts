// Redis as a fact. One connection, opened when it is needed and replaced when it is lost.
import type { Settings } from '../../config/settings.ts';
import { type Ms, minute } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';
import { poll, type Result, type Source } from '../source.ts';
import { connectRedis, cutConnection, type RedisConnection } from './connect.ts';
import { redisFault, redisWhere } from './faults.ts';
import { readRedis } from './info.ts';

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
        const look = await readRedis(connection.client, where);
        if (look.evictedKeys === undefined) return { ok: true, value: look };
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

/** Evictions in a minute between two looks; undefined without a look before, or when the counter was reset. */
export function perMinute(before: Counted | undefined, now: Counted): number | undefined {
  if (!before || now.at <= before.at || now.evicted < before.evicted) return undefined;
  return ((now.evicted - before.evicted) / (now.at - before.at)) * minute;
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
