// A Redis that answers PING and does not work: real servers that refuse writes, for each reason, and a cluster that does
// not serve all slots.
import { rmSync } from 'node:fs';
import { Redis as Client } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { evaluateRedis } from '../../src/core/health/redis.ts';
import { parseInfo } from '../../src/data/redis/info.ts';
import { refusalsOf } from '../../src/data/redis/writes.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

test.runIf(!installed)('skipped without redis-server', () => {
  process.stderr.write('redis-writes.test: redis-server is not installed; its tests were skipped\n');
});

afterEach(endRedis);

describe.runIf(installed)('a real Redis', () => {
  test('that accepts writes is ok', async () => {
    const { cli, look } = await started();
    expect(cli('set', 'a', 'b')).toContain('OK');
    expect(await look()).toMatchObject({
      verdict: 'ok',
      says: expect.stringMatching(/^PONG, master, \d clients?$/) as string,
      evidence: 'pass',
    });
  });

  test('whose save failed and that refuses writes is critical; one that allows writes is a warning', async () => {
    const { cli, look, saves } = await started();
    cli('set', 'a', 'b');
    rmSync(saves, { recursive: true });
    cli('bgsave');
    await eventually(() => expect(cli('info', 'persistence')).toContain('rdb_last_bgsave_status:err'));
    expect(cli('set', 'a', 'b')).toContain('MISCONF');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      says: 'its last save failed: writes are refused',
      evidence: 'fail',
    });
    cli('acl', 'setuser', 'few', 'on', '>watch', '+ping', '+info', '+client');
    expect(await look({ username: 'few', password: 'watch' })).toMatchObject({
      verdict: 'critical',
      says: 'its last save failed: writes are refused, unless stop-writes-on-bgsave-error is no',
    });
    cli('config', 'set', 'stop-writes-on-bgsave-error', 'no');
    expect(cli('set', 'a', 'b')).toContain('OK');
    expect(await look()).toMatchObject({
      verdict: 'warning',
      says: 'its last save failed; writes are accepted: a restart loses them',
    });
    cli('config', 'set', 'stop-writes-on-bgsave-error', 'yes');
    cli('config', 'set', 'save', '');
    expect(cli('set', 'a', 'b')).toContain('OK');
    expect(await look()).toMatchObject({ verdict: 'warning' });
  });

  test('that is full and evicts nothing refuses writes', async () => {
    const { cli, look } = await started();
    cli('set', 'a', 'b');
    cli('config', 'set', 'maxmemory', '1000');
    expect(cli('set', 'c', 'd')).toContain('OOM');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      says: 'writes are refused: memory is full, and its policy evicts nothing',
    });
    // A policy that evicts only what expires has nothing to evict where nothing does.
    cli('config', 'set', 'maxmemory-policy', 'volatile-lru');
    expect(cli('set', 'c', 'd')).toContain('OOM');
    expect(await look()).toMatchObject({ verdict: 'critical' });
    cli('config', 'set', 'maxmemory', '0');
    expect(await look()).toMatchObject({ verdict: 'ok' });
  });

  test('without the replicas that it wants refuses writes', async () => {
    const { cli, look } = await started();
    cli('config', 'set', 'min-replicas-to-write', '2');
    expect(cli('set', 'c', 'd')).toContain('NOREPLICAS');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      says: 'writes are refused: 0 of 2 replicas are connected',
    });
  });

  test('that is a replica is critical, or a warning if it accepts writes', async () => {
    const { cli, look } = await started();
    cli('replicaof', '127.0.0.1', '1');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      says: 'a replica, takes no writes, cut off from its primary',
      evidence: 'fail',
    });
    cli('config', 'set', 'replica-read-only', 'no');
    expect(await look()).toMatchObject({ verdict: 'warning' });
  });

  test('that refuses INFO keeps its PING, and what is unknown is named', async () => {
    const { cli, look } = await started();
    cli('acl', 'setuser', 'pinger', 'on', '>watch', '+ping', '+client');
    expect(await look({ username: 'pinger', password: 'watch' })).toMatchObject({
      verdict: 'unknown',
      says: 'PONG, but it refuses INFO and CLUSTER INFO: role, memory and writes are unknown; whether all slots are served is unknown',
      memory: 'unknown',
      evidence: 'unknown',
      value: { latency: expect.any(Number) as number },
    });
    cli('acl', 'setuser', 'pinger', '+cluster|info');
    expect((await look({ username: 'pinger', password: 'watch' })).says).toBe(
      'PONG, but it refuses INFO: role, memory and writes are unknown',
    );
  });

  test('whose cluster is in state fail, or serves only some slots, is critical; with all slots it is ok', async () => {
    const { cli, look } = await started('--cluster-enabled', 'yes');
    expect(cli('ping')).toContain('PONG');
    expect(cli('set', 'a', 'b')).toContain('CLUSTERDOWN');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      says: 'the cluster is in state fail: 16384 of 16384 slots are not served',
      evidence: 'fail',
    });
    const slots = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
    for (let from = 0; from < 16_383; from += 4096)
      cli('cluster', 'addslots', ...slots(from, Math.min(from + 4095, 16_382)));
    cli('config', 'set', 'cluster-require-full-coverage', 'no');
    await eventually(async () => expect((await look()).says).toBe('1 of 16384 slots of the cluster are not served'));
    expect(cli('cluster', 'info')).toContain('cluster_state:ok');
    cli('cluster', 'addslots', '16383');
    await eventually(async () =>
      expect(await look()).toMatchObject({ verdict: 'ok', says: expect.stringContaining('of a cluster') as string }),
    );
  });
});

test('a failing append-only file is critical, whatever the saves report', async () => {
  const info = parseInfo('role:master\r\naof_enabled:1\r\naof_last_write_status:err\r\nrdb_last_bgsave_status:ok\r\n');
  const refusals = await refusalsOf(new Client({ lazyConnect: true }), info);
  expect(refusals).toEqual([{ why: 'append' }]);
  expect(evaluateRedis({ where: 'r', version: '7', latency: 1, role: 'master', refusals })).toMatchObject({
    verdict: 'critical',
    says: 'writes are refused: its append-only file cannot be written',
  });
});
