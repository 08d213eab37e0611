import { redisByTls, type Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { evaluateRedis, redisMemory } from '../../core/health/redis.ts';
import { formatBytes } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { redisMay } from './acl.ts';
import { connectRedis, type RedisConnection } from './connect.ts';
import { redisFault, redisWhere } from './faults.ts';
import { readRedis } from './info.ts';
import { connectAgain } from './source.ts';

const area = 'redis';

/** PING, INFO, and what eviction takes. Nothing is changed. */
export function redisProbe({ redis }: Settings, timeout: Ms): DoctorCheck {
  return {
    area,
    what: 'answers',
    where: redisWhere(redis),
    essential: true,
    async run(signal) {
      let connection: RedisConnection | undefined;
      try {
        connection = await connectRedis(redis, timeout, signal);
        const { client } = connection;
        const look = await readRedis(client, redisWhere(redis), connectAgain(redis, timeout, signal));
        const tls = redisByTls(redis) ? ', TLS' : '';
        const words = [`version ${look.version || 'unknown'}`, look.role, `${Math.round(look.latency)} ms`];
        return [
          { area, what: 'answers', verdict: 'ok', answer: `PONG from ${look.where}, ${words.join(', ')}${tls}` },
          ...works(look),
          ...memory(look),
          await eviction(client, redis.username ?? 'default'),
        ];
      } catch (error) {
        return [faulty({ area, what: 'answers' }, redisFault(error, redis), true)];
      } finally {
        await connection?.close();
      }
    },
  };
}

/** Said only where it is so: a server that answers and does not work. */
function works(look: Redis): Checkup[] {
  const { verdict, says, remedy } = evaluateRedis(look);
  return verdict === 'ok' ? [] : [{ area, what: 'works', verdict, answer: says, todo: remedy || undefined }];
}

function memory(look: Redis): Checkup[] {
  const { used, most } = redisMemory(look) ?? {};
  return used === undefined || most === undefined ? [] : [limitOf(used, most)];
}

function limitOf(used: number, limit: number): Checkup {
  const what = 'memory limit';
  if (limit > 0) return { area, what, verdict: 'ok', answer: `${formatBytes(used)} of ${formatBytes(limit)}` };
  return {
    area,
    what,
    verdict: 'warning',
    answer: `not set; ${formatBytes(used)} used`,
    todo: 'without maxmemory there is no usage to check: CONFIG SET maxmemory',
  };
}

type Client = RedisConnection['client'];

/** SCAN is tried, UNLINK is asked about (ACL DRYRUN, since Redis 7): trying it would be a change. */
async function eviction(client: Client, user: string): Promise<Checkup> {
  const about = { area, what: 'evict old data' };
  const todo = `ACL SETUSER ${user} +scan +memory|usage +object|idletime +ttl +unlink`;
  try {
    await client.scan(0, 'COUNT', 1);
  } catch (error) {
    return { ...about, verdict: 'warning', answer: `SCAN not allowed: ${said(error)}`, todo };
  }
  const asked = await redisMay(client, 'UNLINK', 'bentham-cockpit');
  if (asked.may === true) return { ...about, verdict: 'ok', answer: 'SCAN and UNLINK allowed' };
  if (asked.may === false) return { ...about, verdict: 'warning', answer: asked.why, todo };
  const answer = `SCAN allowed; cannot check UNLINK: ${asked.why}`;
  return { ...about, verdict: 'unknown', answer, todo: `ask a Redis admin for ACL GETUSER ${user}` };
}

const said = (error: unknown) => sanitize(error instanceof Error ? error.message : error, 120);
