// Who stops a run waits a moment for the answer to what was sent, not as long as a request may take; without the answer
// the outcome is unknown.
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import type { Call } from '../../src/core/actions/call.ts';
import type { CallResult, ExecutionContext } from '../../src/data/call-result.ts';
import { execute } from '../../src/data/execute.ts';
import { connectRedis } from '../../src/data/redis/connect.ts';
import { redisKeys } from '../../src/data/redis/preflight.ts';
import { ApiServer } from '../support/api-server.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';
import { good } from '../support/configuration.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

afterEach(endRedis);

const contextOf = (settings: Settings, signal: AbortSignal) =>
  ({ settings, signal, tell: () => undefined }) as unknown as ExecutionContext;

/** The stopped call's result, where it comes before that of the same call which began earlier and nobody stops. */
async function stoppedFirst(settings: Settings, call: Call, sent: () => number): Promise<CallResult | 'late'> {
  const stop = new AbortController();
  const arrived = (count: number) => vi.waitFor(() => expect(sent()).toBe(count), 30_000);
  const patient = execute(call, contextOf(settings, new AbortController().signal)).then(() => 'late' as const);
  await arrived(1);
  const stopped = execute(call, contextOf(settings, stop.signal));
  await arrived(2);
  stop.abort();
  return Promise.race([patient, stopped]);
}

test('S3, which is frozen', async () => {
  let asked = 0;
  const settings = await awsAnsweredBy(() => {
    asked += 1;
  });
  const change = { verb: 'restore-versions', versions: [{ key: 'a', versionId: 'v' }] } as const;
  const result = await stoppedFirst(settings, { tool: 's3', bucket: 'b', do: change }, () => asked);
  expect(result).toMatchObject({ outcome: 'unknown', says: expect.stringContaining('no answer in time') as string });
});

/** A command that nobody stops: it is late before one of the cockpit's own would be. */
async function unanswered(redis: Settings['redis']): Promise<'late'> {
  const { client, close } = await connectRedis(redis, 5000, new AbortController().signal);
  await client.ping().catch(() => undefined);
  void close();
  return 'late';
}

test('Kubernetes, which holds back a change', async () => {
  let changes = 0;
  const api = new ApiServer();
  api.handle = (_, response, { method }) => {
    if (method === 'GET') response.end(JSON.stringify(deployment));
    else changes += 1;
  };
  await api.start();
  onTestFinished(() => api.end());
  const call: Call = {
    ...{ tool: 'kubernetes', namespace: 'x', do: { verb: 'restart', deployment: 'api-gateway' } },
    when: { uid: 'u', generation: 3 },
  };
  const result = await stoppedFirst(api.settings(), call, () => changes);
  expect(result).toMatchObject({ outcome: 'unknown' });
});

const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', status: {} },
  metadata: { name: 'api-gateway', namespace: 'x', uid: 'u', generation: 3, resourceVersion: '7' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'a' } }, template: { metadata: {}, spec: { containers: [] } } },
};

describe.runIf(installed)('Redis', () => {
  test('which holds back writes', async () => {
    const { cli, port } = await started();
    cli('set', 'cache:1', 'x');
    cli('client', 'pause', '600000', 'write');
    const { settings } = await good({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    const waiting = () => cli('client', 'list').match(/cmd=unlink/g)?.length ?? 0;
    const result = await stoppedFirst(settings, { tool: 'redis', command: ['UNLINK', 'cache:1'] }, waiting);
    cli('client', 'unpause');
    expect(result).toMatchObject({ outcome: 'unknown', says: expect.stringContaining('no answer in time') as string });
  });

  test('which freezes while its keys are looked through', async () => {
    const { cli, port, signal: send } = await started();
    cli('set', 'cache:1', 'x');
    const { settings } = await good({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    const stop = new AbortController();
    const wanted = { prefix: 'cache:', idle: 0, most: 10, cursor: '0' };
    let patient: Promise<'late'> | undefined;
    const stopped = redisKeys(settings.redis, wanted, {
      signal: stop.signal,
      told() {
        send('SIGSTOP');
        patient = unanswered(settings.redis);
        stop.abort();
      },
    });
    await vi.waitFor(() => expect(patient).toBeDefined(), 30_000);
    const found = await Promise.race([stopped, patient]);
    send('SIGCONT');
    // Neither its answer nor its goodbye is waited for as long as a command may take.
    expect(found).toMatchObject({ ok: false, fault: { kind: expect.not.stringMatching('timeout') as string } });
  });
});
