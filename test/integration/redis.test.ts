import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import { hour } from '../../src/core/time.ts';
import type { Redis } from '../../src/core/world/facts.ts';
import { redisFault } from '../../src/data/redis/faults.ts';
import { parseInfo } from '../../src/data/redis/info.ts';
import { redisKeys } from '../../src/data/redis/preflight.ts';
import { askRedisOnce, perMinute, redisSource } from '../../src/data/redis/source.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { acting } from '../support/acting.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';

const at = (port: number, more: Partial<Settings['redis']> = {}) => ({ url: `redis://127.0.0.1:${port}`, ...more });
const ask = (port: number, more: Partial<Settings['redis']> = {}, within = 2000) =>
  askRedisOnce(at(port, more), within, AbortSignal.timeout(within));

const servers: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listener(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test('INFO is read line by line', () => {
  const info = parseInfo('# Memory\r\nused_memory:1024\r\nmaxmemory_policy:noeviction\r\nodd line\r\n');
  expect([...info]).toEqual([
    ['used_memory', '1024'],
    ['maxmemory_policy', 'noeviction'],
  ]);
});

test('each answer becomes a fault with the next move', () => {
  const says = (message: string, more: Partial<Settings['redis']> = {}) =>
    redisFault(Object.assign(new Error(message), { name: 'ReplyError' }), at(6379, more));
  expect(says('NOAUTH Authentication required.')).toMatchObject({
    kind: 'forbidden',
    hint: expect.stringContaining('REDIS_PASSWORD'),
  });
  expect(says('WRONGPASS invalid username-password pair or user is disabled.').kind).toBe('forbidden');
  expect(says("NOPERM User ops has no permissions to run the 'info' command", { username: 'ops' })).toMatchObject({
    kind: 'forbidden',
    what: 'ops is not allowed to run INFO',
    hint: 'ACL SETUSER ops +info',
  });
  expect(says('LOADING Redis is loading the dataset in memory').kind).toBe('refused');
  expect(says('MISCONF Redis is configured to save RDB snapshots, but it is').kind).toBe('refused');
  expect(says('ERR max number of clients reached').kind).toBe('refused');
});

test.each<readonly [message: string, kind: string, what: RegExp, hint: RegExp]>([
  ['MASTERDOWN Link with MASTER is down', 'refused', /its master is unreachable/, /master/],
  ["READONLY You can't write against a read only replica.", 'refused', /this is a replica: read-only/, /primary/],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'refused', /^out of memory/, /maxmemory/],
  ['MOVED 3999 127.0.0.1:6381', 'refused', /Redis Cluster node/, /redis-cli -c/],
  ['CLUSTERDOWN The cluster is down', 'refused', /Redis Cluster is down/, /CLUSTER INFO/],
  ['LOADING Redis is loading the dataset in memory', 'refused', /loading/, /INFO persistence/],
  ['MISCONF Redis is configured to save RDB snapshots', 'refused', /cannot save/, /disk/],
  ['NOREPLICAS Not enough good replicas to write.', 'refused', /too few replicas/, /INFO replication/],
  ['BUSY Redis is busy running a script.', 'refused', /script/, /SCRIPT KILL/],
  [
    'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
    ...(['refused', /a function/, /FUNCTION KILL/] as const),
  ],
  ['ERR max number of clients reached', 'refused', /clients/, /CLIENT LIST/],
  ['ERR Client sent AUTH, but no password is set', 'forbidden', /server has none/, /unset REDIS_PASSWORD/],
  ['NOPERM No permissions to access a key', 'forbidden', /keys/, /~\*/],
  ['NOPERM x has no permissions to access one of the channels used', 'forbidden', /channels/, /&\*/],
  ["NOPERM this user has no permissions to run the 'info' command or its subcommand", 'forbidden', /INFO/, /\+info/],
  ['DENIED Redis is running in protected mode', 'forbidden', /protected mode/, /password/],
])('%s has a readable fault', (message, kind, what, hint) => {
  const fault = redisFault(Object.assign(new Error(message), { name: 'ReplyError' }), at(6379));
  expect(fault).toMatchObject({ kind, what: expect.stringMatching(what), hint: expect.stringMatching(hint) });
});

test('endless or oversized answers end only their request', async () => {
  const huge = await listener((socket) => {
    socket.once('data', () => {
      socket.write('$9999999999\r\n');
      const pour = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024, 'x')));
      };
      socket.on('drain', pour);
      pour();
    });
  });
  expect(await ask(huge, {}, 1000)).toMatchObject({ ok: false });
  for (const garbage of [
    '*2147483647\r\n',
    '$-7\r\n',
    ':1e\r\n',
    '+OK',
    '*1\r\n'.repeat(5000),
    '\0\0\r\n',
    '-\u001b[31mred\r\n',
  ]) {
    const rude = await listener((socket) => socket.once('data', () => socket.end(garbage)));
    const answer = await ask(rude, {}, 1000);
    expect({ garbage, answer }).toMatchObject({ answer: { ok: false } });
    expect(JSON.stringify(answer)).not.toContain('\\u001b');
  }
});

test('evictions are a rate between two reads, and restart with the server', () => {
  const before = { count: 100, at: 1000 };
  expect(perMinute(undefined, before)).toBeUndefined();
  expect(perMinute(before, { count: 110, at: 11_000 })).toBe(60);
  expect(perMinute(before, { count: 3, at: 11_000 })).toBeUndefined();
});

test('a server that refuses, is silent, hangs up or speaks another protocol has a fault', async () => {
  const gone = await listener(() => {});
  const { server } = servers.pop() ?? {};
  await new Promise((resolve) => server?.close(resolve));
  expect(await ask(gone)).toMatchObject({ ok: false, fault: { kind: 'refused' } });

  const silent = await listener(() => {});
  expect(await ask(silent, {}, 150)).toMatchObject({ ok: false, fault: { where: `127.0.0.1:${silent}` } });

  const rude = await listener((socket) => socket.destroy());
  expect(await ask(rude)).toMatchObject({ ok: false, fault: { kind: 'unreachable' } });

  const web = await listener((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(await ask(web)).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
});

const installed = spawnSync('redis-server', ['--version']).status === 0;

test.runIf(!installed)('skipped without redis-server', () => {
  process.stderr.write('redis.test: redis-server is not installed; its tests were skipped\n');
});

describe.runIf(installed)('a real Redis', () => {
  let home: string;
  let child: ChildProcess;
  let port: number;

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'bentham-redis-'));
    port = await listener(() => {});
    const { server } = servers.pop() ?? {};
    await new Promise((resolve) => server?.close(resolve));
    await start();
  });
  afterAll(async () => {
    await stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function start(...more: string[]) {
    const quiet = ['--save', '', '--appendonly', 'no', '--dir', home, '--bind', '127.0.0.1'];
    child = bound(spawn('redis-server', ['--port', String(port), ...quiet, ...more], { stdio: 'ignore' }));
    await eventually(() => expect(cli('ping')).toContain('PONG'));
  }
  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  const cli = (...args: string[]) => spawnSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).stdout;
  const value = async () => {
    const outcome = await ask(port);
    if (!outcome.ok) throw new Error(outcome.fault.what);
    return outcome.value;
  };

  test('TLS: with its authority, without it, with another name, and spoken to in clear; a file that is not there', async () => {
    await stop();
    const own = selfSigned('redis');
    const file = (name: string, text: string) => {
      const where = path.join(home, name);
      writeFileSync(where, text);
      return where;
    };
    const [crt, key] = [file('redis.crt', own.cert), file('redis.key', own.key)];
    const tls = ['--tls-cert-file', crt, '--tls-key-file', key, '--tls-ca-cert-file', crt, '--tls-auth-clients', 'no'];
    const args = ['--port', '0', '--tls-port', String(port), '--save', '', ...tls];
    child = bound(spawn('redis-server', args, { stdio: 'ignore' }));
    const url = `rediss://localhost:${port}`;
    await eventually(async () => expect(await ask(port, { url, caFile: crt })).toMatchObject({ ok: true }));
    expect(await ask(port, { url })).toMatchObject({
      fault: { kind: 'malformed', what: 'certificate self-signed', hint: expect.stringContaining('redis.caFile') },
    });
    expect(await ask(port, { url: `rediss://127.0.0.2:${port}`, caFile: crt })).toMatchObject({
      fault: { what: 'certificate is for another host' },
    });
    expect(await ask(port)).toMatchObject({
      ok: false,
      fault: { kind: 'unreachable', hint: expect.stringContaining('rediss://') },
    });
    expect(await ask(port, { url, caFile: path.join(home, 'absent') })).toMatchObject({
      fault: { kind: 'unconfigured', hint: expect.stringContaining('redis.caFile') },
    });
    expect(await ask(port, { url, caFile: home })).toMatchObject({ fault: { kind: 'unconfigured' } });
    await stop();
    await start();
    expect(await ask(port, { url })).toMatchObject({
      fault: { hint: expect.stringContaining('no TLS, set redis://') },
    });
  });

  test('passwords and rights: missing, wrong, too few', async () => {
    cli('acl', 'setuser', 'ops', 'on', '>open', '~*', '+ping');
    cli('config', 'set', 'requirepass', 'sesame');
    try {
      expect(await ask(port)).toMatchObject({ fault: { kind: 'forbidden', what: 'a password is required' } });
      expect(await ask(port, { password: 'no' })).toMatchObject({
        fault: { kind: 'forbidden', what: 'user or password not accepted' },
      });
      expect(await ask(port, { password: 'sesame' })).toMatchObject({ ok: true });
      expect(await ask(port, { username: 'ops', password: 'open' })).toMatchObject({
        ok: true,
        value: { role: 'unknown', untold: [{ what: 'INFO' }, { what: 'CLUSTER INFO' }] },
      });
    } finally {
      spawnSync('redis-cli', ['-p', String(port), '-a', 'sesame', 'config', 'set', 'requirepass', '']);
    }
  });

  test('distinguishes a Sentinel and a cluster node from a single server', async () => {
    await stop();
    await start('--cluster-enabled', 'yes', '--cluster-config-file', path.join(home, 'nodes.conf'));
    expect(await value()).toMatchObject({ cluster: true });
    await stop();
    const config = path.join(home, 'sentinel.conf');
    writeFileSync(config, `port ${port}\ndir ${home}\n`);
    child = bound(spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' }));
    await eventually(() => expect(cli('ping')).toContain('PONG'));
    expect(await ask(port)).toMatchObject({
      fault: { kind: 'unconfigured', what: 'this is a Sentinel, not a Redis server' },
    });
    await stop();
    await start();
  });

  test('reports memory, limit, policy and role; no limit is 0', async () => {
    expect(await value()).toMatchObject({
      role: 'master',
      maxBytes: 0,
      evictedKeys: 0,
      policy: 'noeviction',
    } satisfies Partial<Redis>);
    cli('config', 'set', 'maxmemory', '104857600');
    expect(await value()).toMatchObject({ maxBytes: 104_857_600 });
    expect((await value()).usedBytes).toBeGreaterThan(100_000);
    cli('config', 'set', 'maxmemory', '0');
  });

  test('reports a missing and a wrong password, and a user without permission', async () => {
    cli('config', 'set', 'requirepass', 'sesame');
    expect(await ask(port)).toMatchObject({ ok: false, fault: { kind: 'forbidden', what: 'a password is required' } });
    expect(await ask(port, { password: 'wrong' })).toMatchObject({
      ok: false,
      fault: { kind: 'forbidden', what: 'user or password not accepted' },
    });
    expect(await ask(port, { password: 'sesame' })).toMatchObject({ ok: true });
    cli('-a', 'sesame', 'acl', 'setuser', 'ops', 'on', '>watch', '+ping');
    expect(await ask(port, { username: 'ops', password: 'watch' })).toMatchObject({
      ok: true,
      value: { untold: [{ what: 'INFO', why: expect.stringContaining('info') }, { what: 'CLUSTER INFO' }] },
    });
    cli('-a', 'sesame', 'config', 'set', 'requirepass', '');
  });

  test('names a missing UNLINK permission before the confirmation, or that it cannot be checked', async () => {
    const idle = "redis.call('restore','old:1',0,redis.call('dump','new'),'REPLACE','IDLETIME','7200')";
    cli('eval', `redis.call('set','new','x'); ${idle}; redis.call('del','new')`, '0');
    const directory = mkdtempSync(path.join(tmpdir(), 'redis-acl-'));
    const planned = async (user: string, ...rights: string[]) => {
      cli('acl', 'setuser', user, 'on', '>watch', '~*', '+@all', ...rights);
      const cockpit = await acting({
        REDIS_URL: `redis://${user}:watch@127.0.0.1:${port}`,
        BENTHAM_JOURNAL_DIRECTORY: directory,
      });
      try {
        const run = await cockpit.plan('evict-redis', { prefix: 'old:', idle: '1h' });
        if (run.phase === 'planned') cockpit.runner.cancel(run.id);
        return run;
      } finally {
        await cockpit.stop();
      }
    };
    try {
      expect((await planned('may')).plan?.warnings).toEqual([]);
      expect(await planned('maynot', '-unlink')).toMatchObject({
        outcome: 'refused',
        says: expect.stringContaining('Redis would refuse this') as string,
        hint: 'ACL SETUSER maynot +unlink',
      });
      expect((await planned('blindfold', '-acl')).plan?.warnings?.join()).toContain(
        'Permission for UNLINK is unknown until it runs',
      );
    } finally {
      cli('del', 'old:1');
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('a scan finds unused keys, names forbidden commands, and ends', async () => {
    const scan = async (idle: number, more: Partial<Parameters<typeof redisKeys>[0]> = {}, prefix = 'cache:') => {
      const found = await redisKeys(
        { url: `redis://127.0.0.1:${port}`, ...more },
        { prefix, idle, most: 100, cursor: '0' },
        { signal: AbortSignal.timeout(60_000) },
      );
      if (!found.ok) throw new Error(`${found.fault.what}; ${found.fault.hint}`);
      return found.value;
    };
    cli('eval', "for i=1,30000 do redis.call('set',(i%2==0 and 'cache:' or 'queue:')..i,'x') end", '0');
    const client = new (await import('ioredis')).Redis({ port, host: '127.0.0.1' });
    await client.restore('cache:old', 0, (await client.dumpBuffer('queue:1')) ?? '', 'IDLETIME', 7200);
    client.disconnect();
    // Restored idle for two hours: the only one, behind thousands of others.
    expect(await scan(hour)).toMatchObject({
      idle: [{ key: 'cache:old', bytes: expect.any(Number) as number }],
      matched: 15_001,
      resume: undefined,
    });
    const some = await scan(0);
    expect([some.idle.length, some.resume]).toEqual([100, expect.stringMatching(/^\d+$/)]);
    // Parts that go on where the one before them ended come to the end, and give every key.
    const all = new Set<string>();
    for (let cursor: string | undefined = '0', parts = 0; cursor !== undefined; parts += 1) {
      expect(parts).toBeLessThan(30);
      const wanted = { prefix: 'cache:', idle: 0, most: 2000, cursor };
      const part = await redisKeys({ url: `redis://127.0.0.1:${port}` }, wanted, {
        signal: AbortSignal.timeout(60_000),
      });
      if (!part.ok) throw new Error(part.fault.what);
      for (const { key } of part.value.idle) all.add(key);
      cursor = part.value.resume;
    }
    expect(all.size).toBe(15_001);

    cli('acl', 'setuser', 'blind', 'on', '>watch', '~*', '+@all', '-memory');
    const unsized = await scan(hour, { username: 'blind', password: 'watch' });
    expect(unsized.idle).toEqual([{ key: 'cache:old', idle: expect.any(Number) as number }]);
    expect(unsized.unsized).toBe('this user is not allowed to run MEMORY USAGE');
    cli('acl', 'setuser', 'blind', '-object');
    expect(await scan(0, { username: 'blind', password: 'watch' })).toMatchObject({
      idle: [],
      untold: { by: 'permission', says: 'this user is not allowed to run OBJECT IDLETIME' },
    });
    cli('acl', 'setuser', 'blind', '-scan');
    await expect(scan(0, { username: 'blind', password: 'watch' })).rejects.toThrow(
      'blind is not allowed to run SCAN; ACL SETUSER blind +scan',
    );
    cli('config', 'set', 'maxmemory-policy', 'allkeys-lfu');
    expect((await scan(0)).untold).toMatchObject({ by: 'policy', says: expect.stringContaining('LFU') as string });
    cli('config', 'set', 'maxmemory-policy', 'noeviction');
    cli('flushall');
  });

  test('names a replica and a cluster node', async () => {
    cli('replicaof', '127.0.0.1', '1');
    expect(await value()).toMatchObject({
      role: 'slave',
      linkUp: false,
      persistence: { appendOnly: false, saved: true },
    });
    cli('replicaof', 'no', 'one');
    expect((await value()).linkUp).toBeUndefined();
  });

  test('reports no free connection as a refusal', async () => {
    const before = cli('config', 'get', 'maxclients').split('\n')[1] ?? '';
    cli('config', 'set', 'maxclients', '1');
    const held = new (await import('ioredis')).Redis({ port, host: '127.0.0.1' });
    held.on('error', () => {});
    await eventually(() => expect(held.status).toBe('ready'));
    try {
      expect(await ask(port)).toMatchObject({ ok: false, fault: { kind: 'refused' } });
    } finally {
      await held.config('SET', 'maxclients', before);
      held.disconnect();
    }
  });

  test('the source recovers automatically after the server was frozen, killed and restarted', async () => {
    const settings = settingsSchema.parse({
      profile: 'test',
      environment: { name: 'TEST', guarded: false },
      kubernetes: { namespace: 'x' },
      gateway: { url: 'http://127.0.0.1:1' },
      database: { primary: { host: '127.0.0.1' } },
      redis: at(port),
      intervals: { redis: 50, timeout: 300 },
    });
    const news: SourceUpdate[] = [];
    const over = new AbortController();
    const running = redisSource(settings, { shared: false }).start((one) => void news.push(one), over.signal);
    const newest = () => news.at(-1);
    await eventually(() => expect(newest()).toHaveProperty('value'));

    child.kill('SIGSTOP');
    await eventually(() => expect(newest()).toMatchObject({ fault: { kind: 'timeout' } }));
    child.kill('SIGCONT');
    await eventually(() => expect(newest()).toHaveProperty('value'));

    await stop();
    await eventually(() => expect(newest()).toMatchObject({ fault: { kind: 'refused' } }));
    await start();
    await eventually(() => expect(newest()).toHaveProperty('value'));
    over.abort();
    await running.ended;
  });
});

test('answer too long is cut, and not kept', async () => {
  let sent = 0;
  const port = await listener((socket) =>
    socket.on('data', (data) => {
      if (!/\r\nINFO\r\n/i.test(data.toString()))
        return void socket.write('+OK\r\n'.repeat(data.toString().match(/\*\d/g)?.length ?? 1));
      socket.write(`$${512 * 1024 * 1024}\r\n`);
      const more = () => {
        while (!socket.destroyed && sent < 512 * 1024 * 1024) {
          sent += 65_536;
          if (!socket.write(Buffer.alloc(65_536, 'used_memory:1\r\n'))) return;
        }
      };
      socket.on('drain', more);
      more();
    }),
  );
  expect(await ask(port, {}, 20_000)).toMatchObject({
    ok: false,
    fault: { kind: 'malformed', what: 'answer too long' },
  });
  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

test('an answer nested without end is not Redis’', () => {
  const fault = redisFault(new RangeError('Maximum call stack size exceeded. Please report this.'), at(6379));
  expect(fault).toMatchObject({ kind: 'malformed', what: 'not a Redis answer' });
});
