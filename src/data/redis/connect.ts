// One connection to Redis; the client's own retries are off, since who asks has their own.

import { connect, isIP } from 'node:net';
import type { Redis as Client, RedisOptions } from 'ioredis';
import { redisByTls, type Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import { readBoundedSync, unreadable } from '../../disk/bounded-file.ts';

type RedisSettings = Settings['redis'];

/** A connection to Redis that is known to be ready. */
export type RedisConnection = { client: Client; close(): Promise<void> };

const farewell: Ms = 300;

/** Bytes of one answer. INFO has some 10 kB; a page of a scan as much as a thousand long names. */
const longestAnswer = 8 * 1024 * 1024;

/** What is answered has no end: the connection was cut, and the rest is not read. */
export class EndlessAnswer extends Error {}

/**
 * Cuts the connection where one answer is longer than any should be: the parser would keep it all. Its commands then
 * fail with that; what is given tells it to whoever is still connecting.
 */
export function boundAnswers(client: Client): () => EndlessAnswer | undefined {
  let received = 0;
  let endless: EndlessAnswer | undefined;
  const send = client.sendCommand.bind(client);
  client.sendCommand = (...args) => {
    received = 0;
    const sent = Promise.resolve(send(...args)).catch((error: unknown) => {
      throw endless ?? error;
    });
    // A pipeline hears of each of its commands in its own way, and leaves this promise alone.
    sent.catch(() => {});
    return sent;
  };
  client.on('connect', () => {
    client.stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= longestAnswer || endless) return;
      endless = new EndlessAnswer(`answer longer than ${longestAnswer} bytes`);
      cutConnection(client);
    });
  });
  return () => endless;
}

/** The host took the connection, and the offer of TLS is not answered: Redis without TLS waits for the rest of a line. */
export class SilentInTls extends Error {}

/** Cuts a connection whose TLS does not begin within most of the time: what waits longer is only told to be late. */
function boundHandshake(client: Client, within: Ms): { error(): SilentInTls | undefined; end(): void } {
  let silent: SilentInTls | undefined;
  const timer = setTimeout(() => {
    const stream: Client['stream'] | undefined = client.stream;
    if (client.status !== 'connecting' || stream?.connecting !== false) return;
    silent = new SilentInTls('no answer to TLS');
    cutConnection(client);
  }, within * 0.75);
  return { error: () => silent, end: () => clearTimeout(timer) };
}

/** Ends a connection at once: a server that hangs is not waited for. */
export function cutConnection(client: Client): void {
  client.disconnect();
  const stream: Client['stream'] | undefined = client.stream;
  stream?.destroy();
}

/** Connects, or throws what went wrong (`redisFault` converts it). `more`: a Sentinel's options. */
export async function connectRedis(
  redis: RedisSettings,
  timeout: Ms,
  signal: AbortSignal,
  more: RedisOptions = {},
): Promise<RedisConnection> {
  const { Redis } = await import('./client.ts');
  signal.throwIfAborted();
  const client = new Redis({ ...optionsFrom(redis), connectTimeout: timeout, commandTimeout: timeout, ...more });
  const endless = boundAnswers(client);
  const handshake = redisByTls(redis) ? boundHandshake(client, timeout) : undefined;
  // An error comes as an event; the promise only says that the connection is closed.
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
    throw endless() ?? handshake?.error() ?? (await wordOfParting(redis, said ?? error, signal)) ?? said ?? error;
  } finally {
    handshake?.end();
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

/** redis.caFile is not there, or cannot be read. */
export class NoAuthority extends Error {}

function authority(file: string): Buffer {
  try {
    return readBoundedSync(file);
  } catch (error) {
    throw new NoAuthority(`${file} ${unreadable(error)}`);
  }
}

/** The client's options for a Redis of the configuration. Throws `NoAuthority`. */
export function optionsFrom(redis: RedisSettings): RedisOptions {
  const { url, username, password, caFile } = redis;
  const { hostname, port, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const db = Number(pathname.slice(1));
  const tls = {
    ca: caFile ? authority(caFile) : undefined,
    servername: isIP(host) ? undefined : host,
  };
  return {
    host,
    port: Number(port) || 6379,
    db: Number.isInteger(db) && db > 0 ? db : undefined,
    username: username || undefined,
    password: password || undefined,
    tls: redisByTls(redis) ? tls : undefined,
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
