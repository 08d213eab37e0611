import { expect, test } from 'vitest';
import type { Fault } from '../../src/core/world/reading.ts';
import { backoff, deadline, pause, poll, type SourceUpdate } from '../../src/data/source.ts';
import { eventually } from '../support/eventually.ts';

const fault: Fault = { kind: 'refused', where: 'redis:6379', what: 'connection refused', hint: 'is it up?' };

test('pauses double up to half a minute, within a quarter of jitter', () => {
  expect([1, 2, 3, 4].map((n) => backoff(n, 1000, () => 0.5))).toEqual([1000, 2000, 4000, 8000]);
  expect(backoff(40, 1000, () => 0.5)).toBe(30_000);
  expect(backoff(1, 1000, () => 0)).toBe(875);
  expect(backoff(1, 1000, () => 1)).toBe(1125);
});

test('a hanging request ends at its deadline, even if it ignores its signal', async () => {
  const outcome = await deadline(() => new Promise<never>(() => {}), 20, 'db:5432', new AbortController().signal);
  expect(outcome).toMatchObject({ ok: false, fault: { kind: 'timeout', where: 'db:5432' } });
});

test('a request that throws is reported as a fault', async () => {
  const bug = () => Promise.reject(new Error('x is undefined'));
  const outcome = await deadline(bug, 1000, 'db:5432', new AbortController().signal);
  expect(outcome).toMatchObject({ ok: false, fault: { kind: 'malformed', what: 'x is undefined' } });
});

test('a source reports faults with the next try, and values when the backend recovers', async () => {
  const over = new AbortController();
  const news: SourceUpdate[] = [];
  let looks = 0;
  const source = poll({
    id: 'traffic',
    fact: 'traffic',
    every: 5,
    timeout: 1000,
    from: 'gateway logs',
    where: 'api',
    read: async () => {
      looks += 1;
      if (looks === 1) return { ok: false, fault };
      return { ok: true, value: { samples: looks, sampling: 1, window: 300_000, source: 'gateway logs' } };
    },
  });
  const running = source.start((n) => news.push(n), over.signal);
  await eventually(() => expect(news.length).toBeGreaterThan(2));
  over.abort();
  await running.ended;
  expect(news[0]).toMatchObject({ fact: 'traffic', fault, retryAt: expect.any(Number) });
  expect(news[1]).toMatchObject({ fact: 'traffic', value: { samples: 2 }, from: 'gateway logs' });
  const told = news.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(news.length).toBe(told);
});

test('refresh requests at once and resets the pauses', async () => {
  const over = new AbortController();
  const news: SourceUpdate[] = [];
  const source = poll({
    id: 'traffic',
    fact: 'traffic',
    every: 3_600_000,
    timeout: 1000,
    from: 'x',
    where: 'x',
    read: async () => ({ ok: false, fault }),
  });
  const running = source.start((n) => news.push(n), over.signal);
  await eventually(() => expect(news).toHaveLength(1));
  running.refresh();
  await eventually(() => expect(news).toHaveLength(2));
  for (const told of news) expect('retryAt' in told && (told.retryAt ?? 0) - told.at).toBeLessThan(1200);
  over.abort();
  await running.ended;
});

test('a pause that is over before it begins ends at once, and Node warns of nothing', async () => {
  const warned: string[] = [];
  const hear = ({ name }: Error) => warned.push(name);
  process.on('warning', hear);
  await pause(-0.5, new AbortController().signal);
  // Warnings are told in a turn of their own.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warned).toEqual([]);
});
