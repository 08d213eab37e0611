// Whether writes are held, where INFO does not tell it (before Redis 7.4): CLIENT PAUSE WRITE also holds PFCOUNT, which
// only reads, as it may replicate. It is asked for a key that nobody has: nothing is changed.
import type { Redis as Client } from 'ioredis';
import { type Ms, second } from '../../core/time.ts';
import { cutConnection, type RedisConnection } from './connect.ts';

/** Those that may not be asked: once is enough. */
const silent = new WeakSet<Client>();

/** A server that is not busy answers within this time. */
const patience: Ms = 0.4 * second;

/** A key of nobody, in no hash slot of anybody's. */
const nobodys = 'bentham-cockpit:no-such-key';

/**
 * Whether a command that writes would wait. Whoever waits is only slow unless the server answers somebody else meanwhile:
 * one that came later is never answered earlier. The connection that waits is cut. Throws what the second connection met.
 */
export async function holdsWrites(client: Client, another: () => Promise<RedisConnection>): Promise<boolean> {
  if (silent.has(client)) return false;
  let answered = false;
  const asked = client.call('PFCOUNT', nobodys).then(
    () => {
      answered = true;
    },
    () => {
      answered = true;
      silent.add(client);
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([asked, late]);
  clearTimeout(timer);
  if (answered) return false;
  const other = await another();
  try {
    await other.client.ping();
    // What has arrived for us by now is taken before this is decided.
    await new Promise((resolve) => setImmediate(resolve));
    if (!answered) cutConnection(client);
    return !answered;
  } finally {
    await other.close();
  }
}
