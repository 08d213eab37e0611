// `status --timeout`: the time runs from the start of the process, however long a busy machine took to start it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lateHint, lookOnce } from '../../src/commands/status/look.ts';
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

test('more time is advised only if little was given', () => {
  expect(lateHint(5000)).toBe('allow more time: --timeout 15');
  for (const given of [15_000, 60_000]) expect(lateHint(given)).not.toContain('--timeout');
});
