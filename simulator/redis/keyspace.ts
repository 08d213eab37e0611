// The content of the drill's Redis: keys by prefix with sizes and idle times, so that eviction has something to evict.
import { minute } from '../time.ts';

/** `serial` grows with each key, so that a scan survives keys that come and go. */
export type Key = { serial: number; bytes: number; lastUsed: number; expiresAt?: number; value: string };

export type Keyspace = Map<string, Key>;

let serials = 0;

/** Puts a key at the end of every scan that is under way. */
export function put(keys: Keyspace, name: string, key: Omit<Key, 'serial'>): void {
  serials += 1;
  keys.delete(name);
  keys.set(name, { ...key, serial: serials });
}

/** How the memory is shared among the prefixes, with typical sizes, idle times and times to live, in minutes. */
const families = [
  { prefix: 'cache:response:', share: 0.55, bytes: 220_000, idle: 600, lives: 2880 },
  { prefix: 'session:', share: 0.2, bytes: 48_000, idle: 240, lives: 1440 },
  // These have no time to live.
  { prefix: 'queue:done:', share: 0.15, bytes: 90_000, idle: 2000, lives: undefined },
  { prefix: 'rate:', share: 0.1, bytes: 12_000, idle: 2, lives: 5 },
] as const;

/** Memory that the server itself takes. */
export const overhead = 1_900_000;

/** Fills up to `target` bytes. Deterministic, so that two drills look alike. */
export function fill(target: number, now: number): Keyspace {
  const keys: Keyspace = new Map();
  for (const { prefix, share, bytes, idle, lives } of families) {
    const count = Math.floor(((target - overhead) * share) / bytes);
    for (let n = 0; n < count; n += 1) {
      const spread = 0.5 + ((n * 7919) % 1000) / 1000;
      const lastUsed = now - Math.round(idle * 60_000 * spread);
      put(keys, `${prefix}${((n * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}`, {
        bytes,
        lastUsed,
        expiresAt: lives === undefined ? undefined : lastUsed + lives * minute,
        value: '',
      });
    }
  }
  return keys;
}

/** Removes expired keys; an expired rate-limit counter is created again at once. */
export function expire(keys: Keyspace, now: number): void {
  for (const [name, key] of keys) {
    if (key.expiresAt === undefined || key.expiresAt > now) continue;
    if (name.startsWith('rate:')) Object.assign(key, { lastUsed: now, expiresAt: now + 5 * minute });
    else keys.delete(name);
  }
}

/** used_memory, in bytes. */
export function memoryOf(keys: Keyspace): number {
  let sum = overhead;
  for (const key of keys.values()) sum += key.bytes;
  return sum;
}

/** Redis’ glob: *, ?, [abc], [^a], \x. */
export function glob(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const c = pattern[at] ?? '';
    if (c === '*') source += '[\\s\\S]*';
    else if (c === '?') source += '[\\s\\S]';
    else if (c === '[') {
      const end = pattern.indexOf(']', at + 1);
      const set = end < 0 ? '' : pattern.slice(at + 1, end);
      source += end < 0 ? '\\[' : `[${set.replaceAll('\\', '\\\\')}]`;
      at = end < 0 ? at : end;
    } else {
      const literal = c === '\\' ? (pattern[++at] ?? '\\') : c;
      source += literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}$`);
}
