// A deadline ends with its work: one that goes on costs an idle cockpit as much as the work.
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { deadline } from '../../src/data/source.ts';
import { timeLimit } from '../../src/data/time-limit.ts';

/** How many timers that began meanwhile go on. */
async function timersLeftBy(run: () => Promise<unknown>): Promise<number> {
  const left = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && left.add(id)),
    destroy: (id) => void left.delete(id),
  });
  hook.enable();
  await run();
  // What was destroyed is told with the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  hook.disable();
  return left.size;
}

const never = new AbortController().signal;

test('a poll that was answered, failed or was given up leaves no timer behind', async () => {
  const over = AbortSignal.abort();
  expect(await timersLeftBy(() => deadline(async () => ({ ok: true, value: 1 }), 60_000, 'x', never))).toBe(0);
  expect(await timersLeftBy(() => deadline(() => Promise.reject(new Error('x')), 60_000, 'x', never))).toBe(0);
  expect(await timersLeftBy(() => deadline(() => new Promise(() => {}), 60_000, 'x', over))).toBe(0);
});

test('a poll that takes longer is given up as late, and told so', async () => {
  let told: unknown;
  const read = async (signal: AbortSignal) => {
    await once(signal, 'abort');
    told = signal.reason;
    throw signal.reason;
  };
  const late = await deadline(read, 1, 'x', never);
  expect(late).toMatchObject({ ok: false, fault: { kind: 'timeout', code: 'ETIMEDOUT' } });
  expect(told).toMatchObject({ name: 'TimeoutError' });
});

test('a limit aborts with what is above it, and is not over then', () => {
  const above = new AbortController();
  const limit = timeLimit(60_000, above.signal);
  above.abort();
  expect([limit.signal.aborted, limit.isOver]).toEqual([true, false]);
  limit.end();
});
