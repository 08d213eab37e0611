// Redis behind a private Unix socket, for redis-cli: only commands that read pass. redis-cli knows no such mode, and what
// stands between cannot be switched off from within. It logs in itself, so redis-cli gets no password.
import { rm } from 'node:fs/promises';
import { createServer, connect as dial, type Socket } from 'node:net';
import path from 'node:path';
import { connect as dialTls } from 'node:tls';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import { privateDirectory } from '../../disk/private-directory.ts';
import { connectRedis, optionsFrom } from './connect.ts';
import { readingCommands, refusalOf } from './read-commands.ts';
import { commandCutter, encodeCommand, NotACommand, replyCounter, type WireCommand } from './resp.ts';

export type ReadOnlyProxy = { socket: string; close(): Promise<void> };

/** Commands that wait for the reply of the one before, at most. */
const mostWaiting = 1000;

/** Characters of what is answered to a login. */
const longestAnswers = 4096;

/** Opens it, or throws what went wrong (`redisFault` converts it). `timeout`: of the first connection. */
export async function openReadOnlyProxy(
  redis: Settings['redis'],
  timeout: Ms,
  signal: AbortSignal,
): Promise<ReadOnlyProxy> {
  const reading = await askReading(redis, timeout, signal);
  const directory = await privateDirectory('redis');
  const socket = path.join(directory, 'redis.sock');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client));
    serve(client, redis, reading, timeout);
  });
  const close = async () => {
    for (const each of open) each.destroy();
    if (server.listening) await new Promise<void>((done) => server.close(() => done()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((done, failed) => server.once('error', failed).listen(socket, done));
  } catch (error) {
    await close();
    throw error;
  }
  return { socket, close };
}

async function askReading(redis: Settings['redis'], timeout: Ms, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { client, close } = await connectRedis(redis, timeout, signal);
  try {
    return readingCommands(await client.call('COMMAND'));
  } catch {
    // A user who may not ask: then only what is known to be harmless passes.
    return new Set();
  } finally {
    await close();
  }
}

/** One client: its commands go on one after the other, so that a refusal stands where its reply would. */
function serve(client: Socket, redis: Settings['redis'], reading: ReadonlySet<string>, timeout: Ms): void {
  const cut = commandCutter();
  const ended = replyCounter();
  const waiting: WireCommand[] = [];
  let busy = true;
  const fail = (why: string) => {
    // What Redis itself says has its code in front.
    client.end(`-${/^[A-Z]{2,20} /.test(why) ? '' : 'ERR '}${sanitize(why, 200)}\r\n`);
    server.destroy();
  };
  const server = logIn(redis, timeout, (why) => {
    if (why !== undefined) return fail(why);
    busy = false;
    goOn();
  });
  const goOn = () => {
    while (!busy) {
      const next = waiting.shift();
      if (!next) return;
      const refused = refusalOf(next.words, reading);
      if (refused !== undefined) client.write(`-NOPERM ${refused}\r\n`);
      else {
        busy = true;
        server.write(next.bytes);
      }
    }
  };
  client.on('data', (chunk) => {
    try {
      waiting.push(...cut(Buffer.from(chunk)));
    } catch (error) {
      return fail(error instanceof NotACommand ? `Protocol error: ${error.message}` : 'Protocol error');
    }
    if (waiting.length > mostWaiting) return fail('too many commands at once');
    goOn();
  });
  client.on('error', () => server.destroy());
  client.on('close', () => server.destroy());
  server.on('reply', (chunk: Buffer) => {
    if (!client.write(chunk)) {
      server.pause();
      client.once('drain', () => server.resume());
    }
    if (ended(chunk) === 0) return;
    busy = false;
    goOn();
  });
  server.on('close', () => client.end());
}

/** A connection that is logged in when it calls `done`; what comes afterwards is emitted as `reply`. */
function logIn(redis: Settings['redis'], timeout: Ms, done: (why?: string) => void): Socket {
  const { host, port = 6379, tls, username, password, db } = optionsFrom(redis);
  const to = { host: host ?? '127.0.0.1', port };
  const server = tls ? dialTls({ ...to, ca: tls.ca, servername: tls.servername }) : dial(to);
  const steps = [
    ...(password ? [['AUTH', ...(username ? [username] : []), password]] : []),
    ...(db ? [['SELECT', String(db)]] : []),
  ];
  let answers = '';
  let isReady = false;
  const late = setTimeout(() => server.destroy(new Error('no answer')), timeout);
  const ready = () => {
    isReady = true;
    clearTimeout(late);
    done();
  };
  server.once(tls ? 'secureConnect' : 'connect', () => {
    if (steps.length === 0) return ready();
    server.write(steps.map(encodeCommand).join(''));
  });
  server.on('data', (chunk: Buffer) => {
    if (isReady) return void server.emit('reply', chunk);
    // Each step is answered in one line.
    answers += chunk.toString('utf8');
    const lines = answers.split('\r\n').slice(0, -1);
    const refused = lines.find((line) => !line.startsWith('+'));
    if (refused !== undefined || answers.length > longestAnswers)
      return server.destroy(new Error((refused ?? 'no answer of Redis').replace(/^-/, '').slice(0, 200)));
    if (lines.length >= steps.length) ready();
  });
  server.on('error', (error) => {
    clearTimeout(late);
    if (!isReady) done(error.message);
  });
  return server;
}
