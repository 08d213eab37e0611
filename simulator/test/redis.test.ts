import { connect } from 'node:net';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { glob } from '../redis/keyspace.ts';
import { commandReader } from '../redis/protocol.ts';
import { type RedisServer, startRedis } from '../redis/server.ts';

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis({ fill: 0.5 });
  redis = new Redis({ host: server.host, port: server.port, password: server.password, maxRetriesPerRequest: 1 });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test('it answers like Redis', async () => {
  expect(await redis.ping()).toBe('PONG');
  expect(await redis.info('memory')).toMatch(/used_memory:\d+\r\n[\s\S]*maxmemory:268435456/);
  await expect(redis.call('FLUSHALL')).rejects.toThrow('unknown command');
});

test('it asks for the password', async () => {
  const stranger = new Redis({
    host: server.host,
    port: server.port,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  stranger.on('error', () => {});
  await expect(stranger.ping()).rejects.toThrow('NOAUTH');
  stranger.disconnect();
});

test('a scan finds every key once, even while keys are deleted', async () => {
  const all = Number(await redis.dbsize());
  const seen = new Set<string>();
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'MATCH', 'session:*', 'COUNT', 50);
    for (const name of names) {
      expect(seen.has(name)).toBe(false);
      seen.add(name);
    }
    if (names[0]) await redis.unlink(names[0]);
    cursor = next;
  } while (cursor !== '0');
  expect(seen.size).toBeGreaterThan(100);
  expect(await redis.dbsize()).toBeLessThan(all);
});

test('eviction frees memory', async () => {
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const before = await used();
  const [, names] = await redis.scan('0', 'MATCH', 'cache:*', 'COUNT', 100);
  await redis.unlink(...names);
  expect(await used()).toBeLessThan(before - 5_000_000);
});

test('garbage gets an error', async () => {
  const said = await new Promise<string>((resolve) => {
    const socket = connect(server.port, server.host, () => socket.write('*1\r\nGARBAGE\r\n'));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
  });
  expect(said).toMatch(/^-ERR Protocol error/);
  expect(await redis.ping()).toBe('PONG');
});

test('commands are read completely, however the bytes are split', () => {
  const command = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 6 }), (commands, cuts) => {
      const bytes = Buffer.concat(
        commands.map((words) =>
          Buffer.concat([
            Buffer.from(`*${words.length}\r\n`),
            ...words.map((w) => Buffer.from(`$${Buffer.byteLength(w)}\r\n${w}\r\n`)),
          ]),
        ),
      );
      const read = commandReader();
      const at = [0, ...cuts.filter((c) => c < bytes.length).sort((a, b) => a - b), bytes.length];
      const got = at.slice(1).flatMap((end, i) => read(bytes.subarray(at[i], end)).commands);
      expect(got).toEqual(commands.map((words) => words.map((w) => w.toWellFormed())));
    }),
  );
});

test('globs match like Redis’', () => {
  expect(glob('cache:*').test('cache:a:b')).toBe(true);
  expect(glob('a?c').test('abc')).toBe(true);
  expect(glob('a[bc]d').test('acd')).toBe(true);
  expect(glob('a\\*').test('ab')).toBe(false);
  expect(glob('a.c').test('abc')).toBe(false);
});
