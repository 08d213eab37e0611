// Keys of Redis with their idle time and size, from a scan that ends.
import type { Settings } from '../../config/settings.ts';
import type { IdleKeys, Permission, RedisKey, RedisScan } from '../../core/actions/preflight.ts';
import { stripControl } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Look } from '../looked-through.ts';
import type { Result } from '../source.ts';
import { unlessAborted } from '../time-limit.ts';
import { redisMay } from './acl.ts';
import { connectRedis, type RedisConnection } from './connect.ts';
import { redisFault } from './faults.ts';
import { askRedisOnce } from './source.ts';

const within: Ms = 10 * second;
/** Limits of a scan: number of keys and time. */
const mostScanned = 2_000_000;
const scanFor: Ms = 8 * second;
const page = 1000;

export function redisMemory(settings: Settings['redis'], signal: AbortSignal) {
  return askRedisOnce(settings, within, signal);
}

/** What is asked on a connection of its own. The signal ends it, whatever it waits for. */
async function asked<T>(
  settings: Settings['redis'],
  signal: AbortSignal,
  ask: (client: Client) => Promise<T>,
): Promise<Result<T>> {
  try {
    const connection = await connectRedis(settings, within, signal);
    try {
      return { ok: true, value: await unlessAborted(ask(connection.client), signal) };
    } finally {
      await connection.close();
    }
  } catch (error) {
    return { ok: false, fault: redisFault(error, settings) };
  }
}

/** Whether we may run a command there, without running it. */
export const redisPermission = (
  settings: Settings['redis'],
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<Result<Permission>> => asked(settings, signal, (client) => redisMay(client, ...command));

/**
 * Keys that begin with `prefix` and that nobody has used for `idle`, at most `most`. Names that a terminal would show as
 * something else are left out: what is shown is what goes.
 */
export const redisKeys = (
  settings: Settings['redis'],
  wanted: IdleKeys,
  { signal, told }: Look & { signal: AbortSignal },
): Promise<Result<RedisScan>> => asked(settings, signal, (client) => scan(client, wanted, { signal, told }));

/** For how long keys are idle; those that do not exist are left out. */
export const redisIdle = (
  settings: Settings['redis'],
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, Ms>>> =>
  asked(settings, signal, async (client) => {
    const { numbers, refusal } = await each(client, ['OBJECT', 'IDLETIME'], keys);
    if (refusal) throw new Error(refusal.says);
    return new Map([...numbers].map(([key, seconds]) => [key, seconds * second]));
  });

type Client = RedisConnection['client'];

async function scan(
  client: Client,
  { prefix, idle, most, cursor: start }: IdleKeys,
  { signal, told }: Look,
): Promise<RedisScan> {
  const match = `${prefix.replace(/[\\*?[\]^-]/g, '\\$&')}*`;
  // A scan may give a key twice.
  const seen = new Set<string>();
  const found: RedisKey[] = [];
  let untold: Refusal | undefined;
  let unsized: string | undefined;
  let cursor = start;
  let pageCursor = start;
  let scanned = 0;
  const until = performance.now() + scanFor;
  do {
    const [next, names] = await client.scan(cursor, 'MATCH', match, 'COUNT', page);
    pageCursor = cursor;
    cursor = next;
    scanned += page;
    told?.({ done: scanned, unit: 'keys' });
    const fresh = [...new Set(names)].filter((name) => name === stripControl(name, 1000) && !seen.has(name));
    for (const name of fresh) seen.add(name);
    const times = await each(client, ['OBJECT', 'IDLETIME'], fresh);
    untold ??= times.refusal;
    const old = fresh.filter((name) => (times.numbers.get(name) ?? -1) * second >= idle);
    const sizes = await each(client, ['MEMORY', 'USAGE'], old, 'SAMPLES', '1');
    unsized ??= sizes.refusal?.says;
    for (const key of old) {
      const bytes = sizes.numbers.get(key);
      found.push({ key, idle: (times.numbers.get(key) ?? 0) * second, bytes });
    }
    // Where the first page of names has no idle times, no other one has.
  } while (
    cursor !== '0' &&
    found.length < most &&
    untold === undefined &&
    scanned < mostScanned &&
    performance.now() < until &&
    !signal?.aborted
  );
  return {
    idle: found.slice(0, most),
    matched: seen.size,
    scanned: Math.max(scanned, seen.size),
    // A page whose keys were not all taken is the next scan's first one.
    resume: found.length > most ? pageCursor : cursor === '0' ? undefined : cursor,
    untold,
    unsized,
  };
}

/** One number for each key, in one round trip. A deleted key has none; a refusal is reported once. */
async function each(client: Client, command: readonly [string, string], keys: readonly string[], ...after: string[]) {
  const numbers = new Map<string, number>();
  let refusal: Refusal | undefined;
  if (keys.length === 0) return { numbers, refusal };
  const pipeline = client.pipeline();
  for (const key of keys) pipeline.call(command[0], command[1], key, ...after);
  const answers = (await pipeline.exec()) ?? [];
  for (const [at, [error, value]] of answers.entries()) {
    const key = keys[at];
    if (error) refusal ??= refusalOf(error.message, command.join(' '));
    else if (typeof value === 'number' && key !== undefined) numbers.set(key, value);
  }
  return { numbers, refusal };
}

type Refusal = NonNullable<RedisScan['untold']>;

function refusalOf(message: string, command: string): Refusal | undefined {
  if (/^NOPERM/.test(message)) return { by: 'permission', says: `this user is not allowed to run ${command}` };
  if (/LFU/.test(message))
    return { by: 'policy', says: 'idle times are unavailable: the LFU policy does not keep them' };
  // The key went between the two questions.
  if (/no such key/i.test(message)) return undefined;
  return { by: 'error', says: `${command}: ${stripControl(message, 100)}` };
}
