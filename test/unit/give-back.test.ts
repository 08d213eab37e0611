import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { second } from '../../src/core/time.ts';
import { giveBackAfterStart } from '../../src/engine/give-back.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what a start left is collected once, in a quiet moment', () => {
  const [collect, quiet] = [vi.fn(), vi.fn(() => false)];
  giveBackAfterStart(quiet, collect);
  vi.advanceTimersByTime(19 * second);
  expect(quiet).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60 * second);
  expect(quiet.mock.calls.length).toBeGreaterThan(5);
  expect(collect).not.toHaveBeenCalled();
  quiet.mockReturnValue(true);
  vi.advanceTimersByTime(600 * second);
  expect(collect).toHaveBeenCalledTimes(1);
});

test('called off, nothing is collected', () => {
  const collect = vi.fn();
  const callOff = giveBackAfterStart(() => true, collect);
  callOff();
  vi.advanceTimersByTime(600 * second);
  expect(collect).not.toHaveBeenCalled();
});

test('a large heap is left to V8: to collect it would stop its thread for long', () => {
  const collect = vi.fn();
  const kept = Array.from({ length: 1_200_000 }, (_, at) => ({ at, next: at + 1 }));
  giveBackAfterStart(() => true, collect);
  vi.advanceTimersByTime(600 * second);
  expect(collect).not.toHaveBeenCalled();
  expect(kept.length).toBeGreaterThan(0);
});

test('a heap that a start has filled shrinks to what is in use', async () => {
  vi.useRealTimers();
  const bundled = await build({
    stdin: { contents: inAThread, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
  });
  const thread = new Worker(bundled.outputFiles[0]?.text ?? '', { eval: true });
  const [{ before, after, used }] = await once(thread, 'message');
  await thread.terminate();
  expect(before - used).toBeGreaterThan(16 * 1024 * 1024);
  expect(after - used).toBeLessThan(8 * 1024 * 1024);
});

/** 20 MB are kept until shortly before the heap is shrunk. */
const inAThread = `
  import { getHeapStatistics } from 'node:v8';
  import { parentPort } from 'node:worker_threads';
  import { giveBackAfterStart } from '../../src/engine/give-back.ts';
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = (then) => wait(then, 50);
  let kept = Array.from({ length: 300_000 }, (_, at) => ({ at, text: String(at) }));
  const before = getHeapStatistics().total_heap_size;
  giveBackAfterStart(() => {
    kept = [];
    wait(() => {
      const { total_heap_size: after, used_heap_size: used } = getHeapStatistics();
      parentPort.postMessage({ before, after, used });
    }, 50);
    return true;
  });
  wait(() => {}, 60_000);
`;
