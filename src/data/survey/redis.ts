// Keys of Redis with their size and idle time, from a scan that ends.
import type { Settings } from '../../config/settings.ts';
import type { RedisKey } from '../../core/survey.ts';
import { clean } from '../../core/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { askRedisOnce, connectRedis, redisFault } from '../redis.ts';
import type { Outcome } from '../source.ts';

const within: Ms = 10 * second;
/** A scan looks at so many keys at most, whatever it finds. */
const mostScanned = 200_000;
const page = 1000;

export function redisMemory(settings: Settings['redis'], signal: AbortSignal) {
  return askRedisOnce(settings, within, signal);
}

/**
 * Keys that begin with `prefix`, at most `most`. Names that a terminal would show as something else are left out: what is
 * shown is what goes.
 */
export async function redisKeys(
  settings: Settings['redis'],
  prefix: string,
  most: number,
  signal: AbortSignal,
): Promise<Outcome<{ keys: readonly RedisKey[]; scanned: number; complete: boolean }>> {
  try {
    const connection = await connectRedis(settings, within, signal);
    try {
      const { client } = connection;
      const match = `${prefix.replace(/[\\*?[\]^-]/g, '\\$&')}*`;
      const keys: RedisKey[] = [];
      let cursor = '0';
      let scanned = 0;
      do {
        const [next, names] = await client.scan(cursor, 'MATCH', match, 'COUNT', page);
        cursor = next;
        scanned += page;
        const shown = names.filter((name) => name === clean(name, 1000));
        const pipeline = client.pipeline();
        for (const name of shown)
          pipeline.call('MEMORY', 'USAGE', name, 'SAMPLES', '1').call('OBJECT', 'IDLETIME', name);
        const answers = (await pipeline.exec()) ?? [];
        shown.forEach((key, at) => {
          const bytes = Number(answers[2 * at]?.[1] ?? 0);
          const [failed, idle] = answers[2 * at + 1] ?? [];
          keys.push({ key, bytes, ...(failed || typeof idle !== 'number' ? {} : { idle: idle * second }) });
        });
      } while (cursor !== '0' && keys.length < most && scanned < mostScanned && !signal.aborted);
      return {
        ok: true,
        value: { keys: keys.slice(0, most), scanned, complete: cursor === '0' && keys.length <= most },
      };
    } finally {
      await connection.close();
    }
  } catch (error) {
    return { ok: false, fault: redisFault(error, settings) };
  }
}
