// A look-up from its first moment to its last: since when it is asked, what is kept of it, and that it ends when it is left.
import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { startS3 } from '../../simulator/s3/s3.ts';
import { type Query, queryKey } from '../../src/core/queries/query.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { queriesModule } from '../../src/engine/queries.ts';
import { good } from '../support/configuration.ts';
import { calm, scope } from '../support/worlds.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0).reverse()) await stop();
});

const ask: Query<'evidence'> = { kind: 'evidence' };

async function begin(url: string, keyId: string, secret: string) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', keyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
  const { settings } = await good({ env: { AWS_ENDPOINT_URL: url, AWS_REGION: 'eu-west-1' } });
  const told: Reading<unknown>[] = [];
  const end = new AbortController();
  const part = queriesModule({
    settings,
    scope,
    world: () => calm,
    emit: ({ queries: looks }) => {
      const reading = looks?.[queryKey(ask)];
      if (reading) told.push(reading);
    },
    learn() {},
    onWorld() {},
    refresh() {},
    signal: end.signal,
  });
  stops.push(async () => {
    end.abort();
    await part.stop?.();
  });
  return { part, told };
}

test('a query shows since when it waits, and reopens with its last answer', async () => {
  const s3 = await startS3();
  stops.push(s3.stop);
  const { part, told } = await begin(s3.url, s3.accessKeyId, s3.secretAccessKey);
  const before = Date.now();
  part.handle?.({ kind: 'subscribe', ask });
  expect(told).toEqual([{ state: 'pending', since: expect.any(Number) }]);
  const [first] = told;
  expect(first?.state === 'pending' && (first.since ?? 0) >= before).toBe(true);
  await expect.poll(() => told.at(-1)?.state, { timeout: 30_000 }).toBe('live');
  const known = told.at(-1);
  part.handle?.({ kind: 'unsubscribe', ask });
  told.length = 0;
  part.handle?.({ kind: 'subscribe', ask });
  expect(told).toEqual([known]);
});

test('a query that is left before its answer ends its request', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => {
    sockets.add(socket.resume());
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const at = silent.address();
  const { part, told } = await begin(`http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}`, 'id', 'secret');
  part.handle?.({ kind: 'subscribe', ask });
  await expect.poll(() => sockets.size, { timeout: 30_000 }).toBe(1);
  part.handle?.({ kind: 'unsubscribe', ask });
  await expect.poll(() => sockets.size, { timeout: 30_000 }).toBe(0);
  expect(told.map(({ state }) => state)).toEqual(['pending']);
});
