// What a real Redis runs into while it answers: it loads, lost its primary, has no connection left, cannot rewrite its
// file, has replicas that do not keep up, is a replica of a cluster.
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { evaluateRedis } from '../../src/core/health/redis.ts';
import type { Redis } from '../../src/core/world/facts.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

afterEach(endRedis);

const calm: Redis = { where: 'r', version: '7', latency: 1, role: 'master', usedBytes: 1e9, maxBytes: 2e9, clients: 9 };

describe.runIf(installed)('a real Redis', () => {
  test('that loads its data is critical, and says for how long', async () => {
    const { cli, restart } = await started('--enable-debug-command', 'yes');
    cli('debug', 'populate', '20000');
    const { look } = await restart('--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      rule: 'redis/loading',
      says: expect.stringMatching(/^loads its data from disk and answers nothing until then/) as string,
      evidence: 'fail',
    });
  });

  test('that is a replica without a primary, and answers nothing therefore, is told by what it is', async () => {
    const { cli, look } = await started('--replica-serve-stale-data', 'no');
    cli('replicaof', '127.0.0.1', '1');
    expect(cli('ping')).toContain('MASTERDOWN');
    expect(await look()).toMatchObject({
      verdict: 'critical',
      rule: 'redis/replica',
      says: 'a replica, takes no writes, cut off from its primary',
    });
  });

  test('with hardly a connection left is a warning', async () => {
    const { cli, look } = await started();
    cli('config', 'set', 'maxclients', '1000');
    expect(await look()).toMatchObject({ verdict: 'ok', value: { maxClients: 1000 } });
    const { value } = await look();
    expect(evaluateRedis({ ...value, clients: 950 })).toMatchObject({ verdict: 'warning', rule: 'redis/clients' });
  });

  test('whose append-only file cannot be rewritten is a warning', async () => {
    const { cli, look, saves } = await started('--appendonly', 'yes');
    expect(await look()).toMatchObject({ verdict: 'ok' });
    rmSync(saves, { recursive: true });
    cli('bgrewriteaof');
    await eventually(async () =>
      expect(await look()).toMatchObject({ verdict: 'warning', rule: 'redis/rewrite-failed' }),
    );
  });

  test('whose replica does not get on is a warning until it is online', async () => {
    const primary = await started(
      '--enable-debug-command',
      'yes',
      '--repl-diskless-sync',
      'no',
      '--rdb-key-save-delay',
      '300',
    );
    primary.cli('debug', 'populate', '20000');
    const replica = await started('--replicaof', '127.0.0.1', String(primary.port));
    await eventually(async () =>
      expect(await primary.look()).toMatchObject({ verdict: 'warning', says: '1 of 1 replicas do not keep up' }),
    );
    primary.cli('config', 'set', 'rdb-key-save-delay', '0');
    await eventually(async () => expect(await primary.look()).toMatchObject({ verdict: 'ok' }));
    expect(await replica.look()).toMatchObject({ verdict: 'critical', rule: 'redis/replica' });
  });

  test('that is a replica of a cluster is ok while it hears its primary', async () => {
    const primary = await started('--cluster-enabled', 'yes', '--cluster-node-timeout', '60000');
    const replica = await started('--cluster-enabled', 'yes', '--cluster-node-timeout', '60000');
    primary.cli('cluster', 'addslotsrange', '0', '16383');
    replica.cli('cluster', 'meet', '127.0.0.1', String(primary.port));
    const id = primary.cli('cluster', 'myid').trim();
    await eventually(() => expect(replica.cli('cluster', 'replicate', id)).toContain('OK'));
    await eventually(async () =>
      expect(await replica.look()).toMatchObject({
        verdict: 'ok',
        says: expect.stringMatching(/^PONG, slave of a cluster/) as string,
      }),
    );
  });
});

test.each([
  ['refuses connections', { rejectedPerMinute: 12 }, 'critical', 'redis/rejects'],
  [
    'fills its host without a limit',
    { maxBytes: 0, usedBytes: 95e8, systemBytes: 1e10 },
    'warning',
    'redis/host-memory',
  ],
  ['has a limit of its own', { usedBytes: 95e8, maxBytes: 99e8, systemBytes: 1e10 }, 'ok', 'redis/ok'],
  ['holds back writes', { refusals: [{ why: 'paused' }] }, 'critical', 'redis/paused'],
  ['is cut off in a cluster', { role: 'slave', cluster: true, linkUp: false }, 'warning', 'redis/cluster-replica-cut'],
  [
    'refuses connections, and could not save',
    { rejectedPerMinute: 1, persistence: { saved: false, appendOnly: false } },
    'critical',
    'redis/rejects',
  ],
] as const)('a Redis that %s', (_, more, verdict, rule) =>
  expect(evaluateRedis({ ...calm, ...more })).toMatchObject({ verdict, rule }),
);
