// The backups' source in a thread of its own.
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import type { SourceUpdate } from '../../src/data/source.ts';
import { backupsApart } from '../../src/engine/backups-worker.ts';
import { good } from '../support/configuration.ts';

afterEach(() => vi.unstubAllEnvs());

/** Starts it, waits for the first that it tells, and lets it end. */
async function first(file?: URL): Promise<SourceUpdate> {
  const { settings } = await good({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_REGION: 'us-east-1' } });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const over = new AbortController();
  const told = new EventTarget();
  let news: SourceUpdate | undefined;
  const running = backupsApart(settings, file).start((one) => {
    news = one;
    told.dispatchEvent(new Event('told'));
  }, over.signal);
  await once(told, 'told');
  over.abort();
  await running.ended;
  if (!news) throw new Error('nothing was told');
  return news;
}

test('the results and faults of its thread are reported, and the thread ends with the request', async () => {
  const news = await first();
  expect(news).toMatchObject({ fact: 'backups', fault: { kind: 'refused' } });
});

test('a failing thread is reported as a fault', async () => {
  const news = await first(new URL('data:text/javascript,throw new Error("no room\u001b[2J left")'));
  expect(news).toMatchObject({ fact: 'backups', fault: { kind: 'malformed' } });
  expect('fault' in news && news.fault.what).toContain('no room');
  expect('fault' in news && news.fault.what).not.toContain('\u001b');
});
