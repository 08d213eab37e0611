// The drill's own relay answers as Redis does.
import { spawn, spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../postgres/server.ts';
import { guardedDirectory } from '../reaper.ts';
import { startRelayServer } from '../redis/relay-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const installed = spawnSync('redis-server', ['--version']).status === 0;

async function real(): Promise<number> {
  const port = await freePort();
  const { directory, end } = await guardedDirectory();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--set-proc-title', 'no'];
  const child = spawn('redis-server', args, {
    // The guard finds it by its environment.
    env: { PATH: process.env.PATH, BENTHAM_DRILL_DIRECTORY: `${directory}/` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  ends.push(end);
  for await (const data of child.stdout) if (/Ready to accept/.test(String(data))) break;
  return port;
}

async function own(password?: string): Promise<number> {
  const server = await startRelayServer({ password });
  ends.push(server.stop);
  return server.port;
}

function client(port: number, password?: string, protocol: 2 | 3 = 2): Redis {
  const redis = new Redis({ port, password, protocol, retryStrategy: () => null });
  redis.on('error', () => {});
  ends.push(() => redis.disconnect());
  return redis;
}

/** An answer, or what the server refused with. */
const ask = (redis: Redis, words: readonly string[]): Promise<unknown> =>
  redis.call(words[0] ?? '', ...words.slice(1)).catch((error: unknown) => String(error));

/** The code of an error: its text differs between versions of Redis. */
const codeOf = (answer: unknown): unknown =>
  typeof answer === 'string' ? answer.replace(/^(ReplyError: [A-Z]+) .*$/, '$1') : answer;

/** In the order in which they are sent; each answer has to be the same as that of Redis. */
const exchange: readonly string[] = [
  'SET a 1',
  'SET a 2 NX',
  'SET a 3 XX GET',
  'GET a',
  'SET b 1 XX',
  'SET b 1 PX 0',
  'SET b 1 PX x',
  'SET b 1 SOON',
  'MGET a b c',
  'TTL a',
  'PTTL nothing',
  'PEXPIRE nothing 10',
  'EXPIRE a 100',
  'TTL a',
  'SET a 4 KEEPTTL',
  'TTL a',
  'SADD s x y x',
  'SADD s y',
  'SMEMBERS nothing',
  'GET s',
  'SADD a x',
  'SREM s x y z',
  'EXISTS s a a',
  'TYPE a',
  'XADD t 5-1 line one',
  'XADD t 5-1 line one',
  'XADD t 0-0 line one',
  'XADD t 5-* line two',
  'XADD t 7 line three other x',
  'XADD t 8-0 line',
  'XADD t x line one',
  'XADD t NOMKSTREAM MAXLEN = 3 9-0 line four',
  'XADD nothing NOMKSTREAM * line four',
  'XLEN t',
  'XLEN a',
  'TYPE t',
  'XRANGE t - +',
  'XRANGE t 5-2 7 COUNT 1',
  'XRANGE t (5-2 +',
  'XRANGE t 7 -',
  'XRANGE t x +',
  'XRANGE t - + COUNT x',
  'XRANGE t - + LIMIT 1',
  'XREVRANGE t + - COUNT 2',
  'XREVRANGE t (9-0 5-1',
  'XREAD COUNT 1 STREAMS t nothing 0-0 0-0',
  'XREAD STREAMS t 9-0',
  'XREAD STREAMS t $',
  'XREAD BLOCK 20 STREAMS t 9-0',
  'XREAD STREAMS t',
  'XREAD STREAMS t a 0-0',
  'XREAD STREAMS a 0-0',
  'XREAD BLOCK x STREAMS t 0-0',
  'XTRIM t MAXLEN 2',
  'XTRIM t MINID 9',
  'XDEL t 9-0 9-1',
  'XRANGE t - +',
  'XADD t 9-0 line again',
  'EXEC',
  'DISCARD',
  'MULTI',
  'MULTI',
  'WATCH a',
  'SET m 1',
  'SADD m x',
  'GET m',
  'EXEC',
  'MULTI',
  'GET',
  'SET m 2',
  'EXEC',
  'GET m',
  'WATCH m',
  'SET m 3',
  'MULTI',
  'SET m 4',
  'EXEC',
  'WATCH m',
  'SET m 5',
  'UNWATCH',
  'MULTI',
  'DEL m',
  'EXEC',
  'SET',
  'XADD t',
  'DBSIZE',
  'FLUSHALL',
  'DBSIZE',
  'XLEN t',
];

test.skipIf(!installed).each([2, 3] as const)('each answer is that of redis-server, in RESP%i', async (protocol) => {
  const [one, two] = [client(await real(), undefined, protocol), client(await own(), undefined, protocol)];
  for (const text of exchange) {
    const words = text.split(' ');
    expect(codeOf(await ask(two, words)), text).toEqual(codeOf(await ask(one, words)));
  }
});
test.skipIf(installed)('not compared: redis-server is not installed', () => {});

describe('by itself', () => {
  test.each([2, 3] as const)('it asks for the password, with each form of login (RESP%i)', async (protocol) => {
    const port = await own('secret');
    expect(await ask(client(port, undefined, protocol), ['GET', 'a'])).toMatch('NOAUTH');
    expect(await ask(client(port, 'wrong', protocol), ['GET', 'a'])).toMatch(/NOAUTH|WRONGPASS|closed/);
    expect(await ask(client(port, 'secret', protocol), ['GET', 'a'])).toBeNull();
  });

  test('who waits for a stream has its news at once, and who leaves is forgotten', async () => {
    const port = await own();
    const [waits, leaves, writes] = [client(port), client(port), client(port)];
    const news = ask(waits, ['XREAD', 'BLOCK', '0', 'STREAMS', 't', 'u', '$', '$']);
    const never = ask(leaves, ['XREAD', 'BLOCK', '0', 'STREAMS', 't', '$']);
    await writes.ping();
    leaves.disconnect();
    await ask(writes, ['XADD', 'u', '1-1', 'line', 'x']);
    expect(await news).toEqual([['u', [['1-1', ['line', 'x']]]]]);
    expect(await never).toMatch('closed');
    expect(await writes.ping()).toBe('PONG');
  });

  test('a key that expires while a transaction watches it ends the transaction', async () => {
    const port = await own();
    const redis = client(port);
    await redis.set('a', '1', 'PX', 5);
    await redis.watch('a');
    await expect.poll(() => redis.pttl('a')).toBe(-2);
    expect(await redis.multi().set('a', '2').exec()).toBeNull();
  });
});
