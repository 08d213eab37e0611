// A real Redis Cluster, judged by all of its primaries: one that refuses writes does so for a third of the keys.
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../simulator/postgres/server.ts';
import { evaluateRedis, redisMemory } from '../../src/core/health/redis.ts';
import { otherNodes, otherPrimaries, settingsOfNode } from '../../src/data/redis/cluster-nodes.ts';
import { parseInfo, readRedis } from '../../src/data/redis/info.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

afterEach(endRedis);

async function cluster(size: number) {
  const share = Math.ceil(16_384 / size);
  const nodes = [];
  for (let i = 0; i < size; i++) {
    const bus = await freePort();
    const node = await started('--cluster-enabled', 'yes', '--cluster-port', String(bus));
    const last = Math.min((i + 1) * share, 16_384) - 1;
    expect(node.cli('cluster', 'addslotsrange', String(i * share), String(last))).toContain('OK');
    node.cli('config', 'set', 'cluster-require-full-coverage', 'no');
    nodes.push({ ...node, bus });
  }
  const [first] = nodes;
  if (!first) throw new Error('no nodes');
  for (const { port, bus } of nodes.slice(1)) first.cli('cluster', 'meet', '127.0.0.1', String(port), String(bus));
  await eventually(async () => {
    const seen = await first.look();
    expect(seen).toMatchObject({ verdict: 'ok' });
    expect(seen.value.nodes?.seen).toHaveLength(size - 1);
  });
  return nodes;
}

describe.runIf(installed)('a real Redis Cluster', () => {
  test('of which another node is full, or lacks its replicas, is critical and names it', async () => {
    const [first, second, third] = await cluster(3);
    if (!first || !second || !third) throw new Error('too few');
    expect((await first.look()).value.nodes?.silent).toEqual([]);
    second.cli('config', 'set', 'maxmemory', '1mb');
    expect(await first.look()).toMatchObject({
      verdict: 'critical',
      rule: 'redis/memory-full',
      says: expect.stringContaining(`node 127.0.0.1:${second.port} of the cluster: writes are refused`) as string,
      memory: 'critical',
    });
    second.cli('config', 'set', 'maxmemory', '0');
    expect(await first.look()).toMatchObject({ verdict: 'ok' });
    third.cli('config', 'set', 'min-replicas-to-write', '1');
    expect(await first.look()).toMatchObject({ verdict: 'critical', rule: 'redis/few-replicas' });
  });

  test('of which another node does not let us in is unknown; CLUSTER NODES refused is, too', async () => {
    const [first, second] = await cluster(2);
    if (!first || !second) throw new Error('too few');
    const rights = ['on', '>watch', '+ping', '+client', '+info', '+config|get', '+cluster|info', '+cluster|nodes'];
    first.cli('acl', 'setuser', 'watcher', ...rights);
    const login = { username: 'watcher', password: 'watch' };
    expect(await first.look(login)).toMatchObject({
      verdict: 'unknown',
      rule: 'redis/untold',
      says: expect.stringContaining(`127.0.0.1:${second.port} does not answer us`) as string,
    });
    second.cli('acl', 'setuser', 'watcher', ...rights);
    expect(await first.look(login)).toMatchObject({ verdict: 'ok' });
    first.cli('acl', 'setuser', 'watcher', '-cluster|nodes');
    expect(await first.look(login)).toMatchObject({
      verdict: 'unknown',
      says: expect.stringContaining('whether the other nodes take writes is unknown') as string,
    });
  });
});

test('only addresses of other primaries that live are asked; one that is none is told, as nobody knows of its node', () => {
  const id = 'e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca';
  const line = (address: string, flags: string, slots = '0-5460') =>
    `${id} ${address} ${flags} - 0 1 2 connected ${slots}`;
  const text = [
    line('127.0.0.1:6379@16379', 'myself,master'),
    line('10.0.0.7:6379@16379,redis-1', 'master'),
    line('2001:db8::7:6380@16380', 'master'),
    line('10.0.0.8:6379@16379', 'slave'),
    line('10.0.0.9:6379@16379', 'master,fail'),
    line(':0@0', 'master,noaddr'),
    line('evil.example/?a=:6379@1', 'master'),
    line('-oProxyCommand:6379@1', 'master'),
    line('10.0.0.10:99999@1', 'master'),
    line('\u001b[31m10.0.0.11:6379@1', 'master'),
    'garbage',
    '',
  ].join('\n');
  expect(otherPrimaries(text)).toEqual([
    { host: '10.0.0.7', port: 6379 },
    { host: '2001:db8::7', port: 6380 },
    ':0',
    'evil.example/?a=:6379',
    '-oProxyCommand:6379',
    '10.0.0.10:99999',
    '10.0.0.11:6379',
  ]);
});

test.each(['', 'used_memory:\r\nmaxmemory:\r\n', 'used_memory:12\r\n', '<html>used_memory:-1'])(
  'a node whose INFO does not tell its memory is unknown, not empty: %j',
  async (info) => {
    const text = 'e7d1 10.0.0.7:6379@16379 master - 0 1 2 connected 0-5460';
    const asked = { call: async () => text, info: async () => info };
    const connect = async () => ({ client: asked, close: async () => {} });
    const found = await otherNodes(asked as never, connect as never, parseInfo);
    expect(found).toEqual({ seen: [], silent: ['10.0.0.7:6379'] });
  },
);

/** A server that answers so. */
const answering = (info: string, cluster = 'cluster_state:ok'): never =>
  ({ ping: async () => 'PONG', info: async () => info, call: async () => cluster }) as never;

test('what INFO does not tell is unknown, not zero', async () => {
  const told = await readRedis(answering('role:master\r\nused_memory:12\r\n'), 'there');
  expect(told).toMatchObject({ usedBytes: 12, maxBytes: undefined, evictedKeys: undefined, clients: undefined });
  expect(redisMemory(told)).toBeUndefined();
  expect(redisMemory({ ...told, maxBytes: 0 })).toEqual({ used: 12, most: 0 });
});

test.each(['cluster_state:ok', 'cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_fail:none\r\n'])(
  'a cluster that does not tell its slots is unknown: %j',
  async (cluster) => {
    const info = 'role:master\r\nredis_mode:cluster\r\nused_memory:12\r\nmaxmemory:0\r\n';
    const told = await readRedis(answering(info, cluster), 'there');
    expect(told.slots).toBeUndefined();
    expect(told.untold).toMatchObject([{ what: 'CLUSTER INFO' }]);
    expect(evaluateRedis(told).verdict).not.toBe('ok');
  },
);

test('another node gets the password over TLS where the first one does, also on loopback', () => {
  const redis = { url: 'rediss://redis.bentham.io:6379/0', password: 'p' };
  expect(settingsOfNode(redis, { host: '127.0.0.1', port: 7000 }).url).toBe('rediss://127.0.0.1:7000');
  expect(settingsOfNode(redis, { host: '2001:db8::7', port: 7000 }).url).toBe('rediss://[2001:db8::7]:7000');
  const required = { url: 'redis://redis.bentham.io', tls: 'require' as const };
  expect(settingsOfNode(required, { host: '10.0.0.7', port: 7000 }).url).toBe('rediss://10.0.0.7:7000');
});
