// A Redis that answers PING and does not work: real servers that refuse writes, for each reason, and a cluster that does
// not serve all slots.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis as Client } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../../simulator/postgres/server.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateMetric, metric } from '../../src/core/health/metrics.ts';
import { evaluateRedis } from '../../src/core/health/redis.ts';
import { parseInfo } from '../../src/data/redis/info.ts';
import { askRedisOnce } from '../../src/data/redis/source.ts';
import { refusalsOf } from '../../src/data/redis/writes.ts';
import { redis as redisEvidence } from '../../src/runbook/evidence.ts';
import { eventually } from '../support/eventually.ts';
import { live, world } from '../support/world.ts';

const installed = spawnSync('redis-server', ['--version']).status === 0;

test.runIf(!installed)('skipped without redis-server', () => {
  process.stderr.write('redis-writes.test: redis-server is not installed; its tests were skipped\n');
});

const running: { child: ChildProcess; home: string }[] = [];

afterEach(async () => {
  for (const { child, home } of running.splice(0)) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await ended;
    rmSync(home, { recursive: true, force: true });
  }
});

/** Starts a server, with a directory of its own for what it saves. */
async function started(...more: string[]) {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-redis-'));
  const saves = path.join(home, 'saves');
  mkdirSync(saves);
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', saves, '--save', '3600 1', ...more];
  running.push({ child: spawn('redis-server', args, { stdio: 'ignore', cwd: home }), home });
  const cli = (...words: string[]) =>
    spawnSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' }).stdout;
  await eventually(() => expect(cli('ping')).toContain('PONG'));
  const look = async (more: { username?: string; password?: string } = {}) => {
    const at = { url: `redis://127.0.0.1:${port}`, tls: 'disable' as const, ...more };
    const outcome = await askRedisOnce(at, 5000, AbortSignal.timeout(60_000));
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
    const seen = world({ readings: { redis: live<'redis'>(outcome.value) } });
    const found = evaluate(seen).find(({ id }) => id === 'redis');
    const { verdict, says } = found ?? {};
    return {
      verdict,
      says,
      evidence: redisEvidence(seen).state,
      memory: evaluateMetric(metric('redisMemory'), seen),
      value: outcome.value,
    };
  };
  return { cli, look, saves };
}

describe.runIf(installed)('a real Redis', () => {
  test('that accepts writes is ok', async () => {
    const { cli, look } = await started();
    expect(cli('set', 'a', 'b')).toContain('OK');
    expect(await look()).toMatchObject({
      verdict: 'ok',
      says: expect.stringMatching(/^PONG, master, \d clients$/) as string,
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
