// What proves that keys of Redis were unlinked: that they are gone. One that was used since the plan proves nothing.
import { expect, test } from 'vitest';
import { cleanupEvidence } from '../../src/actions/cleanup-evidence.ts';
import { evictRedis } from '../../src/actions/redis.ts';
import { restoreDeletedEvidence } from '../../src/actions/restore-deleted-evidence.ts';
import type { Preflight } from '../../src/core/actions/preflight.ts';
import { hour, minute, second } from '../../src/core/time.ts';
import { now } from '../support/world.ts';

/** What is there after the call, and for how long it is idle. */
function proof(there: Readonly<Record<string, number>>) {
  const preflight: Pick<Preflight, 'now' | 'redis' | 'redisIdle'> = {
    now: () => now,
    redis: async () => ({ ok: true, value: { usedBytes: 1024, missing: [] } as never }),
    redisIdle: async (keys) => ({
      ok: true,
      value: new Map(Object.entries(there).filter(([key]) => keys.includes(key))),
    }),
  };
  const names = JSON.stringify(['cache:a', 'cache:b', 'cache:c']);
  const plan = { baseline: { names, keys: '3', before: '4096' } };
  const done = { run: 'r', target: { prefix: 'cache:' }, plan, startedAt: now - 5 * second, output: [] };
  return evictRedis.verify(done, preflight as Preflight);
}

test('removed keys are verified, with the memory that is free', async () => {
  expect(await proof({})).toEqual({ state: 'pass', because: '3 keys are gone; memory 1.0 kB, 3.0 kB less' });
});

test('a key used since the plan is named and not counted', async () => {
  const { state, because } = await proof({ 'cache:b': second });
  expect([state, because.split(';')[0]]).toEqual(['pass', '2 keys are gone, 1 still exist, used since the plan']);
});

test('a key idle since before the call was not removed', async () => {
  expect(await proof({ 'cache:b': hour })).toEqual({ state: 'fail', because: '1 of the keys remain' });
  expect(await proof({ 'cache:b': minute, 'cache:c': 0 })).toMatchObject({ state: 'fail' });
});

test('keys that are all in use again prove nothing', async () => {
  expect(await proof({ 'cache:a': 0, 'cache:b': 0, 'cache:c': second })).toMatchObject({
    state: 'unknown',
    final: true,
  });
});

test('where a scan that is not over found no idle key, the next one goes on behind it', async () => {
  const plan = (resume: string | undefined) => {
    const keys = { idle: [], matched: 200_000, scanned: 200_000, resume };
    const preflight: Pick<Preflight, 'redis' | 'redisKeys'> = {
      redis: async () => ({ ok: true, value: { role: 'master', missing: [] } as never }),
      redisKeys: async () => ({ ok: true, value: keys as never }),
    };
    return evictRedis.plan({ prefix: 'cache:', idle: '1h' }, preflight as Preflight);
  };
  expect(await plan('4711')).toMatchObject({
    ok: false,
    // SCAN counts nothing: an estimate says so.
    why: expect.stringContaining('(~200 000 keys scanned)') as string,
    next: [{ action: 'evict-redis', target: { prefix: 'cache:', idle: '1h', cursor: '4711' } }],
  });
  expect(await plan(undefined)).toMatchObject({ ok: false, next: [] });
});

test('the next run goes on at the cursor where this one ended; none is offered after the last key', () => {
  const clock: Pick<Preflight, 'now'> = { now: () => now };
  const done = { run: 'r', target: { prefix: 'cache:', idle: '1h', cursor: '7' }, startedAt: now, output: [] };
  const ended = { ...done, plan: { baseline: { names: '[]', keys: '0', before: '1', resume: '4711' } } };
  expect(evictRedis.next?.(ended, clock as Preflight)).toMatchObject([
    { action: 'evict-redis', target: { prefix: 'cache:', idle: '1h', cursor: '4711' } },
  ]);
  expect(
    evictRedis.next?.({ ...done, plan: { baseline: { names: '[]', keys: '0', before: '1' } } }, clock as Preflight),
  ).toEqual([]);
});

test.each([evictRedis, cleanupEvidence, restoreDeletedEvidence])(
  '$id that is not proven passes nothing over: it offers the same place again',
  async (action) => {
    const clock: Pick<Preflight, 'now'> = { now: () => now };
    const target = { prefix: 'cache:', cursor: '7', after: 'a' };
    const done = { run: 'r', target, startedAt: now, output: [], plan: { baseline: { resume: '4711' } } };
    const offered = async (proven: boolean) => (await action.next?.({ ...done, proven }, clock as Preflight)) ?? [];
    expect(await offered(false)).toEqual([{ action: action.id, target, says: 'try again from the same place' }]);
    expect(await offered(true)).not.toMatchObject([{ target }]);
    const whole = { ...done, proven: false, plan: { baseline: {} } };
    expect(await action.next?.(whole, clock as Preflight)).toEqual([]);
  },
);
