// A source whose code is loaded when it is started.
import { expect, test } from 'vitest';
import type { Source, SourceUpdate } from '../../src/data/source.ts';
import { loadedLater } from '../../src/engine/loaded-later.ts';

/** Tells a fault at each refresh, and ends with the signal. */
const source = (log: string[]): Source => ({
  id: 'backups',
  facts: ['backups'],
  start: (_, signal) => {
    log.push('started');
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return { refresh: () => log.push('refreshed'), ended };
  },
});

test('it is loaded when it is started, hears of refreshes, and ends with the signal', async () => {
  const log: string[] = [];
  const over = new AbortController();
  const later = loadedLater('backups', ['backups'], async () => {
    log.push('loaded');
    return source(log);
  });
  expect(log).toEqual([]);
  const running = later.start(() => undefined, over.signal);
  running.refresh();
  await expect.poll(() => log).toEqual(['loaded', 'started']);
  running.refresh();
  expect(log).toEqual(['loaded', 'started', 'refreshed']);
  over.abort();
  await running.ended;
});

test('what was ended meanwhile is not started', async () => {
  const log: string[] = [];
  const over = new AbortController();
  const running = loadedLater('backups', ['backups'], async () => source(log)).start(() => undefined, over.signal);
  over.abort();
  await running.ended;
  expect(log).toEqual([]);
});

test('what cannot be loaded is a fault of each of its facts, in clean words', async () => {
  const news: SourceUpdate[] = [];
  const broken = loadedLater('backups', ['backups', 'redis'], () => Promise.reject(new Error('no\u001b[2J module')));
  await broken.start((one) => news.push(one), new AbortController().signal).ended;
  expect(news.map(({ fact }) => fact)).toEqual(['backups', 'redis']);
  expect(news[0]).toMatchObject({ fault: { kind: 'malformed', what: expect.stringContaining('module') } });
  expect(JSON.stringify(news)).not.toContain('\\u001b');
});
