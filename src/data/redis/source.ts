// Redis as a fact. One connection, opened when it is needed and replaced when it is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../config/settings.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import type { Redis, RefusedCalls } from '../../core/world/facts.ts';
import { redis } from '../shared-looks/schemas.ts';
import { SeenServer } from '../shared-looks/seen-server.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { poll, type Result, type Source } from '../source.ts';
import { type NodeAddress, settingsOfNode } from './cluster-nodes.ts';
import { connectRedis, cutConnection, type RedisConnection } from './connect.ts';
import { redisFault, redisWhere } from './faults.ts';
import { readRedis } from './info.ts';
import { whyRefused } from './refused-calls.ts';

/** `shared`: cockpits of one user on one host share each look, and those of one incident on several hosts. */
export function redisSource(settings: Settings, { shared }: { shared: boolean }): Source {
  const { redis: every, timeout } = settings.intervals;
  const where = redisWhere(settings.redis);
  let connection: RedisConnection | undefined;
  let before: Counters | undefined;
  const server = new SeenServer();
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
        const another = connectAgain(settings.redis, timeout, signal);
        let look = await readRedis(connection.client, where, another);
        if (!before && refusedBefore(look) && timeout > 3 * apart) {
          // A counter alone does not tell whether it still grows.
          before = countersOf(look, performance.now());
          await sleep(apart, undefined, { signal });
          if (connection.client.status === 'ready') look = { ...look, ...(await readRedis(connection.client, where)) };
        }
        const now = countersOf(look, performance.now());
        const value = { ...look, ...ratesBetween(before, now) };
        before = now;
        // Which nodes of a cluster answer is another matter on each host.
        server.saw(look.cluster ? undefined : look.run);
        return { ok: true, value };
      } catch (error) {
        drop();
        server.saw(undefined);
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
          identity: () => server.identity,
          taken(look, told) {
            before = countersOf(look, performance.now() - (Date.now() - told));
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

/** What INFO counts since the start of the server. */
type Counters = { evicted: Counted; rejected: Counted; refused: RefusedCalls | undefined; at: Ms };

function countersOf({ evictedKeys, rejected, refusedCalls }: Redis, at: Ms): Counters {
  return { evicted: { count: evictedKeys, at }, rejected: { count: rejected, at }, refused: refusedCalls, at };
}

/** Between the first two reads of a server that has refused something before. */
const apart: Ms = second;

/** Whether it has refused anything since its start. */
const refusedBefore = ({ rejected = 0, refusedCalls }: Redis) => rejected > 0 || (refusedCalls?.count ?? 0) > 0;

/** What happened between two reads, a minute. */
export function ratesBetween(
  before: Counters | undefined,
  now: Counters,
): Pick<Redis, 'evictedPerMinute' | 'rejectedPerMinute' | 'refusing'> {
  const counted = (of: Counters | undefined): Counted | undefined => of && { count: of.refused?.count, at: of.at };
  const refused = perMinute(counted(before), { count: now.refused?.count, at: now.at });
  return {
    evictedPerMinute: perMinute(before?.evicted, now.evicted),
    rejectedPerMinute: perMinute(before?.rejected, now.rejected),
    refusing:
      refused && before?.refused && now.refused
        ? { perMinute: refused, code: whyRefused(before.refused, now.refused) }
        : undefined,
  };
}

/** The rate per minute between two polls; undefined at the first, or after the counter was reset. */
export function perMinute(before: Counted | undefined, now: Counted): number | undefined {
  if (before?.count === undefined || now.count === undefined) return undefined;
  if (now.at <= before.at || now.count < before.count) return undefined;
  return ((now.count - before.count) / (now.at - before.at)) * minute;
}

/** A second connection with the same settings, or one to another node of its cluster. */
export const connectAgain =
  (redis: Settings['redis'], timeout: Ms, signal: AbortSignal) =>
  (at?: NodeAddress): Promise<RedisConnection> =>
    connectRedis(at ? settingsOfNode(redis, at) : redis, timeout, signal);

/** Asks Redis once: its answer, or why there is none. */
export async function askRedisOnce(redis: Settings['redis'], timeout: Ms, signal: AbortSignal): Promise<Result<Redis>> {
  let connection: RedisConnection | undefined;
  try {
    connection = await connectRedis(redis, timeout, signal);
    const another = connectAgain(redis, timeout, signal);
    return { ok: true, value: await readRedis(connection.client, redisWhere(redis), another) };
  } catch (error) {
    return { ok: false, fault: redisFault(error, redis) };
  } finally {
    await connection?.close();
  }
}
