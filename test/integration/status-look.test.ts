// `status --timeout`: the time runs from the start of the process, however long a busy machine took to start it.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lateHint, lookOnce } from '../../src/commands/status/look.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { ApiServer } from '../support/api-server.ts';

let server: ApiServer;
beforeEach(() => {
  server = new ApiServer();
});
afterEach(() => server.end());

/** A busy machine may give the look no turn to say so itself. */
const brief = expect.stringMatching(/^(timed out after 0\.\d s|no answer within \d s)$/);

const nowhere = 'http://127.0.0.1:1';
const frozen = async () => {
  server.version = () => {};
  server.handle = () => {};
  await server.start();
  return server.settings({
    evidence: { endpoint: nowhere, region: 'eu-west-1' },
    backups: { rdsEndpoint: nowhere },
    credentials: { endpoint: nowhere },
    redis: { url: 'redis://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1', port: 1 } },
  });
};

test('the time before a check counts towards its deadline, and each check ends before the command', async () => {
  const look = await lookOnce(await frozen(), 3000, () => 2000);
  const { cluster } = look.world.readings;
  await look.end();
  expect(cluster).toMatchObject({ state: 'lost', fault: { kind: 'timeout', what: brief } });
});

test('after a slow start the backends still get a part of the deadline', async () => {
  const look = await lookOnce(await frozen(), 2000, () => 60_000);
  const { cluster, redis } = look.world.readings;
  await look.end();
  expect(cluster).toMatchObject({ state: 'lost', fault: { what: brief } });
  expect(redis).toMatchObject({ state: 'lost', fault: { kind: 'refused' } });
});

/** A journal with an incident that is open, and one that is over. */
async function journalWith(directory: string): Promise<void> {
  const writer = { user: 'ana', name: 'ana', host: 'here' };
  const journal = new Journal({ place: { directory }, writer, environment: 'production' });
  await journal.open();
  const [over, open] = [ulid(), ulid()];
  await journal.append({ kind: 'opened', title: 'Was slow', severity: 4, why: '' }, over);
  await journal.append({ kind: 'resolved', why: 'fast again' }, over);
  await journal.append({ kind: 'opened', title: 'API down', severity: 1, why: '' }, open);
  await journal.append({ kind: 'severity', severity: 2, why: 'one surface answers' }, open);
  await journal.close();
}

test('the look reads which incidents are open, and says so where the journal cannot be read', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-look-'));
  const directory = path.join(home, 'journal');
  const settings = await frozen();
  const journalAt = async (given: string) => {
    const look = await lookOnce({ ...settings, journal: { ...settings.journal, directory: given } }, 3000, () => 2000);
    await look.end();
    return look.journal;
  };
  try {
    expect(await journalAt(directory)).toEqual({ incidents: [] });
    expect(existsSync(directory)).toBe(false);
    await journalWith(directory);
    expect(await journalAt(directory)).toEqual({
      incidents: [expect.objectContaining({ title: 'API down', severity: 'SEV2', commander: ['ana'], control: 'ana' })],
    });
    const link = path.join(home, 'link');
    symlinkSync(directory, link);
    expect(await journalAt(link)).toEqual({
      fault: { what: expect.stringContaining(link), hint: expect.stringContaining('journal.directory') },
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('more time is advised only if little was given', () => {
  expect(lateHint(5000)).toBe('allow more time: --timeout 15');
  for (const given of [15_000, 60_000]) expect(lateHint(given)).not.toContain('--timeout');
});
