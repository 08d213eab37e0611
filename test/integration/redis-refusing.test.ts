// What a real Redis does to its clients while it answers us: it holds their writes, or refuses their commands and logins.
import { spawn } from 'node:child_process';
import { Redis as Client } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { evaluateRedis } from '../../src/core/health/redis.ts';
import type { Redis } from '../../src/core/world/facts.ts';
import { parseInfo } from '../../src/data/redis/info.ts';
import { refusedCallsFrom, whyRefused } from '../../src/data/redis/refused-calls.ts';
import { redisSource } from '../../src/data/redis/source.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await endRedis();
});

/** What the source of the cockpit says first of a server, as `status` does. */
async function firstLook(port: number): Promise<Redis> {
  const settings = settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1' } },
    redis: { url: `redis://127.0.0.1:${port}` },
    intervals: { timeout: 20_000 },
  });
  const over = new AbortController();
  const seen = await new Promise<SourceUpdate>((resolve) => {
    redisSource(settings, { shared: false }).start(resolve, over.signal);
  });
  over.abort();
  if (!('value' in seen)) throw new Error(JSON.stringify(seen));
  return seen.value as Redis;
}

/** A client that asks for the same again and again, whatever it is answered. */
function insisting(port: number, login: { username?: string; password?: string }, ...command: [string, ...string[]]) {
  const client = new Client({ host: '127.0.0.1', port, ...login, retryStrategy: () => 20, maxRetriesPerRequest: null });
  clients.push(client);
  client.on('error', () => {});
  const again = (): void => {
    if (clients.includes(client))
      client
        .call(...command)
        .catch(() => {})
        .finally(() => setTimeout(again, 20));
  };
  again();
}

describe.runIf(installed)('a real Redis', () => {
  test('that holds writes is critical, whether or not its version tells it', async () => {
    const { cli, look } = await started();
    expect(await look()).toMatchObject({ verdict: 'ok' });
    cli('client', 'pause', '600000', 'WRITE');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      rule: 'redis/paused',
      says: expect.stringContaining('writes wait') as string,
    });
    cli('client', 'unpause');
    expect(await look()).toMatchObject({ verdict: 'ok' });
    // Nothing was written to find out.
    expect(cli('dbsize').trim()).toBe('0');
  });

  test('that is only slow holds nothing', async () => {
    const { port, look } = await started('--enable-debug-command', 'yes');
    const busy = spawn('redis-cli', ['-p', String(port), 'debug', 'sleep', '1.5'], { stdio: 'ignore' });
    const looks = await Promise.all([look(), look(), look()]);
    expect(looks.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok']);
    if (busy.exitCode === null) await new Promise((resolve) => busy.once('exit', resolve));
  });

  test('whose user lost the right to write refuses commands, at the first look', async () => {
    const { cli, port } = await started();
    cli('acl', 'setuser', 'app', 'on', '>app', '~*', '+@all', '-@write');
    insisting(port, { username: 'app', password: 'app' }, 'set', 'a', 'b');
    await eventually(() => expect(cli('info', 'errorstats')).toContain('NOPERM'));
    expect(evaluateRedis(await firstLook(port))).toMatchObject({
      verdict: 'warning',
      rule: 'redis/refuses-commands',
      says: expect.stringContaining('NOPERM') as string,
      remedy: expect.stringContaining('ACL LOG') as string,
    });
  });

  test('that refuses the password of a client is a warning, too', async () => {
    const { cli, port } = await started();
    insisting(port, { username: 'app', password: 'old' }, 'get', 'a');
    await eventually(() => expect(cli('info', 'errorstats')).toContain('WRONGPASS'));
    // Each try of the client is a connection of its own.
    const seen = await eventually(async () => {
      const found = await firstLook(port);
      expect(found.refusing?.code).toMatch(/WRONGPASS|NOAUTH/);
      return found;
    });
    expect(evaluateRedis(seen)).toMatchObject({ rule: 'redis/refuses-commands' });
  });

  test('that refused something long ago, or refuses us a part, refuses nobody now', async () => {
    const { cli, port } = await started();
    cli('acl', 'setuser', 'app', 'on', 'nopass', '~*', '+@all', '-@write');
    cli('--user', 'app', '--pass', 'x', 'set', 'a', 'b');
    cli('--user', 'app', '--pass', 'x', 'config', 'set', 'save', '');
    expect(cli('info', 'errorstats')).toContain('NOPERM');
    const seen = await firstLook(port);
    expect(seen).toMatchObject({ refusedCalls: { count: 1 }, refusing: undefined });
    expect(evaluateRedis(seen)).toMatchObject({ verdict: 'ok' });
  });
});

test('commands that clients are refused are counted, without administration and redirections', () => {
  const commands = parseInfo(
    [
      'cmdstat_set:calls=9,usec=1,usec_per_call=0.1,rejected_calls=7,failed_calls=1',
      'cmdstat_config|get:calls=9,rejected_calls=100,failed_calls=0',
      'cmdstat_ping:calls=9,rejected_calls=100,failed_calls=0',
    ].join('\r\n'),
  );
  const errors = parseInfo('errorstat_MOVED:count=2\r\nerrorstat_OOM:count=5\r\nerrorstat_\u001b[31m:count=9');
  const counted = refusedCallsFrom(commands, errors);
  expect(counted).toEqual({ count: 5, byCode: [{ code: 'OOM', count: 5 }] });
  expect(
    whyRefused({ count: 1, byCode: [{ code: 'OOM', count: 4 }] }, { count: 5, byCode: counted?.byCode ?? [] }),
  ).toBe('OOM');
  // Before Redis 6.2 it does not tell.
  expect(refusedCallsFrom(parseInfo('cmdstat_set:calls=9,usec=1,usec_per_call=0.1'), errors)).toBeUndefined();
});
