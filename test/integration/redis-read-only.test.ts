// The filter before redis-cli, on a real Redis: what reads passes, everything else is refused, and no password is needed.
import { execFile, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readingCommands, refusalOf } from '../../src/data/redis/read-commands.ts';
import { openReadOnlyProxy, type ReadOnlyProxy } from '../../src/data/redis/read-only-proxy.ts';
import { commandCutter, encodeCommand, NotACommand, replyCounter } from '../../src/data/redis/resp.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

const run = promisify(execFile);
const password = 'hunter2-of-redis';
const signal = AbortSignal.timeout(120_000);

describe.skipIf(!installed)('on a real server', () => {
  let proxy: ReadOnlyProxy;
  let direct: (...words: string[]) => string;
  const asked = async (...words: string[]) => (await run('redis-cli', ['-s', proxy.socket, ...words])).stdout.trim();

  beforeEach(async () => {
    const server = await started();
    server.cli('config', 'set', 'requirepass', password);
    direct = (...words) => server.cli('--no-auth-warning', '-a', password, ...words).trim();
    direct('set', 'greeting', 'hello');
    direct('rpush', 'list', ...Array.from({ length: 2000 }, (_, at) => `item ${at}`));
    const redis = { url: `redis://127.0.0.1:${server.port}`, tls: 'disable' as const, password };
    proxy = await openReadOnlyProxy(redis, 20_000, signal);
  });
  afterEach(async () => {
    await proxy.close();
    await endRedis();
  });

  test('reads pass, with their replies whole', async () => {
    expect(await asked('get', 'greeting')).toBe('hello');
    expect(await asked('ping')).toBe('PONG');
    expect((await asked('lrange', 'list', '0', '-1')).split('\n')).toHaveLength(2000);
    expect(await asked('info', 'server')).toContain('redis_version');
    expect(await asked('config', 'get', 'maxmemory')).toContain('maxmemory');
    expect(await asked('memory', 'usage', 'greeting')).toMatch(/\d+/);
    expect(await asked('get', 'nothing')).toBe('');
  });

  test.each([
    ['set', 'greeting', 'x'],
    ['SeT', 'greeting', 'x'],
    ['del', 'greeting'],
    ['getdel', 'greeting'],
    ['getex', 'greeting', 'EX', '1'],
    ['flushall'],
    ['eval', "return redis.call('del','greeting')", '0'],
    ['eval_ro', 'while true do end', '0'],
    ['evalsha_ro', 'x', '0'],
    ['fcall_ro', 'x', '0'],
    ['config', 'set', 'maxmemory', '1'],
    ['config', 'rewrite'],
    ['client', 'kill', 'TYPE', 'normal'],
    ['memory', 'purge'],
    ['acl', 'setuser', 'x', 'on'],
    ['script', 'flush'],
    ['debug', 'sleep', '0'],
    ['shutdown', 'nosave'],
    ['replicaof', '127.0.0.1', '1'],
    ['keys', '*'],
    ['sort', 'list', 'BY', 'nosort', 'STORE', 'copy'],
    ['auth', password],
    ['monitor'],
    ['multi'],
  ])('%s %s is refused, and changes nothing', async (...words) => {
    expect(await asked(...words)).toMatch(/NOPERM/);
    expect(direct('get', 'greeting')).toBe('hello');
  });

  test('a refusal among reads stands in its place', async () => {
    const cli = spawn('redis-cli', ['-s', proxy.socket], { stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    cli.stdout.on('data', (chunk) => {
      said += chunk;
    });
    cli.stdin.end('get greeting\nset greeting x\nget greeting\ndbsize\n');
    await new Promise((resolve) => cli.once('close', resolve));
    expect(said.trim().split('\n').filter(Boolean)).toEqual(['hello', expect.stringContaining('NOPERM'), 'hello', '2']);
  });

  test('commands that come at once are answered in their order', async () => {
    const socket = connect(proxy.socket);
    socket.write(
      ['get greeting', 'set greeting x', 'lrange list 0 -1', 'flushall', 'get greeting']
        .map((words) => encodeCommand(words.split(' ')))
        .join(''),
    );
    let said = '';
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        said += chunk;
        if (said.endsWith('$5\r\nhello\r\n') && said.includes('*2000')) resolve();
      });
    });
    socket.destroy();
    const first = said.indexOf('NOPERM');
    expect(first).toBeLessThan(said.indexOf('*2000'));
    expect(said.lastIndexOf('NOPERM')).toBeGreaterThan(said.indexOf('item 1999'));
  });

  test('what is no command ends the connection', async () => {
    const socket = connect(proxy.socket);
    socket.write('GET greeting\r\n');
    const said = await new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
    expect(said).toContain('-ERR Protocol error');
    socket.destroy();
  });

  test('only this user may enter, and nothing of it stays', async () => {
    const directory = path.dirname(proxy.socket);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await proxy.close();
    expect(existsSync(directory)).toBe(false);
  });
});

test('a wrong password is told before redis-cli starts', async () => {
  if (!installed) return;
  const { port, cli } = await started();
  cli('config', 'set', 'requirepass', password);
  const redis = { url: `redis://127.0.0.1:${port}`, tls: 'disable' as const, password: 'other' };
  await expect(openReadOnlyProxy(redis, 20_000, signal)).rejects.toThrow(/WRONGPASS/);
  await endRedis();
});

/** A Redis that takes any password and refuses databases, its answers in pieces of so many bytes. */
async function withoutDatabase(bytes: number) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    const cut = commandCutter();
    socket.on('error', () => {});
    socket.on('data', async (chunk) => {
      const answers = cut(Buffer.from(chunk)).map(({ words: [name = ''] }) => {
        heard.push(name.toUpperCase());
        if (/select/i.test(name)) return '-ERR DB index is out of range\r\n';
        if (/command/i.test(name)) return '*0\r\n';
        return /info/i.test(name) ? '$9\r\nloading:0\r\n' : '+OK\r\n';
      });
      const all = answers.join('');
      for (let at = 0; at < all.length; at += bytes) {
        socket.write(all.slice(at, at + bytes));
        await new Promise((done) => setImmediate(done));
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return { heard, port: typeof address === 'object' ? (address?.port ?? 0) : 0, end: () => server.close() };
}

test.each([1, 1000])('a refused database is no other database, its answer in pieces of %d bytes', async (bytes) => {
  const { port, heard, end } = await withoutDatabase(bytes);
  const redis = { url: `redis://127.0.0.1:${port}/7`, tls: 'disable' as const, password };
  const proxy = await openReadOnlyProxy(redis, 20_000, signal);
  const socket = connect(proxy.socket);
  socket.write(encodeCommand(['PING']));
  const said: Buffer[] = [];
  for await (const chunk of socket) said.push(Buffer.from(chunk as Buffer));
  expect(Buffer.concat(said).toString()).toBe('-ERR DB index is out of range\r\n');
  expect(heard.at(-1)).toBe('SELECT');
  await proxy.close();
  end();
});

test('without the server’s flags only what is known to be harmless passes', () => {
  const none = readingCommands('nonsense');
  expect(refusalOf(['INFO'], none)).toBeUndefined();
  expect(refusalOf(['GET', 'x'], none)).toBeDefined();
  expect(refusalOf([], none)).toBeDefined();
});

test('a server cannot call a write reading where it also calls it writing', () => {
  const told = readingCommands([['set', -3, ['readonly', 'write']], ['get', 2, ['readonly']], 'x', [1, 2, 3]]);
  expect([...told]).toEqual(['GET']);
});

test('commands and replies are found however they are cut', () => {
  const commands = [['SET', 'a', 'x\r\n*1\r\n'], ['GET', 'ü'], ['']];
  const bytes = Buffer.from(commands.map(encodeCommand).join(''));
  const cut = commandCutter();
  const found = [...bytes].flatMap((byte) => cut(Buffer.of(byte)));
  expect(found.map(({ words }) => words)).toEqual(commands);
  const count = replyCounter();
  const replies = Buffer.from('+OK\r\n-ERR x\r\n:1\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*1\r\n$3\r\na\r\n\r\n:2\r\n$0\r\n\r\n');
  expect([...replies].reduce((all, byte) => all + count(Buffer.of(byte)), 0)).toBe(8);
  expect(replyCounter()(replies)).toBe(8);
});

test.each(['GET x\r\n', '*x\r\n', '*1\r\n+x\r\n', `*${'1'.repeat(60)}`, '*99999999\r\n', '*1\r\n$9999999999\r\n'])(
  'it is no command: %j',
  (text) => expect(() => commandCutter()(Buffer.from(text))).toThrow(NotACommand),
);
