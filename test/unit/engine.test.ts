import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import type { Pod, Traffic } from '../../src/core/world/facts.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import type { Scope } from '../../src/core/world/world.ts';
import type { Running, Source, SourceUpdate } from '../../src/data/source.ts';
import { merge } from '../../src/engine/coalesce-updates.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { WorldStore } from '../../src/engine/world-store.ts';

const limit = { warning: 1, critical: 2 };
const scope: Scope = {
  environment: 'TEST',
  guarded: false,
  namespace: 'bentham-test',
  deployments: { gateway: 'api-gateway', orchestrator: 'orchestrator', executor: 'executor' },
  hasReplica: true,
  thresholds: { ...settingsSchema.shape.thresholds.parse(undefined), p95: limit },
};

const traffic = (p95: number): Traffic => ({
  p95,
  errorRate: 0,
  samples: 10,
  sampling: 1,
  window: 300_000,
  source: 'gateway logs',
});

test('a reading keeps whose cockpit asked, until this one asks itself', () => {
  const keeper = new WorldStore(scope, 0);
  const news = { fact: 'traffic', value: traffic(10), at: 1000, staleAfter: 5000, from: 'logs' } as const;
  keeper.apply({ ...news, by: 'ben on bastion-2' });
  expect(keeper.world.readings.traffic).toMatchObject({ by: 'ben on bastion-2' });
  keeper.apply(news);
  expect(keeper.world.readings.traffic).toMatchObject({ by: undefined });
});

test('a lost backend keeps its last value with its age', () => {
  const keeper = new WorldStore(scope, 0);
  keeper.apply({ fact: 'traffic', value: traffic(10), at: 1000, staleAfter: 5000, from: 'logs' });
  const fault = { kind: 'timeout', where: 'api', what: 'timed out', hint: 'look' } as const;
  keeper.apply({ fact: 'traffic', fault, at: 2000, retryAt: 3000 });
  keeper.apply({ fact: 'traffic', fault, at: 9000, retryAt: 12_000 });
  expect(keeper.world.readings.traffic).toMatchObject({
    state: 'lost',
    at: 2000,
    retryAt: 12_000,
    last: { value: traffic(10), at: 1000 },
  });
  expect([...keeper.changes().facts]).toEqual(['traffic']);
  expect(keeper.changes().facts.size).toBe(0);
});

test('added, removed and changed objects are shown at once; repeated measurements wait', () => {
  const keeper = new WorldStore(scope, 0);
  const from = { at: 1000, staleAfter: 5000, from: 'a test' };
  const fault = { kind: 'timeout', where: 'api', what: 'timed out', hint: 'look' } as const;
  expect(keeper.apply({ fact: 'traffic', value: traffic(10), ...from })).toBe(true);
  expect(keeper.apply({ fact: 'traffic', value: traffic(20), ...from })).toBe(false);
  expect(keeper.apply({ fact: 'traffic', fault, at: 2000, retryAt: 3000 })).toBe(true);
  expect(keeper.apply({ fact: 'traffic', fault, at: 3000, retryAt: 4000 })).toBe(false);
  expect(keeper.apply({ fact: 'traffic', value: traffic(20), ...from })).toBe(true);
  const pods: readonly Pod[] = [];
  expect(keeper.apply({ fact: 'pods', value: pods, ...from })).toBe(true);
  // The pulse of the watch says only that nothing changed.
  expect(keeper.apply({ fact: 'pods', value: pods, ...from })).toBe(false);
  expect(keeper.apply({ fact: 'pods', value: [], ...from })).toBe(true);
});

describe('an engine', () => {
  const source = (tells: (tell: (news: SourceUpdate) => void) => Running): Source => ({
    id: 'a test',
    facts: ['traffic'],
    start: tells,
  });
  const measured = (p95: number): SourceUpdate => ({
    fact: 'traffic',
    value: traffic(p95),
    at: Date.now(),
    staleAfter: 5000,
    from: 'a test',
  });

  test('sends a burst of measurements in batches, and requested ones at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] });
    try {
      let tell: (news: SourceUpdate) => void = () => {};
      const running = { ended: Promise.resolve(), refresh: () => {} };
      const engine = createEngine({
        settings: settingsSchema.parse({ profile: 'production', ...profiles.production }),
        sources: [
          source((told) => {
            tell = told;
            return running;
          }),
        ],
        modules: [],
      });
      let shown = 0;
      engine.subscribe(() => {
        shown += 1;
      });
      tell(measured(1));
      await vi.advanceTimersByTimeAsync(100);
      const first = shown;
      expect(first).toBeGreaterThan(0);
      for (let n = 0; n < 7; n += 1) {
        tell(measured(n));
        await vi.advanceTimersByTimeAsync(100);
      }
      expect(shown).toBe(first);
      await vi.advanceTimersByTimeAsync(1000);
      expect(shown).toBe(first + 1);
      // Just behind a second of the clock, and well before the next.
      await vi.advanceTimersByTimeAsync(300);
      const before = shown;
      engine.send({ kind: 'refresh' });
      tell(measured(9));
      await vi.advanceTimersByTimeAsync(400);
      expect(shown).toBe(before + 1);
      await engine.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

test('trends keep a sample every five seconds for half an hour, and none of repeated values', () => {
  const keeper = new WorldStore(scope, 0);
  const start = 1_000_000;
  for (let at = start; at <= start + 2_400_000; at += 1000) {
    keeper.apply({ fact: 'traffic', value: traffic(at), at, staleAfter: 5000, from: 'logs' });
    keeper.tick(at);
  }
  const samples = keeper.world.history.p95 ?? [];
  expect(samples).toHaveLength(361);
  expect(samples.at(-1)?.at).toBe(start + 2_400_000);
  keeper.tick(start + 2_410_000);
  expect(keeper.world.history.p95).toBe(samples);
});

test('a trend keeps how far off an estimate may be', () => {
  const keeper = new WorldStore(scope, 0);
  const value = { ...traffic(480), sampling: 0.5, margins: { p95: 40 } };
  keeper.apply({ fact: 'traffic', value, at: 1000, staleAfter: 5000, from: 'logs' });
  keeper.tick(1000);
  expect(keeper.world.history.p95).toMatchObject([{ value: 480, margin: 40 }]);
});

test('a clock that jumps back starts the trend again', () => {
  const keeper = new WorldStore(scope, 0);
  for (const at of [10_000_000, 20_000_000, 1000]) {
    keeper.apply({ fact: 'traffic', value: traffic(1), at, staleAfter: 5000, from: 'logs' });
    keeper.tick(at);
  }
  expect(keeper.world.history.p95?.map((s) => s.at)).toEqual([1000]);
});

test('updates merge by key', () => {
  const a: Update = { now: 1, readings: { pods: { state: 'pending' } }, queries: { a: { state: 'pending' } } };
  const b: Update = { now: 2, readings: { redis: { state: 'pending' } }, queries: { b: { state: 'pending' } } };
  expect(merge(a, b)).toEqual({
    now: 2,
    readings: { pods: { state: 'pending' }, redis: { state: 'pending' } },
    queries: { a: { state: 'pending' }, b: { state: 'pending' } },
  });
});

const pod = (uid: string, restarts: number): Pod => ({
  uid,
  name: uid,
  namespace: 'bentham-test',
  app: 'executor',
  node: 'n',
  status: 'Running',
  phase: 'Running',
  ready: true,
  containers: { ready: 1, total: 1 },
  restarts,
  image: 'i',
  createdAt: 0,
  terminating: false,
});

test('pods cross the thread as differences and arrive complete', () => {
  const lists = fc.array(
    fc.uniqueArray(fc.record({ uid: fc.constantFrom('a', 'b', 'c', 'd', 'e'), restarts: fc.nat(2) }), {
      selector: (p) => p.uid,
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(lists, (steps) => {
      const { encode } = encoder();
      const decode = decoder();
      for (const [index, step] of steps.entries()) {
        const value = step.map((p) => pod(p.uid, p.restarts));
        const reading: Reading<readonly Pod[]> =
          index % 3 === 2
            ? {
                state: 'lost',
                at: 1,
                fault: { kind: 'timeout', where: 'w', what: 'w', hint: 'h' },
                last: { value, at: 1, from: 'k' },
              }
            : { state: 'live', value, at: index, staleAfter: 1, from: 'k' };
        const arrived = decode(structuredClone(encode({ readings: { pods: reading } }))).readings?.pods;
        const pods = arrived?.state === 'live' ? arrived.value : arrived?.state === 'lost' ? arrived.last?.value : [];
        const byUid = (list: readonly Pod[] = []) => list.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
        expect(byUid(pods)).toEqual(byUid(value));
      }
    }),
  );
});

test('a pod that did not change is not sent again', () => {
  const { encode } = encoder();
  const same = pod('a', 0);
  const send = (value: readonly Pod[]) =>
    encode({ readings: { pods: { state: 'live', value, at: 0, staleAfter: 1, from: 'k' } } }).pods;
  expect(send([same, pod('b', 0)])?.upsert).toHaveLength(2);
  expect(send([same, pod('b', 1)])).toMatchObject({ upsert: [{ uid: 'b' }], remove: [] });
  expect(send([same])).toMatchObject({ upsert: [], remove: ['b'] });
});
